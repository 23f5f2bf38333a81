"""Two denoisers: the exact denoisers by brute force, the halves' disjointness, and training against its limits."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import distance

from predictions.diffusion_models import theory, two_denoisers
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("test-two-denoisers", "explore", range(2))
CONDITION = {
    "learner": "network",
    "samples": 60,
    "noise": 0.6,
    "test_samples": 40,
    "width": 32,
    "steps": 200,
    "batch": 32,
    "learning_rate": 0.003,
}


@pytest.fixture(autouse=True)
def gaussian_images(monkeypatch):
    """Points with a falling spectrum in place of images, so that no file is needed."""
    rng = np.random.default_rng(0)
    points = rng.standard_normal((200, 64)) * np.linspace(2, 0.1, 64)
    points -= points.mean(axis=0)
    points /= np.sqrt(np.mean(points**2))
    monkeypatch.setattr(two_denoisers, "standardised_images", lambda: points)
    return points


def test_posterior_mean_by_plain_densities():
    rng = np.random.default_rng(1)
    samples, noisy = rng.standard_normal((7, 64)), rng.standard_normal((3, 64))
    density = np.exp(-np.sum((noisy[:, None] - samples) ** 2, axis=2) / (2 * 2.0**2))
    expected = density @ samples / density.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(two_denoisers.posterior_mean(samples, noisy, 2.0), expected)


def test_wiener_filter_is_the_linear_regression_of_clean_on_noisy():
    rng = np.random.default_rng(2)
    samples = 0.5 + rng.standard_normal((400, 64)) @ np.diag(np.linspace(2, 0.1, 64))
    clean = np.tile(samples, (250, 1))
    noisy = clean + 0.7 * rng.standard_normal(clean.shape)
    with_offset = np.hstack([noisy, np.ones((len(noisy), 1))])
    fit, *_ = np.linalg.lstsq(with_offset, clean, rcond=None)
    filtered = two_denoisers.wiener_output(samples, noisy[:50], 0.7)
    np.testing.assert_allclose(filtered, with_offset[:50] @ fit, atol=0.08)


def test_halves_and_test_images_are_disjoint(gaussian_images):
    _, (halves, clean, noisy, *_) = two_denoisers.prepare(CONDITION, SEEDS)
    assert halves.shape == (2, 2, 60, 64)
    for trial in range(2):
        drawn = np.concatenate([halves[trial].reshape(120, 64), clean[trial]])
        assert len(np.unique(drawn, axis=0)) == 160
        assert {tuple(row) for row in drawn} <= {tuple(row) for row in gaussian_images}
    assert np.std(noisy - clean) == pytest.approx(0.6, rel=0.03)


def test_memorisers_show_what_is_given_of_them():
    condition = CONDITION | {"learner": "memoriser"}
    given, state = two_denoisers.prepare(condition, SEEDS)
    observed = two_denoisers.measure(condition, state)
    predicted = [theory.memorised_halves({}, {"memoriser_cosine": c}) for c in given["memoriser_cosine"]]
    np.testing.assert_allclose(observed["beyond_wiener_cosine"], predicted)
    assert np.all(observed["error_over_wiener"] > 1)
    assert theory.filtered_halves({}, {"wiener_cosine": np.array(0.25)}) == 0.25
    assert theory.same_function({}, {}) == 1


def test_cosine_by_hand():
    outputs = np.zeros((1, 2, 1, 64))
    outputs[0, 0, 0, :2] = 3, 4
    outputs[0, 1, 0, :2] = 5, 0
    np.testing.assert_allclose(two_denoisers.cosine(outputs), 0.6)


def test_training_denoises_but_no_better_than_the_best_filter_of_gaussian_data():
    condition = CONDITION | {"steps": 600, "samples": 80}
    with profile("float32"):
        _, state = two_denoisers.prepare(condition, SEEDS)
        trained = two_denoisers.measure(condition, state)
        untrained = two_denoisers.measure(condition | {"steps": 1, "learning_rate": 0.0}, state)
    _, clean, _, wiener, *_ = state
    best = 1 - np.mean((wiener - clean) ** 2, axis=(1, 2)) / 0.6**2
    assert np.all(trained["removed_noise"] > untrained["removed_noise"] + 0.05)
    assert np.all(trained["removed_noise"] < best)
    np.testing.assert_allclose(trained["error_over_wiener"], (1 - trained["removed_noise"]) / (1 - best))


def test_what_is_given_is_what_two_halves_share_beyond_the_filter_of_all_images(gaussian_images):
    given, (halves, _, noisy, *_) = two_denoisers.prepare(CONDITION, SEEDS)
    for trial, (pair, y) in enumerate(zip(halves, noisy)):
        all_images = two_denoisers.wiener_output(gaussian_images, y, 0.6)
        for name, denoiser in (
            ("memoriser_cosine", two_denoisers.posterior_mean),
            ("wiener_cosine", two_denoisers.wiener_output),
        ):
            one, two = ((denoiser(half, y, 0.6) - all_images).ravel() for half in pair)
            assert given[name][trial] == pytest.approx(1 - distance.cosine(one, two))


def test_standardised_images_need_the_file(monkeypatch):
    monkeypatch.undo()
    images = np.random.default_rng(3).random((30, 3, 8, 8))
    monkeypatch.setattr(two_denoisers, "load_cifar10", lambda pooled: (images, np.zeros(30)))
    flat = two_denoisers.standardised_images()
    np.testing.assert_allclose(flat.mean(axis=0), 0, atol=1e-12)
    assert np.mean(flat**2) == pytest.approx(1)
