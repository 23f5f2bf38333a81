"""Empirical tangent kernel of a 784-512-512-512-1 network on 200 inputs: layer by layer against whole Jacobians.

Run as `python benchmarks/empirical_ntk.py`: prints both times, their ratio (target: 50) and the relative difference of
the two kernels (target: below 1e-5).
"""

from __future__ import annotations

import os

os.environ |= {"NPROC": "1", "OMP_NUM_THREADS": "1"}  # one core, before JAX starts its threads

from functools import partial
from itertools import pairwise
from time import perf_counter

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.empirical_ntk import Network, empirical_ntk

LAYERS = [784, 512, 512, 512, 1]
ROWS = 200


@partial(jax.jit, static_argnums=0)
def contracted_jacobians(network: Network, parameters, inputs):
    """The definition: one gradient of all parameters an input, and the Gram matrix of these. (rows, rows)."""
    single = jax.grad(lambda parameters, x: network.outputs(parameters, x[None])[0])
    jacobian = jax.vmap(single, (None, 0))(parameters, inputs)
    flat = (leaf.reshape(len(inputs), -1) for leaf in jax.tree.leaves(jacobian))
    return sum(block @ block.T for block in flat)


def seconds(function, *arguments, repeats: int) -> float:
    """Median wall time of a call, compiled beforehand."""
    jax.block_until_ready(function(*arguments))
    times = []
    for _ in range(repeats):
        start = perf_counter()
        jax.block_until_ready(function(*arguments))
        times.append(perf_counter() - start)
    return float(np.median(times))


def main() -> None:
    rng = np.random.default_rng(0)
    network = Network("relu", weight_std=2**0.5, bias_std=0.1)
    shapes = [((fan_in, fan_out), fan_out) for fan_in, fan_out in pairwise(LAYERS)]
    parameters = [tuple(jnp.asarray(rng.standard_normal(shape)) for shape in layer) for layer in shapes]
    inputs = jnp.asarray(rng.standard_normal((ROWS, LAYERS[0])))

    by_layer = jax.jit(empirical_ntk, static_argnums=0)
    slow = seconds(contracted_jacobians, network, parameters, inputs, repeats=3)
    fast = seconds(by_layer, network, parameters, inputs, repeats=20)
    reference = contracted_jacobians(network, parameters, inputs)
    difference = jnp.linalg.norm(by_layer(network, parameters, inputs) - reference) / jnp.linalg.norm(reference)
    print(f"whole Jacobians {slow:.3f} s, layer by layer {fast:.4f} s: {slow / fast:.0f} times faster (target 50)")
    print(f"relative difference of the kernels {difference:.1e} (target below 1e-5)")


if __name__ == "__main__":
    main()
