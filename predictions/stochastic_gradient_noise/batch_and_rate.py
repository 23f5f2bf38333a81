"""Multiply batch and learning rate together: does the loss still fall as it did, sample for sample?

Model      a fully connected tanh network with one hidden layer of `width` units, uniform initial weights.
Data       `rows` digits, each scaled to the norm sqrt(pixels), a share `label_noise` of the labels redrawn, one-hot
           targets.
Loss       1/2 mean over a batch of the squared error summed over outputs.
Training   stochastic gradient descent, every batch drawn afresh. The first `age` samples, where the loss changes too
           fast for large steps, go in batches of `batch` with learning rate `learning_rate`; the next `samples` once as
           before and once with `times` k as many rows a batch and a rate as `rule` says: k (linear), sqrt(k)
           (square-root) or 1 (constant) times as large. Each arm averages `orders` runs with batches of their own.
Observed   at five equally spaced numbers of samples, mean loss over all rows with large batches over that with small
           ones: the ratio farthest from one, and all five. Where the arms part: large batch over noise scale.
Trial      rows, labels, initial weights and batches.
"""

from __future__ import annotations

import numpy as np
import torch

from predictions.data.datasets import classification, draw_rows
from predictions.instruments.tensors import as_tensor
from predictions.instruments.torch_losses import half_squared_error

CHECKPOINTS = 5
RULES = {"linear": 1.0, "square-root": 0.5, "constant": 0.0}  # exponent of k in the learning rate


def prepare(setting, seeds):
    """Given: nothing. State: rows, targets, initial weights and a seed of batches, per trial."""
    data, trials = classification("digits"), []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], rng, label_noise=setting["label_noise"])
        inputs = inputs * (inputs.shape[1] ** 0.5 / np.linalg.norm(inputs, axis=1, keepdims=True))
        sizes = (inputs.shape[1], setting["width"], targets.shape[1])
        inner, outer = (rng.uniform(-1, 1, shape) / np.sqrt(shape[0]) for shape in (sizes[:2], sizes[1:]))
        trials.append((inputs, targets, inner, outer, rng.integers(2**63)))
    return {}, tuple(np.stack(arrays) for arrays in zip(*trials))


def measure(setting, state):
    """The ratio of losses that is farthest from one, all of them, and batch over noise scale where the arms part."""
    *arrays, batch_seeds = state
    runs, k, exponent = setting["orders"], setting["times"], RULES[setting["rule"]]
    batch, rate, span = setting["batch"], setting["learning_rate"], setting["samples"] // CHECKPOINTS
    draws = [np.random.default_rng(int(seed)) for seed in batch_seeds]
    inputs, targets, *start = (as_tensor(array).repeat_interleave(runs, dim=0) for array in arrays)

    def averaged(over_runs: torch.Tensor) -> np.ndarray:
        return over_runs.reshape(-1, runs).mean(dim=1).cpu().numpy()

    def curve(batch: int, rate: float) -> np.ndarray:
        weights, losses = start, []
        for _ in range(CHECKPOINTS):
            weights = _descend(weights, inputs, targets, draws, batch=batch, rate=rate, samples=span)
            losses.append(averaged(_losses(weights, inputs, targets)))
        return np.stack(losses, axis=1)

    start = _descend(start, inputs, targets, draws, batch=batch, rate=rate, samples=setting["age"])
    noise_scale = averaged(_noise_scale(start, inputs, targets))
    small, large = curve(batch, rate), curve(k * batch, rate * k**exponent)
    with np.errstate(all="ignore"):
        ratios = np.where(np.isfinite(large), large / small, np.inf)
        farthest = np.argmax(np.abs(np.log(ratios)), axis=1)
        batch_over_noise_scale = k * batch / noise_scale
    return {
        "loss_ratio": ratios[np.arange(len(ratios)), farthest],
        "loss_ratios": ratios,
        "batch_over_noise_scale": batch_over_noise_scale,
    }


def _descend(weights, inputs, targets, draws, *, batch: int, rate: float, samples: int):
    """Both layers after `samples` samples in batches of `batch`, each run with its own: (runs, ...) tensors."""
    if samples % batch:
        raise ValueError(f"{samples} samples are no multiple of the batch, {batch}")
    runs, count = len(inputs), inputs.shape[1]
    number = torch.arange(runs, device=inputs.device)[:, None]
    inner, outer = weights
    for _ in range(samples // batch):
        drawn = np.concatenate([rng.integers(count, size=(runs // len(draws), batch)) for rng in draws])
        chosen = torch.as_tensor(drawn, device=inputs.device)
        x = inputs[number, chosen]
        hidden = torch.tanh(x @ inner)
        errors = (hidden @ outer - targets[number, chosen]) / batch
        back = (errors @ outer.transpose(1, 2)) * (1 - hidden.square())
        outer = outer - rate * (hidden.transpose(1, 2) @ errors)
        inner = inner - rate * (x.transpose(1, 2) @ back)
    return inner, outer


def _losses(weights, inputs, targets):
    """1/2 mean over rows of the squared error summed over outputs: (runs,)."""
    inner, outer = weights
    return half_squared_error(torch.tanh(inputs @ inner) @ outer, targets)


def _noise_scale(weights, inputs, targets):
    """tr(Sigma)/|G|^2: summed variance of single rows' gradients over the mean gradient's square, (runs,)."""
    inner, outer = weights
    hidden = torch.tanh(inputs @ inner)
    errors = hidden @ outer - targets
    back = (errors @ outer.transpose(1, 2)) * (1 - hidden.square())
    # A row's gradient is an outer product in each layer: its square is the product of squares.
    own = (hidden.square().sum(2) * errors.square().sum(2) + inputs.square().sum(2) * back.square().sum(2)).mean(dim=1)
    count = inputs.shape[1]
    mean = [hidden.transpose(1, 2) @ errors / count, inputs.transpose(1, 2) @ back / count]
    square = sum(gradient.square().sum(dim=(1, 2)) for gradient in mean)
    return own / square - 1
