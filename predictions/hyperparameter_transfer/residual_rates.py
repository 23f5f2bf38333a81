"""Residual networks of several depths, trained by Adam at each of a sweep of learning rates: which is best?

Model      h = W_0 x, then L times h <- h + L^-1/2 W_l phi(h), then U h: blocks of one layer, no biases, Gaussian
           weights of variance 1/fan_in, and 2/fan_in in the blocks of relu and gelu; `width` units; depths L are
           `depth` and `doublings` times twice as much; `activation` tanh, elu, relu or gelu.
Data       `data`, digits, MNIST-1D or CIFAR-10 in ten classes, each scaled to the norm sqrt(features).
Loss       `loss`: cross-entropy, or mse, 1/2 of the squared error summed over one-hot outputs.
Training   `steps` steps of Adam, a fresh batch of `batch` rows each, rates falling linearly to zero. A sweep's rates
           are 2^`lowest_octave` and on by factors of two, `octaves` of them; in the blocks times (L / depth) to the
           power -`rate_power`. `trained`: all layers, or the blocks alone, W_0 and U staying as they were drawn.
Observed   mean loss after training over `seen` rows, and what `rate_optimum.transfer` reads off it, of depth for width.
Trial      initial weights, batches and rows; rates, and the batches of all depths, are shared.
"""

from __future__ import annotations

from functools import partial, reduce

import numpy as np
import torch
import torch.nn.functional as F

from predictions.data.datasets import classification
from predictions.hyperparameter_transfer.rate_optimum import transfer
from predictions.hyperparameter_transfer.sweep import final_losses, swept_rates
from predictions.instruments.tensors import as_tensor
from predictions.instruments.torch_losses import cross_entropy, half_squared_error

ROOT_TWO = 2.0**0.5
ACTIVATIONS = {"tanh": (torch.tanh, 1.0), "elu": (F.elu, 1.0), "relu": (F.relu, ROOT_TWO), "gelu": (F.gelu, ROOT_TWO)}
"""And the gain of the blocks' weights."""


def prepare(setting, seeds):
    """Given: nothing. State: rows of the batches and of the last look, and each depth's initial weights."""
    data = classification(setting["data"])
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        batches = rng.integers(len(data.labels), size=(setting["steps"], setting["batch"]))
        seen = rng.choice(len(data.labels), setting["seen"], replace=False)
        weights = [_initial(setting, data.inputs.shape[1], depth, data.classes, rng) for depth in _depths(setting)]
        trials.append((batches, seen, weights))
    batches, seen, weights = zip(*trials)
    stacked = [[np.stack(layer) for layer in zip(*networks)] for networks in zip(*weights)]
    return {}, (np.stack(batches), np.stack(seen), stacked)


def measure(setting, state, reduce=reduce):
    """Losses of the sweeps (trials, depths, rates), and what they say of a transfer (trials,)."""
    batches, seen, weights = state
    data = classification(setting["data"])
    images = as_tensor(data.inputs * (data.inputs.shape[1] ** 0.5 / np.linalg.norm(data.inputs, axis=1)[:, None]))
    labels = torch.as_tensor(data.labels, device=images.device)
    activation, rates = ACTIVATIONS[setting["activation"]][0], swept_rates(setting)
    loss = {"cross-entropy": cross_entropy, "mse": partial(_squared_error, classes=data.classes)}[setting["loss"]]

    def losses(layers: list[torch.Tensor], rows: np.ndarray) -> torch.Tensor:
        rows = torch.as_tensor(rows, device=images.device)
        first, *blocks, last = layers
        signal = images[rows] @ first
        for block in blocks:
            signal = signal + len(blocks) ** -0.5 * activation(signal) @ block
        return loss(signal @ last, labels[rows])

    found = []
    for depth, networks in zip(_depths(setting), weights):
        factor = (depth / setting["depth"]) ** -setting["rate_power"]
        others = {"all": 1.0, "blocks": 0.0}[setting["trained"]]
        factors = [others, *[factor] * depth, others]
        found.append(final_losses(networks, factors, rates, losses, batches.swapaxes(0, 1), seen, reduce=reduce))
    swept = np.stack(found)
    return {"final_losses": swept.swapaxes(0, 1), **transfer(_depths(setting), rates, swept)}


def _squared_error(outputs: torch.Tensor, labels: torch.Tensor, *, classes: int) -> torch.Tensor:
    return half_squared_error(outputs, F.one_hot(labels, classes).to(outputs.dtype))


def _initial(setting, features: int, depth: int, classes: int, rng: np.random.Generator) -> list[np.ndarray]:
    width, gain = setting["width"], ACTIVATIONS[setting["activation"]][1]
    sizes = [(features, width, 1.0), *[(width, width, gain)] * depth, (width, classes, 1.0)]
    return [
        np.float32(own * fan_in**-0.5) * rng.standard_normal((fan_in, fan_out), dtype=np.float32)
        for fan_in, fan_out, own in sizes
    ]


def _depths(setting) -> np.ndarray:
    return setting["depth"] * 2 ** np.arange(setting["doublings"] + 1)
