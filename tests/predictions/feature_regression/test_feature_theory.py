"""Predicted risks and exponents against numbers that were computed or published elsewhere."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.feature_regression import theory

KERNEL = {"eigenvalue_exponent": 1.5, "target_exponent": 2, "test_exponent": 1.5, "ridge": 0, "noise_variance": 0}
FEATURES = {**KERNEL, "target_exponent": 1.5, "weight_exponent": 0, "features_per_sample": 4}


def slope(function, condition, axis, values):
    risks = [function({**condition, axis: value}, {}) for value in values]
    return np.polyfit(np.log(values), np.log(risks), 1)[0]


@pytest.mark.parametrize(("a", "b", "exponent"), [(1.5, 2, -1.0), (1.5, 1.5, -0.5), (1.2, 5, -2.4)])
def test_slope_of_a_long_spectrum_tends_to_the_asymptotic_exponent(a, b, exponent):
    condition = {**KERNEL, "eigenvalue_exponent": a, "target_exponent": b, "modes": 10**6}
    assert theory.noiseless_exponent(condition, {}) == pytest.approx(exponent)
    assert slope(theory.noiseless_kernel_risk, condition, "samples", [100, 200, 400, 800]) == pytest.approx(
        exponent, abs=0.03
    )


@pytest.mark.parametrize(("a", "b", "measured"), [(1.5, 2, -1.06), (1.5, 1.5, -0.61), (1.2, 5, -2.67)])
def test_slope_at_five_thousand_modes_is_steeper(a, b, measured):
    """Values of an independent program for n = 50 ... 800."""
    condition = {**KERNEL, "eigenvalue_exponent": a, "target_exponent": b, "modes": 5000}
    found = slope(theory.noiseless_kernel_risk, condition, "samples", [50, 100, 200, 400, 800])
    assert found == pytest.approx(measured, abs=0.015)


def test_noise_gain_of_a_long_spectrum_is_its_exponent():
    """Mallinar et al. 2022: interpolation with a power-law spectrum is tempered, with the factor a."""
    for a in (1.5, 2.0):
        condition = {**KERNEL, "eigenvalue_exponent": a, "modes": 10**6, "samples": 200}
        assert theory.interpolator_noise_gain(condition, {}) == pytest.approx(a, rel=0.01)
        assert theory.tempered_noise_gain(condition, {}) == a


def test_noise_gain_ignores_the_ridge_only_for_the_interpolator():
    condition = {**KERNEL, "modes": 300, "samples": 50, "ridge": 1.0}
    assert theory.noise_gain(condition, {}) < theory.interpolator_noise_gain(condition, {})
    assert theory.noise_gain({**condition, "ridge": 0}, {}) == theory.interpolator_noise_gain(condition, {})


def test_risk_of_noisy_labels_is_the_noiseless_risk_and_the_noise_gain():
    condition = {**KERNEL, "modes": 300, "samples": 50, "ridge": 0.2, "noise_variance": 0.3}
    together = theory.noiseless_kernel_risk(condition, {}) + 0.3 * theory.noise_gain(condition, {})
    assert theory.kernel_risk(condition, {}) == pytest.approx(together, rel=1e-12)


def test_risk_is_the_bias_times_the_noise_gain():
    condition = {**KERNEL, "modes": 300, "samples": 50, "ridge": 0.2, "noise_variance": 0.3}
    product = theory.bias_only_risk(condition, {}) * theory.noise_gain(condition, {})
    assert theory.kernel_risk(condition, {}) == pytest.approx(product, rel=1e-12)


@pytest.mark.parametrize("features_per_sample", [0.25, 0.5, 2, 4])
def test_closed_form_for_isotropic_latent_targets_is_the_general_risk(features_per_sample):
    condition = {**FEATURES, "modes": 500, "size": 40, "features_per_sample": features_per_sample}
    assert theory.spectrum_risk(condition, {}) == pytest.approx(theory.random_feature_risk(condition, {}), rel=1e-9)


@pytest.mark.parametrize(("a", "measured"), [(1.5, -0.633), (2.0, -1.055)])
def test_slope_of_random_features_at_four_thousand_modes(a, measured):
    """Values of an independent program for n = 32 ... 1024."""
    condition = {**FEATURES, "eigenvalue_exponent": a, "target_exponent": a, "modes": 4000}
    sizes = [32, 64, 128, 256, 512, 1024]
    assert slope(theory.bottleneck_risk, condition, "size", sizes) == pytest.approx(measured, abs=0.001)
    condition["modes"] = 10**6
    assert slope(theory.spectrum_risk, condition, "size", sizes) == pytest.approx(1 - a, abs=0.01)
    assert theory.spectrum_exponent(condition, {}) == 1 - a


def test_folding_theories_see_all_values_of_the_axis():
    kernel = {**KERNEL, "modes": 300, "noise_variance": 0.1, "samples": (20, 80)}
    by_hand = np.log(
        theory.kernel_risk({**kernel, "samples": 80}, {}) / theory.kernel_risk({**kernel, "samples": 20}, {})
    ) / np.log(4)
    assert theory.noisy_kernel_exponent(kernel, {}) == pytest.approx(by_hand)
    features = {**FEATURES, "target_exponent": 3, "modes": 300, "size": (20, 80)}
    assert theory.random_feature_size_exponent(features, {}) < theory.spectrum_exponent(features, {})


def test_ratio_exponent_vanishes_for_isotropic_latent_targets_only():
    condition = {**FEATURES, "modes": 300, "size": 20, "features_per_sample": (0.25, 4)}
    assert theory.random_feature_ratio_exponent(condition, {}) == pytest.approx(0, abs=1e-9)
    assert theory.random_feature_ratio_exponent({**condition, "target_exponent": 3}, {}) < -0.1


def test_tilted_weights_make_the_spectrum_steeper():
    tilted = {**FEATURES, "target_exponent": 2, "modes": 300, "size": 20, "weight_exponent": 0.7}
    steeper = {**tilted, "eigenvalue_exponent": 2.2, "weight_exponent": 0}
    assert theory.tilted_feature_risk(tilted, {}) == pytest.approx(theory.random_feature_risk(steeper, {}))


@pytest.mark.parametrize(("samples", "modes"), [(1000, 200), (1000, 800), (1000, 2000)])
def test_exact_least_squares_tends_to_the_self_consistent_equations(samples, modes):
    condition = {"samples": samples, "modes": modes, "ridge": 0, "noise_variance": 1.0}
    condition |= {"eigenvalue_exponent": 0, "target_exponent": 0, "test_exponent": 0}
    exact = theory.isotropic_excess_risk(condition, {})
    assert theory.isotropic_ridge_excess_risk(condition, {}) == pytest.approx(exact, rel=0.006)


def test_least_squares_by_hand():
    one = {"samples": 12, "modes": 1, "noise_variance": 3.0}  # E 1/chi^2 with 12 degrees of freedom is 1/10
    assert theory.isotropic_excess_risk(one, {}) == pytest.approx(3.0 / 10)
    single = {"samples": 1, "modes": 12, "noise_variance": 3.0}
    assert theory.isotropic_excess_risk(single, {}) == pytest.approx(11 / 12 + 3.0 / 10)
    with pytest.raises(ValueError, match="infinite"):
        theory.isotropic_excess_risk({"samples": 12, "modes": 12, "noise_variance": 3.0}, {})


def test_exponents_and_costs_by_hand():
    """Energies i^-b beyond mode n sum to n^{1-b}/(b - 1); p parameters cost p sigma^2/n on their own rows."""
    tails = [np.sum(np.arange(n, 10**7, dtype=float) ** -1.8) for n in (1000, 4000)]
    assert theory.unsaturated_exponent({"target_exponent": 1.8}, {}) == pytest.approx(
        np.log(tails[1] / tails[0]) / np.log(4), abs=0.005
    )
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, 6))
    fits = rows @ np.linalg.pinv(rows) @ rng.standard_normal((30, 4000)) * np.sqrt(1.7)
    cost = theory.classical_excess_risk({"modes": 6, "noise_variance": 1.7, "samples": 30}, {})
    assert cost == pytest.approx(np.mean(fits**2), rel=0.03)


def test_ridge_regression_itself_has_the_predicted_risks():
    """Gaussian rows of a spectrum, shifted test rows, noise and a ridge: averages over 200 draws, n = 60, to 3%."""
    condition = {**KERNEL, "modes": 150, "samples": 60, "ridge": 0.3, "noise_variance": 0.2, "test_exponent": 0.8}
    index = np.arange(1.0, 151)
    scales, test_variances = np.sqrt(index**-1.5), index**-0.8 / index**-1.5
    energies = index**-2.0 / np.sum(index**-2.0)
    rng = np.random.default_rng(1)
    risks, shifted, train = [], [], []
    for _ in range(200):
        rows = rng.standard_normal((60, 150)) * scales
        target = rng.choice([-1, 1], 150) * np.sqrt(energies) / scales
        labels = rows @ target + np.sqrt(0.2) * rng.standard_normal(60)
        weights = rows.T @ np.linalg.solve(rows @ rows.T + 0.3 * np.eye(60), labels)
        errors = (scales * (weights - target)) ** 2
        risks.append(errors.sum() + 0.2)
        shifted.append(errors @ test_variances + 0.2)
        train.append(np.mean((rows @ weights - labels) ** 2))
    assert theory.kernel_risk(condition, {}) == pytest.approx(np.mean(risks), rel=0.03)
    assert theory.kernel_train_error(condition, {}) == pytest.approx(np.mean(train), rel=0.05)
    assert theory.shifted_kernel_risk(condition, {}) == pytest.approx(np.mean(shifted), rel=0.05)


def test_random_features_themselves_have_the_predicted_risks():
    condition = {**FEATURES, "target_exponent": 2, "modes": 150, "size": 40, "features_per_sample": 2}
    condition |= {"ridge": 0.05, "noise_variance": 0.1}
    index = np.arange(1.0, 151)
    scales = np.sqrt(index**-1.5)
    rng = np.random.default_rng(2)
    risks, train = [], []
    for _ in range(200):
        rows, mixing = rng.standard_normal((40, 150)), scales[:, None] * rng.standard_normal((150, 80)) / np.sqrt(80)
        target = rng.choice([-1, 1], 150) * index**-1.0 / np.sqrt(np.sum(index**-2.0))
        labels = rows @ target + np.sqrt(0.1) * rng.standard_normal(40)
        features = rows @ mixing
        weights = features.T @ np.linalg.solve(features @ features.T + 0.05 * np.eye(40), labels)
        risks.append(np.sum((mixing @ weights - target) ** 2) + 0.1)
        train.append(np.mean((features @ weights - labels) ** 2))
    assert theory.random_feature_risk(condition, {}) == pytest.approx(np.mean(risks), rel=0.03)
    assert theory.random_feature_train_error(condition, {}) == pytest.approx(np.mean(train), rel=0.06)


def test_the_slope_between_dual_ratios_is_that_of_the_general_risk():
    """Between a third and three features a sample, of isotropic targets, without a ridge."""
    condition = {**FEATURES, "modes": 300, "size": 30}
    few, many = (theory.random_feature_risk({**condition, "features_per_sample": r}, {}) for r in (1 / 3, 3))
    assert theory.dual_slope(condition, {}) == pytest.approx(np.log(many / few) / np.log(9), abs=1e-9)
