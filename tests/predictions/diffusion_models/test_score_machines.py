"""Score machines: their limits, their symmetries, the density whose score they are, and the loss that they minimise."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.diffusion_models.score_machines import PLACES, exact_denoiser, posterior, score_machine
from predictions.diffusion_models.two_denoisers import posterior_mean

SIDE = 4


@pytest.fixture
def images():
    return np.random.default_rng(0).standard_normal((6, SIDE * SIDE))


@pytest.fixture
def noisy():
    return 1.5 * np.random.default_rng(1).standard_normal((5, SIDE * SIDE))


@pytest.mark.parametrize("patches", PLACES)
def test_a_patch_as_large_as_the_image_is_the_empirical_score(images, noisy, patches):
    machine = score_machine(images, radius=SIDE - 1, patches=patches)
    expected = posterior_mean(images, noisy, 0.9)
    np.testing.assert_allclose(machine(noisy, 0.9), expected, rtol=1e-10)
    np.testing.assert_allclose(exact_denoiser(images)(noisy, 0.9), expected, rtol=1e-10)


@pytest.mark.parametrize("radius", [0, 1, 2])
def test_one_image_is_given_back_whatever_the_noise(images, noisy, radius):
    machine = score_machine(images[:1], radius=radius, patches="places")
    np.testing.assert_allclose(machine(noisy, 0.3), np.tile(images[:1], (len(noisy), 1)))


def test_single_pixels_anywhere_are_denoised_by_the_density_of_all_inner_pixels(images, noisy):
    """No patch of one pixel is cut by an edge: D(y) = y + s^2 d ln p(y)/dy, p the mixture over all pixels of all."""
    level, h = 0.7, 1e-5
    values = images.ravel()

    def log_density(y):
        return np.log(np.mean(np.exp(-((y[..., None] - values) ** 2) / (2 * level**2)), axis=-1))

    slope = (log_density(noisy + h) - log_density(noisy - h)) / (2 * h)
    machine = score_machine(images, radius=0, patches="anywhere")
    np.testing.assert_allclose(machine(noisy, level), noisy + level**2 * slope, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (1, 2), (3, 1)])
def test_a_pixel_is_denoised_by_the_density_of_its_patch(images, noisy, row, column):
    """The score of the patch's density at its centre, by finite differences; patches cut alike, counted by hand."""
    level, h, radius = 0.8, 1e-5, 1
    square, known = noisy[0].reshape(SIDE, SIDE), images.reshape(-1, SIDE, SIDE)
    inner = range(1, SIDE - 1)
    alike = [(r, c) for r in (inner if row in inner else [row]) for c in (inner if column in inner else [column])]

    def cut(image, r, c):
        return image[..., max(r - radius, 0) : r + radius + 1, max(c - radius, 0) : c + radius + 1]

    def log_density(change):
        moved = square.copy()
        moved[row, column] += change
        distance = [np.sum((cut(moved, row, column) - cut(known, r, c)) ** 2, axis=(1, 2)) for r, c in alike]
        return np.log(np.mean(np.exp(-np.array(distance) / (2 * level**2))))

    expected = square[row, column] + level**2 * (log_density(h) - log_density(-h)) / (2 * h)
    found = score_machine(images, radius=radius, patches="anywhere")(noisy[:1], level)
    assert found.reshape(SIDE, SIDE)[row, column] == pytest.approx(expected, rel=1e-6)


def test_far_from_edges_the_same_patch_has_the_same_answer_wherever_it_lies():
    images = np.random.default_rng(2).standard_normal((3, 49))
    machine = score_machine(images, radius=1, patches="anywhere")
    square = np.random.default_rng(3).standard_normal((1, 7, 7))
    one, moved = (machine(each.reshape(1, 49), 0.5).reshape(7, 7) for each in (square, np.roll(square, 1, axis=2)))
    np.testing.assert_allclose(moved[2:5, 3:5], one[2:5, 2:4], rtol=1e-12)
    assert not np.allclose(moved[2:5, 1], one[2:5, 0])


@pytest.mark.parametrize("patches", PLACES)
def test_no_other_function_of_the_patch_has_a_lower_loss(images, patches):
    """Pythagoras: the loss of the machine plus a function of the patch is larger by that function's mean square."""
    rng, level, draws = np.random.default_rng(4), 1.0, 40_000
    clean = images[rng.integers(len(images), size=draws)]
    noisy = clean + level * rng.standard_normal(clean.shape)
    machine = score_machine(images, radius=1, patches=patches)(noisy, level)
    padded = np.pad(noisy.reshape(-1, SIDE, SIDE), ((0, 0), (1, 1), (1, 1)))
    change = np.tanh(padded[:, 1:-1, 1:-1] - padded[:, 1:-1, 2:]).reshape(clean.shape)
    excess = np.mean((machine + change - clean) ** 2) - np.mean((machine - clean) ** 2)
    assert excess == pytest.approx(np.mean(change**2), rel=0.03)
    biased = np.mean((noisy + change - clean) ** 2) - np.mean((noisy - clean) ** 2)
    assert abs(biased / np.mean(change**2) - 1) > 0.05


def test_posterior_of_two_rows_by_hand():
    known = np.array([[0.0, 0.0], [2.0, 0.0]])
    weights = posterior(known, np.array([[1.0, 5.0], [2.0, -1.0]]), 1.0)
    np.testing.assert_allclose(weights[0], [0.5, 0.5])
    np.testing.assert_allclose(weights[1], [1 / (1 + np.e**2), np.e**2 / (1 + np.e**2)])


def test_a_word_that_is_none_is_refused(images):
    with pytest.raises(ValueError, match="anywhere"):
        score_machine(images, radius=1, patches="somewhere")
