"""The robust fit: its gradient, its minimum, and the published refit."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from predictions.scaling_laws.language_model_runs import published_runs
from predictions.scaling_laws.parametric_fit import HUBER_WIDTH, fit_surface, huber_objective, log_loss

LAW = np.array([1.8, 420.0, 0.34, 1900.0, 0.36])


@pytest.mark.parametrize("ratio", [[], [0.6]])
def test_the_gradient_is_that_of_finite_differences(ratio):
    rng = np.random.default_rng(1)
    log_size, log_tokens = rng.uniform(-3, 3, size=(2, 50))
    log_losses = rng.normal(0.9, 0.02, size=50)
    counts = rng.integers(0, 4, size=50).astype(float)
    rows = (log_size, log_tokens, log_losses, counts)
    coordinates = np.array([0.6, -1.1, 0.34, -1.0, 0.36, *ratio])
    _, gradient = huber_objective(coordinates, *rows)
    expected = approx_fprime(coordinates, lambda x: huber_objective(x, *rows)[0], 1e-7)
    np.testing.assert_allclose(gradient, expected, rtol=1e-4, atol=1e-3)


def test_the_objective_is_hubers():
    # one run at both pivots with terms E = 1, 2, 3: ln L_fit = ln 6
    coordinates = np.array([0.0, np.log(2), 0.3, np.log(3), 0.3])
    for residual, expected in [(4e-4, 0.5 * 4e-4**2), (-0.05, HUBER_WIDTH * (0.05 - HUBER_WIDTH / 2))]:
        value, _ = huber_objective(coordinates, np.zeros(1), np.zeros(1), np.array([np.log(6) - residual]), np.ones(1))
        assert value * HUBER_WIDTH == pytest.approx(expected, rel=1e-9)


def test_exact_losses_give_their_law_back(exact_runs):
    fitted = fit_surface(exact_runs.size, exact_runs.tokens, exact_runs.loss)
    np.testing.assert_allclose(fitted, LAW, rtol=2e-3)


def test_exact_losses_of_a_bent_law_give_the_bend_back(exact_runs):
    bent = np.append(LAW, 0.7)
    loss = np.exp(log_loss(bent, exact_runs.size, exact_runs.tokens))
    fitted = fit_surface(exact_runs.size, exact_runs.tokens, loss, bent=True)
    np.testing.assert_allclose(fitted, bent, rtol=2e-3)


def test_the_bend_is_continuous_and_changes_the_size_terms_exponent():
    tokens = np.full(4, 1e30)  # no token term left
    size = np.array([0.999e9, 1.001e9, 2e9, 2e10])
    size_term = np.exp(log_loss(np.append(LAW, 0.5), size, tokens)) - LAW[0] - LAW[3] * 1e30 ** -LAW[4]
    assert size_term[1] / size_term[0] == pytest.approx(1, abs=1e-3)
    assert np.log(size_term[3] / size_term[2]) / np.log(10) == pytest.approx(-0.5 * LAW[2])


def test_a_row_that_counts_twice_is_a_row_given_twice(exact_runs):
    rng = np.random.default_rng(2)
    loss = exact_runs.loss * np.exp(0.004 * rng.standard_normal(len(exact_runs.loss)))
    draws = rng.integers(0, 3, size=len(loss))
    again = np.repeat(np.arange(len(loss)), draws)
    counted = fit_surface(exact_runs.size, exact_runs.tokens, loss, draws=draws, start=LAW)
    repeated = fit_surface(exact_runs.size[again], exact_runs.tokens[again], loss[again], start=LAW)
    np.testing.assert_allclose(counted, repeated, rtol=1e-3)


def test_outliers_hardly_move_the_fit(exact_runs):
    loss = exact_runs.loss.copy()
    loss[::40] *= 1.5
    fitted = fit_surface(exact_runs.size, exact_runs.tokens, loss)
    np.testing.assert_allclose(fitted[[0, 2, 4]], LAW[[0, 2, 4]], rtol=0.02)


def test_the_published_refit_is_reproduced(real_points):
    # Besiroglu et al. 2024; A and B are known to a quarter or worse, and go with alpha and beta
    runs = published_runs()
    fitted = fit_surface(runs.size, runs.tokens, runs.loss)
    refit = np.array([1.8172, 482.01, 0.3478, 2085.43, 0.3658])
    np.testing.assert_allclose(fitted[[0, 2, 4]], refit[[0, 2, 4]], atol=0.002)
    np.testing.assert_allclose(fitted[[1, 3]], refit[[1, 3]], rtol=0.05)
