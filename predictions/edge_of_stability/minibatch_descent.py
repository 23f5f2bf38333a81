"""Mini-batch gradient descent of a tanh network, the sharpness of its full-batch loss followed through training.

Network, rows and loss L = 1/2 mean_i |f(x_i) - y_i|^2 are those of `full_batch_descent`; without hidden layers it is
linear regression. Each step is taken on `batch_size` rows, epochs being reshuffled, or on `all` of them. Observed is
the largest eigenvalue of the Hessian of the full-batch loss. Cohen et al. 2021, appendix on SGD; Andreyev and
Beneventano 2024.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.edge_of_stability.full_batch_descent import prepare as draw
from predictions.edge_of_stability.full_batch_descent import squared_error
from predictions.instruments.curvature import sharpness
from predictions.instruments.networks import fully_connected
from predictions.instruments.trials import over_trials


def prepare(setting, seeds):
    """Rows, labels, weights and batches of each trial; given: the sharpness at initialisation, (trials,)."""
    given, state = draw({**setting, "loss": "mse"}, seeds)
    return given, (*state, np.stack([batches(setting, np.random.default_rng([int(seed), 1])) for seed in seeds]))


def batches(setting, generator: np.random.Generator) -> np.ndarray:
    """Which rows each step takes, (steps, batch size), epoch after epoch; (steps, 0) where it takes all of them."""
    rows, size, steps = setting["rows"], setting["batch_size"], setting["steps"]
    if size == "all":
        return np.empty((steps, 0), np.int32)
    if rows % size:
        raise ValueError(f"rows is {rows}, which is not a multiple of batch_size, {size}")
    epochs = -(-steps * size // rows)
    shuffled = generator.permuted(np.tile(np.arange(rows, dtype=np.int32), (epochs, 1)), axis=1)
    return shuffled.reshape(-1, size)[:steps]


def measure(setting, state):
    """Observables of each trial after setting["steps"] steps, full-batch loss and sharpness every `every` of them."""
    losses, sharpnesses = _train(
        *jax.tree.map(jnp.asarray, state),
        learning_rate=setting["learning_rate"],
        every=setting["every"],
    )
    return observables(np.asarray(losses), np.asarray(sharpnesses))


def observables(losses: np.ndarray, sharpnesses: np.ndarray) -> dict[str, np.ndarray]:
    """Observables of full-batch losses and sharpnesses, both (trials, records)."""
    quarter = sharpnesses.shape[1] // 4
    with np.errstate(invalid="ignore"):
        third_quarter = np.median(sharpnesses[:, -2 * quarter : -quarter], axis=1)
        late_drift = np.median(sharpnesses[:, -quarter:], axis=1) / third_quarter
    return {
        "late_sharpness": np.median(sharpnesses[:, -2 * quarter :], axis=1),
        "late_drift": late_drift,
        "final_loss": losses[:, -1],
        "sharpness": sharpnesses,
        "loss": losses,
    }


@partial(jax.jit, static_argnames="every")
def _train(weights, inputs, targets, probe, batches, *, learning_rate, every):
    steps = batches.shape[1]
    if steps % every:
        raise ValueError(f"steps is {steps}, which is not a multiple of every, {every}")

    def trial(weights, inputs, targets, probe, batches):
        flat, layers = ravel_pytree(weights)
        probe = probe / jnp.linalg.norm(probe)

        def loss(flat, rows=slice(None)):
            return squared_error(fully_connected(layers(flat), inputs[rows]), targets[rows])

        def step(weights, rows):
            gradient = jax.grad(loss)(weights, rows) if rows.size else jax.grad(loss)(weights)
            return weights - learning_rate * gradient, None

        def stretch(state, batches):
            weights, start = state
            top = sharpness(loss, weights, start)
            record = loss(weights), top.value
            weights, _ = jax.lax.scan(step, weights, batches)
            return (weights, top.onward + 0.1 * probe), record

        return jax.lax.scan(stretch, (flat, probe), batches.reshape(steps // every, every, -1))[1]

    return over_trials(trial, weights, inputs, targets, probe, batches)
