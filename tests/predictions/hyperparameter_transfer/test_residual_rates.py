"""A sweep of residual networks against torch's own Adam, block by block."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.data.datasets import classification
from predictions.hyperparameter_transfer import residual_rates, theory
from runners.measuring.profiles import profile

CONDITION = {
    "data": "digits", "activation": "tanh", "width": 5, "depth": 2, "doublings": 1, "loss": "cross-entropy", "batch": 6,
    "steps": 5, "seen": 30, "lowest_octave": -6, "octaves": 5, "rate_power": 0.5, "trained": "all",
}  # fmt: skip
SEEDS = np.array([7, 77], dtype=np.uint64)
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}


def sweep(condition):
    with profile("float64", frameworks=["torch"]):
        _, state = residual_rates.prepare(condition, SEEDS)
        return state, residual_rates.measure(condition, state)


@pytest.mark.parametrize(
    ("changes", "others", "blocks"),
    [
        ({}, 1, 2**-0.5),
        ({"activation": "relu", "loss": "mse"}, 1, 2**-0.5),
        ({"trained": "blocks", "rate_power": 0.0, "data": "mnist1d"}, 0, 1),
    ],
)
def test_each_rate_of_a_deep_networks_sweep_is_a_run_of_torchs_adam(changes, others, blocks):
    condition = {**CONDITION, **changes}
    (batches, seen, (_, weights)), observed = sweep(condition)
    data = classification(condition["data"])
    norms = np.linalg.norm(data.inputs, axis=1, keepdims=True) / data.inputs.shape[1] ** 0.5
    images, labels = torch.tensor(data.inputs / norms), torch.tensor(data.labels)
    activation = ACTIVATIONS[condition["activation"]]

    def loss_of(layers, rows):
        signal = images[rows] @ layers[0]
        for layer in layers[1:5]:
            signal = signal + activation(signal) @ layer / 2  # four blocks
        if condition["loss"] == "mse":
            return 0.5 * ((signal @ layers[5] - torch.eye(10)[labels[rows]]) ** 2).sum(dim=1).mean()
        return torch.nn.functional.cross_entropy(signal @ layers[5], labels[rows])

    for trial, place in [(0, 1), (1, 3)]:
        layers = [torch.tensor(weight[trial].astype(float), requires_grad=True) for weight in weights]
        rate = 2.0 ** (place - 6)
        factors = [others, *[blocks] * 4, others]
        groups = [{"params": [layer], "lr": rate * factor} for layer, factor in zip(layers, factors, strict=True)]
        optimiser = torch.optim.Adam(groups, eps=1e-20)
        decay = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / 5)
        for rows in batches[trial]:
            optimiser.zero_grad()
            loss_of(layers, rows).backward()
            optimiser.step()
            decay.step()
        assert observed["final_losses"][trial, 1, place] == pytest.approx(loss_of(layers, seen[trial]).item(), rel=1e-6)


@pytest.mark.parametrize(("activation", "gain"), [("tanh", 1), ("elu", 1), ("relu", 2**0.5), ("gelu", 2**0.5)])
def test_blocks_keep_the_variance_that_their_factor_allows(activation, gain):
    _, (_, _, (shallow, deep)) = residual_rates.prepare(CONDITION | {"width": 300, "activation": activation}, SEEDS)
    assert [layer.shape[1:] for layer in shallow] == [(64, 300), (300, 300), (300, 300), (300, 10)]
    assert len(deep) == 6
    assert shallow[0].std() * 64**0.5 == pytest.approx(1, rel=0.02)
    assert deep[3].std() * 300**0.5 == pytest.approx(gain, rel=0.02)
    assert deep[5].std() * 300**0.5 == pytest.approx(1, rel=0.05)


def test_the_first_step_moves_the_stream_by_the_power_of_the_depth_that_is_predicted():
    """The blocks' step, eta times the sign of the gradient: the stream moves as eta L^1/2, or alike at eta L^-1/2."""
    depths, moves = np.array([8, 32]), []
    condition = {**CONDITION, "width": 128, "depth": 8, "doublings": 2, "steps": 1}
    _, (_, seen, (*networks,)) = residual_rates.prepare(condition, SEEDS)
    data = classification("digits")
    images, labels = torch.tensor(data.inputs[seen[0]], dtype=torch.float32), torch.tensor(data.labels[seen[0]])
    for weights in (networks[0], networks[2]):
        first, *blocks, last = (torch.tensor(weight[0]) for weight in weights)

        def stream(blocks, first=first):
            signal = images @ first
            for block in blocks:
                signal = signal + len(blocks) ** -0.5 * torch.tanh(signal) @ block
            return signal

        blocks = [block.requires_grad_() for block in blocks]
        loss = torch.nn.functional.cross_entropy(stream(blocks) @ last, labels)
        moved = [w - 1e-4 * torch.sign(g) for w, g in zip(blocks, torch.autograd.grad(loss, blocks))]
        moves.append((stream(moved) - stream(blocks)).square().mean().sqrt().item())
    growth = np.log(moves[1] / moves[0]) / np.log(depths[1] / depths[0])
    assert -growth == pytest.approx(theory.unscaled_rate_exponent({}, {}), abs=0.1)
    assert 0.5 - growth == pytest.approx(theory.depth_free_rate({}, {}), abs=0.1)
