"""Chains of stochastic descent against plain loops and moments that are known by hand."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.stochastic_gradient_noise import least_squares_chains
from runners.measuring.profiles import profile

CONDITION = {
    "rows": 16, "features": 2, "batch": 4, "learning_rate": 0.2, "sampling": "replacement",
    "chains": 4000, "warmup": 0.0, "time": 0.2,
}  # fmt: skip
SEEDS = np.array([2, 71, 828], dtype=np.uint64)


def run(seeds=SEEDS, **changes):
    condition = {**CONDITION, **changes}
    with profile("float32"):
        given, state = least_squares_chains.prepare(condition, seeds)
        return given, least_squares_chains.measure(condition, state)


def test_chains_start_where_the_gradient_vanishes():
    given, _ = run()
    assert np.einsum("tnd,tn->td", given["inputs"], given["residuals"]) == pytest.approx(0, abs=1e-10)


def test_one_step_spreads_the_chains_by_the_gradient_noise():
    given, observed = run()
    for trial in range(3):
        x, r = given["inputs"][trial], given["residuals"][trial]
        noise = (x * r[:, None] ** 2).T @ x / 16
        assert observed["covariance"][trial] == pytest.approx(0.2**2 / 4 * noise, rel=0.1, abs=0.1 * 0.01 * noise.max())
        hessian = x.T @ x / 16
        assert observed["excess_loss"][trial] == pytest.approx(0.5 * np.sum(hessian * observed["covariance"][trial]))


def test_a_batch_of_all_rows_none_twice_is_full_batch_descent_and_stays_at_the_minimum():
    _, observed = run(sampling="distinct", batch=16, time=2.0)
    assert observed["excess_loss"] == pytest.approx(0, abs=1e-12)


def test_none_twice_in_a_batch_takes_its_share_of_one_step_s_spread():
    """Half of n = 16 rows, none twice: (n - B)/(n - 1) of the variance of fresh ones."""
    fresh = run(batch=8)[1]["excess_loss"]
    assert run(sampling="distinct", batch=8)[1]["excess_loss"] == pytest.approx(fresh * 8 / 15, rel=0.1)
