"""Train networks of the kinds and the size of Cohen et al. 2021 on photographs and follow the sharpness, in torch.

Model      `architecture`: tanh or relu, two fully connected layers of `width` units; vgg, or residual, of `width`
           channels, each also with -batch-norm (`photograph_networks`); or linear on the pixels.
Data       `rows` random images of `data`, CIFAR-10's training batches, `pixels` pixels a side (32: as they are), each
           colour standardised; one-hot targets, as labelled. Fully connected networks see them in coordinates of
           their span, where they are the same function of fewer weights (`within_span`).
Loss       `loss`: mse, 1/2 mean over rows of |f(x) - y|^2, or cross-entropy, nats a row.
Training   `steps` steps of gradient descent with `learning_rate` on all rows.
Observed   as in `network_descent`, every `every` steps; `held_down` of a twin that is followed until it is `HELD`.
Trial      images and weights.

Cohen et al. 2021, section 3 and appendix: 5,000 images, all at once.
"""

from __future__ import annotations

from functools import cache, reduce

import numpy as np
import torch

from predictions.data.cifar10 import load_cifar10
from predictions.edge_of_stability import photograph_networks
from predictions.edge_of_stability.descent import HELD, observables
from predictions.edge_of_stability.network_descent import twin
from predictions.edge_of_stability.photograph_networks import Network, within_span
from predictions.edge_of_stability.torch_descent import LOSSES, descend, highest_sharpness
from predictions.edge_of_stability.torch_sharpness import hessian_product, largest_eigenvalues
from predictions.instruments.tensors import as_tensor

CLASSES = 10
TRAINING_IMAGES = 3805
FLAT = ("tanh", "relu", "linear")


def prepare(setting, seeds):
    """Images and weights of each trial; given: the sharpness at initialisation, (trials,)."""
    trials = [_trial(setting, np.random.default_rng(int(seed))) for seed in seeds]
    initial = [
        largest_eigenvalues(hessian_product(losses_at, weights), probe)[0] for losses_at, weights, probe in trials
    ]
    return {"initial_sharpness": torch.cat(initial).cpu().numpy()}, trials


def measure(setting, state, reduce=reduce):
    """`descent.observables` of each trial's training, and `held_down`; trial by trial, for each is large."""
    run = {"steps": setting["steps"], "every": setting["every"], "reduce": reduce}
    slower = twin({"optimiser": "gd", "momentum": 0, **setting})["rates"]
    trials = []
    for trial in state:
        found = observables(descend(*trial, learning_rate=setting["learning_rate"], **run))
        crest = found["crest_sharpness"]
        trials.append({**found, "held_down": highest_sharpness(*trial, enough=HELD * crest, **slower, **run) / crest})
    return {name: np.concatenate([found[name] for found in trials]) for name in trials[0]}


def _trial(setting, generator: np.random.Generator):
    """A trial's losses as a function of weights (1, parameters), its weights before training, and its probe."""
    images, labels = _photographs(setting["pixels"])
    chosen = generator.choice(len(images), setting["rows"], replace=False)
    inputs = images[chosen]
    parameters = _network(setting, features=images[0].size).initial(generator)
    if setting["architecture"] in FLAT:
        inputs, parameters[0] = within_span(inputs.reshape(len(chosen), -1), parameters[0])
    weights = np.concatenate([array.ravel() for array in parameters])
    arrays = inputs, np.eye(CLASSES)[labels[chosen]], weights, generator.standard_normal(weights.size)
    inputs, targets, weights, probe = (as_tensor(array[None]) for array in arrays)
    network = _network(setting, features=inputs.shape[2])  # in coordinates, if they are fewer
    loss = LOSSES[setting["loss"]]

    def losses_at(weights):
        return loss(network.outputs(network.unflattened(weights), inputs), targets)

    return losses_at, weights, probe


def _network(setting, *, features: int) -> Network:
    architecture, width = setting["architecture"], setting["width"]
    if architecture == "linear":
        return photograph_networks.linear_network(inputs=features, classes=CLASSES)
    if architecture in FLAT:
        return photograph_networks.fully_connected(
            inputs=features, width=width, classes=CLASSES, activation=architecture
        )
    kind = architecture.removesuffix("-batch-norm")
    kinds = {"vgg": photograph_networks.vgg, "residual": photograph_networks.residual}
    return kinds[kind](width=width, classes=CLASSES, normalised=kind != architecture)


@cache
def _photographs(pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Training images (images, colours, pixels, pixels), mean zero and variance one in each colour, and labels."""
    images, labels = (array[:TRAINING_IMAGES] for array in load_cifar10(pooled=pixels))
    over = (0, 2, 3)
    return (images - images.mean(axis=over, keepdims=True)) / images.std(axis=over, keepdims=True), labels
