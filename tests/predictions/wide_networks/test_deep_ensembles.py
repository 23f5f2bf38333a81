"""Spread of trained ensembles: linear algebra by other routes, and networks whose training has a closed form."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy.special import erf

from predictions.instruments.kernels import propagate
from predictions.wide_networks import deep_ensembles, theory
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "activation": "erf",
    "depth": 2,
    "width": 32,
    "weight_std": 2.0,
    "bias_std": 0.1,
    "trained": "all",
    "networks": 5,
    "training_rows": 4,
    "test_rows": 3,
    "dimension": 5,
    "steps": 40,
    "relative_learning_rate": 1.0,
}
SEEDS = derive_seeds("test-deep-ensembles", "explore", range(2))


def run(condition, seeds=SEEDS, *, precision="float64"):
    with profile(precision):
        given, state = deep_ensembles.prepare(condition, seeds)
        return given, deep_ensembles.measure(condition, state)


@pytest.fixture(scope="module")
def given():
    inputs = np.random.default_rng(0).standard_normal((7, 5))
    inputs *= np.sqrt(5) / np.linalg.norm(inputs, axis=1, keepdims=True)
    return {"gram": inputs @ inputs.T / 5, "learning_rate": 0.03}


def kernels_of(given):
    settings = {name: CONDITION[name] for name in ("depth", "activation", "weight_std", "bias_std")}
    return propagate(given["gram"], **settings)


def test_trained_variance_by_the_recursion_of_gradient_descent(given):
    """Each step maps f to f - eta Theta(., X) (f(X) - y): follow its matrix, then transform the prior covariance."""
    kernels, step = kernels_of(given), np.zeros((7, 7))
    step[:, :4] = 0.03 * kernels.ntk[:, :4]
    moved = np.linalg.matrix_power(np.eye(7) - step, CONDITION["steps"])
    covariance = moved @ kernels.nngp @ moved.T
    expected = np.mean(np.diagonal(covariance)[4:])
    assert theory.trained_variance(CONDITION, given) == pytest.approx(expected, rel=1e-10)


def test_before_training_the_spread_is_the_priors(given):
    untrained = theory.trained_variance(CONDITION | {"steps": 0}, given)
    assert untrained == pytest.approx(theory.untrained_variance(CONDITION, given))
    assert untrained == pytest.approx(np.mean(np.diagonal(kernels_of(given).nngp)[4:]))


@pytest.mark.parametrize(
    ("variance", "kernel"), [(theory.posterior_variance, "nngp"), (theory.tangent_posterior_variance, "ntk")]
)
def test_posterior_variance_is_the_inverse_of_the_precision(variance, kernel, given):
    precision = np.linalg.inv(getattr(kernels_of(given), kernel))
    conditional = np.linalg.inv(precision[4:, 4:])
    assert variance(CONDITION, given) == pytest.approx(np.mean(np.diagonal(conditional)), rel=1e-8)


def test_trained_networks_spread_more_than_the_posterior(given):
    """The posterior mean is the best predictor of f_0(x) from f_0(X), so any other weights leave a larger variance."""
    trained = theory.trained_variance(CONDITION | {"steps": 4000}, given)
    assert trained > theory.posterior_variance(CONDITION, given)


def test_inputs_lie_on_the_sphere_and_the_step_fits_any_wide_network():
    """At width 4096 every network's largest eigenvalue is that of the infinite-width kernel, within a few per cent."""
    with profile("float64"):
        given, _ = deep_ensembles.prepare(CONDITION | {"width": 4096}, SEEDS[:1])
    np.testing.assert_allclose(np.diagonal(given["gram"], axis1=1, axis2=2), 1)
    kernel = kernels_of({"gram": given["gram"][0]}).ntk[:4, :4]
    assert given["learning_rate"][0] == pytest.approx(1 / np.linalg.eigvalsh(kernel)[-1], rel=0.1)


def test_readouts_converge_to_the_nearest_interpolator():
    """Gradient descent on a linear model moves within the row space of its features: new = old + F^+ (y - F old)."""
    condition = CONDITION | {"trained": "readout", "steps": 20_000}
    _, observed = run(condition, SEEDS[:1])
    with profile("float64"):
        _, ((inputs, targets, _, generator),) = deep_ensembles.prepare(condition, SEEDS[:1])
        hidden, readout = jax.tree.map(np.asarray, deep_ensembles._ensemble(condition, generator))
    outputs = []
    for network in range(5):
        h = erf(2 / np.sqrt(5) * inputs @ hidden[0][network] + 0.1 * hidden[1][network])
        features = np.column_stack([2 / np.sqrt(32) * h, np.full(7, 0.1)])
        old = np.append(readout[0][network][:, 0], readout[1][network])
        new = old + np.linalg.pinv(features[:4]) @ (targets - features[:4] @ old)
        outputs.append(features[4:] @ new)
    assert observed["ensemble_variance"][0] == pytest.approx(np.mean(np.var(outputs, axis=0, ddof=1)), rel=1e-4)
    assert observed["remaining_loss"][0] < 1e-8


def test_an_untrained_ensemble_spreads_as_its_prior():
    """At width 1 and 400 networks: E erf(z)^2 = (2/pi) arcsin(2 v/(1 + 2 v)), v the preactivation's variance."""
    condition = CONDITION | {"trained": "none", "width": 1, "networks": 400, "test_rows": 50}
    _, observed = run(condition)
    variance = 2.0**2 + 0.1**2
    expected = 4 * 2 / np.pi * np.arcsin(2 * variance / (1 + 2 * variance)) + 0.01
    np.testing.assert_allclose(observed["ensemble_variance"], expected, rtol=0.3)
    np.testing.assert_array_equal(observed["remaining_loss"], 1)


def test_divergence_is_not_finite_and_no_exception():
    _, observed = run(CONDITION | {"relative_learning_rate": 1e3, "steps": 200, "trained": "readout"})
    assert not np.isfinite(observed["ensemble_variance"]).any()
