"""Networks against torch's own layers."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.instruments.networks import ACTIVATIONS, fully_connected, gaussian_weights, uniform_weights
from runners.measuring.profiles import profile


def test_forward_pass_equals_torch():
    generator = np.random.default_rng(0)
    layers = uniform_weights(generator, [5, 7, 6, 3])
    inputs = generator.standard_normal((4, 5))
    with profile("float64"):
        signal = torch.tensor(inputs)
        for index, (matrix, bias) in enumerate(layers):
            signal = torch.nn.functional.linear(signal, torch.tensor(matrix.T), torch.tensor(bias))
            signal = torch.tanh(signal) if index < 2 else signal
        np.testing.assert_allclose(fully_connected(layers, inputs), signal.numpy(), rtol=1e-12)


def test_initial_weights_are_distributed_as_torch_draws_them():
    (matrix, bias), *_ = uniform_weights(np.random.default_rng(0), [400, 300, 10])
    torch.manual_seed(0)
    layer = torch.nn.Linear(400, 300)
    for ours, theirs in ((matrix, layer.weight), (bias, layer.bias)):
        theirs = theirs.detach().numpy()
        assert ours.size == theirs.size
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.05)
        assert ours.std() == pytest.approx(theirs.std(), rel=0.1)
        assert ours.mean() == pytest.approx(0, abs=5 * ours.std() / np.sqrt(ours.size))


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activations_are_those_of_torch(name):
    theirs = torch.erf if name == "erf" else getattr(torch.nn.functional, name)
    points = np.linspace(-4, 4, 41)
    with profile("float64"):
        np.testing.assert_allclose(ACTIVATIONS[name](points), theirs(torch.tensor(points)), rtol=1e-12, atol=1e-14)


def test_gaussian_weights_keep_the_size_of_a_signal():
    layers = gaussian_weights(np.random.default_rng(0), [500, 400, 300])
    signal = np.random.default_rng(1).standard_normal((200, 500))
    for matrix, bias in layers:
        assert not bias.any()
        signal = signal @ matrix
    assert signal.var() == pytest.approx(1, rel=0.1)
