"""The student and teacher in the plane: Gaussian averages against quadrature, gradients against differences."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

from predictions.lazy_and_rich import teacher_directions
from predictions.lazy_and_rich.teacher_directions import Angles, alignment, gradient, population_loss
from runners.measuring.profiles import profile

CONDITION = {"teacher_neurons": 3, "multiplier": 0.5, "neurons": 12, "steps": 50, "relative_learning_rate": 0.5}


def draw(seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal(5), rng.standard_normal((5, 2)), rng.standard_normal(3), rng.standard_normal((3, 2))


def loss_by_quadrature(readout, weights, factor, teacher_readout, teacher_weights):
    """E (f - f*)^2: both functions are linear in the radius, whose mean square is 2, so that angles suffice."""
    angles = 2 * np.pi * np.arange(200_000) / 200_000
    directions = np.stack([np.cos(angles), np.sin(angles)])
    student = factor * readout @ np.maximum(weights @ directions, 0)
    teacher = teacher_readout @ np.maximum(teacher_weights @ directions, 0)
    return 2 * np.mean((student - teacher) ** 2)


def test_loss_is_the_average_over_gaussian_inputs():
    readout, weights, teacher_readout, teacher_weights = draw()
    expected = loss_by_quadrature(readout, weights, 0.3, teacher_readout, teacher_weights)
    with profile("float64"):
        target = Angles(jnp.asarray(teacher_weights))
        value = float(population_loss(readout, jnp.asarray(weights), 0.3, teacher_readout, target))
    assert value == pytest.approx(expected, rel=1e-8)


def test_gradient_is_that_of_the_loss():
    readout, weights, teacher_readout, teacher_weights = draw(1)
    with profile("float64"):
        target = Angles(jnp.asarray(teacher_weights))
        in_readout, in_weights = gradient(readout, jnp.asarray(weights), 0.3, teacher_readout, target)
    h = 1e-4

    def difference(index, part):
        def loss(shift):
            moved = [readout.copy(), weights.copy()]
            moved[part][index] += shift
            return loss_by_quadrature(*moved, 0.3, teacher_readout, teacher_weights)

        return (loss(h) - loss(-h)) / (2 * h)

    assert float(in_readout[2]) == pytest.approx(difference(2, 0), rel=1e-5, abs=1e-7)
    for index in [(0, 0), (3, 1)]:
        assert float(in_weights[index]) == pytest.approx(difference(index, 1), rel=1e-5, abs=1e-7)


def test_alignment_is_one_on_the_lines_whatever_side_and_sign():
    lines = np.array([[1.0, 0.2], [-0.3, 1.0], [2.0, 2.5]])
    student = np.array([-1.5, 0.4, 3.0, -0.2])[:, None] * lines[[0, 1, 2, 0]]
    assert alignment(np.array([1.0, -2.0, 0.5, 3.0]), student, lines) == pytest.approx(1, abs=1e-12)


def test_alignment_is_zero_for_directions_all_round():
    angles = 2 * np.pi * np.arange(30_000) / 30_000
    student = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    lines = np.random.default_rng(2).standard_normal((3, 2))
    assert alignment(np.ones(30_000), student, lines) == pytest.approx(0, abs=1e-3)


def test_alignment_by_hand():
    """Lines at 0 and 90 degrees: the mean distance is 22.5; mass 2 at 15 and mass 1 at 60 degrees is 20 off."""
    student = np.array([[np.cos(np.pi / 12), np.sin(np.pi / 12)], [np.cos(np.pi / 3), np.sin(np.pi / 3)]])
    measured = alignment(np.array([2.0, -1.0]), student, np.array([[1.0, 0.0], [0.0, -2.0]]))
    assert measured == pytest.approx(1 - 20 / 22.5, rel=1e-12)


def test_a_student_that_starts_at_its_teacher_stays_there():
    readout, weights = np.array([[1.0, -0.5, 2.0]]), np.random.default_rng(3).standard_normal((1, 3, 2))
    state = {"teacher": (readout, weights), "student": (3 * readout, weights)}  # the factor before the sum is 1/3
    with profile("float64"):
        observed = teacher_directions.measure(CONDITION | {"neurons": 3, "multiplier": 1.0}, state)
    assert observed["remaining_loss"][0] == pytest.approx(0, abs=1e-12)
    assert observed["alignment"][0] == pytest.approx(1, abs=1e-12)
