"""Fully connected networks of several widths, trained by Adam at each of a sweep of learning rates: which is best?

Model      W_L phi(... phi(W_1 x)), `hidden_layers` layers without biases, Gaussian weights; widths are `width` and
           `doublings` times twice as much; `activation` tanh or elu, or relu or gelu with hidden weights larger by
           sqrt(2); `parametrisation` standard, by-layer or mup (see `parametrisations`), equal at the least width.
Data       `data`, digits, MNIST-1D or CIFAR-10 in ten classes, each scaled to the norm sqrt(features).
Loss       `loss`: cross-entropy, or mse, 1/2 of the squared error summed over one-hot outputs.
Training   `steps` steps of Adam, a fresh batch of `batch` rows each, rates falling linearly to zero. A sweep's rates
           are 2^`lowest_octave` and on by factors of two, `octaves` of them, times each layer's factor of its
           parametrisation.
Observed   mean loss after training over `seen` rows, and what `rate_optimum.transfer` reads off it.
Trial      initial weights, batches and rows; rates, and the batches of all widths, are shared.
"""

from __future__ import annotations

from functools import partial, reduce

import numpy as np
import torch
import torch.nn.functional as F

from predictions.data.datasets import classification
from predictions.hyperparameter_transfer import parametrisations
from predictions.hyperparameter_transfer.rate_optimum import transfer
from predictions.hyperparameter_transfer.sweep import final_losses, swept_rates
from predictions.instruments.tensors import as_tensor
from predictions.instruments.torch_losses import cross_entropy, half_squared_error

ROOT_TWO = 2.0**0.5
ACTIVATIONS = {"tanh": (torch.tanh, 1.0), "elu": (F.elu, 1.0), "relu": (F.relu, ROOT_TWO), "gelu": (F.gelu, ROOT_TWO)}
"""And the gain of hidden weights."""


def prepare(setting, seeds):
    """Given: nothing. State: rows of the batches and of the last look, and each width's initial weights."""
    data = classification(setting["data"])
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        batches = rng.integers(len(data.labels), size=(setting["steps"], setting["batch"]))
        seen = rng.choice(len(data.labels), setting["seen"], replace=False)
        weights = [
            _initial(setting, [data.inputs.shape[1], *[width] * setting["hidden_layers"], data.classes], rng)
            for width in _widths(setting)
        ]
        trials.append((batches, seen, weights))
    batches, seen, weights = zip(*trials)
    stacked = [[np.stack(layer) for layer in zip(*networks)] for networks in zip(*weights)]
    return {}, (np.stack(batches), np.stack(seen), stacked)


def measure(setting, state, reduce=reduce):
    """Losses of the sweeps (trials, widths, rates), and what they say of a transfer (trials,)."""
    batches, seen, weights = state
    data = classification(setting["data"])
    images = as_tensor(data.inputs * (data.inputs.shape[1] ** 0.5 / np.linalg.norm(data.inputs, axis=1)[:, None]))
    labels = torch.as_tensor(data.labels, device=images.device)
    activation, rates, kinds = ACTIVATIONS[setting["activation"]][0], swept_rates(setting), _kinds(setting)
    loss = {"cross-entropy": cross_entropy, "mse": partial(_squared_error, classes=data.classes)}[setting["loss"]]

    def losses(layers: list[torch.Tensor], rows: np.ndarray) -> torch.Tensor:
        rows = torch.as_tensor(rows, device=images.device)
        signal = images[rows]
        for layer in layers[:-1]:
            signal = activation(signal @ layer)
        return loss(signal @ layers[-1], labels[rows])

    found = []
    for width, networks in zip(_widths(setting), weights):
        multiple, name = width / setting["width"], setting["parametrisation"]
        factors = [parametrisations.rate_factor(name, kind, multiple=multiple) for kind in kinds]
        found.append(final_losses(networks, factors, rates, losses, batches.swapaxes(0, 1), seen, reduce=reduce))
    swept = np.stack(found)
    return {"final_losses": swept.swapaxes(0, 1), **transfer(_widths(setting), rates, swept)}


def _squared_error(outputs: torch.Tensor, labels: torch.Tensor, *, classes: int) -> torch.Tensor:
    return half_squared_error(outputs, F.one_hot(labels, classes).to(outputs.dtype))


def _initial(setting, sizes: list[int], rng: np.random.Generator) -> list[np.ndarray]:
    multiple, layers = sizes[1] / setting["width"], []
    for kind, fan_in, fan_out in zip(_kinds(setting), sizes, sizes[1:]):
        size = parametrisations.initial_deviation(setting["parametrisation"], kind, fan_in, multiple=multiple)
        size *= ACTIVATIONS[setting["activation"]][1] if kind == "hidden" else 1.0
        layers.append(np.float32(size) * rng.standard_normal((fan_in, fan_out), dtype=np.float32))
    return layers


def _kinds(setting):
    return parametrisations.kinds(setting["hidden_layers"] + 1)


def _widths(setting) -> np.ndarray:
    return setting["width"] * 2 ** np.arange(setting["doublings"] + 1)
