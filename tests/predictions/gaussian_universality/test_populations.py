"""Populations with a known covariance, and what is measured on them, against what holds exactly."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.gaussian_universality import kernel_spectrum, noise_on_spheres, ridge_on_images, sphere_regression
from predictions.gaussian_universality.populations import images, random_relu, surrogate, whitened

SEEDS = np.arange(3, dtype=np.uint64)
RIDGE = {
    "data": "digits",
    "features": "pixels",
    "labels": "linear",
    "rows": "images",
    "samples": 150,
    "ridge": 1e-9,
    "width": 30,
    "draws": 3,
    "noise_variance": 0.0,
}


def test_principal_components_give_the_pixels_back():
    pixels, labels = images("digits")
    rows, variances = whitened(pixels)
    assert rows.T @ rows / len(rows) == pytest.approx(np.eye(len(variances)), abs=1e-9)
    assert np.sum(variances) == pytest.approx(np.sum(pixels.var(axis=0)))
    assert np.std(labels) == pytest.approx(1)


@pytest.mark.parametrize("kind", ["clone", "stretched"])
def test_what_stands_for_images_has_their_covariance_exactly(kind):
    rows, _ = whitened(images("digits")[0])
    drawn = surrogate(rows, kind, np.random.default_rng(0))
    assert drawn.shape == rows.shape
    assert drawn.T @ drawn / len(drawn) == pytest.approx(np.eye(rows.shape[1]), abs=1e-9)


def test_a_clone_has_gaussian_lengths_and_stretched_rows_do_not():
    """The relative variance of |x|^2 of p Gaussians is 2/p; a factor e^(0.3 z) adds e^(4 * 0.09) - 1, about 0.43."""
    rows, variances = whitened(images("digits")[0])
    for kind, expected in (("clone", 2 / len(variances)), ("stretched", 2 / len(variances) + 0.43)):
        squares = np.sum(surrogate(rows, kind, np.random.default_rng(1)) ** 2, axis=1)
        assert np.var(squares) / np.mean(squares) ** 2 == pytest.approx(expected, rel=0.25)


def test_neurons_on_centred_pixels_are_centred():
    hidden = random_relu(images("digits")[0], 7, np.random.default_rng(0))
    assert hidden.mean(axis=0) == pytest.approx(np.zeros(7), abs=1e-12)


def test_more_rows_than_directions_and_no_noise_leave_no_error():
    clone = {**RIDGE, "rows": "clone"}
    _, state = ridge_on_images.prepare(clone, SEEDS)
    assert ridge_on_images.measure(clone, state)["excess_risk"] == pytest.approx(np.zeros(3), abs=1e-9)


def test_a_ridge_without_end_learns_nothing():
    for labels in ("linear", "classes"):
        setting = {**RIDGE, "labels": labels, "ridge": 1e9}
        given, state = ridge_on_images.prepare(setting, SEEDS)
        assert ridge_on_images.measure(setting, state)["excess_risk"] == pytest.approx(given["energies"].sum(axis=1))


def test_what_a_linear_function_explains_of_the_classes_is_least_squares():
    given, _ = ridge_on_images.prepare({**RIDGE, "labels": "classes"}, SEEDS[:1])
    pixels, labels = images("digits")
    residual = np.linalg.lstsq(pixels, labels, rcond=None)[1]
    left = np.mean((labels - pixels @ np.linalg.lstsq(pixels, labels, rcond=None)[0]) ** 2)
    assert residual.size == 0 or residual[0] / len(labels) == pytest.approx(left)
    assert given["residual"][0] == pytest.approx(left)


def test_eigenvalues_of_a_kernel_matrix_without_a_kernel():
    """A kernel far narrower than any distance is the identity over n."""
    setting = {"data": "digits", "rows": "clone", "samples": 60, "kernel_width": 0.01, "ranks": "first"}
    _, state = kernel_spectrum.prepare(setting, SEEDS)
    repeated = [len(np.unique(inputs, axis=0)) < 60 for inputs in state]
    values = kernel_spectrum.measure(setting, state)["eigenvalue"]
    assert values[~np.array(repeated)] == pytest.approx(np.full(3 - sum(repeated), 1 / 60))


def test_the_target_on_the_sphere_is_half_linear_and_half_quadratic():
    generator = np.random.default_rng(3)
    rows = generator.standard_normal((200_000, 6))
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    direction, form = generator.standard_normal(6), generator.standard_normal((6, 6))
    values = sphere_regression.target(rows, direction, form)
    odd = (values - sphere_regression.target(-rows, direction, form)) / 2
    even = values - odd
    assert np.mean(odd**2) == pytest.approx(0.5, rel=0.02)
    assert np.mean(even**2) == pytest.approx(0.5, rel=0.02)
    assert np.mean(even) == pytest.approx(0, abs=0.01)


NOISE = {"rows": "uniform", "dimension": 1, "length_scale": 3.0, "ridge_per_row": 0.0, "samples": 400}


def noise(**changes) -> np.ndarray:
    setting = NOISE | {"draws": 4, "test_samples": 400} | changes
    return noise_on_spheres.measure(setting, noise_on_spheres.prepare(setting, SEEDS)[1])["fitted_noise"]


def test_on_a_circle_a_laplace_kernel_draws_straight_lines_between_neighbours():
    """At u between two rows the fit is (1 - u) e_1 + u e_2, of mean square (1 - u)^2 + u^2: two thirds in the mean."""
    assert np.mean(noise()) == pytest.approx(2 / 3, rel=0.01)


def test_a_ridge_without_end_fits_no_noise_and_a_row_seen_again_is_met_with_its_own_noise():
    assert noise(ridge_per_row=1e6) == pytest.approx(np.zeros(3), abs=1e-9)
    assert np.all(noise(rows="pairs", dimension=5, samples=100) < noise(dimension=5, samples=100))
