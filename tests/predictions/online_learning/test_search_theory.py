"""Online search as a diffusion: first passages against closed forms, moments of a step against simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq
from scipy.stats import invgauss

from predictions.online_learning import theory
from predictions.online_learning.theory import median_passage, one_example


def constant(value):
    return lambda places: np.full(np.shape(places), value)


@pytest.mark.parametrize(("drift", "variance"), [(1.0, 0.3), (1.0, 0.01), (2.0, 3.0)])
def test_brownian_motion_with_drift_passes_by_the_inverse_gaussian_law(drift, variance):
    """Passage from 0 to 1: mean 1/drift and shape 1/variance."""
    mean, shape = 1 / drift, 1 / variance
    expected = invgauss.median(mean / shape, scale=shape)
    lowest = -1.0 if variance < 1 else -30.0
    measured = median_passage(constant(drift), constant(variance), start=0.0, lowest=lowest, barrier=1.0)
    assert measured == pytest.approx(expected, rel=5e-3 if variance < 1 else 3e-2)


def test_reflected_brownian_motion_without_drift():
    """Survival in [0, 1) from 0, reflected at 0: sum of (4/pi) (-1)^k / (2k+1) exp(-(2k+1)^2 pi^2 t / 8)."""

    def survival(time):
        k = np.arange(20)
        odd = 2 * k + 1
        return 4 / np.pi * np.sum((-1.0) ** k / odd * np.exp(-(odd**2) * np.pi**2 * time / 8))

    expected = brentq(lambda time: survival(time) - 0.5, 0.05, 5)

    def no_drift(places):
        return 1e-9 * np.ones_like(places)

    measured = median_passage(no_drift, constant(1.0), start=0.0, lowest=0.0, barrier=1.0)
    assert measured == pytest.approx(expected, rel=5e-3)


@pytest.mark.parametrize(("degree", "linear_part"), [(1, 0.0), (2, 0.0), (3, 0.0), (3, 1.0)])
def test_moments_of_a_step_against_simulation(degree, linear_part):
    """Steps of whole vectors in 30 dimensions."""
    rng, dimension, overlap, step = np.random.default_rng(degree), 30, 0.3, 0.004
    theta = np.zeros(dimension)
    theta[:2] = overlap, np.sqrt(1 - overlap**2)
    hermite = {1: (lambda z: z, lambda z: 1 + 0 * z), 2: (lambda z: (z**2 - 1) / 2**0.5, lambda z: 2**0.5 * z)}
    hermite[3] = (lambda z: (z**3 - 3 * z) / 6**0.5, lambda z: 3 * (z**2 - 1) / 6**0.5)
    link, slope = hermite[degree]
    changes = []
    for _ in range(20):
        x = rng.standard_normal((50_000, dimension))
        z = x @ theta
        label = (link(x[:, 0]) + linear_part * x[:, 0]) / np.sqrt(1 + linear_part**2)
        gain = label * (slope(z) + linear_part) / np.sqrt(1 + linear_part**2)
        moved = theta + step * gain[:, None] * (x - z[:, None] * theta)
        changes.append(moved[:, 0] / np.linalg.norm(moved, axis=1) - overlap)
    changes = np.concatenate(changes)
    mean, square = one_example(overlap, degree=degree, dimension=dimension, step=step, linear_part=linear_part)
    assert mean == pytest.approx(np.mean(changes), abs=4 * np.std(changes) / 1000)
    assert square == pytest.approx(np.mean(changes**2), abs=4 * np.std(changes**2) / 1000)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_drift_of_small_steps_is_that_of_the_population(degree):
    """E m' - m = s k m^{k-1} (1 - m^2) to first order in s."""
    drift, _ = one_example(0.4, degree=degree, dimension=20, step=1e-7, linear_part=0.0)
    assert drift / 1e-7 == pytest.approx(degree * 0.4 ** (degree - 1) * (1 - 0.4**2), rel=1e-4)


@pytest.mark.parametrize("degree", [1, 2, 3])
def test_small_steps_take_the_time_of_the_population_flow(degree):
    condition = {"degree": degree, "dimension": 64, "learning_rate": 1e-3, "linear_part": 0.0}
    step = 1e-3 * 64 ** -max(1, degree / 2)
    flow, _ = quad(lambda m: 1 / (step * degree * m ** (degree - 1) * (1 - m**2)), 1 / 8, 0.5)
    assert theory.median_examples(condition, {}) == pytest.approx(flow, rel=0.01)


@pytest.mark.parametrize("degree", [1, 2, 3, 4])
def test_leading_order_is_the_limit_of_the_drift_in_many_dimensions(degree):
    """Constants that the leading order lacks, such as ln(1/2)/(2 s), cancel in a difference of two dimensions."""
    values, integrals = [], []
    for dimension in (1e12, 1e14):
        condition = {"degree": degree, "dimension": dimension, "learning_rate": 1.0}
        start, step = dimension**-0.5, dimension ** -max(1, degree / 2)
        power = np.log(0.5 / start) if degree == 2 else (0.5 ** (2 - degree) - start ** (2 - degree)) / (2 - degree)
        integrals.append(step * power / (step * degree))
        values.append(step * theory.leading_examples(condition, {}))
    assert values[1] - values[0] == pytest.approx(integrals[1] - integrals[0], rel=1e-4, abs=1e-5)


def test_a_linear_link_is_the_degree_one_case():
    condition = {"degree": 1, "dimension": 64, "learning_rate": 0.05, "linear_part": 0.0}
    assert theory.linear_link_examples(condition, {}) == theory.median_examples(condition, {})


def test_a_linear_part_takes_the_time_of_its_population_flow():
    """Link (h_3 + c h_1)/(1 + c^2)^{1/2}: drift s (c^2 + 3 m^2)/(1 + c^2) (1 - m^2) of small steps."""
    condition = {"degree": 3, "dimension": 64, "learning_rate": 1e-3, "linear_part": 0.7}
    step = 1e-3 * 64**-1.5
    flow, _ = quad(lambda m: (1 + 0.49) / (step * (0.49 + 3 * m**2) * (1 - m**2)), 1 / 8, 0.5)
    assert theory.median_examples_with_linear_part(condition, {}) == pytest.approx(flow, rel=0.01)


@pytest.mark.parametrize(("degree", "limit"), [(1, 1), (3, 2), (4, 3)])
def test_local_exponents_of_small_steps_are_those_of_the_population_flow(degree, limit):
    """int dm / (s k m^{k-1} (1 - m^2)) at d = 64 and 128; nearer to the limit, from above, for larger d."""
    condition = {"degree": degree, "dimension": 64, "learning_rate": 1e-3, "linear_part": 0.0}

    def flow(d):
        start, step = d**-0.5, d ** -max(1, degree / 2)
        return quad(lambda m: 1 / (step * degree * m ** (degree - 1) * (1 - m**2)), start, 0.5)[0]

    found = theory.local_exponent(condition, {})
    assert found == pytest.approx(np.log2(flow(128) / flow(64)), abs=0.02)
    assert limit < theory.local_exponent(condition | {"dimension": 256}, {}) < found
    assert theory.limiting_exponent(condition, {}) == limit
