"""Two denoisers of the same kind, each made from one of two disjoint sets of images: how far they agree on new ones.

Model      `learner` network: y + MLP(y) of two ReLU layers of `width`; or memoriser: the exact posterior mean over the
           samples, which is what a network with no error on its training set would compute.
Data       4,566 images of CIFAR-10, in grey, 8 x 8 pixels; mean zero in each pixel, mean variance one. A trial draws
           `samples` for each denoiser and `test_samples` others for the test; noise N(0, s^2), s = `noise`.
Loss       mean of |D(x + s z) - x|^2 over images and pixels.
Training   Adam, `steps` batches of `batch`, `learning_rate` falling to zero over the second half.
Observed   on the noisy test images, the cosine between the two denoisers' outputs, as they are and less the Wiener
           filter's of all images; how far they move an image, the share of the noise that they remove, and their error
           over that filter's.
Trial      images, noise, weights and batches.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.cifar10 import load_cifar10
from predictions.instruments.losses import mean_squared_error
from predictions.instruments.optimisers import adam
from predictions.instruments.trials import over_trials

PIXELS = 64


def prepare(setting, seeds):
    """Given, cosines between the outputs on the noisy test images of two memorisers and of two Wiener filters, made
    from the two training sets, less the output of the filter of all images: (trials,) each.

    State, each (trials, ...): training sets, clean and noisy test images, the Wiener filter's output with the
    covariance of all images, two networks' first weights and the seeds of their batches.
    """
    images, noise, n = standardised_images(), setting["noise"], setting["samples"]
    shapes = [(PIXELS, setting["width"]), (setting["width"], setting["width"]), (setting["width"], PIXELS)]
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        order = rng.permutation(len(images))[: 2 * n + setting["test_samples"]]
        clean = images[order[2 * n :]]
        noisy = clean + noise * rng.standard_normal(clean.shape)
        weights = [
            rng.standard_normal((2, *shape)) * np.sqrt(gain / shape[0]) for shape, gain in zip(shapes, (2, 2, 0.02))
        ]
        halves = images[order[: 2 * n]].reshape(2, n, PIXELS)
        wiener = wiener_output(images, noisy, noise)
        trials.append((halves, clean, noisy, wiener, *weights, rng.integers(2**32, size=2, dtype=np.uint32)))
    state = tuple(np.stack(arrays) for arrays in zip(*trials))
    memorised, filtered = (
        np.stack(
            [[denoiser(half, noisy, noise) - wiener for half in halves] for halves, _, noisy, wiener, *_ in trials]
        )
        for denoiser in (posterior_mean, wiener_output)
    )
    parameters = np.full(len(trials), sum(rows * columns for rows, columns in shapes))
    return {"memoriser_cosine": cosine(memorised), "wiener_cosine": cosine(filtered), "parameters": parameters}, state


def measure(setting, state):
    """Cosine of the two denoisers' outputs, as they are and less the Wiener filter's; how far they move an
    image, share of the noise removed, and error over the filter's."""
    samples, clean, noisy, wiener, *weights, keys = state
    if setting["learner"] == "memoriser":
        outputs = np.stack(
            [[posterior_mean(half, y, setting["noise"]) for half in halves] for halves, y in zip(samples, noisy)]
        )
    else:
        outputs = _trained_outputs(
            *(jnp.asarray(array, dtype=float) for array in (samples, noisy, *weights)),
            jnp.asarray(keys),
            jnp.asarray(float(setting["noise"])),
            jnp.asarray(float(setting["learning_rate"])),
            steps=setting["steps"],
            batch=setting["batch"],
        )
        outputs = np.asarray(outputs, dtype=np.float64)
    error = np.mean((outputs - clean[:, None]) ** 2, axis=(1, 2, 3))
    return {
        "output_cosine": cosine(outputs),
        "beyond_wiener_cosine": cosine(outputs - wiener[:, None]),
        "moved": np.mean((outputs - noisy[:, None]) ** 2, axis=(1, 2, 3)) / setting["noise"] ** 2,
        "removed_noise": 1 - error / setting["noise"] ** 2,
        "error_over_wiener": error / np.mean((wiener - clean) ** 2, axis=(1, 2)),
    }


def standardised_images() -> np.ndarray:
    """CIFAR-10 at 8 x 8 pixels in grey (4566, 64), mean zero in each pixel and variance one over all."""
    images, _ = load_cifar10(pooled=8)
    flat = images.mean(axis=1).reshape(len(images), -1)
    centred = flat - flat.mean(axis=0)
    return centred / np.sqrt(np.mean(centred**2))


def posterior_mean(samples: np.ndarray, noisy: np.ndarray, noise: float) -> np.ndarray:
    """E[x | y] (test, 64) if x is one of the samples, all equally likely: weights ~ exp(-|y - x_i|^2 / 2 s^2)."""
    log_weight = (noisy @ samples.T - np.sum(samples**2, axis=1) / 2) / noise**2
    weight = np.exp(log_weight - log_weight.max(axis=1, keepdims=True))
    return weight @ samples / weight.sum(axis=1, keepdims=True)


def wiener_output(samples: np.ndarray, noisy: np.ndarray, noise: float) -> np.ndarray:
    """The best linear denoiser for the samples' mean m and covariance C: m + C (C + s^2)^{-1} (y - m), (test, 64)."""
    mean, covariance = samples.mean(axis=0), np.cov(samples, rowvar=False)
    return mean + (noisy - mean) @ np.linalg.solve(covariance + noise**2 * np.eye(PIXELS), covariance)


def cosine(outputs: np.ndarray) -> np.ndarray:
    """Of the two denoisers' outputs (trials, 2, test, 64), over all test images and pixels: (trials,)."""
    one, two = outputs[:, 0], outputs[:, 1]
    lengths = np.sum(one**2, axis=(1, 2)) * np.sum(two**2, axis=(1, 2))
    return np.sum(one * two, axis=(1, 2)) / np.sqrt(lengths)


def denoise(weights, noisy):
    """The network's output (images, 64)."""
    (first, bias), (second, shift), (last, offset) = weights
    hidden = jax.nn.relu(jax.nn.relu(noisy @ first + bias) @ second + shift)
    return noisy + hidden @ last + offset


@partial(jax.jit, static_argnames=("steps", "batch"))
def _trained_outputs(samples, noisy, first, second, last, keys, noise, learning_rate, *, steps: int, batch: int):
    """Outputs of each trial's two networks on the noisy test images, (trials, 2, test, 64)."""

    def network(data, matrices, key):
        stream = jax.random.key(key)

        def loss(weights, clean, noises):
            return mean_squared_error(denoise(weights, clean + noise * noises), clean)

        def descend(training, step):
            weights, memory = training
            which, how = jax.random.split(jax.random.fold_in(stream, step))
            clean = data[jax.random.randint(which, (batch,), 0, data.shape[0])]
            gradient = jax.grad(loss)(weights, clean, jax.random.normal(how, clean.shape))
            rule = adam(learning_rate=learning_rate * jnp.minimum(1, 2 * (1 - step / steps)))
            return rule.move(weights, memory, gradient), None

        weights = tuple((matrix, jnp.zeros(matrix.shape[1])) for matrix in matrices)
        start = weights, adam(learning_rate=learning_rate).start(weights)
        return jax.lax.scan(descend, start, jnp.arange(steps))[0][0]

    def one_trial(data, test, *start):
        *matrices, seeds = start
        return jnp.stack(
            [denoise(network(data[half], [matrix[half] for matrix in matrices], seeds[half]), test) for half in (0, 1)]
        )

    return over_trials(one_trial, samples, noisy, first, second, last, keys)
