"""Fully connected networks, trained by Adam for a few steps at each of a sweep of learning rates: which rate is best?

Model      W_L phi(... phi(W_1 x)), `hidden_layers` layers of `width` units without biases, Gaussian weights;
           `activation` tanh, or relu with hidden weights larger by sqrt(2); `parametrisation` standard, by-layer or mup
           (see `parametrisations`), equal at `base_width`.
Data       `data`, digits or CIFAR-10 in ten classes, each image scaled to the norm sqrt(features).
Loss       cross-entropy.
Training   `steps` steps of Adam, a fresh batch of `batch` images each, rates falling linearly to zero. A sweep's rates
           are 2^`lowest_octave` and on by factors of two, `octaves` of them, times each layer's factor of its
           parametrisation.
Observed   mean loss after training over `seen` images, and the learning rate at its minimum.
Trial      initial weights, batches and images; the rates of a sweep share them.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import torch

from predictions.data.datasets import classification
from predictions.hyperparameter_transfer import parametrisations
from predictions.hyperparameter_transfer.adam import Adam
from predictions.hyperparameter_transfer.rate_optimum import optimal_rates, swept_rates
from predictions.instruments.tensors import as_tensor
from predictions.instruments.torch_losses import cross_entropy

ACTIVATIONS = {"tanh": (torch.tanh, 1.0), "relu": (torch.relu, 2.0**0.5)}  # and the gain of hidden weights


def prepare(setting, seeds):
    """Given: nothing. State: rows of the batches and of the last look, initial weights of each layer."""
    data = classification(setting["data"])
    width, name = setting["width"], setting["parametrisation"]
    sizes = [data.inputs.shape[1], *[width] * setting["hidden_layers"], data.classes]
    gain = ACTIVATIONS[setting["activation"]][1]
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        batches = rng.integers(len(data.labels), size=(setting["steps"], setting["batch"]))
        seen = rng.choice(len(data.labels), setting["seen"], replace=False)
        weights = []
        for kind, fan_in, fan_out in zip(parametrisations.kinds(len(sizes) - 1), sizes, sizes[1:]):
            size = parametrisations.initial_deviation(name, kind, fan_in, multiple=width / setting["base_width"])
            size *= gain if kind == "hidden" else 1.0
            weights.append(np.float32(size) * rng.standard_normal((fan_in, fan_out), dtype=np.float32))
        trials.append((batches, seen, *weights))
    batches, seen, *weights = (np.stack(arrays) for arrays in zip(*trials))
    return {}, (batches, seen, weights)


def measure(setting, state, reduce=reduce):
    """Losses of the sweep (trials, rates), learning rate of least loss and its basin (trials,)."""
    batches, seen, weights = state
    data = classification(setting["data"])
    images = as_tensor(data.inputs * (data.inputs.shape[1] ** 0.5 / np.linalg.norm(data.inputs, axis=1, keepdims=True)))
    labels = torch.as_tensor(data.labels, device=images.device)
    batches, seen = (torch.as_tensor(rows, device=images.device) for rows in (batches, seen))
    rates = swept_rates(setting)
    adam = _networks(setting, weights, rates)
    activation = ACTIVATIONS[setting["activation"]][0]

    def losses(rows: torch.Tensor) -> torch.Tensor:
        signal = images[rows].repeat_interleave(len(rates), dim=0)
        for layer in adam.weights[:-1]:
            signal = activation(signal @ layer)
        return cross_entropy(signal @ adam.weights[-1], labels[rows].repeat_interleave(len(rates), dim=0))

    def advance(carry, step: int):
        adam.carry = carry
        adam.step(losses(batches[:, step]).sum(), schedule=1 - step / setting["steps"])
        return adam.carry

    adam.carry = reduce(advance, range(setting["steps"]), adam.carry)
    with torch.no_grad():
        final = losses(seen).reshape(len(seen), len(rates)).cpu().numpy()
    optima, basins = optimal_rates(rates, final)
    return {"final_losses": final, "optimal_rate": optima, "basin": basins}


def _networks(setting, weights, rates: np.ndarray) -> Adam:
    """The optimiser of a copy of each trial's network for each rate, (trials * rates, in, out) a layer."""
    multiple = setting["width"] / setting["base_width"]
    layers = [as_tensor(weight).repeat_interleave(len(rates), dim=0).requires_grad_() for weight in weights]
    own = as_tensor(np.tile(rates, len(weights[0])))[:, None, None]
    kinds = parametrisations.kinds(len(weights))
    name = setting["parametrisation"]
    return Adam(layers, [own * parametrisations.rate_factor(name, kind, multiple=multiple) for kind in kinds])
