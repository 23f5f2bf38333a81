"""Optima of sweeps against parabolas by hand, and one sweep of networks against torch's own layers and optimiser."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.data.datasets import classification
from predictions.hyperparameter_transfer import parametrisations, perceptron_rates
from predictions.hyperparameter_transfer.rate_optimum import optimal_rates, swept_rates
from runners.measuring.profiles import profile

SWEEP = {"lowest_octave": -6, "octaves": 6}
CONDITION = {
    "data": "digits", "activation": "relu", "parametrisation": "mup", "width": 12, "base_width": 4, "hidden_layers": 2,
    "batch": 5, "steps": 6, "seen": 40, **SWEEP,
}  # fmt: skip
SEEDS = np.array([7, 77], dtype=np.uint64)


def test_a_sweep_goes_up_by_factors_of_two():
    assert swept_rates(SWEEP) == pytest.approx([1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2])


def test_the_optimum_of_a_parabola_is_its_vertex_and_the_basin_its_rise():
    rates = 2.0 ** np.arange(-6, 3)
    losses = np.exp(0.3 + 0.1 * (np.log2(rates) + 2.2) ** 2)
    optima, basins = optimal_rates(rates, losses[None])
    assert np.log2(optima) == pytest.approx([-2.2])
    # lowest at -2: rises to -4 and to 0 are 0.1 (1.8^2 - 0.2^2) and 0.1 (2.2^2 - 0.2^2)
    assert basins == pytest.approx([0.32])


@pytest.mark.parametrize(
    "losses",
    [
        [1, 2, 3, 4, 5, 6],
        [2, 1, 2, 3, 4, 5],
        [3, 2, 1, 2, np.inf, np.inf],
        [9, 8, 1, 2, 1, 1],
        [9, 8, 0, 1, 9, 9],
        [np.nan] * 6,
    ],
)
def test_an_optimum_that_the_sweep_does_not_hold_is_no_number(losses):
    optima, basins = optimal_rates(2.0 ** np.arange(6), np.array([losses]))
    assert np.isnan(optima).all()
    assert np.isnan(basins).all()


def test_a_trial_that_diverged_leaves_the_others_alone():
    rates = 2.0 ** np.arange(7)
    good = np.exp((np.log2(rates) - 3) ** 2)
    optima, _ = optimal_rates(rates, np.stack([np.full(7, np.inf), good]))
    assert np.isnan(optima[0])
    assert optima[1] == pytest.approx(8)


@pytest.mark.parametrize(("name", "slow"), [("mup", 1 / 3), ("by-layer", 1 / 3), ("standard", 1.0)])
def test_each_rate_of_a_sweep_is_a_run_of_torchs_adam(name, slow):
    condition = {**CONDITION, "parametrisation": name}
    with profile("float64", frameworks=["torch"]):
        _, state = perceptron_rates.prepare(condition, SEEDS)
        observed = perceptron_rates.measure(condition, state)
    batches, seen, weights = state
    data = classification("digits")
    images = torch.tensor(8 * data.inputs / np.linalg.norm(data.inputs, axis=1, keepdims=True))
    labels = torch.tensor(data.labels)
    for trial, place in [(0, 1), (1, 4)]:
        layers = [torch.tensor(weight[trial].astype(float), requires_grad=True) for weight in weights]
        rate = 2.0 ** (place - 6)
        groups = [{"params": [layer], "lr": rate * factor} for layer, factor in zip(layers, (1, slow, slow))]
        optimiser = torch.optim.Adam(groups, eps=1e-20)
        decay = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / 6)
        for rows in batches[trial]:
            optimiser.zero_grad()
            loss_of(layers, images[rows], labels[rows]).backward()
            optimiser.step()
            decay.step()
        final = loss_of(layers, images[seen[trial]], labels[seen[trial]]).item()
        assert observed["final_losses"][trial, place] == pytest.approx(final, rel=1e-6)


def loss_of(layers, images, labels):
    signal = images
    for layer in layers[:-1]:
        signal = torch.relu(signal @ layer)
    return torch.nn.functional.cross_entropy(signal @ layers[-1], labels)


def test_all_parametrisations_are_the_same_network_at_the_base_width():
    names = (parametrisations.STANDARD, parametrisations.BY_LAYER, parametrisations.MAXIMAL_UPDATE)
    with profile("float32", frameworks=["torch"]):
        losses = []
        for name in names:
            condition = {**CONDITION, "width": 4, "parametrisation": name}
            losses.append(perceptron_rates.measure(condition, perceptron_rates.prepare(condition, SEEDS)[1]))
    assert np.array_equal(losses[0]["final_losses"], losses[1]["final_losses"])
    assert np.array_equal(losses[0]["final_losses"], losses[2]["final_losses"])


def test_attention_of_wider_heads_shrinks_as_their_width_in_mup_only():
    scales = {name: parametrisations.attention_scale(name, 32, multiple=4) for name in ("mup", "standard", "by-layer")}
    assert scales == {
        "mup": pytest.approx(8**0.5 / 32),
        "standard": pytest.approx(32**-0.5),
        "by-layer": pytest.approx(32**-0.5),
    }
