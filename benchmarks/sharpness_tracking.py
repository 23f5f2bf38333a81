"""Cost of following the sharpness through training: the bare loop, ours, and a fresh eigensolver at each value.

A 40-200-200-10 tanh network on 1,000 rows, L = 1/2 mean |f(x) - y|^2, step size 0.2, 400 steps, a value every 20. The
reference recipe is a torch loop whose Hessian-vector products feed scipy's eigsh from a random vector at every value.
Prints a table; times are CPU seconds of this process on one thread, without compilation.

    python benchmarks/sharpness_tracking.py
"""

from __future__ import annotations

import os

os.environ.update(NPROC="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", MKL_NUM_THREADS="1", JAX_PLATFORMS="cpu")

import time
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import torch
from jax.flatten_util import ravel_pytree
from scipy.sparse.linalg import LinearOperator, eigsh

from predictions.edge_of_stability.descent import descend
from predictions.instruments.networks import fully_connected, uniform_weights

WIDTHS, ROWS, STEPS, EVERY, LEARNING_RATE = (40, 200, 200, 10), 1000, 400, 20, 0.2


def task():
    """Weights, standardised inputs and one-hot targets, ten overlapping classes; and a random vector of parameters."""
    generator = np.random.default_rng(0)
    labels = generator.integers(10, size=ROWS)
    inputs = generator.standard_normal((10, WIDTHS[0]))[labels] + 2 * generator.standard_normal((ROWS, WIDTHS[0]))
    inputs = (inputs - inputs.mean(axis=0)) / inputs.std(axis=0)
    parameters = sum((before + 1) * after for before, after in pairwise(WIDTHS))
    return uniform_weights(generator, WIDTHS), inputs, np.eye(10)[labels], generator.standard_normal(parameters)


def bare(loss, weights, probe):
    """The training loop alone."""

    def step(weights, _):
        value, gradient = jax.value_and_grad(loss)(weights)
        return weights - LEARNING_RATE * gradient, value

    return jax.lax.scan(step, weights, length=STEPS)


def tracked(loss, weights, probe):
    """The same loop with a sharpness every 20 steps."""
    return descend(loss, weights, probe, learning_rate=LEARNING_RATE, momentum=0.0, steps=STEPS, every=EVERY)


def jax_seconds(function, layers, inputs, targets, probe):
    """CPU seconds of the second call, and what it returned."""

    @jax.jit
    def run(layers, inputs, targets, probe):
        flat, unravel = ravel_pytree(layers)

        def loss(flat):
            return 0.5 * jnp.mean(jnp.sum((fully_connected(unravel(flat), inputs) - targets) ** 2, axis=1))

        return function(loss, flat, probe)

    arguments = jax.tree.map(jnp.asarray, (layers, inputs, targets, probe))
    jax.block_until_ready(run(*arguments))
    start = time.process_time()
    result = jax.block_until_ready(run(*arguments))
    return time.process_time() - start, result


def torch_seconds(layers, inputs, targets, *, tolerance: float = 0, warm: bool = False):
    """CPU seconds of a torch loop with eigsh at each value, its sharpnesses, and its Hessian-vector products a value.

    Tolerance 0 (machine precision) from a random vector is the reference recipe; `warm` starts from the last vector.
    """
    torch.set_num_threads(1)
    weights = [torch.tensor(array, dtype=torch.float32, requires_grad=True) for layer in layers for array in layer]
    inputs, targets = (torch.tensor(array, dtype=torch.float32) for array in (inputs, targets))
    size = sum(weight.numel() for weight in weights)
    products, last = 0, None

    def loss():
        signal = inputs
        for matrix, bias in zip(weights[:-2:2], weights[1:-2:2]):
            signal = torch.tanh(signal @ matrix + bias)
        return 0.5 * (signal @ weights[-2] + weights[-1] - targets).square().sum(dim=1).mean()

    def product(vector):
        nonlocal products
        products += 1
        gradient = torch.cat([g.flatten() for g in torch.autograd.grad(loss(), weights, create_graph=True)])
        image = torch.autograd.grad(gradient @ torch.from_numpy(vector.astype(np.float32)).flatten(), weights)
        return torch.cat([part.flatten() for part in image]).numpy()

    sharpnesses = []
    start = time.process_time()
    for step in range(STEPS):
        if step % EVERY == 0:
            operator = LinearOperator((size, size), matvec=product, dtype=np.float32)
            values, vectors = eigsh(operator, k=1, which="LA", tol=tolerance, v0=last)
            sharpnesses.append(values[0])
            last = vectors[:, 0] if warm else None
        gradients = torch.autograd.grad(loss(), weights)
        with torch.no_grad():
            for weight, gradient in zip(weights, gradients):
                weight -= LEARNING_RATE * gradient
    return time.process_time() - start, np.array(sharpnesses), products / len(sharpnesses)


def main() -> None:
    layers, inputs, targets, probe = task()
    bare_loop, _ = jax_seconds(bare, layers, inputs, targets, probe)
    ours, (_, sharpnesses) = jax_seconds(tracked, layers, inputs, targets, probe)
    reference, expected, products = torch_seconds(layers, inputs, targets)
    warm, _, warm_products = torch_seconds(layers, inputs, targets, tolerance=1e-3, warm=True)
    rows = {
        "bare training loop (JAX)": bare_loop,
        "with sharpness (ours)": ours,
        f"torch, eigsh, {products:.0f} products a value": reference,
        f"the same, warm, to 1e-3, {warm_products:.0f} products": warm,
    }
    print(f"{'':36}{'CPU s':>8}{'/ bare loop':>13}{'/ ours':>9}")
    for name, seconds in rows.items():
        print(f"{name:36}{seconds:8.2f}{seconds / bare_loop:13.2f}{seconds / ours:9.2f}")
    error = np.abs(np.asarray(sharpnesses) / expected - 1).max()
    print(f"sharpness {expected[0]:.3f} -> {expected[-1]:.3f}, below 2/eta = {2 / LEARNING_RATE:g} throughout")
    print(f"largest relative difference between ours and the reference: {error:.1e}")


if __name__ == "__main__":
    main()
