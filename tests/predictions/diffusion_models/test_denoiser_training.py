"""Training against the exact denoiser of one image; the flow against its closed form; what is beyond affine maps."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest

from predictions.diffusion_models import denoiser_training
from predictions.diffusion_models.denoiser_training import (
    Task,
    cosine,
    nonlinear_part,
    probability_flow,
    standardised_photographs,
    trained,
)
from predictions.diffusion_models.denoising_networks import HIGHEST, LOWEST, architecture
from runners.measuring.profiles import profile

RNG = np.random.default_rng(0)
BUDGET = {"steps": 300, "batch": 16, "learning_rate": 0.01}


def task(name, images):
    side = round(images.shape[1] ** 0.5)
    made = architecture(name, side=side, width=32, channels=8, tokens=8)
    return Task(made, made.initial(np.random.default_rng(1)), images, 7)


@pytest.mark.parametrize("name", ["fully-connected", "convolutional", "patch-attention"])
def test_of_a_single_image_networks_learn_to_give_it_back(name):
    """Whatever the noise, the exact denoiser of one image is that image."""
    image = RNG.standard_normal((1, 16))
    noisy = image + 2 * RNG.standard_normal((50, 16))
    with profile("float32", frameworks=["torch"]):
        (untaught,), (taught,) = (
            trained([task(name, image)], **{**BUDGET, "steps": steps}) for steps in (1, BUDGET["steps"])
        )
    before, after = (np.mean((denoise(noisy, 2.0) - image) ** 2) for denoise in (untaught, taught))
    assert after < before / 2


def test_a_task_is_taught_the_same_beside_others_and_in_parts():
    tasks = [task(name, RNG.standard_normal((4, 16))) for name in ("fully-connected", "local")]
    noisy = RNG.standard_normal((3, 16))
    budget = {**BUDGET, "steps": 6}

    def in_two(advance, parts, carry):
        carry = reduce(advance, parts[:2], carry)
        kept = [tuple([array.detach().clone() for array in arrays] for arrays in each[:3]) for each in carry]
        return reduce(advance, parts[2:], [(*arrays, each[3]) for arrays, each in zip(kept, carry)])

    together, alone, parted = trained(tasks, **budget), trained(tasks[1:], **budget), None
    parted = trained(tasks, **budget, reduce=in_two)
    expected = together[1](noisy, 0.5)
    np.testing.assert_array_equal(alone[0](noisy, 0.5), expected)
    np.testing.assert_array_equal(parted[1](noisy, 0.5), expected)


def test_the_flow_of_gaussian_data_has_a_closed_form():
    """D(x, s) = v x/(v + s^2) carries s z to s' z sqrt((v + s'^2)/(v + s^2)); D itself is the last step."""
    variance, noise = np.array([0.3, 4.0]), RNG.standard_normal((5, 2))
    found = probability_flow(lambda x, s: variance / (variance + s**2) * x, noise, 4000)
    carried = HIGHEST * noise * np.sqrt((variance + LOWEST**2) / (variance + HIGHEST**2))
    np.testing.assert_allclose(found, carried * variance / (variance + LOWEST**2), rtol=3e-3)


def test_a_denoiser_that_knows_one_image_makes_that_image():
    image = RNG.standard_normal(9)
    found = probability_flow(lambda x, s: np.tile(image, (len(x), 1)), RNG.standard_normal((4, 9)), 3)
    np.testing.assert_allclose(found, np.tile(image, (4, 1)))


def test_beyond_affine_maps_nothing_is_left_of_them_and_all_of_even_functions():
    inputs = RNG.standard_normal((20_000, 3))
    affine = inputs @ RNG.standard_normal((3, 2)) + 5
    np.testing.assert_allclose(nonlinear_part(affine, inputs), 0, atol=1e-9)
    even = inputs[:, :2] ** 2 - 1
    found = nonlinear_part(affine + even, inputs)
    assert cosine(found, even) > 0.999
    np.testing.assert_allclose(found, nonlinear_part(even, inputs), atol=1e-9)


def test_cosine_by_hand():
    assert cosine(np.array([[3.0, 4.0]]), np.array([[5.0, 0.0]])) == pytest.approx(0.6)


def test_photographs_are_standardised(monkeypatch):
    images = np.random.default_rng(3).random((30, 3, 4, 4))
    monkeypatch.setattr(denoiser_training, "load_cifar10", lambda pooled: (images, np.zeros(30)))
    pixels = standardised_photographs(4)
    np.testing.assert_allclose(pixels.mean(axis=0), 0, atol=1e-12)
    assert np.mean(pixels**2) == pytest.approx(1)
    grey = images.mean(axis=1).reshape(30, -1)
    assert np.corrcoef(pixels[:, 5], grey[:, 5])[0, 1] == pytest.approx(1)
