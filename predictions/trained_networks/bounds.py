"""Complexity measures behind bounds, ranked against the gap of networks that all fit the same rows: Jiang et al. 2020.

Model      rows -> ReLU neurons -> logits, weights uniform in +-1/sqrt(inputs) times a scale.
Data       `rows` rows of `data`, each label redrawn with probability `label_noise`; test error on `test_rows` others
           (on all others, if there are fewer), with their own labels, and on each half of these.
Loss       cross-entropy.
Training   stochastic gradient descent with momentum 0.9, `learning_rate` and `batch_size` rows a step, until the loss
           on all rows is at most `target_loss`, or for `most_steps`: of one network for every pair of one of `WIDTHS`
           times `width` neurons and one of `SCALES` of the initial weights. `measured_on`: own; or rescaled, the first
           layer times c and the next layer's matrix divided by c, ln c uniform in +-ln 100 for each, which keeps the
           function; or permuted, the measures of another one of the trial's networks.
Observed   for each measure Kendall's tau with the gap, test less training error, over the networks that differ in one
           setting alone, mean over settings and over the values of the other (conditional); the range of the gaps in
           units of what the choice of test rows makes of them, for either setting; the largest loss.
Trial      rows, initial weights up to scale, order of the rows, c, permutation; gaps and measures are means over
           `networks` of these.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.data.datasets import classification, split_rows
from predictions.instruments.networks import uniform_weights
from predictions.trained_networks.families import kendall
from predictions.trained_networks.training import Recipe, cross_entropy, error_rate, outputs, train

WIDTHS = (1, 3, 9)
SCALES = (1.0, 2.0, 4.0, 8.0)
MOMENTUM = 0.9
LARGEST_FACTOR = 100
SMALL_MARGIN = 10  # per cent of the training rows have a smaller one: Jiang et al. 2020, appendix C.2.1
MEASURES = ("pac_bayes", "spectral", "path", "distance", "weights")


def prepare(setting, seeds):
    """State: a trial's rows, and for each of its networks the layers of every width and the seed of the order."""
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        data = classification(setting["data"])
        rows = split_rows(data, setting["rows"], setting["test_rows"], rng, label_noise=setting["label_noise"])
        networks = []
        for _ in range(setting["networks"]):
            sizes = [[rows.inputs.shape[1], times * setting["width"], data.classes] for times in WIDTHS]
            networks.append(([uniform_weights(rng, size) for size in sizes], rng.integers(2**32, dtype=np.uint32)))
        shape = len(WIDTHS), len(SCALES)
        factors = np.ones(shape)
        if setting["measured_on"] == "rescaled":
            factors = np.exp(rng.uniform(-np.log(LARGEST_FACTOR), np.log(LARGEST_FACTOR), shape))
        order = rng.permutation(factors.size) if setting["measured_on"] == "permuted" else np.arange(factors.size)
        trials.append((rows, networks, factors, order))
    return {}, trials


def measure(setting, state):
    """Conditional rank correlations of each measure, and how far gaps vary: see `rankings`, (trials,)."""
    rates = {name: setting[name] for name in ("learning_rate", "target_loss", "most_steps")}
    found = []
    for rows, networks, factors, order in state:
        rows = jax.tree.map(jnp.asarray, rows)
        each = [
            [[_network(layers, rows, scale, factor, seed, batch_size=setting["batch_size"], **rates)
              for scale, factor in zip(SCALES, of_width)]
             for layers, of_width in zip(widths, factors)]
            for widths, seed in networks
        ]  # fmt: skip
        errors, measures = np.split(np.asarray(each, dtype=np.float64), [4], axis=-1)  # (networks, widths, scales, ...)
        dealt = measures.reshape(len(networks), len(order), -1)[:, order].reshape(measures.shape)
        found.append(np.concatenate([errors, dealt], axis=-1))
    return rankings(np.stack(found))


def rankings(found: np.ndarray) -> dict[str, np.ndarray]:
    """From (trials, networks, widths, scales, what `_network` tells): each (trials,)."""
    losses, errors = found[..., 0].max(axis=(1, 2, 3)), found[..., 1:4].mean(axis=1)
    train_errors, one, two = np.moveaxis(errors, -1, 0)
    gaps, noise = (one + two) / 2 - train_errors, one - two
    ranked = {
        f"{name}_ranking": np.array([conditional(*pair) for pair in zip(np.log(values).mean(axis=1), gaps)])
        for name, values in zip(MEASURES, np.moveaxis(found[..., 4:], -1, 0))
    }
    # test rows that are hard for all networks alike make one half harder, and no difference between networks
    error = np.std(noise, axis=(1, 2), ddof=1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ranges = [np.nan_to_num(np.ptp(gaps.mean(axis=other), axis=1) / error, posinf=np.inf) for other in (2, 1)]
    return ranked | {"range_over_widths": ranges[0], "range_over_scales": ranges[1], "largest_loss": losses}


def conditional(measure: np.ndarray, gaps: np.ndarray) -> float:
    """Jiang et al. 2020, equations 3 to 5: tau along each of the axes, mean over the others' values, then over axes."""
    along = [[kendall(*pair) for pair in zip(*both)] for both in ((measure, gaps), (measure.T, gaps.T))]
    return float(np.mean([np.mean(taus) for taus in along]))


@partial(jax.jit, static_argnames="batch_size")
def _network(layers, rows, scale, factor, seed, *, learning_rate, batch_size, target_loss, most_steps):
    """Loss and error on the training rows, errors on both halves of the test rows, then `MEASURES`."""
    start = jax.tree.map(lambda w: jnp.asarray(scale * w, rows.inputs.dtype), layers)
    recipe = Recipe(*(jnp.asarray(x, rows.inputs.dtype) for x in (learning_rate, batch_size, 0.0, 0.0)))
    limits = {"target_loss": target_loss, "most_steps": most_steps, "rows_a_step": batch_size}
    key = jax.random.key(seed)
    trained, _ = train(start, rows.inputs, rows.labels, key, recipe, momentum=MOMENTUM, **limits)
    (matrix, bias), (readout, offsets) = trained
    trained = [(factor * matrix, factor * bias), (readout / factor, offsets)]
    middle = len(rows.test_labels) // 2
    halves = slice(None, middle), slice(middle, 2 * middle)
    tested = [error_rate(trained, rows.test_inputs[half], rows.test_labels[half]) for half in halves]
    own = rows.inputs, rows.labels
    return jnp.stack([
        cross_entropy(trained, *own), error_rate(trained, *own), *tested, *complexities(trained, start, *own)
    ])  # fmt: skip


def complexities(layers, start, inputs, labels) -> list:
    """The numbers in `MEASURES` of a network with one hidden layer, up to monotone functions that all networks share.

    pac_bayes   |w - w_0|^2 tr H, as the divergence of Gaussians of variance s^2 about trained and initial weights is
                |w - w_0|^2 / 2 s^2, and s^2 tr H / 2 what they add to the loss. Jiang et al. 2020, appendix C.4
    spectral    prod |W|_2^2 (sum (|W - W_0|_{2,1} / |W|_2)^{2/3})^3 / margin^2. Bartlett, Foster & Telgarsky 2017
    path        sum over paths of the product of squared weights, over margin^2. Neyshabur, Tomioka & Srebro 2015
    distance    |w - w_0|^2
    weights     their number
    """
    moved = jax.tree.map(jnp.subtract, layers, start)
    distance = sum(jnp.sum(w**2) for w in jax.tree.leaves(moved))
    logits = outputs(layers, inputs)
    right = jnp.take_along_axis(logits, labels[:, None], axis=1)[:, 0]
    others = jnp.where(jnp.arange(logits.shape[1]) == labels[:, None], -jnp.inf, logits).max(axis=1)
    margin = jnp.maximum(jnp.percentile(right - others, SMALL_MARGIN), 1e-3)
    norms = [jnp.linalg.norm(matrix, ord=2) for matrix, _ in layers]
    # |.|_{2,1} of the transpose: a sum over units of what comes in
    apart = [jnp.sum(jnp.linalg.norm(matrix, axis=0)) for matrix, _ in moved]
    spread = sum((a / n) ** (2 / 3) for a, n in zip(apart, norms)) ** 3
    squares = [(matrix**2, bias**2) for matrix, bias in layers]
    paths = jnp.sum((squares[0][0].sum(axis=0) + squares[0][1]) @ squares[1][0] + squares[1][1])
    count = sum(w.size for w in jax.tree.leaves(layers))
    return [
        distance * hessian_trace(layers, inputs),
        (norms[0] * norms[1]) ** 2 * spread / margin**2,
        paths / margin**2,
        distance,
        jnp.asarray(float(count), inputs.dtype),
    ]


def hessian_trace(layers, inputs):
    """Trace of the Hessian of the mean cross-entropy, in closed form for one hidden layer of ReLU neurons.

    The outputs are piecewise linear in each single weight, so that only E_rows tr (diag p - p p^T) J J^T is left.
    """
    (matrix, bias), (readout, _) = layers
    before = inputs @ matrix + bias
    hidden = jax.nn.relu(before)
    p = jax.nn.softmax(outputs(layers, inputs), axis=1)
    of_readout = (1 - jnp.sum(p**2, axis=1)) * (1 + jnp.sum(hidden**2, axis=1))
    variances = p @ (readout**2).T - (p @ readout.T) ** 2  # (rows, neurons): of a neuron's readout weights, under p
    return jnp.mean(of_readout + (1 + jnp.sum(inputs**2, axis=1)) * jnp.sum((before > 0) * variances, axis=1))
