"""The worst linear classifier: how far the expected margin loss of a unit vector can exceed its mean over a sample.

Model      x -> w.x, |w| <= 1, on rows of length 1.
Data       a finite `population` of labelled rows, so that expectations are sums: `points` rows uniform on the sphere in
           `dimension` dimensions with coin-flips for labels or those of a random half-space, drawn afresh in each
           trial; or a data set, centred and scaled to length 1 (digits: even or odd; cifar10: vehicle or animal). A
           sample is `samples` / `copies` draws with replacement, each written down `copies` times: independent at one
           copy.
Loss       phi(t) = min(1, max(0, 1 - t/gamma)) of t = y w.x, y = +-1; gamma is `margin`.
Training   `ascent_steps` normalised gradient steps up the gap E phi - mean phi, kept in the ball, from the vector that
           separates sample from population best to first order. It sees population and sample.
Observed   the largest gap on its way, a lower bound of the supremum over the class (bounds hold up to a probability
           `delta`), and the mean loss over the sample there.
Trial      population, if drawn, and sample.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification
from predictions.instruments.trials import over_trials

VEHICLES = (0, 1, 8, 9)  # airplane, automobile, ship, truck


def prepare(setting, seeds):
    """State: rows times label, (trials, points, features), and each row's share of the sample, (trials, points)."""
    if setting["samples"] % setting["copies"]:
        raise ValueError(f"{setting['samples']} samples are not a multiple of {setting['copies']} copies")
    trials = []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        signed_rows = population(setting, generator)
        distinct = setting["samples"] // setting["copies"]
        drawn = generator.integers(len(signed_rows), size=distinct)
        trials.append((signed_rows, np.bincount(drawn, minlength=len(signed_rows)) / distinct))
    signed_rows, shares = (np.stack(arrays) for arrays in zip(*trials))
    return {}, (signed_rows, shares)


def measure(setting, state):
    """`largest_gap` found, and `sample_loss`, the mean loss over the sample of the vector that has it: (trials,)."""
    signed_rows, shares = (jnp.asarray(array) for array in state)
    gaps, losses = _search(signed_rows, shares, setting["margin"], setting["ascent_steps"])
    return {"largest_gap": np.asarray(gaps), "sample_loss": np.asarray(losses)}


def population(setting, generator: np.random.Generator) -> np.ndarray:
    """Rows of length 1, each times its label: (points, features)."""
    kind = setting["population"]
    if kind in ("coin-flips", "half-space"):
        rows = _unit(generator.standard_normal((setting["points"], setting["dimension"])))
        if kind == "coin-flips":
            labels = generator.choice([-1.0, 1.0], len(rows))
        else:
            labels = np.where(rows @ generator.standard_normal(setting["dimension"]) > 0, 1.0, -1.0)
    else:
        inputs, classes, _ = classification(kind)
        first = np.isin(classes, VEHICLES) if kind == "cifar10" else classes % 2 == 0
        rows, labels = _unit(inputs), np.where(first, 1.0, -1.0)
    return rows * labels[:, None]


def margin_loss(margins, margin):
    """Ramp loss: 1 at and below 0, 0 at and above `margin`, a line between."""
    return jnp.clip(1 - margins / margin, 0, 1)


def _unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@jax.jit
def _search(signed_rows, shares, margin, steps):
    def one_trial(signed_rows, shares):
        excess = 1 / len(shares) - shares  # of the population's weight over the sample's

        def gap(w):
            return excess @ margin_loss(signed_rows @ w, margin)

        def ascend(step, state):
            w, best, best_w = state
            value, gradient = jax.value_and_grad(gap)(w)
            best_w = jnp.where(value > best, w, best_w)
            length = 0.3 * (1 - step / steps)
            w = w + length * gradient / jnp.maximum(jnp.linalg.norm(gradient), 1e-30)
            return w / jnp.maximum(1, jnp.linalg.norm(w)), jnp.maximum(best, value), best_w

        start = -(excess @ signed_rows)
        start = start / jnp.linalg.norm(start)
        state = (start, jnp.asarray(-jnp.inf, start.dtype), start)
        _, best, best_w = jax.lax.fori_loop(0, steps, ascend, state)
        return best, shares @ margin_loss(signed_rows @ best_w, margin)

    return over_trials(one_trial, signed_rows, shares)
