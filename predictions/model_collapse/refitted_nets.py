"""Two-layer networks, each trained from new weights on labels that its predecessor gave.

Model      f = m^(-1/2) sum_j a_j relu(w_j . x / d^(1/2)), m = `width`, all weights N(0, 1) at the start.
Data       `samples` images of `data` (digits, mnist1d, cifar10), pixels less their means, of mean square 1; the same
           ones in each generation. Network 0 learns the true classes, one half against the other; each later one learns
           what the network before says, plus noise of variance `noise_variance`: `fit` is replace, the labels of the
           last network alone, or accumulate, the mean over all that were given so far.
Loss       (1/2) mean (f - y)^2.
Training   full-batch gradient descent, `steps` steps of `learning_rate` over the largest eigenvalue of the tangent
           kernel over the number of rows, at the start of each network.
Observed   growth: mean square, over up to `test_samples` other images, of the distance of network `generations` from
           network 0, over that of network 1.
Trial      rows, noise and weights.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.gaussian_universality.populations import images
from predictions.instruments.empirical_ntk import Network, empirical_ntk, two_layers
from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials

NETWORK = Network("relu", weight_std=1.0, bias_std=0.0)


def prepare(setting, seeds):
    """Given: numbers of parameters. State: rows, labels, other rows, weights of each generation, noise of each."""
    draws = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    rows, labels, others, hidden, readout, noise = (jnp.asarray(np.stack(arrays)) for arrays in zip(*draws))
    return {"parameters": parameter_counts((hidden[:, 0], readout[:, 0]))}, (
        rows,
        labels,
        others,
        hidden,
        readout,
        noise,
    )


def measure(setting, state):
    """Distance of the last network from the first labeller over that of the first student: (trials,)."""
    kept = jnp.asarray(float(setting["fit"] == "accumulate"))
    distances = np.asarray(_generations(state, kept, setting["learning_rate"], setting["steps"]), dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return {"growth": distances[:, -1] / distances[:, 0]}


def _draw(setting, rng: np.random.Generator):
    pixels, classes = images(setting["data"])
    pixels = pixels / np.sqrt(np.mean(pixels**2))
    chosen = rng.permutation(len(pixels))[: setting["samples"] + setting["test_samples"]]
    train, test = chosen[: setting["samples"]], chosen[setting["samples"] :]
    students, width = setting["generations"] + 1, setting["width"]
    hidden = rng.standard_normal((students, pixels.shape[1], width))
    readout = rng.standard_normal((students, width, 1))
    noise = np.sqrt(setting["noise_variance"]) * rng.standard_normal((students - 1, len(train)))
    return pixels[train], classes[train], pixels[test], hidden, readout, noise


@jax.jit
def _generations(state, kept, learning_rate, steps):
    """Mean squared distance of each later network from network 0 on other rows: (trials, generations)."""

    def one_trial(rows, labels, others, hidden, readout, noise):
        def trained(weights, targets):
            kernel = empirical_ntk(NETWORK, two_layers(*weights), rows)
            start = jnp.ones(len(rows))
            for _ in range(20):  # the largest eigenvalue stands apart: the kernel is positive
                start = kernel @ start
                start = start / jnp.linalg.norm(start)
            rate = learning_rate * len(rows) / (start @ kernel @ start)

            def loss(now):
                return 0.5 * jnp.mean((NETWORK.outputs(two_layers(*now), rows) - targets) ** 2)

            def step(_, now):
                return jax.tree.map(lambda w, g: w - rate * g, now, jax.grad(loss)(now))

            last = two_layers(*jax.lax.fori_loop(0, steps, step, weights))
            return NETWORK.outputs(last, rows), NETWORK.outputs(last, others)

        first, first_others = trained((hidden[0], readout[0]), labels)

        def generation(carry, student):
            said, total = carry
            new_hidden, new_readout, new_noise, number = student
            given = said + new_noise
            total = total + given
            targets = jnp.where(kept > 0, total / number, given)
            said, said_others = trained((new_hidden, new_readout), targets)
            return (said, total), jnp.mean((said_others - first_others) ** 2)

        numbers = jnp.arange(1.0, len(noise) + 1)
        students = hidden[1:], readout[1:], noise, numbers
        _, distances = jax.lax.scan(generation, (first, jnp.zeros_like(first)), students)
        return distances

    return over_trials(one_trial, *state)
