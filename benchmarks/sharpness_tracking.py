"""Cost of following the sharpness through training: the bare loop, ours, and other ways to have the same values.

A 40-200-200-10 tanh network on 1,000 rows, L = 1/2 mean |f(x) - y|^2, step size 0.2, 400 steps, a value every 20. The
reference recipe is a torch loop whose Hessian-vector products feed scipy's eigsh from a random vector at every value.
PyHessian and curvlinops are measured in the same loop where they are installed (packages pyhessian and
curvlinops-for-pytorch), and named where they are not. Prints a table and the targets; times are CPU seconds of this
process on one thread, without compilation.

    python benchmarks/sharpness_tracking.py
"""

from __future__ import annotations

import os

os.environ.update(NPROC="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", JAX_PLATFORMS="cpu")

import time
import warnings
from collections.abc import Callable
from importlib import import_module
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jax.flatten_util import ravel_pytree
from scipy.sparse.linalg import LinearOperator, eigsh

from predictions.edge_of_stability.descent import descend
from predictions.edge_of_stability.network_descent import MODELS
from predictions.instruments.losses import half_squared_error
from predictions.instruments.networks import uniform_weights
from predictions.instruments.optimisers import heavy_ball

WIDTHS, ROWS, STEPS, EVERY, LEARNING_RATE = (40, 200, 200, 10), 1000, 400, 20, 0.2
FASTER_THAN_REFERENCE, OFF_BY, OVER_BARE = 5, 0.01, 3


def task():
    """Weights, standardised inputs and one-hot targets, ten overlapping classes; and a random vector of parameters."""
    generator = np.random.default_rng(0)
    labels = generator.integers(10, size=ROWS)
    inputs = generator.standard_normal((10, WIDTHS[0]))[labels] + 2 * generator.standard_normal((ROWS, WIDTHS[0]))
    inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    parameters = sum((before + 1) * after for before, after in pairwise(WIDTHS))
    return uniform_weights(generator, WIDTHS), inputs, np.eye(10)[labels], generator.standard_normal(parameters)


@jax.jit
def bare(layers, inputs, targets, probe):
    """The training loop alone."""
    flat, unravel = ravel_pytree(layers)

    def step(weights, _):
        value, gradient = jax.value_and_grad(
            lambda weights: half_squared_error(MODELS["uniform", "tanh"](unravel(weights), inputs), targets)
        )(weights)
        return weights - LEARNING_RATE * gradient, value

    return jax.lax.scan(step, flat, length=STEPS)


def tracked(*task):
    """The same loop with a sharpness every 20 steps: of one trial."""
    one = jax.tree.map(lambda array: array[None], task)
    rates = {"learning_rate": LEARNING_RATE, "momentum": 0.0}
    settings = {"model": MODELS["uniform", "tanh"], "loss": half_squared_error, "optimiser": heavy_ball}
    all_rows = jnp.zeros((1, STEPS, 0), int)
    return descend(*one, all_rows, rates, **settings, steps=STEPS, every=EVERY).sharpness[0]


def jax_seconds(function, *task):
    """CPU seconds of the second call, and what it returned."""
    arguments = jax.tree.map(jnp.asarray, task)
    jax.block_until_ready(function(*arguments))
    start = time.process_time()
    result = jax.block_until_ready(function(*arguments))
    return time.process_time() - start, result


def torch_seconds(sharpness: Callable, layers, inputs, targets):
    """CPU seconds of a torch loop that calls `sharpness` (model, inputs, targets) every 20 steps, and its values."""
    model = torch_model(layers)
    inputs, targets = (torch.tensor(array, dtype=torch.float32) for array in (inputs, targets))
    weights, values = list(model.parameters()), []
    start = time.process_time()
    for step in range(STEPS):
        if step % EVERY == 0:
            values.append(sharpness(model, inputs, targets))
        gradients = torch.autograd.grad(torch_loss(model(inputs), targets), weights)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients):
                weight -= LEARNING_RATE * gradient
    return time.process_time() - start, np.array(values)


def torch_model(layers) -> torch.nn.Sequential:
    """The network with these weights."""
    modules = []
    for matrix, bias in layers:
        linear = torch.nn.Linear(*matrix.shape)
        with torch.no_grad():
            linear.weight[:], linear.bias[:] = torch.tensor(matrix.T), torch.tensor(bias)
        modules += [linear, torch.nn.Tanh()]
    return torch.nn.Sequential(*modules[:-1])


def torch_loss(outputs, targets):
    return 0.5 * (outputs - targets).square().sum(dim=1).mean()


class Eigsh:
    """Scipy's eigsh over torch products; to tolerance 0, machine precision, from random vectors it is the reference."""

    def __init__(self, *, tolerance: float = 0, warm: bool = False) -> None:
        self.tolerance, self.warm = tolerance, warm
        self.products, self.last = 0, None

    def __call__(self, model, inputs, targets) -> float:
        weights = list(model.parameters())
        size = sum(weight.numel() for weight in weights)

        def product(vector):
            self.products += 1
            loss = torch_loss(model(inputs), targets)
            gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss, weights, create_graph=True)])
            image = torch.autograd.grad(gradient @ torch.from_numpy(vector.astype(np.float32)).flatten(), weights)
            return torch.cat([part.flatten() for part in image]).numpy()

        operator = LinearOperator((size, size), matvec=product, dtype=np.float32)
        values, vectors = eigsh(operator, k=1, which="LA", tol=self.tolerance, v0=self.last)
        self.last = vectors[:, 0] if self.warm else None
        return values[0]


def of_pyhessian(pyhessian) -> Callable:
    """PyHessian's power iteration with its own defaults: to 1e-3, at most 100 products, from a random vector."""

    def sharpness(model, inputs, targets):
        model.zero_grad()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's about the graph that its backward() keeps
            operator = pyhessian.hessian(model, torch_loss, data=(inputs, targets), cuda=False)
        [value], _ = operator.eigenvalues()
        for weight in model.parameters():
            weight.grad = None  # else the graph of each value stays in memory
        return value

    return sharpness


def of_curvlinops(curvlinops) -> Callable:
    """Curvlinops' Hessian, handed to scipy's eigsh as its documentation does, from a random vector."""
    half_outputs = WIDTHS[-1] / 2  # torch's mean runs over outputs, too, and has no 1/2

    def sharpness(model, inputs, targets):
        data, weights = [(inputs, targets)], list(model.parameters())
        operator = curvlinops.HessianLinearOperator(
            model, torch.nn.MSELoss(), weights, data, check_deterministic=False
        ).to_scipy()
        return half_outputs * eigsh(operator, k=1, which="LA", return_eigenvectors=False)[0]

    return sharpness


PEERS = {"pyhessian": ("pyhessian", of_pyhessian), "curvlinops-for-pytorch": ("curvlinops", of_curvlinops)}
"""Package, its module, and how it is asked for the sharpness."""


def main() -> None:
    torch.set_num_threads(1)
    layers, inputs, targets, probe = task()
    bare_loop, _ = jax_seconds(bare, layers, inputs, targets, probe)
    ours, sharpnesses = jax_seconds(tracked, layers, inputs, targets, probe)
    cold, warm = Eigsh(), Eigsh(tolerance=1e-3, warm=True)
    reference, expected = torch_seconds(cold, layers, inputs, targets)
    values = STEPS // EVERY
    rows = {
        "bare training loop (JAX)": (bare_loop, None),
        "with sharpness (ours)": (ours, np.asarray(sharpnesses)),
        f"torch, eigsh, {cold.products / values:.0f} products a value": (reference, expected),
    }
    rows["the same, warm, to 1e-3"] = torch_seconds(warm, layers, inputs, targets)
    missing = []
    for package, (module, asked) in PEERS.items():
        try:
            peer = import_module(module)
        except ImportError:
            missing.append(package)
        else:
            rows[package] = torch_seconds(asked(peer), layers, inputs, targets)
    print(f"{'':36}{'CPU s':>8}{'/ bare loop':>13}{'/ ours':>9}{'largest error':>15}")
    for name, (seconds, found) in rows.items():
        error = "" if found is None else f"{np.abs(found / expected - 1).max():.1e}"
        print(f"{name:36}{seconds:8.2f}{seconds / bare_loop:13.2f}{seconds / ours:9.2f}{error:>15}")
    for package in missing:
        print(f"{package:36}not installed: pip install {package}")
    print(f"sharpness {expected[0]:.3f} -> {expected[-1]:.3f}, below 2/eta = {2 / LEARNING_RATE:g} throughout")
    error = np.abs(np.asarray(sharpnesses) / expected - 1).max()
    faster, slower = reference / ours, ours / bare_loop
    for target, reached, met in [
        (f"at least {FASTER_THAN_REFERENCE} times faster than eigsh", f"{faster:.1f}", faster >= FASTER_THAN_REFERENCE),
        (f"within {OFF_BY:.0%} of its values", f"{error:.1e}", error <= OFF_BY),
        (f"at most {OVER_BARE} times the bare loop", f"{slower:.1f}", slower <= OVER_BARE),
    ]:
        print(f"{'met' if met else 'MISSED':8}{target}: {reached}")


if __name__ == "__main__":
    main()
