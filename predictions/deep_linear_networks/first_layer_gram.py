"""Compare the first layer of a deep linear network with the average gradient outer product of what it computes.

Model      x -> J x, J = W_L ... W_1, L = `depth` layers of weights, `hidden` units in each hidden layer. `init`
           balanced: a small J whose singular vectors have nothing to do with those of T, each singular value spread
           evenly over the layers, so that W_{l+1}^T W_{l+1} = W_l W_l^T; or unbalanced: each singular pair of T on a
           path of its own, along which the first layer has twice the gain of each other layer, all paths alike.
Data       whitened, `inputs` of them, for a target T of full rank `outputs`.
Loss       1/2 ||J - T||_F^2.
Training   full-batch gradient descent with step `learning_rate` until the loss is `loss_share` of that of a network
           that outputs zero, for at most `max_steps` steps.
Observed   how the first layer's Gram matrix W_1^T W_1 relates to the average gradient outer product (AGOP): the
           gradient of J x with respect to x is J^T whatever x is, and the AGOP J^T J.
Trial      singular values and vectors of T and of the first J, and hidden directions.
"""

from __future__ import annotations

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np

from predictions.deep_linear_networks.initial_weights import (
    Target,
    aligned_gains,
    layer_gains,
    random_frame,
)
from predictions.deep_linear_networks.jax_training import squared_error
from predictions.instruments.fits import log_slope
from predictions.instruments.trials import over_trials

SINGULAR_VALUES = (0.5, 2.0)
INITIAL_STRENGTHS = (3e-3, 3e-2)  # singular values of the first J
UNBALANCE = 2.0  # gain of the first layer over that of each other one


def prepare(setting, seeds):
    """Given: singular values of the target and the gains of the layers along its singular pairs."""
    depth, inputs, outputs, hidden = (setting[key] for key in ("depth", "inputs", "outputs", "hidden"))
    targets, networks = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        target, start = (draw_map(rng, inputs=inputs, outputs=outputs) for _ in range(2))
        strengths = np.exp(rng.uniform(*np.log(INITIAL_STRENGTHS), size=outputs))
        hidden_frames = [random_frame(rng, hidden, outputs) for _ in range(depth - 1)]
        if setting["init"] == "balanced":
            gains = aligned_gains(strengths, strengths, init="aligned", depth=depth)
        else:
            start = target
            strengths[:] = strengths[0]  # equal, so that nothing but the imbalance sets the power
            others = (strengths / UNBALANCE) ** (1 / depth)
            gains = np.stack([UNBALANCE * others, *[others] * (depth - 1)])
        frames = [start.right, *hidden_frames, start.left]
        targets.append(target)
        networks.append([(after * gain) @ before.T for gain, before, after in zip(gains, frames, frames[1:])])
    given = {
        "singular_values": np.stack([target.singular_values for target in targets]),
        "layer_gains": np.stack([layer_gains(*pair) for pair in zip(networks, targets)]),
    }
    state = {
        "layers": [np.stack(trials) for trials in zip(*networks)],
        "target": np.stack([target.matrix for target in targets]),
    }
    return given, state


def measure(setting, state):
    """Power that relates Gram matrix and AGOP, what it leaves over, balance of the layers, and the loss reached."""
    layers, loss = _descend(
        [jnp.asarray(weights) for weights in state["layers"]],
        jnp.asarray(state["target"]),
        *(jnp.asarray(setting[key]) for key in ("learning_rate", "loss_share", "max_steps")),
    )
    layers = [np.asarray(weights) for weights in layers]
    powers, remainders, defects = zip(*(compare(trial) for trial in zip(*layers)))
    return {
        "gram_power": np.array(powers),
        "gram_remainder": np.array(remainders),
        "balance_defect": np.array(defects),
        "remaining_loss": np.asarray(loss),
    }


def draw_map(rng: np.random.Generator, *, inputs: int, outputs: int) -> Target:
    """A random matrix of full rank (outputs, inputs), outputs <= inputs, with singular values between 0.5 and 2."""
    singular_values = np.sort(np.exp(rng.uniform(*np.log(SINGULAR_VALUES), size=outputs)))[::-1]
    return Target(singular_values, random_frame(rng, outputs, outputs), random_frame(rng, inputs, outputs))


def compare(layers: list[np.ndarray]) -> tuple[float, float, float]:
    """How G = W_1^T W_1 of one network relates to its AGOP, A = sum_i lambda_i v_i v_i^T, of the rank of its outputs.

    The power p is the least-squares slope of ln v_i^T G v_i against ln lambda_i; the remainder the relative Frobenius
    distance of G to A^p; the balance defect the largest relative distance of W_{l+1}^T W_{l+1} to W_l W_l^T. All are
    nan if descent diverged.
    """
    if not all(np.isfinite(weights).all() for weights in layers):
        return np.nan, np.nan, np.nan
    gram = layers[0].T @ layers[0]
    _, strengths, vectors = np.linalg.svd(np.linalg.multi_dot(layers[::-1]), full_matrices=False)
    agop = strengths**2
    along = np.einsum("mi,ij,mj->m", vectors, gram, vectors)
    power = log_slope(agop, along)
    remainder = np.linalg.norm(gram - (vectors.T * agop**power) @ vectors) / np.linalg.norm(gram)
    neighbours = [(after.T @ after, before @ before.T) for before, after in pairwise(layers)]
    defect = max(np.linalg.norm(after - before) / np.linalg.norm(before) for after, before in neighbours)
    return power, remainder, defect


@jax.jit
def _descend(layers, target, step_size, loss_share, max_steps):
    def one_trial(layers, target):
        def running(carry):
            _, loss, steps = carry
            return (loss > loss_share) & (loss < jnp.inf) & (steps < max_steps)  # false for nan

        def step(carry):
            layers, _, steps = carry
            gradients = jax.grad(squared_error)(layers, target)
            layers = [w - step_size * g for w, g in zip(layers, gradients)]
            return layers, relative_loss(layers), steps + 1

        def relative_loss(layers):
            return squared_error(layers, target) / (0.5 * jnp.sum(target**2))

        layers, loss, _ = jax.lax.while_loop(running, step, (layers, relative_loss(layers), 0))
        return layers, loss

    return over_trials(one_trial, layers, target)
