"""Online search: the polynomials, the start, and the search itself against a plain loop on the same examples."""

from __future__ import annotations

import math

import jax
import numpy as np
import pytest
from numpy.polynomial import hermite_e
from scipy.stats import ks_2samp

from predictions.online_learning import single_index
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "degree": 2,
    "linear_part": 0.0,
    "dimension": 9,
    "learning_rate": 0.1,
    "chains": 5,
    "max_examples": 100_000,
    "drawn": "vectors",
}
SEEDS = derive_seeds("test-single-index", "explore", range(3))


def run(condition, seeds=SEEDS, *, precision="float64"):
    with profile(precision):
        given, state = single_index.prepare(condition, seeds)
        return given, state, single_index.measure(condition, state)


def polynomial(degree, z):
    return hermite_e.hermeval(z, np.eye(degree + 1)[degree]) / math.sqrt(math.factorial(degree))


@pytest.mark.parametrize("degree", range(6))
def test_hermite_polynomials(degree):
    z = np.linspace(-3, 3, 7)
    with profile("float64"):
        np.testing.assert_allclose(single_index.hermite(degree, z), polynomial(degree, z), atol=1e-12)


def test_searches_start_on_the_sphere_at_the_typical_overlap():
    _, ((starts, _), (doubled, _)), _ = run(CONDITION)
    np.testing.assert_allclose(np.linalg.norm(starts, axis=2), 1)
    np.testing.assert_allclose(starts[:, :, 0], 1 / 3)
    assert doubled.shape == (3, 5, 18)


@pytest.mark.parametrize(("degree", "linear_part"), [(1, 0.0), (2, 0.0), (2, 0.5), (3, 1.0)])
def test_search_against_a_plain_loop(degree, linear_part):
    condition = CONDITION | {"degree": degree, "linear_part": linear_part}
    _, ((starts, keys), _), observed = run(condition, SEEDS[:1])
    theta, hits, number = starts[0].copy(), np.full(5, np.inf), 0
    step = 0.1 * 9 ** -max(1, degree / 2)
    with profile("float64"):
        stream = jax.random.key(keys[0])
        while np.sum(np.isfinite(hits)) < 3:
            inputs = np.asarray(jax.random.normal(jax.random.fold_in(stream, number), (5, 9)))
            number += 1
            for chain, x in enumerate(inputs):
                z = theta[chain] @ x
                scale = np.sqrt(1 + linear_part**2)
                label = (polynomial(degree, x[0]) + linear_part * x[0]) / scale
                slope = (math.sqrt(degree) * polynomial(degree - 1, z) + linear_part) / scale
                theta[chain] += step * label * slope * (x - z * theta[chain])
                theta[chain] /= np.linalg.norm(theta[chain])
                overlap = abs(theta[chain, 0]) if degree == 2 and linear_part == 0 else theta[chain, 0]
                if overlap >= 0.5 and np.isinf(hits[chain]):
                    hits[chain] = number
    assert observed["examples"][0] == np.median(hits)


def test_a_search_that_takes_too_long_is_infinite():
    _, _, observed = run(CONDITION | {"max_examples": 2})
    assert np.all(np.isinf(observed["examples"]))


@pytest.mark.parametrize(("degree", "linear_part"), [(1, 0.0), (2, 0.0), (3, 1.0)])
def test_following_overlaps_has_the_law_of_whole_vectors(degree, linear_part):
    """Hits of 400 chains each, by the two-sample test of Kolmogorov and Smirnov."""
    link = {"degree": degree, "step_size": 0.1 * 9 ** -max(1, degree / 2), "linear_part": linear_part}
    with profile("float32"):
        starts = np.stack([single_index._start(np.random.default_rng(1), 400, 9)])
        whole = single_index._search(starts, np.array([3], dtype=np.uint32), 100_000, **link)[0]
        followed = single_index._search_overlaps(9, 400, [4], 100_000, **link)[0]
    last = min(np.median(whole), np.median(followed))  # later ones may be missing
    assert ks_2samp(np.minimum(whole, last), np.minimum(followed, last)).pvalue > 0.01
    assert np.median(whole) == pytest.approx(np.median(followed), rel=0.15)


def test_the_local_exponent_compares_both_dimensions():
    condition = CONDITION | {"drawn": "overlaps", "degree": 1, "chains": 65, "dimension": 32}
    doubled = condition | {"dimension": 64}
    _, _, observed = run(condition)
    _, _, beside = run(doubled)
    np.testing.assert_allclose(
        observed["local_exponent"], np.log2(beside["examples"] / observed["examples"]), rtol=1e-6
    )
