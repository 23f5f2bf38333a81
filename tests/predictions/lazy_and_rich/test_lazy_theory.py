"""Displacements in closed form, against the descent of an explicit linear model."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.lazy_and_rich import theory
from predictions.lazy_and_rich.teacher_directions import alignment

CONDITION = {"multiplier": 7.0, "steps": 30, "relative_learning_rate": 0.8}
LINEAR = np.random.default_rng(0)
JACOBIAN = LINEAR.standard_normal((5, 12)) * np.array([[3.0], [2.0], [1.0], [0.5], [0.2]])
LABELS, FIRST_OUTPUTS = LINEAR.standard_normal((2, 5))


def given():
    eigenvalues, vectors = np.linalg.eigh(JACOBIAN @ JACOBIAN.T)
    return {
        "kernel_eigenvalues": eigenvalues,
        "labels": vectors.T @ LABELS,
        "first_outputs": vectors.T @ FIRST_OUTPUTS,
    }


def descent(first_outputs):
    """Distance covered by gradient descent on (1/2) |J w + h_0 - y / alpha|^2 from w = 0."""
    step = CONDITION["relative_learning_rate"] / np.linalg.eigvalsh(JACOBIAN @ JACOBIAN.T)[-1]
    w = np.zeros(12)
    for _ in range(CONDITION["steps"]):
        w -= step * JACOBIAN.T @ (JACOBIAN @ w + first_outputs - LABELS / CONDITION["multiplier"])
    return np.linalg.norm(w)


def test_displacement_is_that_of_the_linear_model():
    assert theory.displacement(CONDITION, given()) == pytest.approx(descent(np.zeros(5)), rel=1e-10)


def test_displacement_with_first_output_is_that_of_the_linear_model():
    predicted = theory.displacement_with_first_output(CONDITION, given())
    assert predicted == pytest.approx(descent(FIRST_OUTPUTS), rel=1e-10)


def test_one_eigenvalue_for_all_is_exact_for_an_isotropic_kernel():
    isotropic = given() | {"kernel_eigenvalues": np.full(5, 2.5)}
    predicted = theory.displacement(CONDITION | {"steps": 200}, isotropic)
    assert theory.isotropic_displacement(CONDITION, isotropic) == pytest.approx(predicted, rel=1e-10)


def test_marks_that_are_read_off_the_given():
    marks = {"initial_alignment": 0.13, "kernel_risk": 0.62}
    assert theory.initial_alignment({}, marks) == 0.13
    assert theory.kernel_risk({}, marks) == 0.62
    assert theory.half_kernel_risk({}, marks) == pytest.approx(0.31)


def test_the_power_of_the_multiplier_is_that_of_the_linear_model():
    near, far = (theory.displacement(CONDITION | {"multiplier": alpha}, given()) for alpha in (10.0, 1000.0))
    assert theory.inverse_multiplier({}, {}) == pytest.approx(np.log(far / near) / np.log(100))


def test_neurons_on_the_teachers_lines_are_aligned():
    """On the lines, of either sign and any length, whatever their readout."""
    teacher = np.array([[1.0, 0.0, 0.0], [0.0, 3.0, 4.0]])
    weights = np.stack([2 * teacher[0], -teacher[1], 0.1 * teacher[1]])
    found = alignment(np.array([1.0, -2.0, 0.5]), weights, teacher)
    assert theory.aligned({}, {}) == pytest.approx(float(found))
