"""Forward norms, signal propagation and the fold: right where an answer is known independently."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from predictions.random_networks import forward_norms, signal_propagation
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

NORMS = {"width": 24, "depth": 3, "negative_slope": 0.0, "weights": "gaussian", "networks": 500}
SIGNALS = {
    "activation": "tanh",
    "width": 24,
    "depth": 8,
    "networks": 2,
    "inputs": 3,
    "weight_variance": 1.5,
    "bias_variance": 0.05,
    "input_variance": 0.3,
    "lower_correlation": 0.2,
    "upper_correlation": 0.7,
    "first_layer": 2,
    "last_layer": 6,
}
SEEDS = derive_seeds("test-random-networks", "explore", range(3))


def run(experiment, condition, seeds=SEEDS):
    _, state = experiment.prepare(condition, seeds)
    return experiment.measure(condition, state)


def test_groups_are_drawn_in_pieces_that_fit_in_memory(monkeypatch):
    monkeypatch.setattr(forward_norms, "WEIGHTS_AT_ONCE", 24 * 24 * 300)
    assert list(forward_norms._pieces(500, 24)) == [300, 200]
    assert all(np.isfinite(values).all() for values in run(forward_norms, NORMS).values())


def test_linear_orthogonal_layers_keep_the_norm():
    observed = run(forward_norms, NORMS | {"negative_slope": 1.0, "weights": "orthogonal"})
    np.testing.assert_allclose(observed["output_kurtosis"], 3, rtol=1e-6)
    np.testing.assert_allclose(observed["mean_log_norm"], 0, atol=1e-6)
    np.testing.assert_allclose(observed["log_norm_variance"], 0, atol=1e-10)


def test_orthogonal_layers_are_uniformly_distributed():
    """Every entry of a Haar matrix has mean 0 and variance 1/w; LAPACK's R has a diagonal of fixed sign otherwise."""
    matrices = forward_norms._layers("orthogonal", 20_000, 3, np.random.default_rng(0))
    np.testing.assert_allclose(matrices.mean(axis=0), 0, atol=5 / np.sqrt(3 * 20_000))
    np.testing.assert_allclose((matrices**2).mean(axis=0), 1 / 3, atol=0.02)
    identity = np.broadcast_to(np.eye(3), matrices.shape)
    np.testing.assert_allclose(matrices @ matrices.transpose(0, 2, 1), identity, atol=1e-5)


def test_linear_gaussian_layer_multiplies_the_norm_by_a_chi_square():
    """|h|^2 = chi^2_w/w: variance of the logarithm psi'(4) = 0.28382 at w = 8; standard error 2% for 8000 networks."""
    condition = NORMS | {"negative_slope": 1.0, "width": 8, "depth": 1, "networks": 8000}
    observed = run(forward_norms, condition, SEEDS[:1])
    assert observed["log_norm_variance"][0] == pytest.approx(0.28382, rel=0.08)
    assert observed["output_kurtosis"][0] == pytest.approx(3 * (1 + 2 / 8), rel=0.05)


def test_dead_networks_are_not_finite_and_no_exception():
    observed = run(forward_norms, NORMS | {"width": 2, "depth": 4})
    assert not np.isfinite(observed["mean_log_norm"]).any()


PHI = {
    "arctan": lambda z: jnp.arctan(z * jnp.pi / 2) / (jnp.pi / 2),
    "erf": jax.lax.erf,
    "tanh": jnp.tanh,
}


@pytest.mark.parametrize("activation", PHI)
def test_propagation_against_automatic_differentiation(activation):
    """One network rebuilt in float64 from the same draws: correlations, and the perturbation by jax.jvp."""
    seed = int(SEEDS[0])
    curves = signal_propagation._propagate(SIGNALS | {"activation": activation}, np.random.default_rng(seed))
    rng = np.random.default_rng(seed)
    inputs = signal_propagation._draw_inputs(SIGNALS, rng)
    tangent = rng.standard_normal((24, 3), dtype=np.float32)
    layers = [
        (rng.standard_normal((24, 24), dtype=np.float32), rng.standard_normal((24, 1), dtype=np.float32))
        for _ in range(8)
    ]
    with profile("float64"):

        def signal(x):
            for number, (weights, bias) in enumerate(layers):
                activity = PHI[activation](x) if number else x
                x = np.sqrt(1.5 / 24) * weights.astype(float) @ activity + np.sqrt(0.05) * bias.astype(float)
            return x

        base, lower, upper = (np.asarray(signal(jnp.asarray(x, dtype=float))) for x in inputs)
        _, grown = jax.jvp(signal, (jnp.asarray(inputs[0], dtype=float),), (jnp.asarray(tangent, dtype=float),))

    def correlation(z):
        return np.sum(base * z, axis=0) / np.linalg.norm(base, axis=0) / np.linalg.norm(z, axis=0)

    np.testing.assert_allclose(curves.lower[-1], correlation(lower), rtol=1e-4)
    np.testing.assert_allclose(curves.upper[-1], correlation(upper), rtol=1e-4)
    growth = 2 * np.log(np.linalg.norm(grown, axis=0) / np.linalg.norm(tangent, axis=0))
    np.testing.assert_allclose(curves.log_growth.sum(axis=0), growth, rtol=1e-4)


def test_inputs_have_the_correlations_and_the_variance_asked_for():
    base, lower, upper = signal_propagation._draw_inputs(SIGNALS, np.random.default_rng(0))
    for partner, correlation in [(base, 1.0), (lower, 0.2), (upper, 0.7)]:
        np.testing.assert_allclose(np.sum(partner**2, axis=0) / 24, 0.3, rtol=1e-5)
        np.testing.assert_allclose(np.sum(base * partner, axis=0) / 24 / 0.3, correlation, rtol=1e-5)


def test_equal_pairs_have_no_gap_and_no_rate():
    observed = run(signal_propagation, SIGNALS | {"upper_correlation": 0.2})
    assert not np.isfinite(observed["gap_rate"]).any()
