"""A two-layer network on one datum, and gradient descent on it at a step size in units of its own curvature.

Network    f(u, v) = (1/sqrt(m)) sum_i v_i u_i x: width m, all weights from N(0, 1), one input x and one target y
           (`linear`); or that network's first-order expansion about its initial weights, whose curvature is constant
           (`linearised`).
Loss       (f - y)^2 / 2.
Curvature  lambda = |grad f|^2 = (|u|^2 + |v|^2) x^2 / m, the tangent kernel of the datum. It is the top eigenvalue of
           the loss Hessian where f = y, and elsewhere up to terms of order (f - y)/sqrt(m).
Target     0 (`zero`), a draw from N(0, 1) (`one`), or sqrt(m) (`root-width`: as far away as the weights can throw f).

Lewkowycz et al. 2020, section 2.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np


def draw(setting, seeds):
    """Weights (trials, 2, width), input and target (trials,); given: output and curvature before training."""
    width, trials = setting["width"], []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        x = 2 ** generator.uniform(-1, 1)
        target = {"zero": 0.0, "one": generator.standard_normal(), "root-width": np.sqrt(width)}[setting["target"]]
        trials.append((generator.standard_normal((2, width)), x, target))
    weights, x, target = (np.stack(arrays) for arrays in zip(*trials))
    given = {
        "initial_output": weights.prod(axis=1).sum(axis=1) * x / np.sqrt(width),
        "initial_curvature": (weights**2).sum(axis=(1, 2)) * x**2 / width,
        "target": target,
    }
    return given, (weights, x, target)


def output_function(model: str, weights, x):
    """f as a function of weights (2, width), for one trial that starts at `weights`."""

    def network(weights):
        inner, outer = weights
        return outer @ (inner * x) / jnp.sqrt(inner.size)

    if model == "linear":
        return network
    if model != "linearised":
        raise ValueError(f"model is {model!r}, but must be linear or linearised")
    start, tangent = jax.linearize(network, weights)
    return lambda moved: start + tangent(moved - weights)


def curvature(output, weights):
    """|grad f|^2 at `weights`."""
    return jnp.sum(jax.grad(output)(weights) ** 2)


def stepper(output, target, learning_rate):
    """One step of gradient descent on (f - y)^2 / 2: weights -> new weights, and f - y before the step."""
    value_and_gradient = jax.value_and_grad(output)

    def step(weights):
        value, gradient = value_and_gradient(weights)
        return weights - learning_rate * (value - target) * gradient, value - target

    return step
