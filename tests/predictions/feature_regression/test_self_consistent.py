"""The fixed-point equations against closed forms and limits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.feature_regression.self_consistent import (
    effective_ridge,
    feature_ridges,
    kernel_risk,
    random_feature_risk,
)


def power_law(exponent, modes):
    return np.arange(1.0, modes + 1) ** -exponent


SPECTRUM, ENERGIES = power_law(1.5, 300), power_law(2.0, 300)


@pytest.mark.parametrize(("samples", "ridge"), [(10, 0.0), (10, 0.3), (290, 0.0), (300, 1e-6), (1000, 2.0)])
def test_learnabilities_and_the_ridge_share_out_the_samples(samples, ridge):
    kappa = effective_ridge(SPECTRUM, samples, ridge)
    assert np.sum(SPECTRUM / (SPECTRUM + kappa)) + ridge / kappa == pytest.approx(samples, rel=1e-9)


def test_effective_ridge_of_an_isotropic_spectrum_solves_a_quadratic():
    modes, samples, ridge = 80, 100, 7.0
    middle = samples - modes - ridge  # n kappa^2 + (n - p - delta) kappa - delta = 0
    kappa = (-middle + np.sqrt(middle**2 + 4 * samples * ridge)) / (2 * samples)
    assert effective_ridge(np.ones(modes), samples, ridge) == pytest.approx(kappa, rel=1e-10)
    assert effective_ridge(np.ones(200), 80) == pytest.approx(200 / 80 - 1, rel=1e-10)


def test_enough_samples_leave_no_effective_ridge():
    assert effective_ridge(SPECTRUM, 300) == 0
    assert kernel_risk(SPECTRUM, ENERGIES, 301).test == 0


def test_more_samples_than_modes_are_ordinary_least_squares():
    assert kernel_risk(SPECTRUM, ENERGIES, 900, noise_variance=0.3).test == pytest.approx(0.3 * 900 / 600)


@pytest.mark.parametrize("setting", [{"samples": 1e-6}, {"samples": 50, "ridge": 1e9}])
def test_nothing_is_learnt_from_no_samples_or_under_an_infinite_ridge(setting):
    risk = kernel_risk(SPECTRUM, ENERGIES, noise_variance=0.2, **setting)
    assert risk.test == pytest.approx(ENERGIES.sum() + 0.2, rel=1e-5)
    if "ridge" in setting:
        assert risk.train == pytest.approx(risk.test, rel=1e-5)


@pytest.mark.parametrize("aspect", [0.5, 0.9, 2.0])
def test_optimal_ridge_on_isotropic_features_is_the_marchenko_pastur_transform(aspect):
    """Dobriban and Wager 2018: at the ridge c = g sigma^2/r^2 a sample the excess risk is sigma^2 g m(-c)."""
    samples, noise_variance, signal = 1000, 0.7, 1.3
    modes, optimal = round(aspect * samples), aspect * noise_variance / signal
    middle = 1 - aspect + optimal
    transform = (np.sqrt(middle**2 + 4 * aspect * optimal) - middle) / (2 * aspect * optimal)
    energies = np.full(modes, signal / modes)
    risk = kernel_risk(np.ones(modes), energies, samples, ridge=optimal * samples, noise_variance=noise_variance)
    assert risk.test - noise_variance == pytest.approx(noise_variance * aspect * transform, rel=1e-9)


def test_training_error_is_that_of_generalised_cross_validation():
    """train / test = ((n - df) / n)^2 with the degrees of freedom df = sum_i l_i."""
    kappa = effective_ridge(SPECTRUM, 60, 0.4)
    degrees = np.sum(SPECTRUM / (SPECTRUM + kappa))
    risk = kernel_risk(SPECTRUM, ENERGIES, 60, ridge=0.4, noise_variance=0.1)
    assert risk.train / risk.test == pytest.approx((1 - degrees / 60) ** 2, rel=1e-9)


def test_test_rows_that_see_one_mode_feel_its_error_alone():
    """Mode variances s: the risk is linear in them, and s = 1 is the unshifted risk."""
    parts = [kernel_risk(SPECTRUM, ENERGIES, 60, ridge=0.1, test_variances=row).test for row in np.eye(300)]
    assert np.sum(parts) == pytest.approx(kernel_risk(SPECTRUM, ENERGIES, 60, ridge=0.1).test, rel=1e-10)
    assert min(parts) > 0


@pytest.mark.parametrize(
    ("samples", "features", "ridge"), [(40, 90, 0.2), (90, 40, 0.2), (60, 60, 1e-3), (400, 350, 1.0)]
)
def test_both_equations_of_random_features_hold(samples, features, ridge):
    kappa, gamma = feature_ridges(SPECTRUM, samples, features, ridge)
    learned = np.sum(SPECTRUM / (SPECTRUM + gamma))
    assert learned + ridge / kappa == pytest.approx(samples, rel=1e-8)
    assert learned + features * kappa / gamma == pytest.approx(features, rel=1e-8)


@pytest.mark.parametrize(("ridge", "noise_variance"), [(0.0, 0.0), (0.0, 0.1), (0.5, 0.1)])
def test_infinitely_many_features_are_the_kernel(ridge, noise_variance):
    wide = random_feature_risk(SPECTRUM, ENERGIES, 60, 1e9, ridge=ridge, noise_variance=noise_variance)
    kernel = kernel_risk(SPECTRUM, ENERGIES, 60, ridge=ridge, noise_variance=noise_variance)
    assert wide.test == pytest.approx(kernel.test, rel=1e-6)
    assert wide.train == pytest.approx(kernel.train, rel=1e-6)


def test_features_and_samples_beyond_all_modes_are_ordinary_least_squares():
    assert random_feature_risk(SPECTRUM, ENERGIES, 900, 400, noise_variance=0.3).test == pytest.approx(0.3 * 1.5)


def test_ridgeless_risk_is_the_limit_of_small_ridges_on_both_sides():
    for samples, features in [(40, 90), (90, 40)]:
        small = random_feature_risk(SPECTRUM, ENERGIES, samples, features, ridge=1e-9, noise_variance=0.1)
        none = random_feature_risk(SPECTRUM, ENERGIES, samples, features, noise_variance=0.1)
        assert small.test == pytest.approx(none.test, rel=1e-6)


def test_risk_peaks_where_features_equal_samples():
    risks = [random_feature_risk(SPECTRUM, ENERGIES, 60, k, noise_variance=0.1).test for k in (30, 55, 59, 61, 65, 200)]
    assert risks[0] < risks[1] < risks[2]
    assert risks[3] > risks[4] > risks[5]


SIZES = st.integers(-30, 30).map(lambda power: 10.0**power)


@given(
    eigenvalues=st.lists(st.one_of(st.just(0.0), st.just(1.0), SIZES), min_size=1, max_size=12),
    samples=st.sampled_from([0.3, 1, 2, 3.5, 6, 12, 40]),
    ridge=st.one_of(st.just(0.0), SIZES),
)
def test_the_equation_holds_for_any_spectrum(eigenvalues, samples, ridge):
    """Modes that are missing, repeated or sixty orders of magnitude apart, of any number against the samples."""
    spectrum = np.array(eigenvalues)
    kappa, modes = effective_ridge(spectrum, samples, ridge), np.sum(spectrum > 0)
    if kappa == 0:
        assert ridge == 0
        assert modes <= samples
        return
    positive = spectrum[spectrum > 0]
    assert np.sum(positive / (positive + kappa)) + ridge / kappa == pytest.approx(samples, rel=1e-9)
    assert ridge > 0 or modes > samples


@given(
    eigenvalues=st.lists(st.sampled_from([0.0, 1e-6, 0.3, 1.0, 1e6]), min_size=1, max_size=8),
    samples=st.integers(1, 10),
    features=st.integers(1, 10),
    ridge=st.sampled_from([0.0, 1e-3, 2.0]),
    noise_variance=st.sampled_from([0.0, 0.5]),
)
def test_risks_are_positive_and_never_nonsense(eigenvalues, samples, features, ridge, noise_variance):
    """At and beside every interpolation threshold: at least the noise, and infinite exactly where all is overturned."""
    spectrum, energies = np.array(eigenvalues), np.ones(len(eigenvalues))
    modes = np.sum(spectrum > 0)
    kernel = kernel_risk(spectrum, energies, samples, ridge=ridge, noise_variance=noise_variance)
    random = random_feature_risk(spectrum, energies, samples, features, ridge=ridge, noise_variance=noise_variance)
    for risk in (kernel, random):
        assert risk.test >= noise_variance * (1 - 1e-9)
        assert risk.train >= 0
    noisy = noise_variance > 0 or modes < len(spectrum)
    assert np.isinf(kernel.test) == (ridge == 0 and samples == modes and noisy)
    beyond = min(samples, features) >= modes
    assert np.isinf(random.test) == (ridge == 0 and (noisy and samples == modes if beyond else samples == features))


@pytest.mark.parametrize("bad", [{"samples": 0}, {"samples": 3, "ridge": -1.0}])
def test_outside_of_the_domain_is_refused(bad):
    with pytest.raises(ValueError, match="must be above 0"):
        effective_ridge(SPECTRUM, **bad)


def test_no_ridge_is_named_is_none():
    assert feature_ridges(SPECTRUM, 40, 90) == feature_ridges(SPECTRUM, 40, 90, 0.0)
