"""Train networks of one width to a given loss, and see how far their last hidden layer's activations have moved.

Model      s (f(x) - f_0(x)): fully connected networks of `depth` weight layers of `width` units in NTK parametrisation
           (`activation`, `weight_std`, no biases), every weight N(0, 1), less their first output; the multiplier is
           s = (width / `base_width`)^-`output_power`, 0 for NTK parametrisation and 1/2 for mean-field or muP.
Data       `rows` different rows of `data`, on a sphere; labels (width / `base_width`)^-`label_power` times 1 for the
           lower half of the classes, -1 for the upper (of gaussian rows, at random).
Loss       `loss`: squared, (1/2) sum_i (out_i - y_i)^2, or logistic, sum_i ln(1 + e^{-out_i y_i}).
Training   full batch, heavy ball with `momentum`, eta = `relative_learning_rate` (1 - momentum) / lambda_max(K_0), K_0
           with s^2, until the loss is at most `goal` times the first, or for `steps` steps.
Observed   distance of the last hidden layer's activations from their first values, typical of the group; whether all
           networks reached the goal.
Trial      rows, which all widths and powers share, and a group of `networks` networks.
"""

from __future__ import annotations

from functools import partial
from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification
from predictions.instruments.empirical_ntk import Network, empirical_ntk
from predictions.instruments.optimisers import heavy_ball
from predictions.instruments.trials import over_trials

GAUSSIAN_DIMENSION = 64
LOSSES = {
    "squared": lambda outputs, labels: 0.5 * jnp.sum((outputs - labels) ** 2),
    "logistic": lambda outputs, labels: jnp.sum(jnp.logaddexp(0, -outputs * labels)),
}


def prepare(setting, seeds):
    """Given: `parameters` of one network. State: weights, rows, labels of each trial and network, one after another."""
    draws = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    rows, labels = (np.repeat(np.stack(arrays), setting["networks"], axis=0) for arrays in list(zip(*draws))[:2])
    layers = tuple(np.concatenate(layer) for layer in zip(*(weights for _, _, weights in draws)))
    parameters = np.full(len(seeds), sum(layer[0].size for layer in layers))
    return {"parameters": parameters}, tuple(jax.tree.map(jnp.asarray, (layers, rows, labels)))


def measure(setting, state):
    """Motion |H_T - H_0| / |H_0| on all rows, loss at the end over the first, and whether that is `goal`: (trials,).

    The motion is a geometric mean over the group, the loss that of its worst network.
    """
    layers, rows, labels = state
    multiple, goal = setting["width"] / setting["base_width"], setting["goal"]
    motion, remaining = _train(
        Network(setting["activation"], setting["weight_std"], bias_std=0.0),
        (layers, rows, labels * multiple ** -setting["label_power"]),
        multiple ** -setting["output_power"],
        setting["relative_learning_rate"],
        setting["momentum"],
        goal,
        setting["steps"],
        loss=setting["loss"],
    )
    motion, remaining = (np.asarray(found).reshape(-1, setting["networks"]) for found in (motion, remaining))
    worst = remaining.max(axis=1)
    with np.errstate(all="ignore"):  # a diverged run yields nan
        typical = np.exp(np.mean(np.log(motion), axis=1))
    return {"hidden_motion": typical, "remaining_loss": worst, "reached": (worst <= goal).astype(float)}


def _draw(setting, rng: np.random.Generator):
    """Rows (rows, d), labels (rows,), and the weights of each layer (networks, fan in, fan out)."""
    count = setting["rows"]
    if setting["data"] == "gaussian":
        inputs, labels = rng.standard_normal((count, GAUSSIAN_DIMENSION)), rng.choice([-1.0, 1.0], count)
    else:
        data = classification(setting["data"])
        chosen = rng.choice(len(data.inputs), count, replace=False)
        inputs, labels = data.inputs[chosen], np.where(data.labels[chosen] < data.classes / 2, 1.0, -1.0)
    inputs *= np.sqrt(inputs.shape[1]) / np.linalg.norm(inputs, axis=1, keepdims=True)
    sizes = [inputs.shape[1], *[setting["width"]] * (setting["depth"] - 1), 1]
    return inputs, labels, [rng.standard_normal((setting["networks"], *shape)) for shape in pairwise(sizes)]


@partial(jax.jit, static_argnames=("network", "loss"))
def _train(network: Network, trials, multiplier, relative_rate, momentum, goal, steps, *, loss: str):
    def one_trial(layers, rows, labels):
        def with_biases(layers):  # `Network` has biases, which bias_std = 0 switches off
            return tuple((weights, jnp.zeros(weights.shape[1])) for weights in layers)

        def hidden(layers):
            return network.signals(with_biases(layers), rows)[0][-1]

        def outputs(layers):
            return multiplier * network.outputs(with_biases(layers), rows)

        first = outputs(layers)

        def loss_of(layers):
            return LOSSES[loss](outputs(layers) - first, labels)

        def going_on(carry):
            step, _, _, now = carry
            return (step < steps) & (now > goal * start)

        def advance(carry):
            step, weights, velocity, _ = carry
            weights, velocity = rule.move(weights, velocity, jax.grad(loss_of)(weights))
            return step + 1, weights, velocity, loss_of(weights)

        top = multiplier**2 * jnp.linalg.eigvalsh(empirical_ntk(network, with_biases(layers), rows))[-1]
        rule = heavy_ball(learning_rate=relative_rate * (1 - momentum) / top, momentum=momentum)
        start = loss_of(layers)
        _, last, _, end = jax.lax.while_loop(going_on, advance, (0, layers, rule.start(layers), start))
        return jnp.linalg.norm(hidden(last) - hidden(layers)) / jnp.linalg.norm(hidden(layers)), end / start

    return over_trials(one_trial, *trials)
