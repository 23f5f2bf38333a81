"""Networks of the kinds that Cohen et al. 2021 trained on photographs, in torch, trials as the first axis.

fully-connected   pixels, two hidden layers of `width` units, `activation` after each; linear readout
vgg               3 x 3 convolutions to c, 2c, 4c and 4c channels, ReLU after each; means over 2 x 2 pixels after the
                  first, the second and the fourth; means over all pixels; linear readout. c is `width`
residual          a 3 x 3 convolution to c channels, ReLU; blocks relu(h + C relu(C' h)) with 3 x 3 convolutions C, C'
                  of c, 2c and 4c channels; between blocks means over 2 x 2 pixels, and channels of zeros fill up;
                  means over all pixels; linear readout

With `normalised` a batch norm follows each convolution: mean and variance over all rows and pixels, as in training,
times a gain, plus a shift (Ioffe and Szegedy 2015); the gradient goes through both. Weights start uniform in
+-1/sqrt(fan-in), as by default in PyTorch, biases, too; gains at one and shifts at zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import torch
from torch.nn.functional import conv2d

from predictions.edge_of_stability.image_networks import COLOURS, KERNEL, linear, pooled

NORM_ROUNDING = 1e-5  # added to a variance; PyTorch's default
ACTIVATIONS = {"tanh": torch.tanh, "relu": torch.relu}


class Parameter(NamedTuple):
    """An array of parameters, which starts uniform within `bound` of `middle`."""

    shape: tuple[int, ...]
    bound: float = 0.0
    middle: float = 0.0


class Network(NamedTuple):
    """A network as a function of one vector of weights a trial."""

    parameters: tuple[Parameter, ...]
    """One after the other: a layer's matrix (fan-in, outputs), and its bias, or gain and shift of its norm."""
    outputs: Callable[[Sequence[torch.Tensor], torch.Tensor], torch.Tensor]
    """Parameters, trials in front, and images (trials, rows, colours, height, width) or pixels (trials, rows, features)
    -> (trials, rows, classes)."""

    def initial(self, generator: np.random.Generator) -> list[np.ndarray]:
        """One trial's parameters before training."""
        return [
            parameter.middle + parameter.bound * generator.uniform(-1, 1, parameter.shape)
            for parameter in self.parameters
        ]

    def unflattened(self, weights: torch.Tensor) -> list[torch.Tensor]:
        """The parameters in vectors (trials, parameters)."""
        shapes = [parameter.shape for parameter in self.parameters]
        parts = weights.split([int(np.prod(shape)) for shape in shapes], dim=1)
        return [part.unflatten(1, shape) for part, shape in zip(parts, shapes, strict=True)]


def fully_connected(*, inputs: int, width: int, classes: int, activation: str) -> Network:
    """Two hidden layers."""
    phi = ACTIVATIONS[activation]

    def outputs(parameters, signal):
        first, second, readout = _pairs(parameters)
        return linear(readout, phi(linear(second, phi(linear(first, signal)))))

    widths = [inputs, width, width, classes]
    return Network(tuple(each for fans in pairwise(widths) for each in _layer(*fans)), outputs)


def linear_network(*, inputs: int, classes: int) -> Network:
    """No hidden layer."""
    return Network(_layer(inputs, classes), linear)


def vgg(*, width: int, classes: int, normalised: bool) -> Network:
    """Four convolutions."""
    channels = [COLOURS, width, 2 * width, 4 * width, 4 * width]

    def outputs(parameters, images):
        layers = _convolutions(parameters, normalised=normalised)
        for layer in range(4):
            images = torch.relu(next(layers)(images))
            if layer != 2:
                images = pooled(images)
        return linear(parameters[-2:], images.mean(dim=(3, 4)))

    return _ending_in_a_readout(pairwise(channels), classes, outputs, normalised=normalised)


def residual(*, width: int, classes: int, normalised: bool) -> Network:
    """Three blocks of two convolutions."""
    stages = [width, 2 * width, 4 * width]
    channels = [(COLOURS, width), *[(c, c) for c in stages for _ in range(2)]]

    def outputs(parameters, images):
        layers = _convolutions(parameters, normalised=normalised)
        images = torch.relu(next(layers)(images))
        for stage in stages:
            if stage > width:
                images = _twice_as_many_channels(pooled(images))
            inner, outer = next(layers), next(layers)
            images = torch.relu(images + outer(torch.relu(inner(images))))
        return linear(parameters[-2:], images.mean(dim=(3, 4)))

    return _ending_in_a_readout(channels, classes, outputs, normalised=normalised)


def within_span(inputs: np.ndarray, first_matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows (rows, features) and a first layer (features, units) in coordinates of the rows' span, `rows` at the most.

    Gradients of the first matrix lie in the span of the rows, so that what is orthogonal to it never moves, never acts,
    and has no curvature: outputs, training and all nonzero eigenvalues of the Hessian are those of the whole layer.
    """
    if len(inputs) >= inputs.shape[1]:
        return inputs, first_matrix
    basis, _ = np.linalg.qr(inputs.T)  # (features, rows)
    return inputs @ basis, basis.T @ first_matrix


def _layer(fan_in: int, out: int) -> tuple[Parameter, Parameter]:
    return Parameter((fan_in, out), fan_in**-0.5), Parameter((out,), fan_in**-0.5)


def _ending_in_a_readout(
    channels: Iterable[tuple[int, int]], classes: int, outputs: Callable, *, normalised: bool
) -> Network:
    """Convolutions between these channels; a norm's shift stands in for the bias, which it would take away."""
    parameters: list[Parameter] = []
    for inner, out in channels:
        matrix, bias = _layer(inner * KERNEL, out)
        parameters += [matrix, Parameter((out,), middle=1.0), Parameter((out,))] if normalised else [matrix, bias]
    return Network((*parameters, *_layer(out, classes)), outputs)


def _convolutions(parameters: Sequence[torch.Tensor], *, normalised: bool) -> Iterator[Callable]:
    each = 3 if normalised else 2
    for start in range(0, len(parameters) - 2, each):
        matrix, *others = parameters[start : start + each]
        if not normalised:
            yield lambda images, matrix=matrix, bias=others[0]: convolved((matrix, bias), images)
        else:
            yield lambda images, matrix=matrix, norm=others: _normalised(
                convolved((matrix, torch.zeros_like(norm[1])), images), *norm
            )


def convolved(layer, images):
    """3 x 3 convolutions of images (trials, rows, channels, height, width), zeros around them, trial by trial."""
    found = [
        conv2d(rows, matrix.T.unflatten(1, (-1, 3, 3)), bias, padding=1)
        for matrix, bias, rows in zip(*layer, images, strict=True)
    ]
    return torch.stack(found)


def _normalised(images, gain, shift):
    over = (1, 3, 4)  # rows and pixels of each trial's channel
    variance, mean = torch.var_mean(images, dim=over, correction=0, keepdim=True)
    unit = (images - mean) / (variance + NORM_ROUNDING).sqrt()
    return unit * gain[:, None, :, None, None] + shift[:, None, :, None, None]


def _twice_as_many_channels(images):
    return torch.cat([images, torch.zeros_like(images)], dim=2)


def _pairs(parameters):
    return list(zip(parameters[::2], parameters[1::2], strict=True))
