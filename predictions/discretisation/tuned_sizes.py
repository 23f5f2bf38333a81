"""Networks of several finite sizes of one kind, each at the hyperparameters that are best for it, on the same rows.

Model      rows -> `hidden_layers` of `width` neurons with this `activation` -> logits, weights uniform in
           +-1/sqrt(inputs). Three sizes, by `limit`. width: `width` times 1, 4, 16; times 4 for the others. step: rate
           divided by 1, 4, 16 and as many times more steps, on all rows. batch: 1/64, 1/8 of the rows a step, and all.
Data       `rows` rows of `data`, each label redrawn with probability `label_noise`; as many again, drawn and redrawn
           alike, to choose by (validation); the loss is told on `test_rows` others (all others, if there are fewer)
           with their own labels. `last_rows`: share of the training rows that the last size gets.
Loss       cross-entropy.
Training   heavy ball, momentum 0.9, for `steps` steps (of the coarsest) from one start a width; `batch` rows a step
           (of widths), drawn with replacement. The rate is `learning_rate` times one of `RATES` over the root of the
           growth of the width; decoupled decay one of `DECAYS` in units of the gradient flow's. Tuned for each size by
           itself, by the least validation loss of all: rate (of the coarsest step, finer ones going along), decay and
           the time of stopping, one of `LOOKS` moments spaced evenly in ln t. A trial is `networks` of these, tuned
           together: the losses are means over them.
Observed   test loss of the last size over that of the better of the two others, which the validation rows choose; by
           how much the grid's ends (least and largest rate, largest decay, last moment) lower the validation loss, ln,
           the larger of these two sizes' numbers; each size's test loss.
Trial      rows, redrawn labels, initial weights and order of the rows of each network.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import Classification, classification
from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.networks import ACTIVATIONS, fully_connected, uniform_weights
from predictions.instruments.optimisers import decoupled_decay, heavy_ball

MOMENTUM = 0.9
FINER = (1, 4, 16)
BATCHES = (64, 8, 1)  # rows over a batch's
RATES = (1 / 9, 1 / 3, 1.0, 3.0, 9.0)
DECAYS = (0.0, 0.01, 0.1, 1.0)
LOOKS = 24
FIRST_LOOK = 1 / 64  # of the time


def prepare(setting, seeds):
    """State: for each network of a trial training, validation and test rows, a start a size, the seed of the order."""
    data, trials = classification(setting["data"]), []
    if 2 * setting["rows"] >= len(data.labels):
        raise ValueError(f"{setting['rows']} rows and as many for validation leave none of {len(data.labels)}")
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        trials.append([_network(setting, data, rng) for _ in range(setting["networks"])])
    return {}, trials


def _network(setting, data: Classification, rng: np.random.Generator):
    order, rows = rng.permutation(len(data.labels)), setting["rows"]
    drawn, others = order[: 2 * rows], order[2 * rows : 2 * rows + setting["test_rows"]]
    redrawn = rng.random(2 * rows) < setting["label_noise"]
    labels = np.where(redrawn, rng.integers(data.classes, size=2 * rows), data.labels[drawn])
    train, validation = ((data.inputs[drawn[part]], labels[part]) for part in (slice(rows), slice(rows, None)))
    start, sizes = rng.integers(2**63), widths(setting)
    inner = [[width] * setting["hidden_layers"] for width in sizes]
    layers = [  # sizes of one width have one start
        uniform_weights(np.random.default_rng([start, it[0]]), [data.inputs.shape[1], *it, data.classes])
        for it in inner
    ]
    parts = (train, validation, (data.inputs[others], data.labels[others]))
    return parts, layers, rng.integers(2**31, dtype=np.uint32)


def widths(setting) -> tuple[int, ...]:
    """Neurons a layer, of each size."""
    return tuple(setting["width"] * (times if setting["limit"] == "width" else FINER[1]) for times in FINER)


def measure(setting, state):
    """The ratio of test losses and the gain at the grid's ends, (trials,); test losses (trials, sizes)."""
    found = [np.mean([_losses(setting, *network) for network in trial], axis=0) for trial in state]
    return chosen(np.stack(found))


def _losses(setting, parts, layers, seed) -> np.ndarray:
    """Validation and test loss of a network: (sizes, rates, decays, looks, 2)."""
    parts, sizes = jax.tree.map(jnp.asarray, parts), []
    like = parts[0][0].dtype
    for size, start in enumerate(layers):
        start = jax.tree.map(lambda w: jnp.asarray(w, like), start)
        rates, plan = _plan(setting, size, len(parts[0][1]))
        swept = _sweep(start, parts, seed, jnp.asarray(rates, like), jnp.asarray(DECAYS, like), **plan)
        sizes.append(np.asarray(swept, dtype=np.float64))
    return np.where(np.isfinite(losses := np.stack(sizes)), losses, np.inf)


def _plan(setting, size: int, rows: int) -> tuple[np.ndarray, dict]:
    """How one size is trained: its rates; what it is compiled for."""
    limit, last = setting["limit"], size == len(FINER) - 1
    finer = FINER[size] if limit == "step" else 1
    batch = {"width": setting["batch"], "step": None, "batch": max(1, rows // BATCHES[size])}[limit]
    rates = setting["learning_rate"] / finer * np.sqrt(setting["width"] / widths(setting)[size]) * np.array(RATES)
    return rates, {
        "activation": ACTIVATIONS[setting["activation"]],
        "steps": setting["steps"],
        "finer": finer,
        "batch": None if batch == rows else batch,
        "rows": round(rows * setting["last_rows"]) if last else rows,
    }


@partial(jax.jit, static_argnames=("activation", "steps", "finer", "batch", "rows"))
def _sweep(start, parts, seed, rates, decays, *, activation, steps, finer, batch, rows):
    """Validation and test loss of every rate and decay at every look: (rates, decays, looks, 2)."""
    (inputs, labels), *held_out = parts
    looks = finer * np.unique(np.round(steps * FIRST_LOOK ** np.linspace(1, 0, LOOKS)).astype(int))
    before = jnp.asarray(np.concatenate([[0], looks[:-1]]))

    def loss(layers, inputs, labels):
        return jnp.mean(label_cross_entropies(fully_connected(layers, inputs, activation=activation), labels))

    def one(rate, decay):
        rule = decoupled_decay(
            heavy_ball(learning_rate=rate, momentum=MOMENTUM), weight_decay=decay / (1 - MOMENTUM), learning_rate=rate
        )

        def step(index, state):
            layers, velocity = state
            taken = slice(None, rows)
            if batch is not None:
                taken = jax.random.randint(jax.random.fold_in(jax.random.key(seed), index), (batch,), 0, rows)
            return rule.move(layers, velocity, jax.grad(loss)(layers, inputs[taken], labels[taken]))

        def look(state, between):
            state = jax.lax.fori_loop(*between, step, state)
            return state, jnp.stack([loss(state[0], *part) for part in held_out])

        return jax.lax.scan(look, (start, rule.start(start)), (before, jnp.asarray(looks)))[1]

    return jax.vmap(jax.vmap(one, (None, 0)), (0, None))(rates, decays)


def chosen(losses: np.ndarray) -> dict[str, np.ndarray]:
    """From (trials, sizes, rates, decays, looks, 2), validation and test: what validation chooses, as test losses."""
    validation, test = (losses[..., part].reshape(*losses.shape[:2], -1) for part in (0, 1))
    best = validation.argmin(axis=2)[..., None]
    validated, tested = (np.take_along_axis(part, best, axis=2)[..., 0] for part in (validation, test))
    inner = losses[:, :, 1:-1, :-1, :-1, 0].min(axis=(2, 3, 4))
    smaller = validated[:, :-1].argmin(axis=1)[:, None]
    against = np.take_along_axis(tested[:, :-1], smaller, axis=1)[:, 0]
    edges = np.log(inner / validated)
    edge = np.maximum(edges[:, -1], np.take_along_axis(edges[:, :-1], smaller, axis=1)[:, 0])
    return {"loss_ratio": tested[:, -1] / against, "edge_gain": edge, "test_loss": tested}
