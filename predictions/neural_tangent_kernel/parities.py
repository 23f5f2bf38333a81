"""Networks that learn parities on the hypercube, where the tangent kernel's spectrum is known by symmetry.

Model      s (f(x) - f_0(x)), f_0 the network before training: fully connected networks of `depth` weight layers of
           `width` units in NTK parametrisation (`activation`, `weight_std`, `bias_std`), every parameter N(0, 1).
           `scaling` sets the output multiplier s: 1 (ntk) or 1/sqrt(width) (mean-field; eta then grows with the width).
Data       `samples` different corners of {-1, 1}^`dimension`; the target is the product of `degree` of their signs,
           or a coin toss a corner (`target`).
Loss       (1/2) sum over samples of squared residuals.
Training   full batch, `steps` steps of heavy ball with momentum `momentum`, eta = `relative_learning_rate` /
           lambda_max, the largest eigenvalue of s^2 times the infinitely wide network's tangent kernel.
Observed   learnability, the mean of output times target over all corners, and mean squared error over all corners;
           the remaining share of the training loss.
Trial      the mean over `networks` networks, each with its own corners, signs and weights.

Simon et al. 2021 (arXiv 2110.03922): networks and kernel regression on the same corners.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.empirical_ntk import Network
from predictions.instruments.kernels import infinite_width_kernels
from predictions.instruments.optimisers import heavy_ball
from predictions.instruments.trials import over_trials
from predictions.neural_tangent_kernel.ensembles import network_of
from predictions.neural_tangent_kernel.hypercube import architecture, corners, draw_parity


def prepare(setting: Mapping, seeds: np.ndarray):
    """Nothing is given: theories need the condition only. Which corners, their targets and weights of every network."""
    generators = [np.random.default_rng(int(seed)).spawn(setting["networks"]) for seed in seeds]
    return {}, [[_task(setting, rng) for rng in networks] for networks in generators]


def measure(setting: Mapping, state) -> dict[str, np.ndarray]:
    """Learnability, risk over all corners and remaining training loss: (trials,)."""
    rows = jnp.asarray(corners(setting["dimension"]))
    found = []
    for tasks in state:  # a group at a time: a block's weights may not fit in memory
        chosen, targets, parameters, rates = jax.tree.map(lambda *arrays: jnp.stack(arrays), *tasks)
        run = {"network": network_of(setting), "steps": setting["steps"]}
        rates = rates, setting["momentum"], _multiplier(setting)
        outputs = np.asarray(_trained(parameters, rows, chosen, targets, *rates, **run), np.float64)
        targets = np.asarray(targets, np.float64)
        missed = np.square(outputs - targets)
        remaining = np.take_along_axis(missed, np.asarray(chosen), axis=1)
        found.append((np.mean(outputs * targets), np.mean(missed), np.mean(remaining)))
    return dict(zip(("learnability", "risk", "remaining_loss"), np.transpose(found), strict=True))


def _task(setting: Mapping, rng: np.random.Generator):
    """Corners that are trained on, targets of all, parameters, and the step size."""
    rows, chosen, targets = draw_parity(setting, rng)
    widths = [setting["dimension"], *[setting["width"]] * (setting["depth"] - 1), 1]
    parameters = tuple((rng.standard_normal(fans), rng.standard_normal(fans[1])) for fans in pairwise(widths))
    kernel = infinite_width_kernels(rows[chosen], **architecture(setting)).ntk
    rate = setting["relative_learning_rate"] / (_multiplier(setting) ** 2 * np.linalg.eigvalsh(kernel)[-1])
    precision = jnp.result_type(float)
    return chosen, *jax.tree.map(lambda array: np.asarray(array, precision), (targets, parameters, rate))


def _multiplier(setting: Mapping) -> float:
    return {"ntk": 1.0, "mean-field": setting["width"] ** -0.5}[setting["scaling"]]


@partial(jax.jit, static_argnames=("network", "steps"))
def _trained(parameters, rows, chosen, targets, rates, momentum, multiplier, *, network: Network, steps: int):
    """What each network says of all rows after training: (networks, rows)."""

    def one_network(parameters, chosen, targets, rate):
        begun = network.outputs(parameters, rows)

        def outputs(weights, which):
            return multiplier * (network.outputs(weights, rows[which]) - begun[which])

        def loss(weights):
            return 0.5 * jnp.sum((outputs(weights, chosen) - targets[chosen]) ** 2)

        rule = heavy_ball(learning_rate=rate, momentum=momentum)

        def step(_, training):
            weights, memory = training
            return rule.move(weights, memory, jax.grad(loss)(rule.look(weights, memory)))

        weights, _ = jax.lax.fori_loop(0, steps, step, (parameters, rule.start(parameters)))
        return outputs(weights, slice(None))

    return over_trials(one_network, parameters, chosen, targets, rates)
