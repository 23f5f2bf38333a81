"""The flow against its differential equation, the theory against closed forms, and one against the other."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from predictions.scaling_laws import flow_theory, projected_flow
from predictions.scaling_laws.flow_schedule import best_sizes, budgets, flow_times, model_sizes, spectrum
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("tests-of-projected-flow", "explore", range(8))
SMALL = {
    "eigenvalue_exponent": 2.0,
    "energy_exponent": 2.0,
    "tilt": 0,
    "modes": 1024,
    "smallest": 16,
    "largest": 128,
    "draws": 8,
}
SLOPES = ("time_slope", "size_slope", "compute_slope", "best_size_slope")


def measured(condition, seeds=SEEDS):
    _, state = projected_flow.prepare(condition, seeds)
    return projected_flow.measure(condition, state)


def test_the_loss_solves_the_differential_equation():
    rng = np.random.default_rng(0)
    features, target = rng.standard_normal((3, 12)), rng.standard_normal(12)
    times = np.array([0.05, 0.4, 3.0])
    flow = solve_ivp(
        lambda _, v: features @ (target - features.T @ v), (0, 3), np.zeros(3), t_eval=times, rtol=1e-10, atol=1e-12
    )
    losses = np.sum((target[:, None] - features.T @ flow.y) ** 2, axis=0)
    np.testing.assert_allclose(projected_flow._solved(features, target)(times), losses, rtol=1e-7)


def test_the_final_loss_is_that_of_least_squares():
    rng = np.random.default_rng(1)
    features, target = rng.standard_normal((4, 30)), rng.standard_normal(30)
    _, residual, *_ = np.linalg.lstsq(features.T, target, rcond=None)
    np.testing.assert_allclose(projected_flow._solved(features, target)(np.array([np.inf])), residual)


def test_many_features_learn_each_mode_at_its_own_rate():
    variances, energies = spectrum(SMALL)
    times = np.array([0.1, 3.0, 100.0, 1e4])
    exact = [np.sum(energies * np.exp(-2 * variances * time)) for time in times]
    np.testing.assert_allclose(flow_theory.flow_losses(variances, energies, 10**9, times), exact, rtol=2e-5)


def test_isotropic_features_leave_what_they_do_not_span():
    """N random directions of M equal ones: 1 - N/M of the energy remains, by symmetry, at every N."""
    assert flow_theory.final_loss(np.full(40, 0.3), np.full(40, 1 / 40), 10) == pytest.approx(0.75)


def test_the_late_loss_is_the_final_one():
    variances, energies = spectrum({**SMALL, "modes": 200})
    late = flow_theory.flow_losses(variances, energies, 20, np.array([1e7]))
    assert late[0] == pytest.approx(flow_theory.final_loss(variances, energies, 20), rel=1e-4)


def test_few_isotropic_features_follow_the_marchenko_pastur_law():
    """M = 2000 equal modes, N = 500: the mean of exp(-2 x t) over the kernel's spectrum."""
    rng = np.random.default_rng(2)
    features = rng.standard_normal((500, 2000)) / np.sqrt(500)
    rates = np.linalg.eigvalsh(features @ features.T)
    times = np.array([0.02, 0.1, 0.5])
    sampled = 1 - 500 / 2000 + np.exp(-2 * np.outer(times, rates)).sum(axis=1) / 2000
    predicted = flow_theory.flow_losses(np.ones(2000), np.full(2000, 1 / 2000), 500, times)
    np.testing.assert_allclose(predicted, sampled, rtol=2e-3)


@pytest.mark.parametrize(("exponents", "tilt"), [((2.0, 2.0), 0), ((3.0, 3.0), 0), ((1.5, 3.5), 0.5)])
def test_projections_agree_with_their_mean_field(exponents, tilt):
    condition = {**SMALL, "eigenvalue_exponent": exponents[0], "energy_exponent": exponents[1], "tilt": tilt}
    found = measured(condition)
    for name, error in zip(SLOPES, (0.08, 0.08, 0.12, 0.35), strict=True):  # eight trials' scatter
        predicted = getattr(flow_theory, f"tilted_{name}")(condition, {})
        assert np.median(found[name]) == pytest.approx(predicted, rel=error), name
        if not tilt:
            assert getattr(flow_theory, name)(condition, {}) == pytest.approx(predicted)


def test_large_models_approach_the_exponents_of_an_infinite_spectrum():
    """Sizes in the hundreds and 60,000 modes: within 7% of the asymptotic exponents."""
    condition = {**SMALL, "modes": 60_000, "smallest": 256, "largest": 2048}
    for name in SLOPES:
        asymptotic = getattr(flow_theory, f"asymptotic_{name}")(condition, {})
        assert getattr(flow_theory, name)(condition, {}) == pytest.approx(asymptotic, rel=0.07), name
    saturated = {**condition, "energy_exponent": 6.0}
    assert flow_theory.size_slope(saturated, {}) == pytest.approx(-2, abs=0.05)
    assert flow_theory.asymptotic_size_slope(saturated, {}) == -2


def test_the_schedule():
    assert model_sizes(SMALL) == [16, 23, 32, 45, 64, 91, 128]
    np.testing.assert_allclose(budgets(SMALL)[[0, -1]], [8**3, 16**3])
    np.testing.assert_allclose(flow_times(SMALL)[[0, -1]], [4**2, 16**2])


def test_the_best_size_is_the_vertex_of_a_parabola():
    sizes = np.array([10.0, 20.0, 40.0, 80.0])
    losses = np.exp(0.1 * (np.log(sizes) - np.log([[26.0], [1.0]])) ** 2)
    np.testing.assert_allclose(best_sizes(sizes, losses), [26.0, 10.0])


def test_slopes_are_those_of_losses_by_eigenvalues_of_many_features():
    """Far more features than modes: L(t) = sum of k^-a exp(-2 lambda_k t), of which the slopes follow directly."""
    condition = {**SMALL, "modes": 6, "smallest": 1000, "largest": 8000, "tilt": 0.5, "eigenvalue_exponent": 0.2}
    for tilt, prefix in ((0.0, ""), (0.5, "tilted_")):
        modes = np.arange(1.0, 7)
        rates, energies = modes ** -(0.2 + tilt), modes**-2.0 / np.sum(modes**-2.0)

        def loss(time, rates=rates, energies=energies):
            return np.exp(-2 * np.multiply.outer(time, rates)) @ energies

        times = np.geomspace(4, 1000, 8) ** 0.2
        slope = np.polyfit(np.log(times), np.log(loss(times)), 1)[0]
        assert getattr(flow_theory, f"{prefix}time_slope")(condition, {}) == pytest.approx(slope, rel=0.01)


def test_asymptotic_exponents_by_hand():
    """b = 1.5 and a = 2.2: modes beyond n hold n^-1.2; t learns t^(1/1.5) modes, and N t = C with N^1.5 = t."""
    condition = {"eigenvalue_exponent": 1.5, "energy_exponent": 2.2}
    assert flow_theory.asymptotic_time_slope(condition, {}) == pytest.approx(-0.8)
    assert flow_theory.asymptotic_size_slope(condition, {}) == pytest.approx(-1.2)
    assert flow_theory.asymptotic_compute_slope(condition, {}) == pytest.approx(-1.2 * 0.4)
    assert flow_theory.asymptotic_best_size_slope(condition, {}) == pytest.approx(0.4)
    assert flow_theory.symmetric_compute_slope(condition, {}) == pytest.approx(-0.6)
    assert flow_theory.twice_saturated_size_slope(condition, {}) == pytest.approx(-1.2)
    steep = {"eigenvalue_exponent": 1.5, "energy_exponent": 6.0}
    assert flow_theory.asymptotic_size_slope(steep, {}) == pytest.approx(-1.5)
    assert flow_theory.twice_saturated_size_slope(steep, {}) == pytest.approx(-3.0)
