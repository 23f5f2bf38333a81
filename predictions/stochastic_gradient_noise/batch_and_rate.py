"""Multiply batch and learning rate together: does the loss still fall as it did, sample for sample, and until when?

Model      a fully connected network, `hidden_layers` layers of `width` units without biases, `activation` tanh, relu,
           gelu or elu, uniform initial weights.
Data       `rows` rows of `data` (digits, mnist1d), each scaled to the norm sqrt(features), a share `label_noise` of the
           labels redrawn, one-hot targets.
Loss       1/2 mean over a batch of the squared error summed over outputs.
Training   stochastic gradient descent, every batch drawn afresh. The first `age` samples, where the loss changes too
           fast for large steps, go in batches of `batch` with learning rate `learning_rate`; the next `samples` once as
           before and once with `times` k as many rows a batch and a rate as `rule` says: k (linear), sqrt(k)
           (square-root) or 1 (constant) times as large. Each arm averages `orders` runs with batches of their own. A
           `times` of all is an arm for each of 2, 4, 8 and on to `most_times`.
Observed   at five equally spaced numbers of samples, mean loss over all rows with large batches over that with small
           ones: the ratio farthest from one, and all five, of the largest k. Large batch over noise scale where the
           arms part. The factor k at which the loss first falls back by a tenth, between two arms.
Trial      rows, labels, initial weights and batches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import torch
import torch.nn.functional as F

from predictions.data.datasets import classification, draw_rows
from predictions.edge_of_stability.torch_sharpness import hessian_product, largest_eigenvalues
from predictions.instruments.tensors import as_tensor
from predictions.instruments.torch_losses import half_squared_error

CHECKPOINTS = 5
RULES = {"linear": 1.0, "square-root": 0.5, "constant": 0.0}  # exponent of k in the learning rate
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu, "gelu": F.gelu, "elu": F.elu}
BEHIND = 1.1
"""Loss over that with small batches from which an arm has fallen back."""


def prepare(setting, seeds):
    """The early phase, and the arm of small batches. Given: the top eigenvalue of the loss's Hessian, the largest found
    where the arms part and at that arm's checkpoints; the noise scale tr(Sigma)/|G|^2 where they part; each (trials,).

    State: rows, targets, weights where the arms part, that arm's losses (trials, checkpoints) and a seed of batches.
    """
    data, trials = classification(setting["data"]), []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], rng, label_noise=setting["label_noise"])
        inputs = inputs * (inputs.shape[1] ** 0.5 / np.linalg.norm(inputs, axis=1, keepdims=True))
        sizes = [inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], targets.shape[1]]
        weights = [rng.uniform(-1, 1, shape) / np.sqrt(shape[0]) for shape in pairwise(sizes)]
        trials.append((inputs, targets, *weights, rng.integers(2**63)))
    inputs, targets, *weights, batch_seeds = (np.stack(arrays) for arrays in zip(*trials))
    network, draws = _network(setting, inputs, targets), _generators(batch_seeds, 1)
    small = {"batch": setting["batch"], "rate": setting["learning_rate"]}
    start = network.descend([as_tensor(weight) for weight in weights], draws, samples=setting["age"], **small)
    probes = as_tensor(np.stack([rng.standard_normal(_size(start)) for rng in draws]))
    losses, sharpness = [], [network.sharpness(start, probes)]
    for passed, arm in _arm(setting, (inputs, targets, start), draws, **small):
        losses.append(passed)
        sharpness.append(network.sharpness([weight[:: setting["orders"]] for weight in arm], probes))
    given = {"sharpness": torch.stack(sharpness).amax(dim=0), "noise_scale": network.noise_scale(start)}
    given = {name: values.cpu().numpy() for name, values in given.items()}
    start = [weight.cpu().numpy() for weight in start]
    return given, (inputs, targets, start, np.stack(losses, axis=1), batch_seeds, given["noise_scale"])


def measure(setting, state):
    """The loss ratios, batch over noise scale and the factor at which the arms fall back, (trials,) or with an axis."""
    inputs, targets, start, small, batch_seeds, noise_scale = state
    if setting["times"] == "all":
        times = 2 ** np.arange(1, int(np.log2(setting["most_times"])) + 1)
    else:
        times = np.array([setting["times"]])
    draws, arms = _generators(batch_seeds, 2), []
    data = inputs, targets, [as_tensor(weight) for weight in start]
    for k in map(int, times):
        arm = {"batch": k * setting["batch"], "rate": setting["learning_rate"] * k ** RULES[setting["rule"]]}
        arms.append(np.stack([losses for losses, _ in _arm(setting, data, draws, **arm)], axis=1))
    with np.errstate(all="ignore"):
        ratios = np.where(np.isfinite(arms), np.divide(arms, small), np.inf)  # (factors, trials, checkpoints)
        farthest = np.argmax(np.abs(np.log(ratios[-1])), axis=1)
        batch_over_noise_scale = times[-1] * setting["batch"] / noise_scale
    return {
        "loss_ratio": ratios[-1][np.arange(len(small)), farthest],
        "loss_ratios": ratios[-1],
        "batch_over_noise_scale": batch_over_noise_scale,
        "factor_behind": factor_behind(times, ratios.max(axis=2)),
    }


def _arm(setting, data, draws, *, batch: int, rate: float):
    """At each checkpoint the mean loss over an arm's runs, (trials,), and the weights of all runs."""
    runs = setting["orders"]
    inputs, targets, start = data
    network = _network(setting, *(np.repeat(array, runs, axis=0) for array in (inputs, targets)))
    weights = [weight.repeat_interleave(runs, dim=0) for weight in start]
    for _ in range(CHECKPOINTS):
        weights = network.descend(weights, draws, batch=batch, rate=rate, samples=setting["samples"] // CHECKPOINTS)
        yield network.losses(weights).reshape(-1, runs).mean(dim=1).cpu().numpy(), weights


def _network(setting, inputs: np.ndarray, targets: np.ndarray) -> Network:
    return Network(as_tensor(inputs), as_tensor(targets), ACTIVATIONS[setting["activation"]])


def _generators(batch_seeds: np.ndarray, purpose: int) -> list[np.random.Generator]:
    return [np.random.default_rng([int(seed), purpose]) for seed in batch_seeds]


def factor_behind(times: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """The k at which the largest loss ratio, (factors, trials), first rises through `BEHIND`: (trials,).

    By linear interpolation of ln ratio in ln k, from a ratio of one at k = 1; the last k that keeps up where the next
    one diverges; infinite where all keep up.
    """
    ln_k, found = np.log([1, *times]), np.full(ratios.shape[1], np.inf)
    for trial, ln_ratio in enumerate(np.log(np.vstack([np.ones(ratios.shape[1]), ratios])).T):
        over = np.flatnonzero(ln_ratio > np.log(BEHIND))
        if over.size:
            around = slice(over[0] - 1, over[0] + 1)
            share = (np.log(BEHIND) - ln_ratio[over[0] - 1]) / np.diff(ln_ratio[around])[0]
            found[trial] = np.exp(ln_k[over[0] - 1] + share * np.diff(ln_k[around])[0])
    return found


class Network:
    """Networks on rows of their own: inputs (networks, rows, features), targets (networks, rows, outputs)."""

    def __init__(self, inputs: torch.Tensor, targets: torch.Tensor, activation: Callable):
        self.inputs, self.targets, self.activation = inputs, targets, activation

    def descend(self, weights: Sequence[torch.Tensor], draws, *, batch: int, rate: float, samples: int):
        """The layers after `samples` samples in batches of `batch`, each network with its own; `draws` share them."""
        if samples % batch:
            raise ValueError(f"{samples} samples are no multiple of the batch, {batch}")
        networks, count = self.inputs.shape[:2]
        number = torch.arange(networks, device=self.inputs.device)[:, None]
        for _ in range(samples // batch):
            drawn = np.concatenate([rng.integers(count, size=(networks // len(draws), batch)) for rng in draws])
            chosen = torch.as_tensor(drawn, device=self.inputs.device)
            weights = [weight.detach().requires_grad_() for weight in weights]
            outputs = self._outputs(weights, self.inputs[number, chosen])[-1]
            loss = half_squared_error(outputs, self.targets[number, chosen]).sum()
            gradients = torch.autograd.grad(loss, weights)
            with torch.no_grad():
                weights = [weight - rate * gradient for weight, gradient in zip(weights, gradients)]
        return [weight.detach() for weight in weights]

    def losses(self, weights: Sequence[torch.Tensor]) -> torch.Tensor:
        """1/2 mean over rows of the squared error summed over outputs: (networks,)."""
        return half_squared_error(self._outputs(weights, self.inputs)[-1], self.targets)

    def noise_scale(self, weights: Sequence[torch.Tensor]) -> torch.Tensor:
        """tr(Sigma)/|G|^2: summed variance of single rows' gradients over the mean gradient's square, (networks,)."""
        with torch.enable_grad():
            signals = self._outputs([weight.detach().requires_grad_() for weight in weights], self.inputs)
            below, above = [self.inputs, *map(self.activation, signals[:-1])], signals
            error = 0.5 * (signals[-1] - self.targets).square().sum()
            back = torch.autograd.grad(error, above)
        # A row's gradient is an outer product in each layer: its square is the product of squares.
        own = sum((h.square().sum(2) * d.square().sum(2)).mean(dim=1) for h, d in zip(below, back))
        mean = [h.transpose(1, 2) @ d / h.shape[1] for h, d in zip(below, back)]
        return (own / sum(gradient.square().sum(dim=(1, 2)) for gradient in mean) - 1).detach()

    def sharpness(self, weights: Sequence[torch.Tensor], probes: torch.Tensor) -> torch.Tensor:
        """Largest eigenvalue of the loss's Hessian, searched from `probes` (networks, parameters): (networks,).

        One network after the other, as a search's last bits depend on what is searched beside it.
        """
        shapes, found = [weight.shape[1:] for weight in weights], []
        flat = torch.cat([weight.flatten(1) for weight in weights], dim=1)
        for number in range(len(flat)):
            one = slice(number, number + 1)
            alone = Network(self.inputs[one], self.targets[one], self.activation)

            def losses(flat: torch.Tensor, alone=alone) -> torch.Tensor:
                parts = flat.split([shape.numel() for shape in shapes], dim=1)
                return alone.losses([part.unflatten(1, shape) for part, shape in zip(parts, shapes)])

            found.append(largest_eigenvalues(hessian_product(losses, flat[one]), probes[one])[0].detach())
        return torch.cat(found)

    def _outputs(self, weights: Sequence[torch.Tensor], inputs: torch.Tensor) -> list[torch.Tensor]:
        """Pre-activations of every layer, the outputs last: (networks, rows, units)."""
        signals, signal = [], inputs
        for weight in weights:
            signals.append(signal @ weight)
            signal = self.activation(signals[-1])
        return signals


def _size(weights: Sequence[torch.Tensor]) -> int:
    return sum(weight[0].numel() for weight in weights)
