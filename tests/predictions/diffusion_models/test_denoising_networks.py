"""Denoising networks: what each pixel of them sees, and what they are before they have learnt anything."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.diffusion_models.denoising_networks import BLOCKS, LEVELS, architecture, bumps, denoised

SIDE = 8
SIZES = {"side": SIDE, "width": 16, "channels": 6, "tokens": 8}


def network(name):
    """The architecture, its weights, not small anywhere, and two images with their levels, in float64."""
    rng = np.random.default_rng(0)
    made = architecture(name, **SIZES)
    weights = [torch.tensor(array + 0.1 * rng.standard_normal(array.shape)) for array in made.initial(rng)]
    return made, weights, torch.tensor(rng.standard_normal((2, SIDE * SIDE))), torch.tensor([0.4, 3.0]).double()


def seen_by(name, row, column):
    """Places whose change changes the output at a place, (side, side)."""
    made, weights, images, level = network(name)
    image = images[:1].requires_grad_()
    (slope,) = torch.autograd.grad(denoised(made, weights, image, level[:1])[0, row * SIDE + column], image)
    return np.abs(slope.numpy().reshape(SIDE, SIDE)) > 1e-12


@pytest.mark.parametrize(("row", "column"), [(4, 3), (0, 0), (7, 5)])
def test_a_local_network_sees_nine_pixels(row, column):
    expected = np.zeros((SIDE + 2, SIDE + 2), dtype=bool)
    expected[row : row + 3, column : column + 3] = True
    np.testing.assert_array_equal(seen_by("local", row, column), expected[1:-1, 1:-1])


@pytest.mark.parametrize("name", ["convolutional", "patch-attention"])
def test_others_see_the_whole_image_from_every_corner(name):
    assert all(seen_by(name, row, column).all() for row in (0, 7) for column in (0, 7))


def test_a_fully_connected_network_sees_it_too():
    assert seen_by("fully-connected", 2, 5).mean() > 0.9  # a ReLU may have shut out a few


def test_a_local_network_treats_inner_places_alike():
    made, weights, images, level = network("local")
    square = images.reshape(2, SIDE, SIDE)
    one, moved = (
        denoised(made, weights, each.reshape(2, -1), level).reshape(2, SIDE, SIDE)
        for each in (square, square.roll(2, dims=1))
    )
    torch.testing.assert_close(moved[:, 3:7, 1:7], one[:, 1:5, 1:7])


def test_patches_leave_from_where_they_entered():
    """Without blocks, places and levels, and with unit matrices, every patch is only scaled to mean square one."""
    made = architecture("patch-attention", side=SIDE, width=1, channels=1, tokens=4)
    weights = [torch.zeros(array.shape, dtype=torch.float64) for array in made.initial(np.random.default_rng(0))]
    weights[0], weights[3 + 4 * BLOCKS] = (torch.eye(4, dtype=torch.float64) for _ in range(2))
    images = torch.tensor(np.random.default_rng(1).standard_normal((3, SIDE, SIDE)))
    found = made.outputs(weights, images.reshape(3, -1), torch.zeros(3, LEVELS, dtype=torch.float64))
    ratio = (found.reshape(3, SIDE, SIDE) / images).numpy()
    patch = images[1, 2:4, 4:6].numpy()
    np.testing.assert_allclose(ratio[1, 2:4, 4:6], 1 / np.sqrt(np.mean(patch**2)), rtol=1e-4)


def test_the_level_is_seen():
    for name in ("fully-connected", "local", "convolutional", "patch-attention"):
        made, weights, images, _ = network(name)
        low, high = (made.outputs(weights, images, bumps(torch.full((2, 1), s).double())) for s in (0.2, 5.0))
        assert (low - high).abs().max() > 1e-3


@pytest.mark.parametrize("level", [0.1, 10.0])
def test_nothing_learnt_is_the_filter_of_white_images(level):
    """E[x | y] = y/(1 + s^2) for x ~ N(0, I)."""
    made, weights, images, _ = network("fully-connected")
    nothing = [torch.zeros_like(weight) for weight in weights]
    found = denoised(made, nothing, images, torch.full((2,), level).double())
    torch.testing.assert_close(found, images / (1 + level**2), rtol=1e-6, atol=0)


def test_bumps_lie_between_the_levels():
    at = bumps(torch.tensor([[0.1], [10.0]], dtype=torch.float64)).numpy()
    np.testing.assert_allclose(at[0], np.exp(-0.5 * np.arange(LEVELS) ** 2), rtol=1e-6)
    np.testing.assert_allclose(at[1], at[0][::-1], rtol=1e-6)


def test_an_unknown_architecture_is_refused():
    with pytest.raises(ValueError, match="architecture is resnet"):
        architecture("resnet", **SIZES)
