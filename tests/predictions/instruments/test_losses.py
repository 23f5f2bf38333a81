"""Losses against torch.nn.functional, of random outputs, labels and soft targets."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional

from predictions.instruments import losses, torch_losses
from runners.measuring.profiles import profile

ROWS, OUTPUTS = 7, 4


@pytest.fixture
def drawn():
    """Outputs, soft targets that sum to one, and labels, of two networks."""
    generator = np.random.default_rng(0)
    outputs = 3 * generator.standard_normal((2, ROWS, OUTPUTS))
    soft = generator.dirichlet(np.ones(OUTPUTS), (2, ROWS))
    return outputs, soft, generator.integers(OUTPUTS, size=(2, ROWS))


def test_squared_errors_are_those_of_torch_and_differ_by_half_the_outputs(drawn):
    outputs, targets, _ = drawn
    with profile("float64"):
        for f, y in zip(outputs, targets):
            expected = functional.mse_loss(torch.tensor(f), torch.tensor(y)).item()
            assert float(losses.mean_squared_error(f, y)) == pytest.approx(expected, rel=1e-12)
            assert float(losses.half_squared_error(f, y)) == pytest.approx(OUTPUTS / 2 * expected, rel=1e-12)


def test_cross_entropies_are_those_of_torch(drawn):
    outputs, soft, labels = drawn
    with profile("float64"):
        for f, y, label in zip(outputs, soft, labels):
            expected = functional.cross_entropy(torch.tensor(f), torch.tensor(y)).item()
            assert float(losses.cross_entropy(f, y)) == pytest.approx(expected, rel=1e-12)
            rows = functional.cross_entropy(torch.tensor(f), torch.tensor(label), reduction="none")
            np.testing.assert_allclose(losses.label_cross_entropies(f, label), rows, rtol=1e-12)
            one_hot = np.eye(OUTPUTS)[label]
            assert float(losses.cross_entropy(f, one_hot)) == pytest.approx(rows.mean().item(), rel=1e-12)


def test_cross_entropy_of_a_confident_network_is_finite():
    with profile("float32"):
        outputs = np.array([[300.0, 0.0]], np.float32)
        assert float(losses.cross_entropy(outputs, np.array([[0.0, 1.0]]))) == pytest.approx(300)
        assert float(losses.label_cross_entropies(outputs, np.array([0]))[0]) == 0


def test_networks_side_by_side_in_torch_have_the_losses_that_each_has_in_jax(drawn):
    outputs, soft, labels = drawn
    with profile("float64"):
        tensors = [torch.tensor(array) for array in drawn]
        np.testing.assert_allclose(
            torch_losses.half_squared_error(*tensors[:2]),
            [losses.half_squared_error(f, y) for f, y in zip(outputs, soft)],
            rtol=1e-12,
        )
        np.testing.assert_allclose(
            torch_losses.cross_entropy(*tensors[:2]),
            [losses.cross_entropy(f, y) for f, y in zip(outputs, soft)],
            rtol=1e-12,
        )
        np.testing.assert_allclose(
            torch_losses.cross_entropy(tensors[0], tensors[2]),
            [np.mean(losses.label_cross_entropies(f, label)) for f, label in zip(outputs, labels)],
            rtol=1e-12,
        )


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_one_row_one_class_and_outputs_of_any_size(precision):
    """A single class is certain; ten equal outputs are ln 10; a vast output is its distance."""
    with profile(precision):
        assert float(losses.cross_entropy(np.array([[3.0]]), np.array([[1.0]]))) == 0
        for size in (0.0, 1e-30, 10.0, -10.0):
            equal = np.full((1, 10), size)
            assert float(losses.label_cross_entropies(equal, np.array([7]))[0]) == pytest.approx(np.log(10), rel=1e-6)
        apart = np.array([[1e30, -1e30]])
        assert float(losses.cross_entropy(apart, np.array([[0.0, 1.0]]))) == pytest.approx(2e30)
        assert float(losses.cross_entropy(apart, np.array([[1.0, 0.0]]))) == 0
        tiny = np.array([[1e-15, 2e-15]])
        assert float(losses.half_squared_error(tiny, np.zeros((1, 2)))) == pytest.approx(2.5e-30)
