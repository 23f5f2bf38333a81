"""The largest eigenvalue against known spectra, dense Hessians and SciPy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from predictions.instruments.curvature import hessian_product, largest_eigenpair, sharpness
from runners.measuring.profiles import profile

SPECTRA = {
    "separated": [5.0, 1.0, 0.5, *[0.01] * 40],
    "two close": [5.0, 4.99, *np.linspace(0, 1, 60)],
    "degenerate top": [3.0, 3.0, 3.0, 1.0, 0.0, -2.0, *[0.5] * 20],
    "dominant negative": [2.0, 1.0, *np.linspace(-50, -20, 30)],
    "all negative": [-1.0, -2.0, -3.0, -40.0],
    "zero": [0.0] * 12,
    "one dimension": [7.0],
}


@pytest.fixture(autouse=True)
def _float64():
    with profile("float64"):
        yield


def rotated(spectrum, seed=0):
    """A symmetric matrix of that spectrum in a random basis, and a random vector."""
    generator = np.random.default_rng(seed)
    basis, _ = np.linalg.qr(generator.standard_normal((len(spectrum), len(spectrum))))
    return jnp.asarray(basis * np.asarray(spectrum) @ basis.T), jnp.asarray(generator.standard_normal(len(spectrum)))


def network_loss(seed=0):
    """Loss of a 4-6-3 tanh network of flat weights, random weights (far from a minimum) and a random vector."""
    generator = np.random.default_rng(seed)
    inputs, targets = (jnp.asarray(generator.standard_normal((20, width))) for width in (4, 3))

    def loss(flat):
        hidden = jnp.tanh(inputs @ flat[:24].reshape(4, 6))
        return 0.5 * jnp.mean(jnp.sum((hidden @ flat[24:].reshape(6, 3) - targets) ** 2, axis=1))

    return loss, *(jnp.asarray(generator.standard_normal(42)) for _ in range(2))


@pytest.mark.parametrize("spectrum", SPECTRA.values(), ids=SPECTRA)
def test_known_spectra(spectrum):
    matrix, start = rotated(spectrum)
    value, vector, residual, products, _ = largest_eigenpair(lambda v: matrix @ v, start, tolerance=1e-6, most=100)
    assert value == pytest.approx(max(spectrum), rel=1e-6, abs=1e-12)
    assert jnp.linalg.norm(vector) == pytest.approx(1)
    assert jnp.linalg.norm(matrix @ vector - value * vector) == pytest.approx(float(residual), abs=1e-9)
    assert products <= len(spectrum)


@pytest.mark.parametrize("sign", [1, -1])
def test_sharpness_is_the_top_of_the_dense_hessian(sign):
    """With the minus sign, the eigenvalue of largest modulus is negative, and not the one that is wanted."""
    loss, weights, start = network_loss()
    dense = sign * jax.jit(jax.hessian(loss))(weights)
    eigenvalues, eigenvectors = scipy.linalg.eigh(dense)
    assert (eigenvalues[-1] < -eigenvalues[0]) == (sign == -1)
    found = sharpness(lambda flat: sign * loss(flat), weights, start, tolerance=1e-5)
    assert found.value == pytest.approx(eigenvalues[-1], rel=1e-6)
    assert abs(found.vector @ eigenvectors[:, -1]) == pytest.approx(1, abs=1e-4)


def test_hessian_product_against_finite_differences():
    loss, weights, vector = network_loss()
    gradient, step = jax.grad(loss), 1e-5
    expected = (gradient(weights + step * vector) - gradient(weights - step * vector)) / (2 * step)
    np.testing.assert_allclose(hessian_product(loss, weights)(vector), expected, rtol=1e-6, atol=1e-8)


def test_stops_on_the_residual_and_says_when_it_could_not():
    matrix, start = rotated(np.linspace(0, 1, 200))
    enough = largest_eigenpair(lambda v: matrix @ v, start, tolerance=1e-2, most=200)
    assert enough.residual <= 1e-2 * enough.value
    assert enough.products < 60
    stopped = largest_eigenpair(lambda v: matrix @ v, start, tolerance=1e-2, most=5)
    assert stopped.products == 5
    assert stopped.residual > 1e-2 * stopped.value
    assert stopped.value < enough.value <= 1


def test_a_warm_start_is_cheaper_and_follows_a_crossing():
    """Between two searches the largest eigenvalues change places: 10, 9.9, 9.8 become 9.9, 9.8, 10."""
    bulk = np.linspace(0, 3, 200)
    before, after = (jnp.asarray([*top, *bulk]) for top in ([10, 9.9, 9.8], [9.9, 9.8, 10]))
    probe = jnp.asarray(np.random.default_rng(0).standard_normal(203))
    probe /= jnp.linalg.norm(probe)
    cold = largest_eigenpair(lambda v: before * v, probe)
    stayed = largest_eigenpair(lambda v: before * v, cold.onward + 0.1 * probe)
    crossed = largest_eigenpair(lambda v: after * v, stayed.onward + 0.1 * probe)
    assert stayed.products < cold.products
    for found, where in ((cold, 0), (stayed, 0), (crossed, 2)):
        assert float(found.value) == pytest.approx(10, rel=3e-3)
        assert int(jnp.abs(found.vector).argmax()) == where


def test_float32_reaches_its_tolerance():
    with profile("float32"):
        matrix, start = rotated(SPECTRA["two close"])
        found = largest_eigenpair(lambda v: matrix @ v, start)
        assert found.value.dtype == jnp.float32
        assert found.value == pytest.approx(5, rel=1e-3)


def test_a_diverged_network_has_no_sharpness():
    loss, weights, start = network_loss()
    found = sharpness(loss, weights * jnp.nan, start)
    assert jnp.isnan(found.value)
    assert found.products == 1
