"""A trained denoiser against those that its training images determine: which one makes the same samples of a noise?

Model      `architecture` of `denoising_networks`, `width` units, `channels` or `tokens` wide: local sees 3 x 3 pixels;
           convolutional, fully-connected and patch-attention see the whole image.
Data       `samples` images of CIFAR-10, in grey, `side` x `side` pixels; mean zero in each pixel, mean variance one.
Loss       squared error of the denoised image at every noise level from 0.1 to 10, see `denoiser_training.trained`.
Training   Adam, `steps` batches of `batch`, highest rate `learning_rate`.
Observed   from `noises` noises, in `flow_steps` steps (`denoiser_training.probability_flow`), samples of the network
           and of four machines (`score_machines`): equivariant, of its images' 3 x 3 patches from anywhere; placed, of
           those from the same place; memorised, of whole images; strangers', equivariant of as many other images.
           Cosines of what no affine map of the noise explains, over all samples and pixels, and of samples as they are.
Trial      images, noise, weights and batches.
"""

from __future__ import annotations

from functools import reduce

import numpy as np

from predictions.diffusion_models.denoiser_training import (
    Task,
    cosine,
    nonlinear_part,
    probability_flow,
    standardised_photographs,
    trained,
)
from predictions.diffusion_models.denoising_networks import LOCAL_RADIUS, architecture
from predictions.diffusion_models.score_machines import exact_denoiser, score_machine


def prepare(setting, seeds):
    """Given, (trials,) each: the lead of the equivariant machine in samples of each of the others.

    State, for each trial: its task, its noise, and the samples of the machines by name.
    """
    photographs = standardised_photographs(setting["side"]).astype(np.float32)
    sizes = {name: setting[name] for name in ("side", "width", "channels", "tokens")}
    network = architecture(setting["architecture"], **sizes)
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        own, others = photographs[rng.permutation(len(photographs))[: 2 * setting["samples"]]].reshape(
            2, setting["samples"], -1
        )
        noise = rng.standard_normal((setting["noises"], own.shape[1]), dtype=np.float32)
        machines = {
            "equivariant": score_machine(own, radius=LOCAL_RADIUS, patches="anywhere"),
            "placed": score_machine(own, radius=LOCAL_RADIUS, patches="places"),
            "memorised": exact_denoiser(own),
            "strangers": score_machine(others, radius=LOCAL_RADIUS, patches="anywhere"),
        }
        made = {name: probability_flow(machine, noise, setting["flow_steps"]) for name, machine in machines.items()}
        task = Task(network, network.initial(rng), own, int(rng.integers(2**32)))
        trials.append((task, noise, made))
    rest = [name for name in machines if name != "equivariant"]
    leads = {name: [_compared(made[name], made, noise)["lead"] for _, noise, made in trials] for name in rest}
    return {f"{name}_lead": np.array(lead) for name, lead in leads.items()}, trials


def measure(setting, state, reduce=reduce):
    """What `_compared` says of each trial's network, and its cosines as samples are, (trials,) each."""
    budget = {name: setting[name] for name in ("steps", "batch", "learning_rate")}
    networks = trained([task for task, *_ in state], **budget, reduce=reduce)
    found = []
    for denoise, (_, noise, made) in zip(networks, state):
        samples = probability_flow(denoise, noise, setting["flow_steps"])
        raw = {f"raw_{name}": cosine(samples, made[name]) for name in ("equivariant", "strangers")}
        found.append({**_compared(samples, made, noise), **raw})
    return {name: np.array([trial[name] for trial in found]) for name in found[0]}


def _compared(samples: np.ndarray, made: dict[str, np.ndarray], noise: np.ndarray) -> dict[str, float]:
    """Cosines with each machine beyond affine maps of the noise; how far that with the equivariant one leads; and the
    mean square of what is beyond them, over that of the equivariant machine."""
    beyond = nonlinear_part(samples, noise)
    machines = {name: nonlinear_part(drawn, noise) for name, drawn in made.items()}
    cosines = {name: cosine(beyond, machine) for name, machine in machines.items()}
    lead = cosines["equivariant"] - max(value for name, value in cosines.items() if name != "equivariant")
    return {**cosines, "lead": lead, "strength": float(np.mean(beyond**2) / np.mean(machines["equivariant"] ** 2))}
