"""A two-layer ReLU network learns one pure tone on the circle by gradient descent.

f(x) = N(x; p) - N(x; p_0), so that it starts at zero; N in NTK parametrisation (weight_std, bias_std; every parameter
N(0, 1)), of hidden width `width`. Inputs: `points` equally spaced unit vectors, an even number of them and turned by a
random angle; target y = amplitude * cos(frequency * angle + phase), phase random. Loss (1/2) mean (f - y)^2, full
batch, `steps` steps of `learning_rate`. `trained`: all parameters, or the readout's alone. A trial is one network on
one target.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.empirical_ntk import Network
from predictions.instruments.trials import over_trials
from predictions.neural_tangent_kernel.ensembles import draw_group, network_of


def prepare(condition: Mapping, seeds: np.ndarray):
    """Given: nothing that a theory could need. State: inputs, targets and initial parameters, trials in front."""
    inputs, targets, parameters = [], [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        turn, phase = rng.uniform(0, 2 * np.pi, 2)
        angles = turn + 2 * np.pi * np.arange(condition["points"]) / condition["points"]
        inputs.append(np.stack([np.cos(angles), np.sin(angles)], axis=1))
        targets.append(condition["amplitude"] * np.cos(condition["frequency"] * angles + phase))
        parameters.append(draw_group([2, condition["width"], 1], 1, rng))
    return {}, (np.stack(inputs), np.stack(targets), jax.tree.map(lambda *trial: np.concatenate(trial), *parameters))


def measure(condition: Mapping, state) -> dict[str, np.ndarray]:
    """Step at which the residual's share along the target falls to 1/e, and what remains of it at the end.

    Each (trials,). The time is interpolated in its logarithm; infinite if it is never reached.
    """
    inputs, targets, parameters = jax.tree.map(jnp.asarray, state)
    shares = _train(
        network_of(condition),
        (inputs, targets, parameters),
        condition["learning_rate"],
        steps=condition["steps"],
        readout_only=condition["trained"] == "readout",
    )
    shares = np.asarray(shares, dtype=np.float64)  # (trials, steps + 1)
    return {"learning_time": first_fall(shares, 1 / np.e), "remaining_share": np.abs(shares[:, -1])}


def first_fall(curves: np.ndarray, level: float) -> np.ndarray:
    """Step at which each curve (trials, steps) first falls to `level`, by log-linear interpolation: (trials,)."""
    fallen = curves <= level
    after = np.argmax(fallen, axis=1)
    trial = np.arange(len(curves))
    before, below = curves[trial, after - 1], np.maximum(curves[trial, after], 1e-12)
    with np.errstate(all="ignore"):
        time = after - np.log(level / below) / np.log(before / below)
    return np.where(fallen.any(axis=1), time, np.inf)


@partial(jax.jit, static_argnames=("network", "steps", "readout_only"))
def _train(network: Network, trials, learning_rate, *, steps: int, readout_only: bool):
    """Share of the residual along the target, (y - f).y / y.y: (trials, steps + 1), at first 1."""

    def single(inputs, targets, initial):
        start = network.outputs(initial, inputs)

        def residual(parameters):
            return targets - (network.outputs(parameters, inputs) - start)

        def loss(parameters):
            return 0.5 * jnp.mean(residual(parameters) ** 2)

        def share(parameters):
            return residual(parameters) @ targets / (targets @ targets)

        def step(parameters, _):
            hidden, readout = jax.tree.map(lambda p, g: p - learning_rate * g, parameters, jax.grad(loss)(parameters))
            updated = (initial[0] if readout_only else hidden, readout)
            return updated, share(parameters)

        final, shares = jax.lax.scan(step, initial, length=steps)
        return jnp.append(shares, share(final))

    return over_trials(single, *trials)
