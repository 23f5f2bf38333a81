"""Tangent kernels of groups of random networks of one width, before any training.

Model      fully connected networks of `depth` weight layers of `width` units in NTK parametrisation (`activation`,
           `weight_std`, `bias_std`), every parameter N(0, 1). `bottleneck` > 0 fixes the width of the middle hidden
           layer while the others widen. `trained` says whose tangents make the kernel: all parameters, or the readout's
           alone.
Data       `inputs` different rows of `data`, or gaussian ones, on a sphere.
Observed   relative fluctuation of the tangent kernel over the group, and top eigenvalue of its mean.
Trial      a group of `networks` networks on one draw of inputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.empirical_ntk import Network, empirical_ntk_by_layer
from predictions.instruments.trials import over_trials
from predictions.neural_tangent_kernel.ensembles import draw_group, draw_inputs, network_of


def prepare(setting: Mapping, seeds: np.ndarray):
    """Given: `gram`, the inputs' x.x'/d (trials, inputs, inputs). State: inputs and generators of the networks."""
    trials = [np.random.default_rng(int(seed)) for seed in seeds]
    inputs = np.stack([draw_inputs(setting["data"], setting["inputs"], rng) for rng in trials])
    gram = inputs @ inputs.transpose(0, 2, 1) / inputs.shape[2]
    return {"gram": gram}, (inputs, [rng.bit_generator.state for rng in trials])


def measure(setting: Mapping, state) -> dict[str, np.ndarray]:
    """Fluctuation |std K| / |mean K| over the group (Frobenius norms), top eigenvalue of the mean K: each (trials,)."""
    inputs, generators = state
    layers = layer_widths(setting, inputs.shape[2])
    fluctuation, top_eigenvalue = [], []
    for rows, generator in zip(inputs, generators):  # a group at a time: a block's weights may not fit in memory
        rng = np.random.default_rng()
        rng.bit_generator.state = generator
        shares = _shares(network_of(setting), draw_group(layers, setting["networks"], rng), jnp.asarray(rows))
        shares = np.asarray(shares, dtype=np.float64)
        kernels = shares.sum(axis=1) if setting["trained"] == "all" else shares[:, -1]
        mean = kernels.mean(axis=0)
        fluctuation.append(np.linalg.norm(kernels.std(axis=0, ddof=1)) / np.linalg.norm(mean))
        top_eigenvalue.append(np.linalg.eigvalsh(mean)[-1])
    return {"relative_fluctuation": np.array(fluctuation), "top_eigenvalue": np.array(top_eigenvalue)}


def layer_widths(setting: Mapping, dimension: int) -> list[int]:
    """Widths of all layers, from the inputs' dimension to the one output."""
    hidden = [setting["width"]] * (setting["depth"] - 1)
    if setting["bottleneck"]:
        hidden[len(hidden) // 2] = setting["bottleneck"]
    return [dimension, *hidden, 1]


@partial(jax.jit, static_argnames="network")
def _shares(network: Network, group, inputs):
    """Each layer's share of each network's kernel: (networks, layers, inputs, inputs)."""
    return over_trials(lambda parameters: empirical_ntk_by_layer(network, parameters, inputs), group)
