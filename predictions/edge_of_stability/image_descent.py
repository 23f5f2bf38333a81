"""Train a convolutional or residual network on small images and follow the sharpness of its loss, in torch.

Model      `architecture`: convolutional or residual, `channels` wide (see `image_networks`), or linear on the pixels.
Data       `rows` random images of `data`, CIFAR-10 averaged to 8 x 8 pixels; one-hot targets, each label redrawn with
           probability `label_noise`.
Loss       1/2 mean over rows of |f(x) - y|^2.
Training   `steps` steps of gradient descent with `learning_rate` on all rows.
Observed   as in `network_descent`, every `every` steps, and the twin's `held_down` where `twin` is true.
Trial      images, labels and weights.

Cohen et al. 2021, section 3.
"""

from __future__ import annotations

from functools import reduce

import numpy as np
import torch

from predictions.data.datasets import classification, draw_rows
from predictions.edge_of_stability.descent import observables
from predictions.edge_of_stability.image_networks import COLOURS, initial_weights, layer_shapes, network
from predictions.edge_of_stability.network_descent import twin
from predictions.edge_of_stability.torch_descent import descend
from predictions.edge_of_stability.torch_sharpness import hessian_product, largest_eigenvalues
from predictions.instruments.tensors import as_tensor
from predictions.instruments.torch_losses import half_squared_error

PIXELS = 8


def prepare(setting, seeds):
    """Images, labels and weights of each trial; given: the sharpness at initialisation, (trials,)."""
    data = classification(setting["data"])
    shapes = _shapes(setting, data.classes)
    trials = []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], generator, label_noise=setting["label_noise"])
        weights = initial_weights(generator, shapes)
        trials.append((inputs, targets, weights, generator.standard_normal(weights.size)))
    inputs, targets, weights, probe = (as_tensor(np.stack(arrays)) for arrays in zip(*trials))
    images = inputs if setting["architecture"] == "linear" else inputs.unflatten(2, (COLOURS, PIXELS, PIXELS))
    losses_at = _loss(setting["architecture"], shapes, images, targets)
    initial, _ = largest_eigenvalues(hessian_product(losses_at, weights), probe)
    return {"initial_sharpness": initial.cpu().numpy()}, (losses_at, weights, probe)


def measure(setting, state, reduce=reduce):
    """`descent.observables` of each trial's training."""
    run = {"steps": setting["steps"], "every": setting["every"], "reduce": reduce}
    found = observables(descend(*state, learning_rate=setting["learning_rate"], **run))
    if setting["twin"]:
        rates = twin({"optimiser": "gd", "momentum": 0, **setting})["rates"]
        sharpness = descend(*state, **rates, **run).sharpness
        found["held_down"] = sharpness[:, sharpness.shape[1] // 10 :].max(axis=1) / found["crest_sharpness"]
    return found


def _shapes(setting, classes: int):
    if setting["architecture"] == "linear":
        return [(COLOURS * PIXELS**2, classes)]
    return layer_shapes(setting["architecture"], channels=setting["channels"], classes=classes)


def _loss(architecture: str, shapes, inputs, targets):
    """Map weights (trials, parameters) -> losses (trials,)."""
    sizes = [size for fan_in, outputs in shapes for size in (fan_in * outputs, outputs)]

    def outputs(layers):
        if architecture == "linear":
            [(matrix, bias)] = layers
            return torch.baddbmm(bias[:, None], inputs, matrix)
        return network(architecture)(layers, inputs)

    def losses_at(weights):
        parts = weights.split(sizes, dim=1)
        layers = [(part.unflatten(1, shape), bias) for part, bias, shape in zip(parts[::2], parts[1::2], shapes)]
        return half_squared_error(outputs(layers), targets)

    return losses_at
