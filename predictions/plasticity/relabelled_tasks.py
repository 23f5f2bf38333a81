"""Learn task after task, each for as long, and see how well the network learns further ones, beside one without a past.

Model      fully connected, `hidden_layers` layers of `width` units (`activation`; leaky: a tenth of what is negative),
           ten outputs, no biases, Gaussian initial weights of variance one over the inputs. `normalised` yes: what
           enters an activation, and the outputs, are centred and scaled to variance one over the units of each row,
           outputs then doubled, so that the length of a matrix does not matter to any output.
Data       a task is `rows` images of `data` (digits, mnist1d) drawn anew, with labels drawn anew among ten.
Loss       cross-entropy, nats a row, plus `towards_start` times the squared distance of the weights from where they
           first were.
Training   `past` tasks in turn, each for `steps` steps of Adam, begun anew with each, of `learning_rate` on batches of
           `batch` rows drawn afresh. `lengths` kept: after each step every matrix is given back the length that it had
           at the very first (free: it is not).
Observed   the loss of its rows that each of `probes` further tasks is learnt to in as many steps, geometric mean over
           these, each learnt from the same weights: of the network with that past over that of fresh ones, one a task.
           The same of the network with a past whose matrices are given back their first lengths, and of fresh networks
           whose matrices are given the lengths of the one with a past. By how much longer its matrices are.
Trial      images and labels of all tasks, initial weights of all networks, batches.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification
from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.networks import ACTIVATIONS, gaussian_weights, parameter_counts
from predictions.instruments.optimisers import adam
from predictions.instruments.trials import over_trials

CLASSES = 10
LOGIT_SCALE = 2.0
SQUASHES = {"leaky": lambda z: jnp.where(z > 0, z, 0.1 * z), **ACTIVATIONS}


def prepare(setting, seeds):
    """Given: parameters (trials,). State: rows of all images, each task's images and labels, weights, batch seeds."""
    images = classification(setting["data"]).inputs
    sizes = [images.shape[1], *[setting["width"]] * setting["hidden_layers"], CLASSES]
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        tasks = setting["past"] + setting["probes"]
        chosen = np.stack([rng.permutation(len(images))[: setting["rows"]] for _ in range(tasks)])
        labels = rng.integers(CLASSES, size=chosen.shape)
        start, *others = ([matrix for matrix, _ in gaussian_weights(rng, sizes)] for _ in range(1 + setting["probes"]))
        trials.append((chosen, labels, start, [np.stack(layer) for layer in zip(*others)], rng.integers(2**31)))
    chosen, labels, start, fresh, batch_seeds = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    return {"parameters": parameter_counts(start)}, (images, chosen, labels, start, fresh, batch_seeds)


def measure(setting, state):
    """Losses that probes are learnt to, and shares of what was lost that lengths make up for: each (trials,)."""
    kind = tuple(setting[name] for name in ("activation", "normalised", "lengths", "batch", "steps"))
    rates = float(setting["learning_rate"]), float(setting["towards_start"])
    losses, growth = _live_and_learn_all(kind, setting["past"], rates, *jax.tree.map(jnp.asarray, state))
    losses, growth = np.asarray(losses, dtype=np.float64), np.asarray(growth, dtype=np.float64)
    late, fresh, restored, lengthened = np.mean(np.log(losses), axis=2).T  # each (trials,), in ln nats
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "late_ratio": np.exp(late - fresh),
            "restored_share": (late - restored) / (late - fresh),
            "lengthened_share": (lengthened - fresh) / (late - fresh),
            "fresh_loss": np.exp(fresh),
            "growth": growth,
        }


@partial(jax.jit, static_argnums=0)
def _live_and_learn_all(kind, past, rates, images, *trials):
    """Losses (trials, 4, probes), and growth (trials,)."""
    return over_trials(lambda *trial: _live_and_learn(kind, past, rates, images, *trial), *trials)


def _live_and_learn(kind, past, rates, images, chosen, labels, start, fresh, seed):
    """Losses (4, probes) of the network with a past, of fresh ones, of both with exchanged lengths; growth: ()."""
    activation, normalised, lengths, batch, steps = kind
    learning_rate, towards_start = rates
    rule = adam(learning_rate=learning_rate)

    def loss(weights, inputs, labels):
        return jnp.mean(label_cross_entropies(outputs(weights, inputs, activation, normalised=normalised), labels))

    def learn(weights, task):
        """Weights after a task, and the loss of all its rows."""
        inputs, labelled = images[chosen[task]], labels[task]
        drawn = jax.random.randint(jax.random.fold_in(jax.random.key(seed), task), (steps, batch), 0, len(inputs))

        def pulled(weights, rows):
            distance = sum(jnp.sum((now - first) ** 2) for now, first in zip(weights, start))
            return loss(weights, inputs[rows], labelled[rows]) + towards_start * distance

        def step(number, carry):
            weights, memory = carry
            weights, memory = rule.move(weights, memory, jax.grad(pulled)(weights, drawn[number]))
            return (as_long_as(start, weights) if lengths == "kept" else weights), memory

        weights, _ = jax.lax.fori_loop(0, steps, step, (weights, rule.start(weights)))
        return weights, loss(weights, inputs, labelled)

    old = jax.lax.fori_loop(0, past, lambda task, weights: learn(weights, task)[0], start)
    probes = past + jnp.arange(len(fresh[0]))
    again = [jnp.broadcast_to(matrix, those.shape) for matrix, those in zip(old, fresh)]
    starts = again, fresh, as_long_as(start, again), as_long_as(old, fresh)
    tried = jax.tree.map(lambda *kinds: jnp.stack(kinds), *starts)
    losses = jax.lax.map(lambda kind: jax.vmap(lambda weights, task: learn(weights, task)[1])(kind, probes), tried)
    return losses, jnp.exp(jnp.mean(jnp.stack([jnp.log(length(now) / length(then)) for now, then in zip(old, start)])))


def outputs(weights, inputs, activation: str, *, normalised: str):
    """(rows, classes); with `normalised` yes, of a network in which the length of a matrix does not matter."""
    scaled = _standardised if normalised == "yes" else (lambda signal: signal)
    signal = inputs
    for matrix in weights[:-1]:
        signal = SQUASHES[activation](scaled(signal @ matrix))
    return (LOGIT_SCALE if normalised == "yes" else 1.0) * scaled(signal @ weights[-1])


def _standardised(signal):
    signal = signal - jnp.mean(signal, axis=1, keepdims=True)
    return signal * jax.lax.rsqrt(jnp.mean(signal**2, axis=1, keepdims=True) + 1e-12)


def length(matrix):
    """Root of the sum of squares over the last two axes, which are kept."""
    return jnp.sqrt(jnp.sum(matrix**2, axis=(-2, -1), keepdims=True))


def as_long_as(these, weights):
    """`weights`, each matrix of which is given the length of that of `these`."""
    return [matrix * length(this) / length(matrix) for this, matrix in zip(these, weights)]
