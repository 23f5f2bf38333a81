"""Two nearest neighbours: distances by brute force, manifolds by their moments, the estimate on exact Pareto ratios."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import exp1, iv

from predictions.data_structure import nearest_neighbours, theory
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("test-nearest-neighbours", "explore", range(2))
CONDITION = {"manifold": "sphere", "density": "uniform", "dimension": 2, "noise": 0.0, "points": 300, "curvature": 0.0}


def test_neighbour_distances_by_brute_force():
    points = np.random.default_rng(0).standard_normal((50, 5))
    distances = np.sort(np.linalg.norm(points[:, None] - points[None], axis=2), axis=1)
    np.testing.assert_allclose(nearest_neighbours.neighbour_distances(points), distances[:, 1:3])


@pytest.mark.parametrize("dimension", [1, 3, 7])
def test_estimate_is_the_exponent_of_exact_pareto_ratios(dimension, monkeypatch):
    ratios = (1 - np.random.default_rng(dimension).random(40_000)) ** (-1 / dimension)
    monkeypatch.setattr(
        nearest_neighbours, "neighbour_distances", lambda points: np.stack([np.ones(len(points)), ratios], axis=1)
    )
    assert nearest_neighbours.two_neighbour_dimension(np.empty((40_000, 1))) == pytest.approx(dimension, rel=0.02)


def test_manifolds_have_their_radii_and_sit_in_the_ambient_space():
    rng = np.random.default_rng(1)
    sphere = nearest_neighbours.sphere(500, 3, False, rng)
    assert sphere.shape == (500, 4)
    np.testing.assert_allclose(np.linalg.norm(sphere, axis=1), 1)
    torus = nearest_neighbours.torus(500, 4, False, rng)
    np.testing.assert_allclose(torus[:, :4] ** 2 + torus[:, 4:] ** 2, 1 / 4)
    given, clouds = nearest_neighbours.prepare(CONDITION, SEEDS)
    assert clouds.shape == (2, 300, 64)
    np.testing.assert_allclose(np.linalg.norm(clouds, axis=2), 1)
    np.testing.assert_allclose(given["spectrum"][:, 3:], 0, atol=1e-12)
    assert theory.participation_dimension({}, {"spectrum": given["spectrum"][0]}) == pytest.approx(3, abs=0.1)
    assert theory.participation_dimension({}, {"spectrum": np.array([5.0, 5, 5, 0])}) == pytest.approx(3)


def test_graded_densities_have_the_means_of_their_distributions():
    rng, kappa = np.random.default_rng(2), nearest_neighbours.CONCENTRATION
    sphere = nearest_neighbours.sphere(40_000, 2, True, rng)
    np.testing.assert_allclose(sphere.mean(axis=0), [1 / np.tanh(kappa) - 1 / kappa, 0, 0], atol=0.01)
    torus = nearest_neighbours.torus(40_000, 2, True, rng) * np.sqrt(2)
    np.testing.assert_allclose(torus.mean(axis=0), [iv(1, kappa) / iv(0, kappa)] * 2 + [0, 0], atol=0.02)
    flat = nearest_neighbours.flat(40_000, 3, True, rng)
    np.testing.assert_allclose(flat.mean(axis=0), 1 / 3, atol=0.01)


def test_noise_has_the_size_that_it_is_said_to_have():
    clean, noisy = (nearest_neighbours.prepare(CONDITION | {"noise": noise}, SEEDS[:1])[1][0] for noise in (0.0, 0.5))
    typical = np.median(nearest_neighbours.neighbour_distances(clean)[:, 0])
    assert np.std(noisy - clean) == pytest.approx(0.5 * typical, rel=0.02)


def test_a_noise_of_the_size_of_the_distances_hides_the_dimension():
    observed = [
        nearest_neighbours.measure({}, nearest_neighbours.prepare(CONDITION | {"noise": noise}, SEEDS)[1])
        for noise in (0.0, 0.5)
    ]
    np.testing.assert_allclose(observed[0]["neighbour_dimension"], 2, rtol=0.25)
    assert np.all(observed[1]["neighbour_dimension"] > 8)


def test_a_bent_plane_has_the_metric_of_its_graph():
    """y_j = k x_j^2 / 2 over the plane: lengths dx_j (1 + k^2 x_j^2)^{1/2} along each axis of the frame."""
    plane = np.random.default_rng(3).standard_normal((200, 2))
    bent = nearest_neighbours.bent(plane, 1.5, np.random.default_rng(4))
    turned = bent[:, :2]
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), np.linalg.norm(plane, axis=1))
    frame, *_ = np.linalg.lstsq(plane, turned, rcond=None)  # the rotation that was drawn
    moved = nearest_neighbours.bent(plane + 1e-6 * frame[:, 0], 1.5, np.random.default_rng(4))
    length = np.linalg.norm(moved - bent, axis=1) / 1e-6
    np.testing.assert_allclose(length, np.sqrt(1 + 1.5**2 * turned[:, 0] ** 2), rtol=1e-4)


@pytest.mark.parametrize("noise", [0.02, 0.04])
def test_small_noise_adds_to_the_dimension_what_its_squared_distances_add(noise):
    """A flat square, whose edges count for 1%; for d = 2 the mean is 1 - c e^c E_1(c)."""
    rng = np.random.default_rng(6)
    plane = rng.random((6000, 2))
    typical = np.median(nearest_neighbours.neighbour_distances(plane)[:, 0])
    cloud = np.hstack([plane, np.zeros((6000, 62))]) + noise * typical * rng.standard_normal((6000, 64))
    predicted = theory.noisy_dimension({"dimension": 2, "noise": noise}, {"spectrum": np.ones(64)})
    c = 124 * noise**2 * np.log(2)
    assert predicted == pytest.approx(2 / (1 - c * np.exp(c) * exp1(c)), rel=1e-6)
    assert nearest_neighbours.two_neighbour_dimension(cloud) == pytest.approx(predicted, rel=0.05)


def test_the_ratio_of_distances_in_a_cube_has_the_exponent_of_its_dimension():
    """E ln(r_2/r_1) of a Pareto variable is 1/d: uniform points in a box of three dimensions."""
    points = np.random.default_rng(5).random((6000, 3))
    first, second = nearest_neighbours.neighbour_distances(points).T
    predicted = theory.manifold_dimension({"dimension": 3}, {})
    assert 1 / np.mean(np.log(second / first)) == pytest.approx(predicted, rel=0.05)
