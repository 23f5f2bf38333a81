"""Networks of three architectures, taught to denoise and sampled from the same noise: do they make the same images?

Model      fully-connected, convolutional and patch-attention, all of which see the whole image (`denoising_networks`),
           `width` units, `channels` and `tokens` wide.
Data       `samples` images of CIFAR-10, in grey, `side` x `side` pixels; mean zero in each pixel, mean variance one.
           `images` same: all three networks are taught the same; disjoint: each its own.
Loss       squared error of the denoised image at every noise level from 0.1 to 10, see `denoiser_training.trained`.
Training   Adam, `steps` batches of `batch`, highest rate `learning_rate`; rows and noise of the batches are shared.
Observed   samples from `noises` common noises, in `flow_steps` steps (`denoiser_training.probability_flow`). Of the
           three pairs of networks the least cosine of what no affine map of the noise explains, over all samples and
           pixels, and of samples as they are. For the exact denoiser of each network's images likewise: its cosine
           with the network, the least of the three. How many samples are copies of training images: three times
           nearer to one than to any other. On `test_samples` other images with noise of the deviation 0.6, the
           error of the worst network over that of the Wiener filter of all images.
Trial      images, noise, weights and batches.
"""

from __future__ import annotations

from functools import reduce
from itertools import combinations, islice

import numpy as np
from scipy.spatial.distance import cdist

from predictions.diffusion_models.denoiser_training import (
    Task,
    cosine,
    nonlinear_part,
    probability_flow,
    standardised_photographs,
    trained,
)
from predictions.diffusion_models.denoising_networks import architecture
from predictions.diffusion_models.score_machines import exact_denoiser

TEST_LEVEL = 0.6
ARCHITECTURES = "fully-connected", "convolutional", "patch-attention"


def prepare(setting, seeds):
    """Given: the least cosine beyond affine maps of the exact denoisers of the three networks' images, (trials,).

    State, for each trial: the three networks' tasks, the noise, the exact denoisers' samples, and clean, noisy and
    Wiener-filtered test images.
    """
    photographs = standardised_photographs(setting["side"]).astype(np.float32)
    sizes = {name: setting[name] for name in ("side", "width", "channels", "tokens")}
    networks = [architecture(name, **sizes) for name in ARCHITECTURES]
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        clean, *sets = np.split(rng.permutation(photographs), _ends(setting))[:4]
        if setting["images"] == "same":
            sets = sets[:1] * 3
        noise = rng.standard_normal((setting["noises"], clean.shape[1]), dtype=np.float32)
        noisy = clean + TEST_LEVEL * rng.standard_normal(clean.shape, dtype=np.float32)
        batches = int(rng.integers(2**32))
        tasks = [Task(network, network.initial(rng), own, batches) for network, own in zip(networks, sets)]
        exact = [probability_flow(exact_denoiser(own), noise, setting["flow_steps"]) for own in sets]
        trials.append((tasks, noise, exact, (clean, noisy, wiener_filter(photographs, noisy, TEST_LEVEL))))
    memorised = [least_shared([nonlinear_part(each, noise) for each in exact]) for _, noise, exact, _ in trials]
    return {"memorised_shared": np.array(memorised)}, trials


def measure(setting, state, reduce=reduce):
    """Least cosines between networks and with exact denoisers, least share of copies, largest error: (trials,) each."""
    budget = {name: setting[name] for name in ("steps", "batch", "learning_rate")}
    all_denoisers = iter(trained([task for tasks, *_ in state for task in tasks], **budget, reduce=reduce))
    found = []
    for tasks, noise, exact, (clean, noisy, filtered) in state:
        denoisers = list(islice(all_denoisers, len(tasks)))
        samples = [probability_flow(denoise, noise, setting["flow_steps"]) for denoise in denoisers]
        errors = [np.mean((denoise(noisy, TEST_LEVEL) - clean) ** 2) for denoise in denoisers]
        beyond = [nonlinear_part(each, noise) for each in samples]
        own = [nonlinear_part(each, noise) for each in exact]
        found.append(
            {
                "shared": least_shared(beyond),
                "raw_shared": least_shared(samples),
                "other_noise": least_shared([np.roll(each, number, axis=0) for number, each in enumerate(beyond)]),
                "exact": min(map(cosine, beyond, own)),
                "copies": min(copies(each, task.images) for each, task in zip(samples, tasks)),
                "error_over_wiener": max(errors) / np.mean((filtered - clean) ** 2),
            }
        )
    return {name: np.array([trial[name] for trial in found]) for name in found[0]}


def least_shared(outputs: list[np.ndarray]) -> float:
    """Least cosine of any two."""
    return min(cosine(one, two) for one, two in combinations(outputs, 2))


def copies(samples: np.ndarray, images: np.ndarray) -> float:
    """Share of samples whose distance to the nearest image is at most a third of that to the next."""
    nearest, following = np.sort(cdist(samples, images), axis=1)[:, :2].T
    return float(np.mean(nearest <= following / 3))


def wiener_filter(images: np.ndarray, noisy: np.ndarray, level: float) -> np.ndarray:
    """The best affine denoiser of images with mean zero (images, pixels): C (C + s^2)^{-1} y, C their covariance."""
    covariance = images.T @ images / len(images)
    return noisy @ np.linalg.solve(covariance + level**2 * np.eye(len(covariance)), covariance)


def _ends(setting) -> np.ndarray:
    """Where the test images end in a permutation of all, and where those of each network do."""
    disjoint = setting["images"] == "disjoint"
    return setting["test_samples"] + setting["samples"] * np.array([0, 1, 2 if disjoint else 1, 3 if disjoint else 1])
