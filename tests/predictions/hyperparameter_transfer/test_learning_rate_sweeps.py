"""Optima of sweeps against parabolas by hand, and one sweep of networks against torch's own layers and optimiser."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.data.datasets import classification
from predictions.hyperparameter_transfer import parametrisations, perceptron_rates
from predictions.hyperparameter_transfer.rate_optimum import optimal_rates, transfer
from predictions.hyperparameter_transfer.sweep import swept_rates
from runners.measuring.profiles import profile

SWEEP = {"lowest_octave": -6, "octaves": 6}
CONDITION = {
    "data": "digits", "activation": "relu", "parametrisation": "mup", "width": 4, "doublings": 1, "hidden_layers": 2,
    "loss": "cross-entropy", "batch": 5, "steps": 6, "seen": 40, **SWEEP,
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


def test_what_is_lost_by_keeping_the_rate_of_a_narrow_network():
    """ln loss = (log2 rate + v)^2 / 10, v = 3, 4, 5 widths 8, 16, 32: rate ~ 1/w; two octaves cost 0.4, the basin."""
    rates = 2.0 ** np.arange(-9, 1)
    losses = np.exp(0.1 * (np.log2(rates) + np.array([[3], [4], [5]])) ** 2)
    diverged = losses.copy()
    diverged[2, 5:] = np.nan  # where the narrow network was best the wide one has no loss
    found = transfer(np.array([8, 16, 32]), rates, np.stack([losses, diverged], axis=1))
    assert found["rate_exponent"] == pytest.approx([-1, np.nan], nan_ok=True)
    assert found["held"] == pytest.approx([1, 2 / 3])
    assert found["regret"] == pytest.approx([np.exp(0.4) - 1, np.inf])
    assert found["basin"] == pytest.approx([0.4, np.nan], nan_ok=True)
    assert found["regret_share"][0] == pytest.approx(1)


GAIN, ACTIVATIONS = {"relu": 2**0.5, "tanh": 1, "gelu": 2**0.5, "elu": 1}, {"relu": torch.relu, "tanh": torch.tanh}
ACTIVATIONS |= {"gelu": torch.nn.functional.gelu, "elu": torch.nn.functional.elu}


@pytest.mark.parametrize(
    ("changes", "slow"),
    [
        ({"parametrisation": "mup"}, 1 / 2),
        ({"parametrisation": "by-layer", "activation": "tanh", "loss": "mse"}, 1 / 2),
        ({"parametrisation": "standard", "activation": "gelu", "hidden_layers": 3}, 1.0),
        ({"parametrisation": "mup", "activation": "elu", "data": "mnist1d"}, 1 / 2),
    ],
)
def test_each_rate_of_a_wide_networks_sweep_is_a_run_of_torchs_adam(changes, slow):
    condition = {**CONDITION, **changes}
    with profile("float64", frameworks=["torch"]):
        _, state = perceptron_rates.prepare(condition, SEEDS)
        observed = perceptron_rates.measure(condition, state)
    batches, seen, (_, weights) = state
    data = classification(condition["data"])
    norms = np.linalg.norm(data.inputs, axis=1, keepdims=True) / data.inputs.shape[1] ** 0.5
    images, labels = torch.tensor(data.inputs / norms), torch.tensor(data.labels)
    activation = ACTIVATIONS[condition["activation"]]

    def loss_of(layers, rows):
        signal = images[rows]
        for layer in layers[:-1]:
            signal = activation(signal @ layer)
        if condition["loss"] == "mse":
            return 0.5 * ((signal @ layers[-1] - torch.eye(10)[labels[rows]]) ** 2).sum(dim=1).mean()
        return torch.nn.functional.cross_entropy(signal @ layers[-1], labels[rows])

    for trial, place in [(0, 1), (1, 4)]:
        layers = [torch.tensor(weight[trial].astype(float), requires_grad=True) for weight in weights]
        rate = 2.0 ** (place - 6)
        factors = [1, *[slow] * condition["hidden_layers"]]
        groups = [{"params": [layer], "lr": rate * factor} for layer, factor in zip(layers, factors, strict=True)]
        optimiser = torch.optim.Adam(groups, eps=1e-20)
        decay = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: 1 - step / 6)
        for rows in batches[trial]:
            optimiser.zero_grad()
            loss_of(layers, rows).backward()
            optimiser.step()
            decay.step()
        assert observed["final_losses"][trial, 1, place] == pytest.approx(loss_of(layers, seen[trial]).item(), rel=1e-6)


@pytest.mark.parametrize("activation", GAIN)
def test_hidden_weights_are_larger_where_the_activation_halves_a_signal(activation):
    condition = {**CONDITION, "width": 300, "hidden_layers": 3, "activation": activation}
    _, (_, _, (narrow, wide)) = perceptron_rates.prepare(condition, SEEDS)
    assert [layer.shape[1:] for layer in narrow] == [(64, 300), (300, 300), (300, 300), (300, 10)]
    assert narrow[1].std() * 300**0.5 == pytest.approx(GAIN[activation], rel=0.02)
    assert wide[1].std() * 600**0.5 == pytest.approx(GAIN[activation], rel=0.02)
    assert wide[3].std() * 600**0.5 == pytest.approx(0.5**0.5, rel=0.05)  # mup: smaller by the root of the multiple


def test_all_parametrisations_are_the_same_network_at_the_least_width():
    with profile("float32", frameworks=["torch"]):
        losses = {}
        for name in (parametrisations.STANDARD, parametrisations.BY_LAYER, parametrisations.MAXIMAL_UPDATE):
            condition = {**CONDITION, "parametrisation": name}
            losses[name] = perceptron_rates.measure(condition, perceptron_rates.prepare(condition, SEEDS)[1])
    narrow, wide = np.stack([found["final_losses"] for found in losses.values()]).transpose(2, 0, 1, 3)
    assert np.array_equal(narrow[0], narrow[1])
    assert np.array_equal(narrow[0], narrow[2])
    assert np.abs(np.diff(wide, axis=0)).max(axis=(1, 2)).min() > 1e-6


def test_attention_of_wider_heads_shrinks_as_their_width_in_mup_only():
    scales = {name: parametrisations.attention_scale(name, 32, multiple=4) for name in ("mup", "standard", "by-layer")}
    assert scales == {
        "mup": pytest.approx(8**0.5 / 32),
        "standard": pytest.approx(32**-0.5),
        "by-layer": pytest.approx(32**-0.5),
    }
