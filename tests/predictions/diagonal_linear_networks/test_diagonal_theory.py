"""Implicit potentials against direct minimisation, enumeration of vertices, and the integrated flow."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import null_space
from scipy.optimize import minimize

from predictions.diagonal_linear_networks import theory


def given_of(*, alpha: float, tilt: float = 0.0, seed: int = 0, samples: int = 3, dimension: int = 6) -> dict:
    rng = np.random.default_rng(seed)
    rows = rng.standard_normal((samples, dimension)) / np.sqrt(dimension)
    tilts = tilt * rng.standard_normal(dimension)
    labels = rows @ np.append([1.2, -0.7], np.zeros(dimension - 2))
    return {"rows": rows, "labels": labels, "u": alpha * np.exp(tilts / 2), "v": alpha * np.exp(-tilts / 2)}


def entropy(b: np.ndarray, alpha: float) -> float:
    """Woodworth et al. 2020, theorem 1, as printed."""
    z = b / alpha**2
    return np.sum(alpha**2 * (2 - np.sqrt(4 + z**2) + z * np.arcsinh(z / 2)))


@pytest.mark.parametrize("alpha", [0.3, 1.0, 3.0])
@pytest.mark.parametrize("seed", [0, 1])
def test_minimiser_is_that_of_the_printed_potential(alpha, seed):
    given = given_of(alpha=alpha, seed=seed)
    particular, directions = np.linalg.pinv(given["rows"]) @ given["labels"], null_space(given["rows"])
    direct = minimize(
        lambda free: entropy(particular + directions @ free, alpha),
        np.zeros(directions.shape[1]),
        method="BFGS",
        options={"gtol": 1e-9},
    )
    expected = particular + directions @ direct.x
    np.testing.assert_allclose(theory.hypentropy_minimiser({"alpha": alpha}, given), expected, atol=1e-5)


@pytest.mark.parametrize(("alpha", "tilt"), [(0.1, 0.0), (0.3, 0.0), (0.3, 1.0), (1.0, 1.0)])
def test_flow_of_the_network_ends_at_the_minimiser(alpha, tilt):
    given = given_of(alpha=alpha, tilt=tilt)
    rows, dimension = given["rows"], len(given["u"])

    def velocity(_, weights):
        u, v = weights[:dimension], weights[dimension:]
        slope = rows.T @ (rows @ (u**2 - v**2) - given["labels"])
        return np.append(-2 * u * slope, 2 * v * slope)

    accuracy = {"method": "LSODA", "rtol": 1e-9, "atol": 1e-12}
    last = solve_ivp(velocity, (0, 3000), np.append(given["u"], given["v"]), **accuracy).y[:, -1]
    b = last[:dimension] ** 2 - last[dimension:] ** 2
    predict = theory.shifted_hypentropy_minimiser if tilt else theory.hypentropy_minimiser
    np.testing.assert_allclose(b, predict({"alpha": alpha}, given), atol=1e-5)


def test_solutions_interpolate():
    given = given_of(alpha=0.05, tilt=0.5, samples=5, dimension=12)
    for predict in (
        theory.hypentropy_minimiser,
        theory.shifted_hypentropy_minimiser,
        theory.least_squares_norm,
        theory.least_absolute_norm,
    ):
        np.testing.assert_allclose(given["rows"] @ predict({"alpha": 0.05}, given), given["labels"], atol=1e-6)


def test_large_starts_lead_to_the_least_l2_norm():
    distances = [
        np.linalg.norm(
            theory.hypentropy_minimiser({"alpha": alpha}, given_of(alpha=alpha))
            - theory.least_squares_norm({}, given_of(alpha=alpha))
        )
        for alpha in (1.0, 3.0, 10.0)
    ]
    # q is even: the next term of its series is smaller by b^2 / alpha^4
    assert distances[0] / distances[1] == pytest.approx(3**4, rel=0.2)
    assert distances[1] / distances[2] == pytest.approx((10 / 3) ** 4, rel=0.2)


def test_small_starts_lower_the_l1_norm_towards_its_least():
    norms = [
        np.abs(theory.hypentropy_minimiser({"alpha": alpha}, given_of(alpha=alpha))).sum()
        for alpha in (1.0, 0.1, 0.01, 0.001)
    ]
    least = np.abs(theory.least_absolute_norm({}, given_of(alpha=1.0))).sum()
    assert norms[0] > norms[1] > norms[2] > norms[3] >= least - 1e-9
    assert norms[3] == pytest.approx(least, rel=0.05)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_least_l1_norm_is_that_of_the_best_vertex(seed):
    given = given_of(alpha=1.0, seed=seed)
    rows, labels = given["rows"], given["labels"]
    supports = combinations(range(rows.shape[1]), len(rows))
    least = min(np.abs(np.linalg.solve(rows[:, list(support)], labels)).sum() for support in supports)
    assert np.abs(theory.least_absolute_norm({}, given)).sum() == pytest.approx(least, rel=1e-9)


def test_without_a_tilt_the_shifted_potential_is_the_plain_one():
    given = given_of(alpha=0.4)
    plain, shifted = (
        predict({"alpha": 0.4}, given) for predict in (theory.hypentropy_minimiser, theory.shifted_hypentropy_minimiser)
    )
    np.testing.assert_allclose(plain, shifted, rtol=1e-12)


@pytest.mark.parametrize("alpha", [1e-30, 1e-10, 1e-3, 1.0, 1e10, 1e30])
@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize(("samples", "dimension"), [(1, 1), (1, 5), (3, 6)])
def test_minimisers_interpolate_at_any_scale_and_are_stationary(alpha, size, samples, dimension):
    rng = np.random.default_rng(3)
    rows, labels = rng.standard_normal((samples, dimension)), size * rng.standard_normal(samples)
    given = {"rows": rows, "labels": labels, "u": np.ones(dimension)}
    found = theory.hypentropy_minimiser({"alpha": alpha}, given)
    np.testing.assert_allclose(rows @ found, labels, atol=1e-7 * size)
    slopes = np.arcsinh(found / (2 * alpha**2))
    off = slopes - rows.T @ np.linalg.lstsq(rows.T, slopes, rcond=None)[0]
    assert np.max(np.abs(off)) <= 1e-6 * np.max(np.abs(slopes))


def test_rows_that_contradict_each_other_are_refused():
    given = {"rows": np.ones((2, 3)), "labels": np.array([1.0, 2.0]), "u": np.ones(3)}
    with pytest.raises((ValueError, np.linalg.LinAlgError)):
        theory.hypentropy_minimiser({"alpha": 1.0}, given)
