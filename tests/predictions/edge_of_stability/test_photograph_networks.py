"""Networks on photographs: those of torch's own modules, and the same function in fewer coordinates."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from predictions.edge_of_stability.photograph_networks import fully_connected, residual, vgg, within_span
from predictions.edge_of_stability.torch_descent import descend, highest_sharpness
from predictions.edge_of_stability.torch_sharpness import hessian_product
from predictions.instruments.torch_losses import half_squared_error

TRIALS, ROWS, PIXELS, WIDTH = 2, 5, 8, 3


@pytest.fixture(autouse=True)
def in_double_precision():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def _drawn(network, *, seed=0):
    trials = [network.initial(np.random.default_rng([seed, trial])) for trial in range(TRIALS)]
    weights = torch.as_tensor(np.stack([np.concatenate([array.ravel() for array in trial]) for trial in trials]))
    return trials, weights


def _images():
    return torch.as_tensor(np.random.default_rng(9).standard_normal((TRIALS, ROWS, 3, PIXELS, PIXELS)))


def _convolution(parameters, *, normalised):
    """torch's modules of the first arrays of a list, which are taken from it."""
    matrix = torch.as_tensor(parameters.pop(0))
    layer = nn.Conv2d(len(matrix) // 9, matrix.shape[1], 3, padding=1, bias=not normalised)
    layer.weight.data = matrix.T.reshape(layer.weight.shape)
    first = torch.as_tensor(parameters.pop(0))
    if not normalised:
        layer.bias.data = first
        return layer
    norm = nn.BatchNorm2d(matrix.shape[1])
    norm.weight.data, norm.bias.data = first, torch.as_tensor(parameters.pop(0))
    return nn.Sequential(layer, norm)


def _readout(parameters):
    matrix, bias = map(torch.as_tensor, parameters)
    return lambda signal: signal @ matrix + bias


@pytest.mark.parametrize("normalised", [False, True])
def test_vgg_is_that_of_torch_s_modules(normalised):
    network = vgg(width=WIDTH, classes=4, normalised=normalised)
    trials, weights = _drawn(network)
    images = _images()
    found = network.outputs(network.unflattened(weights), images)
    for trial, parameters in enumerate(trials):
        layers = [_convolution(parameters, normalised=normalised) for _ in range(4)]
        a, b, c, d = layers
        x = functional.avg_pool2d(torch.relu(a(images[trial])), 2)
        x = functional.avg_pool2d(torch.relu(b(x)), 2)
        x = functional.avg_pool2d(torch.relu(d(torch.relu(c(x)))), 2)
        torch.testing.assert_close(found[trial], _readout(parameters)(x.mean(dim=(2, 3))))


@pytest.mark.parametrize("normalised", [False, True])
def test_residual_is_that_of_torch_s_modules(normalised):
    network = residual(width=WIDTH, classes=4, normalised=normalised)
    trials, weights = _drawn(network)
    images = _images()
    found = network.outputs(network.unflattened(weights), images)
    for trial, parameters in enumerate(trials):
        stem, *blocks = [_convolution(parameters, normalised=normalised) for _ in range(7)]
        x = torch.relu(stem(images[trial]))
        for inner, outer in zip(blocks[::2], blocks[1::2]):
            if inner is not blocks[0]:
                x = functional.avg_pool2d(x, 2)
                x = functional.pad(x, (0, 0, 0, 0, 0, x.shape[1]))
            x = torch.relu(x + outer(torch.relu(inner(x))))
        torch.testing.assert_close(found[trial], _readout(parameters)(x.mean(dim=(2, 3))))


def test_outputs_of_a_norm_do_not_depend_on_the_scale_of_its_convolution():
    network = vgg(width=WIDTH, classes=4, normalised=True)
    _, weights = _drawn(network)
    parameters = network.unflattened(weights)
    larger = [7 * parameters[0], *parameters[1:]]
    torch.testing.assert_close(
        network.outputs(parameters, _images()), network.outputs(larger, _images()), rtol=1e-3, atol=1e-3
    )


def test_initial_weights_have_torch_s_bounds_and_norms_begin_as_identities():
    matrix, gain, shift, *_ = vgg(width=200, classes=4, normalised=True).initial(np.random.default_rng(0))
    assert (np.abs(matrix) <= 27**-0.5).all()
    assert matrix.std() == pytest.approx((3 * 27) ** -0.5, rel=0.03)
    np.testing.assert_array_equal(gain, 1)
    np.testing.assert_array_equal(shift, 0)
    _, bias, *_ = vgg(width=200, classes=4, normalised=False).initial(np.random.default_rng(0))
    assert 0.9 * 27**-0.5 < np.abs(bias).max() <= 27**-0.5


def test_training_within_the_span_is_training_of_the_whole_layer():
    """Outputs after descent, and the Hessian's nonzero eigenvalues, with 5 rows of 40 features."""
    rng = np.random.default_rng(3)
    inputs, targets = rng.standard_normal((ROWS, 40)), torch.as_tensor(rng.standard_normal((1, ROWS, 4)))
    whole = fully_connected(inputs=40, width=6, classes=4, activation="tanh")
    parameters = whole.initial(np.random.default_rng(0))
    small_inputs, first = within_span(inputs, parameters[0])
    assert small_inputs.shape == (ROWS, ROWS)
    assert first.shape == (ROWS, 6)
    small = fully_connected(inputs=ROWS, width=6, classes=4, activation="tanh")
    ends = []
    for network, seen, start in ((whole, inputs, parameters), (small, small_inputs, [first, *parameters[1:]])):
        seen = torch.as_tensor(seen)[None]
        weights = torch.as_tensor(np.concatenate([array.ravel() for array in start]))[None]

        def losses_at(weights, network=network, seen=seen):
            return half_squared_error(network.outputs(network.unflattened(weights), seen), targets)

        for _ in range(50):
            weights = weights.detach().requires_grad_()
            weights = weights - 0.1 * torch.autograd.grad(losses_at(weights).sum(), weights)[0]
        product = hessian_product(losses_at, weights)
        hessian = torch.stack([product(row[None])[0] for row in torch.eye(weights.shape[1])])
        eigenvalues = torch.linalg.eigvalsh(hessian)
        ends.append(
            (network.outputs(network.unflattened(weights), seen).detach(), eigenvalues[eigenvalues.abs() > 1e-9])
        )
    torch.testing.assert_close(*(end[0] for end in ends))
    torch.testing.assert_close(*(end[1] for end in ends))


def test_more_rows_than_features_stay_as_they_are():
    inputs, matrix = np.ones((6, 4)), np.ones((4, 2))
    assert within_span(inputs, matrix) == (inputs, matrix)


def test_a_twin_is_followed_until_it_is_sharp_enough_and_meets_what_descent_meets():
    network = fully_connected(inputs=6, width=WIDTH, classes=2, activation="tanh")
    _, weights = _drawn(network)
    generator = np.random.default_rng(4)
    inputs, targets, probe = (
        torch.as_tensor(generator.standard_normal(shape)) for shape in ((2, 9, 6), (2, 9, 2), weights.shape)
    )

    def losses_at(weights):
        return half_squared_error(network.outputs(network.unflattened(weights), inputs), targets)

    run = {"learning_rate": 0.3, "momentum": 0.5, "steps": 200, "every": 5}
    met = descend(losses_at, weights, probe, **run).sharpness[:, 4:]
    highest = highest_sharpness(losses_at, weights, probe, np.full(2, np.inf), **run)
    np.testing.assert_allclose(highest, met.max(axis=1), rtol=0.01)
    enough = 1.01 * met[:, 0]
    stopped = highest_sharpness(losses_at, weights, probe, enough, **run)
    assert (stopped < highest).all()
    first = np.array([row[row >= bound][0] for row, bound in zip(met, enough)])
    np.testing.assert_allclose(stopped, first, rtol=0.01)
