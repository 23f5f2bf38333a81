"""Adam's rules against walks in pure noise, its noise scale against single rows' gradients by hand."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.instruments.losses import half_squared_error
from predictions.instruments.networks import fully_connected
from predictions.stochastic_gradient_noise import adam_batch_and_rate, theory

pytestmark = pytest.mark.usefixtures("hastily_compiled")

SMALL = {
    "data": "digits", "rows": 60, "width": 8, "hidden_layers": 1, "activation": "tanh", "label_noise": 0.2, "batch": 4,
    "age": 200, "learning_rate": 1e-3, "samples": 800, "orders": 4,
}  # fmt: skip


def walk(*, batch: int, rate: float, forget: tuple[float, float], samples: int = 8_000) -> float:
    """Mean of where 1,000 weights are after Adam's steps on gradients 0.02 + noise of variance 1 a sample."""
    rng = np.random.default_rng(0)
    moved, mean, square = np.zeros(1000), np.zeros(1000), np.full(1000, 1 / batch)
    for _ in range(samples // batch):
        gradient = 0.02 + rng.standard_normal(1000) / np.sqrt(batch)
        mean += forget[0] * (gradient - mean)
        square += forget[1] * (gradient**2 - square)
        moved -= rate * mean / np.sqrt(square)
    return float(np.mean(moved))


def test_in_noise_the_root_rule_goes_as_far_and_the_linear_rule_farther():
    small = walk(batch=4, rate=1e-3, forget=(0.1, 0.01))
    root = walk(batch=16, rate=2e-3, forget=(0.4, 0.04))
    alone = walk(batch=16, rate=2e-3, forget=(0.1, 0.01))
    linear = walk(batch=16, rate=4e-3, forget=(0.4, 0.04))
    assert root / small == pytest.approx(theory.adam_square_root_rule({}, {}), abs=0.05)
    assert alone / small == pytest.approx(theory.adam_root_of_rate_alone({}, {}), abs=0.05)
    assert linear / small == pytest.approx(2 * theory.adam_linear_rule({}, {}), abs=0.1)


def test_the_noise_scale_is_that_of_single_rows():
    """Of a linear layer: row gradients are x (f - y), by hand."""
    rng = np.random.default_rng(1)
    inputs, targets, matrix = rng.standard_normal((7, 3)), rng.standard_normal((7, 2)), rng.standard_normal((3, 2))
    rows = np.einsum("ni,nj->nij", np.column_stack([inputs, np.ones(7)]), inputs @ matrix - targets)
    mean = rows.mean(axis=0)
    expected = np.sum((rows - mean) ** 2) / 7 / np.sum(mean**2)
    found = adam_batch_and_rate.noise_scale(
        lambda layers, x, y: half_squared_error(fully_connected(layers, x), y), [(matrix, np.zeros(2))], inputs, targets
    )
    assert float(found) == pytest.approx(expected, rel=1e-4)


def test_the_same_batch_keeps_the_loss_and_a_rate_too_small_does_not():
    _, state = adam_batch_and_rate.prepare(SMALL, [1, 2])
    same = adam_batch_and_rate.measure({**SMALL, "rule": "square-root", "times": 1}, state)
    np.testing.assert_allclose(same["loss_ratio"], 1, atol=0.05)
    slow = adam_batch_and_rate.measure({**SMALL, "rule": "constant", "times": 8}, state)
    assert np.all(slow["loss_ratio"] > 1.05)
    np.testing.assert_allclose(slow["batch_over_noise_scale"], 8 * same["batch_over_noise_scale"])
    assert np.all(same["remaining_loss"] < 1)


def test_samples_that_are_no_whole_batches_are_told():
    _, state = adam_batch_and_rate.prepare(SMALL, [1])
    with pytest.raises(ValueError, match="no multiple of 5 large batches of 256"):
        adam_batch_and_rate.measure({**SMALL, "rule": "linear", "times": 64}, state)
