"""The first steps of Adam: how far the coordinates of a network move, hidden pre-activations and output.

Model      f(x) = W3 tanh(W2 tanh(W1 x)), no biases, Gaussian weights, both hidden layers of `width` units;
           `parametrisation` standard, by-layer or mup (see `parametrisations`), equal at `base_width`.
Data       `rows` handwritten digits, each scaled to the norm sqrt(pixels); targets are +1 below five, -1 otherwise.
Loss       1/2 mean over the rows of (f - y)^2.
Training   `steps` steps of Adam on all rows; the first is the sign of the gradient. Each layer's learning rate is
           `learning_rate` times its parametrisation's factor.
Observed   root mean square over rows of the output's move, over rows and units of the second hidden pre-activation's.
Trial      initial weights and rows.
"""

from __future__ import annotations

import numpy as np
import torch

from predictions.data.datasets import classification
from predictions.hyperparameter_transfer import parametrisations
from predictions.hyperparameter_transfer.adam import Adam
from predictions.instruments.tensors import as_tensor


def prepare(setting, seeds):
    """Given: sum of absolute features of the rows, (trials, rows)."""
    data = classification("digits")
    width, multiple = setting["width"], setting["width"] / setting["base_width"]
    sizes = [data.inputs.shape[1], width, width, 1]
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        chosen = rng.choice(len(data.inputs), setting["rows"], replace=False)
        inputs = data.inputs[chosen]
        inputs *= np.sqrt(inputs.shape[1]) / np.linalg.norm(inputs, axis=1, keepdims=True)
        targets = np.where(data.labels[chosen] < 5, 1.0, -1.0)[:, None]
        weights = []
        for kind, fan_in, fan_out in zip(parametrisations.kinds(3), sizes, sizes[1:]):
            size = parametrisations.initial_deviation(setting["parametrisation"], kind, fan_in, multiple=multiple)
            weights.append(np.float32(size) * rng.standard_normal((fan_in, fan_out), dtype=np.float32))
        trials.append((inputs, targets, *weights))
    inputs, targets, *weights = (np.stack(arrays) for arrays in zip(*trials))
    return {"absolute_inputs": np.abs(inputs).sum(axis=2)}, (inputs, targets, weights)


def measure(setting, state):
    """Moves of hidden pre-activations and of the output, root mean square: each (trials,)."""
    inputs, targets, weights = state
    inputs, targets = map(as_tensor, (inputs, targets))
    weights = [as_tensor(weight).requires_grad_() for weight in weights]
    multiple = setting["width"] / setting["base_width"]
    rates = [
        setting["learning_rate"] * parametrisations.rate_factor(setting["parametrisation"], kind, multiple=multiple)
        for kind in parametrisations.kinds(3)
    ]
    with torch.no_grad():
        before = _coordinates(weights, inputs)
    adam = Adam(weights, rates)
    for _ in range(setting["steps"]):
        outputs = _coordinates(weights, inputs)[1]
        adam.step(0.5 * (outputs - targets).square().mean(dim=(1, 2)).sum())
    with torch.no_grad():
        moves = [after - start for after, start in zip(_coordinates(weights, inputs), before)]
        hidden, output = (move.square().mean(dim=(1, 2)).sqrt().cpu().numpy() for move in moves)
    return {"hidden_move": hidden, "output_move": output}


def _coordinates(weights, inputs) -> tuple[torch.Tensor, torch.Tensor]:
    """Second hidden pre-activations (trials, rows, width) and outputs (trials, rows, 1)."""
    hidden = torch.tanh(inputs @ weights[0]) @ weights[1]
    return hidden, torch.tanh(hidden) @ weights[2]
