"""Train two-layer networks whose outputs are multiplied by alpha, and see how far weights and tangent kernel go.

Model      f = alpha h(x), alpha = `multiplier`, h two layers in NTK parametrisation, h = m^{-1/2} sum_j a_j phi(w_j . x
           / sqrt(d)), phi = `activation`, m = `width` neurons, no biases, every weight N(0, 1) at the start. Its first
           output is removed (`output_at_start`): doubled, h = (h_A - h_B)/sqrt(2) with two equal networks that are
           trained apart; subtracted, h less its first value; or nearly, h less all of it but one part in 350.
Data       `samples` rows x ~ N(0, 1)^d, d = `dimension`; labels of a teacher of three neurons of the same kind, scaled
           to mean square 1.
Loss       (1/alpha^2) (1/2) sum_i (f(x_i) - y_i)^2.
Training   full-batch gradient descent, `steps` steps of size `relative_learning_rate` over the largest eigenvalue of
           the first tangent kernel of h.
Observed   how far the weights move, the relative change of the tangent kernel, the loss that remains.
Trial      rows, teacher and weights.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.empirical_ntk import Network, empirical_ntk, two_layers
from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials

TEACHER_NEURONS = 3
LEFT = {"doubled": 0.0, "subtracted": 0.0, "nearly": 1 / 350}
"""The share of its first output that h starts with."""


def prepare(setting, seeds):
    """Given, each (trials, samples): eigenvalues of the first kernel K_0 of h; labels and first h in its eigenbasis."""
    network, doubled = network_of(setting), setting["output_at_start"] == "doubled"
    draws = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    inputs, labels, readouts, hidden = (np.stack(arrays) for arrays in zip(*draws))
    weights = tuple(jnp.asarray(array) for array in (hidden, readouts))
    kernels, outputs = (np.asarray(array) for array in _initially(network, weights, jnp.asarray(inputs)))
    outputs = LEFT[setting["output_at_start"]] * outputs
    eigenvalues, vectors = np.linalg.eigh(kernels)
    coefficients = [np.einsum("tij,ti->tj", vectors, array) for array in (labels, outputs)]
    given = {"kernel_eigenvalues": eigenvalues, "labels": coefficients[0], "first_outputs": coefficients[1]}
    steps = setting["relative_learning_rate"] / eigenvalues[:, -1]
    copies = tuple(jnp.stack([array] * (2 if doubled else 1), axis=1) for array in weights)
    given["parameters"] = parameter_counts(copies)
    return given, (copies, jnp.asarray(inputs), jnp.asarray(labels), jnp.asarray(steps))


def measure(setting, state):
    """Displacement |w_T - w_0|, relative change of the tangent kernel, last loss over that of f = 0: (trials,)."""
    observed = _train(
        network_of(setting),
        *state,
        jnp.asarray(float(setting["multiplier"])),
        setting["steps"],
        1 - LEFT[setting["output_at_start"]],
    )
    return dict(zip(("displacement", "kernel_change", "remaining_loss"), map(np.asarray, observed)))


def network_of(setting) -> Network:
    """The network h, or each of the two that it is made of."""
    return Network(setting["activation"], weight_std=1.0, bias_std=0.0)


def _draw(setting, rng: np.random.Generator):
    """Rows (samples, d), labels (samples,), readout (width, 1) and hidden weights (d, width)."""
    samples, dimension, width = (setting[key] for key in ("samples", "dimension", "width"))
    inputs = rng.standard_normal((samples, dimension))
    teacher = two_layers(rng.standard_normal((dimension, TEACHER_NEURONS)), rng.standard_normal((TEACHER_NEURONS, 1)))
    labels = np.asarray(network_of(setting).outputs(teacher, inputs))
    labels = labels / np.sqrt(np.mean(labels**2))
    return inputs, labels, rng.standard_normal((width, 1)), rng.standard_normal((dimension, width))


@partial(jax.jit, static_argnames="network")
def _initially(network: Network, weights, inputs):
    def one_trial(hidden, readout, inputs):
        parameters = two_layers(hidden, readout)
        return empirical_ntk(network, parameters, inputs), network.outputs(parameters, inputs)

    return over_trials(one_trial, *weights, inputs)


@partial(jax.jit, static_argnames="network")
def _train(network: Network, copies, inputs, labels, step_sizes, multiplier, steps, removed):
    def one_trial(copies, inputs, labels, step_size):
        count = copies[0].shape[0]  # networks: 1, or 2 of opposite sign
        signs = jnp.array([1.0, -1.0])[:count] / jnp.sqrt(count)

        def single_outputs(hidden, readout):
            return network.outputs(two_layers(hidden, readout), inputs)

        def single_kernel(hidden, readout):
            return empirical_ntk(network, two_layers(hidden, readout), inputs)

        def outputs(copies):
            return signs @ jax.vmap(single_outputs)(*copies)

        def kernel(copies):
            return jnp.mean(jax.vmap(single_kernel)(*copies), axis=0)

        first = removed * outputs(copies)  # of a doubled network it is 0

        def loss(now):
            return 0.5 * jnp.sum((outputs(now) - first - labels / multiplier) ** 2)

        def step(_, now):
            return jax.tree.map(lambda w, g: w - step_size * g, now, jax.grad(loss)(now))

        last = jax.lax.fori_loop(0, steps, step, copies)
        displacement = jnp.sqrt(sum(jnp.sum((end - start) ** 2) for end, start in zip(last, copies)))
        before = kernel(copies)
        change = jnp.linalg.norm(kernel(last) - before) / jnp.linalg.norm(before)
        return displacement, change, 2 * loss(last) * multiplier**2 / jnp.sum(labels**2)

    return over_trials(one_trial, copies, inputs, labels, step_sizes)
