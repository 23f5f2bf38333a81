"""Train a two-layer network to add modulo p, look at each neuron's waves, and silence the neurons of some.

Model      i, j -> h_n = (U_in + V_jn)^2 -> outputs sum_n h_n W_nq, the largest of which is the answer; `width` neurons,
           no biases. Weights N(0, 1/p) in U and V and N(0, 1/width) in W.
Data       a share `train_share` of the p^2 pairs, p = `modulus`; the others are for the test. `labels`: sums modulo p,
           or random, drawn for each pair.
Loss       cross-entropy.
Training   `steps` full-batch steps of AdamW with `learning_rate`, beta 0.9 and 0.98, and decoupled `weight_decay`.
Observed   test accuracy; of each neuron, at the frequency where it is strongest (the product of the amplitudes of its
           three waves), how far the phase of W is from the sum of those of U and V, and the share of its power that is
           there; and the outputs once neurons of half of the frequencies are silenced (`silenced`: frequencies), or as
           many neurons at random (neurons): the mean over pairs of the output at distance d = label - q, in units of
           what the right one was, d = 0, before anything was silenced.
Trial      weights, pairs, random labels, and what is silenced.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.networks import parameter_counts
from predictions.instruments.optimisers import adamw
from predictions.instruments.trials import over_trials

BETAS = (0.9, 0.98)


def prepare(setting, seeds):
    """Given: `silenced` (trials, (p - 1)/2), whether the neurons of frequency 1, 2, ... are silenced."""
    draws = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    weights, pairs, labels, silenced, order = zip(*draws)
    weights = tuple(np.stack(arrays) for arrays in zip(*weights))
    given = {"silenced": np.stack(silenced), "parameters": parameter_counts(weights)}
    return given, (weights, np.stack(pairs), np.stack(labels), np.stack(silenced), np.stack(order))


def measure(setting, state):
    """Test accuracy, medians over neurons of phase error (radians) and share of power, each (trials,); outputs left."""
    weights, pairs, labels, silenced, order = state
    rates = {name: jnp.asarray(float(setting[name])) for name in ("learning_rate", "weight_decay")}
    data = jnp.asarray(pairs), jnp.asarray(np.take_along_axis(labels, pairs, axis=1))
    trained = _train(tuple(map(jnp.asarray, weights)), data, rates, setting["steps"])
    observed = []
    for first, second, readout, seen, right, off, shuffled in zip(*trained, pairs, labels, silenced, order):
        first, second, readout = (np.asarray(layer, dtype=np.float64) for layer in (first, second, readout))
        hidden = np.square(first[:, None] + second[None]).reshape(-1, len(readout))  # (pairs, width)
        accurate = np.argmax(hidden @ readout, axis=1) == right
        frequency, error, share = waves(first, second, readout)
        kept = ~off[frequency - 1]
        if setting["silenced"] == "neurons":
            kept = shuffled < kept.sum()
        before, after = (by_distance((hidden * some) @ readout, right) for some in (1, kept))
        observed.append((np.delete(accurate, seen).mean(), np.median(error), np.median(share), after / before[0]))
    names = ("test_accuracy", "phase_error", "single_frequency", "outputs_left")
    return dict(zip(names, map(np.array, zip(*observed))))


def by_distance(outputs, labels):
    """Mean over pairs of the output (pairs, p) at each distance d = label - q modulo p, less that of all: (p,)."""
    p = outputs.shape[1]
    places = (labels[:, None] - np.arange(p)) % p
    means = np.take_along_axis(outputs, places, axis=1).mean(axis=0)
    return means - means.mean()


def waves(first, second, readout):
    """Of each neuron: its strongest frequency, the error |phase of W - those of U and V| in radians, share of power.

    U and V are (p, width), W (width, p). The share is the mean over the three waves of what their power, constants
    aside, has at that frequency.
    """
    count = (len(first) - 1) // 2
    spectra = [np.fft.fft(array, axis=0)[1 : count + 1] for array in (first, second, readout.T)]  # (frequencies, width)
    strongest = np.argmax(np.prod(np.abs(spectra), axis=0), axis=0)
    u, v, w = (spectrum[strongest, np.arange(spectrum.shape[1])] for spectrum in spectra)
    shares = [np.abs(z) ** 2 / np.sum(np.abs(full) ** 2, axis=0) for z, full in zip((u, v, w), spectra)]
    return strongest + 1, np.abs(np.angle(u * v * np.conj(w))), np.mean(shares, axis=0)


def _draw(setting, rng: np.random.Generator):
    """Weights U, V (p, width) and W (width, p), training pairs, all labels, frequencies off, neurons' order."""
    p, width = setting["modulus"], setting["width"]
    weights = [rng.standard_normal(shape) / np.sqrt(shape[0]) for shape in ((p, width), (p, width), (width, p))]
    pairs = rng.permutation(p * p)[: round(setting["train_share"] * p * p)]
    first, second = np.divmod(np.arange(p * p), p)
    labels = (first + second) % p if setting["labels"] == "sums" else rng.integers(p, size=p * p)
    count = (p - 1) // 2
    return weights, pairs, labels, rng.permutation(count) < count // 2, rng.permutation(width)


@jax.jit
def _train(weights, data, rates, steps):
    """Weights after training, each with the trials in front."""
    rule = adamw(**rates, momentum=BETAS[0], second_momentum=BETAS[1])

    def one_trial(weights, pairs, labels):
        i, j = jnp.divmod(pairs, weights[0].shape[0])

        def loss(weights):
            first, second, readout = weights
            outputs = jnp.square(first[i] + second[j]) @ readout
            return jnp.mean(label_cross_entropies(outputs, labels))

        def step(_, carry):
            weights, memory = carry
            return rule.move(weights, memory, jax.grad(loss)(rule.look(weights, memory)))

        return jax.lax.fori_loop(0, steps, step, (weights, rule.start(weights)))[0]

    return over_trials(one_trial, weights, *data)
