"""Full-batch gradient descent of convolutional and residual networks on small images, in torch.

The networks are those of `image_networks`; without any (architecture: `linear`), linear regression on the pixels. Loss
1/2 mean_i |f(x_i) - y_i|^2 over n random images of CIFAR-10, averaged to 8 x 8 pixels, with one-hot targets of which a
share may be drawn afresh. Observables are those of `descent.late_half`. Cohen et al. 2021, section 3.
"""

from __future__ import annotations

import numpy as np
import torch

from predictions.data.datasets import classification, draw_rows
from predictions.edge_of_stability.descent import late_half
from predictions.edge_of_stability.image_networks import COLOURS, initial_weights, layer_shapes, network
from predictions.edge_of_stability.torch_descent import squared_error
from predictions.edge_of_stability.torch_sharpness import hessian_product, largest_eigenvalues

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
    inputs, targets, weights, probe = (_tensor(np.stack(arrays)) for arrays in zip(*trials))
    images = inputs if setting["architecture"] == "linear" else inputs.unflatten(2, (COLOURS, PIXELS, PIXELS))
    losses_at = _loss(setting["architecture"], shapes, images, targets)
    initial, _ = largest_eigenvalues(hessian_product(losses_at, weights), probe)
    return {"initial_sharpness": initial.cpu().numpy()}, (losses_at, weights, probe)


def measure(setting, state):
    """Observables of each trial after setting["steps"] steps, a sharpness every setting["every"] of them."""
    losses, sharpnesses = descend(*state, **{name: setting[name] for name in ("learning_rate", "steps", "every")})
    curves = {"sharpness": sharpnesses, "loss": losses[:, :: setting["every"]]}
    return curves | late_half(losses, sharpnesses)


def descend(losses_at, weights, probe, *, learning_rate, steps: int, every: int):
    """Losses before each step, (trials, steps), and sharpness before step 0, every, ..., (trials, steps // every)."""
    if steps % every:
        raise ValueError(f"steps is {steps}, which is not a multiple of every, {every}")
    probe = probe / probe.norm(dim=1, keepdim=True)
    start, losses, sharpnesses = probe, [], []
    for step in range(steps):
        if step % every == 0:
            sharpness, onward = largest_eigenvalues(hessian_product(losses_at, weights), start)
            start = onward + 0.1 * probe
            sharpnesses.append(sharpness)
        weights = weights.detach().requires_grad_()
        values = losses_at(weights)
        (gradient,) = torch.autograd.grad(values.sum(), weights)
        losses.append(values.detach())
        weights = weights.detach() - learning_rate * gradient
    return torch.stack(losses, dim=1).cpu().numpy(), torch.stack(sharpnesses, dim=1).cpu().numpy()


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
        return squared_error(outputs(layers), targets)

    return losses_at


def _tensor(array: np.ndarray) -> torch.Tensor:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.as_tensor(array, dtype=torch.get_default_dtype(), device=device)
