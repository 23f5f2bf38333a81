"""The largest eigenvalue against known spectra, dense Hessians and SciPy."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.linalg

from predictions.instruments.curvature import CERTAIN, MISSED, hessian_product, largest_eigenpair, sharpness
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
    value, vector, residual, products, *_ = largest_eigenpair(lambda v: matrix @ v, start, tolerance=1e-6, most=100)
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


def searches(spectra, starts, **options):
    """The eigenpairs of diagonal matrices (cases, size), as a random start has no preferred basis."""

    def search(diagonal, start):
        return largest_eigenpair(lambda v: diagonal * v, start, **options)

    return jax.jit(jax.vmap(search))(jnp.asarray(spectra), jnp.asarray(starts))


def random_starts(*shape):
    return np.random.default_rng(0).standard_normal(shape)


def test_a_certain_search_resolves_a_cluster_that_a_near_one_takes_the_mean_of():
    cluster = np.tile(np.concatenate([np.linspace(9.9, 10, 20), np.linspace(-1, 1, 400)]), (60, 1))
    near, certain = (searches(cluster, random_starts(60, 420), most=30, **it) for it in ({}, {"until": CERTAIN}))
    assert np.mean(near.value < 10 * (1 - 3e-3)) > 0.3
    assert not np.any(near.certain)
    assert np.all(certain.certain)
    assert np.all(certain.value * (1 + 3e-3) > 10)
    assert np.all(certain.value <= 10 * (1 + 1e-12))


def test_a_certain_search_keeps_its_tolerance_whatever_the_spectrum():
    """From 40 random starts each: evenly spread, one level above all others, a dense end, all negative, with gaps."""
    size, cases = 120, 40
    spectra = [
        np.linspace(0, 1, size),
        np.concatenate([[1.02], np.ones(size - 1)]),
        np.linspace(0, 1, size) ** 8,
        1 - (1 - np.linspace(0, 1, size)) ** 4,
        -np.linspace(1, 5, size),
        np.repeat([-3.0, 1.0, 2.0, 2.03], size // 4),
    ]
    spectra = np.repeat(spectra, cases, axis=0)
    found = searches(spectra, random_starts(*spectra.shape), most=80, until=CERTAIN, tolerance=1e-2)
    short = np.asarray(found.value) + 1e-2 * np.abs(found.value) < spectra.max(axis=1)
    assert np.all(found.certain)
    assert np.mean(short.reshape(-1, cases), axis=1).max() <= 2 * MISSED


def test_a_near_search_knows_that_its_start_may_have_missed_the_top():
    spectrum = np.concatenate([[2.0], np.full(300, 1.0)])
    start = np.concatenate([[1e-4], np.ones(300)])
    found = searches(spectrum[None], start[None], most=30)
    assert found.value[0] == pytest.approx(1, abs=1e-6)
    assert found.residual[0] < 1e-3
    assert not found.certain[0]


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_the_scale_of_operator_and_start_does_not_matter(precision):
    """Spectra from 1e-30 to 1e30, whose squares float32 does not hold; filled up with the smallest eigenvalue."""
    size = max(map(len, SPECTRA.values()))
    filled = np.array([[*spectrum, *[min(spectrum)] * (size - len(spectrum))] for spectrum in SPECTRA.values()])
    scales = np.array([1, 1e-30, 1e-15, 1e15, 1e30])
    spectra = (scales[:, None, None] * filled).reshape(-1, size)
    starts = np.tile(random_starts(size), (len(spectra), 1)) * np.repeat(scales, len(filled))[:, None]
    with profile(precision):
        found = searches(spectra, starts)
        values = np.asarray(found.value, dtype=np.float64).reshape(len(scales), -1) / scales[:, None]
        lengths = np.linalg.norm(np.asarray(found.vector, dtype=np.float64), axis=1)
        rounding = 30 * np.finfo(found.value.dtype).eps * np.abs(filled).max(axis=1)
    assert np.all(np.abs(values - values[0]) <= rounding)
    np.testing.assert_allclose(lengths, 1, rtol=1e-5)


def test_an_end_that_is_none_is_refused_by_name():
    with pytest.raises(ValueError, match="soon"):
        largest_eigenpair(lambda v: v, jnp.ones(3), until="soon")


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
