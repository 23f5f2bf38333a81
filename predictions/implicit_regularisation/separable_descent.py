"""Logistic regression on separable examples: how much norm the weights gain for each factor of e that the loss falls.

Model      a linear classifier without bias, w of `features` entries, Gaussian at the start.
Data       `samples` standard Gaussian inputs, labelled by a random direction and moved away from its boundary by `gap`.
Loss       L = mean_i ln(1 + e^{-y_i x_i . w}).
Training   2 `half` steps of gradient descent normalised by the loss, w <- w - eta P grad L / L: steps on ln L of size
           eta = `learning_rate`. P is 1 (`geometry`: euclidean) or diagonal with entries from 0.01 to 1 (diagonal).
Observed   |w| and ln(1/L) after half of the steps and after all of them.
Trial      examples, P and initial weights.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.trials import over_trials

PRECONDITIONER = (0.01, 1.0)


def prepare(setting, seeds):
    """Given: examples times labels, and the diagonal of the preconditioner."""
    samples, features = setting["samples"], setting["features"]
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        direction = rng.standard_normal(features)
        direction /= np.linalg.norm(direction)
        inputs = rng.standard_normal((samples, features))
        signed = inputs * np.sign(inputs @ direction)[:, None] + setting["gap"] * direction
        diagonal = np.exp(rng.uniform(*np.log(PRECONDITIONER), features))
        trials.append((signed, diagonal, rng.standard_normal(features)))
    signed, diagonal, start = (np.stack(arrays) for arrays in zip(*trials))
    if setting["geometry"] == "euclidean":
        diagonal = np.ones_like(diagonal)
    elif setting["geometry"] != "diagonal":
        raise ValueError(f"geometry is {setting['geometry']!r}, but must be euclidean or diagonal")
    return {"signed_examples": signed, "preconditioner": diagonal}, (signed, diagonal, start)


def measure(setting, state):
    """Norm gained per unit of ln(1/L) in the second half of the run, and the last ln(1/L)."""
    arrays = (jnp.asarray(array) for array in state)
    norms, falls = _train(*arrays, setting["learning_rate"], setting["half"])
    norms, falls = np.asarray(norms), np.asarray(falls)
    return {
        "norm_per_log_loss": (norms[:, 1] - norms[:, 0]) / (falls[:, 1] - falls[:, 0]),
        "log_inverse_loss": falls[:, 1],
    }


@jax.jit
def _train(signed, diagonal, start, step_size, half):
    def one_trial(signed, diagonal, start):
        def step(_, weights):
            return weights + step_size * diagonal * (pull(signed @ weights) @ signed)

        middle = jax.lax.fori_loop(0, half, step, start)
        end = jax.lax.fori_loop(0, half, step, middle)
        both = jnp.stack([middle, end])
        log_loss = jax.nn.logsumexp(log_losses(both @ signed.T), axis=1) - jnp.log(len(signed))
        return jnp.linalg.norm(both, axis=1), -log_loss

    return over_trials(one_trial, signed, diagonal, start)


def pull(margins):
    """-(dL/dm_i) / L for margins m_i, (samples,): finite where L itself is not."""
    return jnp.exp(-jax.nn.softplus(margins) - jax.nn.logsumexp(log_losses(margins)))


def log_losses(margins):
    """ln ln(1 + e^{-m}), which for large m is -m up to e^{-m} / 2."""
    moderate = jnp.minimum(margins, 36.0)  # beyond, e^{-m} is below rounding
    return jnp.where(margins > 36.0, -margins, jnp.log(jnp.log1p(jnp.exp(-moderate))))
