"""Image networks against torch's own convolutions, their descent against torch's SGD and dense Hessians."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn.functional import avg_pool2d, conv2d

from predictions.data import datasets
from predictions.edge_of_stability import image_descent
from predictions.edge_of_stability.image_networks import initial_weights, layer_shapes, network
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

pytestmark = pytest.mark.usefixtures("hastily_compiled")
CONDITION = {"data": "patterns", "rows": 12, "label_noise": 0.2, "channels": 2, "learning_rate": 0.3}
CONDITION |= {"architecture": "convolutional", "steps": 8, "every": 4, "twin": False}
SEEDS = derive_seeds("test-image-networks", "explore", range(2))


@pytest.fixture(autouse=True)
def patterns(monkeypatch):
    """Random images of 8 x 8 pixels in three colours, for machines without CIFAR-10."""
    generator = np.random.default_rng(0)
    data = datasets.Classification(generator.standard_normal((60, 192)), generator.integers(3, size=60), classes=3)
    monkeypatch.setitem(datasets.CLASSIFICATION, "patterns", lambda: data)


def run(seeds=SEEDS, *, precision="float64", **changes):
    condition = CONDITION | changes
    with profile(precision):
        given, state = image_descent.prepare(condition, seeds)
        return given, state, image_descent.measure(condition, state)


def drawn(architecture):
    """Layers of one trial as (matrix, bias), and ten images."""
    generator = np.random.default_rng(1)
    shapes = layer_shapes(architecture, channels=4, classes=5)
    weights = [(generator.standard_normal(shape), generator.standard_normal(shape[1])) for shape in shapes]
    return [tuple(map(torch.tensor, layer)) for layer in weights], torch.tensor(
        generator.standard_normal((10, 3, 8, 8))
    )


def convolved(layer, images):
    matrix, bias = layer
    return conv2d(images, matrix.T.reshape(len(bias), -1, 3, 3), bias, padding=1)


def batched(layers):
    """The same weights as two trials, the second with all signs turned."""
    return [tuple(torch.stack([part, -part]) for part in layer) for layer in layers]


def test_convolutional_network_is_that_of_torch():
    layers, images = drawn("convolutional")
    for sign, outputs in zip((1, -1), network("convolutional")(batched(layers), torch.stack([images, images]))):
        (first, second, (matrix, bias)) = [(sign * m, sign * b) for m, b in layers]
        signal = avg_pool2d(torch.tanh(convolved(first, images)), 2)
        signal = torch.tanh(convolved(second, signal)).mean(dim=(2, 3))
        torch.testing.assert_close(outputs, signal @ matrix + bias)


def test_residual_network_is_that_of_torch():
    layers, images = drawn("residual")
    for sign, outputs in zip((1, -1), network("residual")(batched(layers), torch.stack([images, images]))):
        (stem, a, b, c, d, (matrix, bias)) = [(sign * m, sign * b) for m, b in layers]
        signal = avg_pool2d(torch.tanh(convolved(stem, images)), 2)
        signal = signal + convolved(b, torch.tanh(convolved(a, signal)))
        signal = signal + convolved(d, torch.tanh(convolved(c, signal)))
        torch.testing.assert_close(outputs, signal.mean(dim=(2, 3)) @ matrix + bias)


def test_weights_start_uniform_and_the_readout_at_zero():
    shapes = layer_shapes("residual", channels=8, classes=10)
    weights = initial_weights(np.random.default_rng(0), shapes)
    assert weights.size == sum((fan_in + 1) * outputs for fan_in, outputs in shapes)
    stem, readout = weights[: 28 * 8], weights[-90:]
    assert 0.9 / np.sqrt(27) < abs(stem).max() < 1 / np.sqrt(27)
    assert not readout.any()


@pytest.mark.parametrize("architecture", ["convolutional", "residual", "linear"])
def test_training_is_plain_descent_and_sharpness_that_of_the_dense_hessian(architecture):
    given, (losses_at, weights, _), observed = run(architecture=architecture)
    expected, tops, now = [], [], weights.clone()
    for step in range(CONDITION["steps"]):
        now = now.detach().requires_grad_()
        values = losses_at(now)
        if step % CONDITION["every"] == 0:
            hessian = torch.autograd.functional.hessian(lambda w: losses_at(w).sum(), now)
            tops.append([torch.linalg.eigvalsh(hessian[t, :, t])[-1].item() for t in range(2)])
            expected.append(values.tolist())
        (gradient,) = torch.autograd.grad(values.sum(), now)
        now = now - CONDITION["learning_rate"] * gradient
    np.testing.assert_allclose(observed["loss"], np.transpose(expected), rtol=1e-10)
    np.testing.assert_allclose(observed["sharpness"], np.transpose(tops), rtol=3e-3)
    np.testing.assert_allclose(given["initial_sharpness"], tops[0], rtol=3e-3)


def test_a_twin_of_small_steps_goes_where_the_run_goes():
    """Linear regression keeps its curvature; below the edge network and twin sharpen alike, in the same time."""
    assert "held_down" not in run()[2]
    for architecture, near in (("linear", 3e-3), ("convolutional", 0.1)):
        _, _, observed = run(architecture=architecture, twin=True, steps=40, every=2, learning_rate=0.01)
        np.testing.assert_allclose(observed["held_down"], 1, rtol=near)


def test_first_loss_is_that_of_a_network_that_outputs_zero():
    for architecture in ("convolutional", "residual"):
        _, _, observed = run(architecture=architecture)
        np.testing.assert_allclose(observed["loss"][:, 0], 0.5)


def test_what_cannot_be_run_is_named():
    with pytest.raises(ValueError, match="architecture is 'recurrent', but must be convolutional or residual"):
        run(architecture="recurrent")
    with pytest.raises(ValueError, match="steps is 8, which is not a multiple of every, 3"):
        run(every=3)
