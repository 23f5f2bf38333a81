"""A two-layer ReLU network learns a pure tone on the circle by gradient descent.

Model      f(x) = N(x; p) - N(x; p_0), so that it starts at zero; N in NTK parametrisation (`activation`, `weight_std`,
           `bias_std`; every parameter N(0, 1)), of hidden width `width`.
Data       `points` equally spaced unit vectors, an even number of them and turned by a random angle. The tone is
           `amplitude` * cos(`frequency` * angle + phase), phase random; the target is the tone, and beside it one of
           the same amplitude at the frequency `companion` (0: alone).
Loss       (1/2) mean (f - y)^2.
Training   full batch, `steps` steps of `learning_rate`; of all parameters, or of the readout alone (`trained`).
Observed   when the tone is learnt but for 1/e of it, and the share that is learnt in the end.
Trial      one network on one target.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.empirical_ntk import Network
from predictions.instruments.losses import mean_squared_error
from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials
from predictions.neural_tangent_kernel.ensembles import draw_group, network_of


def prepare(setting: Mapping, seeds: np.ndarray):
    """Given: `parameters` of the network. State: inputs, tones, targets, initial parameters; trials in front."""
    inputs, tones, targets, parameters = [], [], [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        turn, phase, other_phase = rng.uniform(0, 2 * np.pi, 3)
        angles = turn + 2 * np.pi * np.arange(setting["points"]) / setting["points"]
        inputs.append(np.stack([np.cos(angles), np.sin(angles)], axis=1))
        tones.append(setting["amplitude"] * np.cos(setting["frequency"] * angles + phase))
        companion = setting["amplitude"] * np.cos(setting["companion"] * angles + other_phase)
        targets.append(tones[-1] + companion if setting["companion"] else tones[-1])
        parameters.append(draw_group([2, setting["width"], 1], 1, rng))
    parameters = jax.tree.map(lambda *trial: np.concatenate(trial), *parameters)
    given = {"parameters": parameter_counts(parameters)}
    return given, (np.stack(inputs), np.stack(tones), np.stack(targets), parameters)


def measure(setting: Mapping, state) -> dict[str, np.ndarray]:
    """Step at which the tone is learnt but for 1/e of it, and the share that is learnt in the end: each (trials,).

    The time is interpolated in the logarithm of what remains; infinite if it is never reached.
    """
    learnt = _train(
        network_of(setting),
        jax.tree.map(jnp.asarray, state),
        setting["learning_rate"],
        steps=setting["steps"],
        readout_only=setting["trained"] == "readout",
    )
    learnt = np.asarray(learnt, dtype=np.float64)  # (trials, steps + 1)
    return {"learning_time": first_fall(1 - learnt, 1 / np.e), "learnt_share": learnt[:, -1]}


def first_fall(curves: np.ndarray, level: float) -> np.ndarray:
    """Step at which each curve (trials, steps) first falls to `level`, by log-linear interpolation: (trials,)."""
    fallen = curves <= level
    after = np.argmax(fallen, axis=1)
    trial = np.arange(len(curves))
    before, below = curves[trial, after - 1], np.maximum(curves[trial, after], 1e-12)
    with np.errstate(all="ignore"):
        time = after - np.log(level / below) / np.log(before / below)
    return np.where(fallen.any(axis=1), time, np.inf)


@partial(jax.jit, static_argnames=("network", "steps"))
def _train(network: Network, trials, learning_rate, *, steps: int, readout_only: bool):
    """Share f.t / t.t of the tone t that has been learnt: (trials, steps + 1), at first 0."""

    def single(inputs, tone, targets, initial):
        start = network.outputs(initial, inputs)

        def outputs(parameters):
            return network.outputs(parameters, inputs) - start

        def loss(parameters):
            return 0.5 * mean_squared_error(outputs(parameters), targets)

        def learnt(parameters):
            return outputs(parameters) @ tone / (tone @ tone)

        def step(parameters, _):
            hidden, readout = jax.tree.map(lambda p, g: p - learning_rate * g, parameters, jax.grad(loss)(parameters))
            kept = jax.tree.map(partial(jnp.where, readout_only), initial[0], hidden)
            return (kept, readout), learnt(parameters)

        final, shares = jax.lax.scan(step, initial, length=steps)
        return jnp.append(shares, learnt(final))

    return over_trials(single, *trials)
