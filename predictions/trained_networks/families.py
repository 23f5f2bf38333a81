"""Families of networks that all fit the same rows, made by varying one setting: flatness against test error.

Model      rows -> `width` ReLU neurons -> logits, weights uniform in +-1/sqrt(inputs) times the initial scale.
           `layers`: as-trained; or rescaled: first layer times c, the next layer's matrix divided by c, ln c uniform in
           +-ln 100 for each value; the function, and so every error, stays the same. Dinh et al. 2017, section 3.
Data       `rows` rows of `data`, each label redrawn with probability `label_noise`; test error on `test_rows` others
           (on all others, if there are fewer), with their own labels, and on each half of these.
Loss       cross-entropy.
Training   stochastic gradient descent with momentum 0.9, from the same weights up to scale, until the loss on all rows
           is at most `target_loss`, or for `most_steps`. Jiang et al. 2020 stop there, too, for losses to be equal. A
           family: six values of the setting that is `varied`, all else as in `BASE`.
Observed   each value's sharpness (largest eigenvalue of the Hessian of the loss on all rows) and test error, means over
           `networks` initial weights; how far both vary over the family, the errors in units of what the choice of test
           rows makes of them; and their rank correlation, as it is and corrected for that.
Trial      rows, initial weights, order of the rows, c.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.data.datasets import classification, split_rows
from predictions.instruments.curvature import sharpness
from predictions.instruments.networks import parameter_counts, uniform_weights
from predictions.trained_networks.training import Recipe, cross_entropy, error_rate, train

BASE = {"learning_rate": 0.01, "batch_size": 32, "weight_decay": 0.0, "initial_scale": 1.0}
FAMILIES = {
    "learning_rate": (0.003, 0.005, 0.008, 0.013, 0.02, 0.032),
    "batch_size": (8, 12, 18, 27, 40, 60),
    "weight_decay": (0.0, 0.0005, 0.001, 0.0015, 0.002, 0.003),
    "initial_scale": (1.0, 2.0, 4.0, 6.0, 9.0, 13.0),
}
MOMENTUM = 0.9
LARGEST_FACTOR = 100


def prepare(setting, seeds):
    """State: one entry a trial with rows, weights (settings x networks, ...), recipes and factors of the layers."""
    state = jax.tree.map(lambda *arrays: np.stack(arrays), *(_draw(setting, int(seed)) for seed in seeds))
    return {"parameters": parameter_counts(state[-1])}, state  # the probe is as long as the weights


def measure(setting, state):
    """Curves over the family, their rank correlation, and whether all networks fit: see `family_statistics`."""
    constants = {name: setting[name] for name in ("target_loss", "most_steps")}
    most = max(FAMILIES["batch_size"]) if setting["varied"] == "batch_size" else BASE["batch_size"]
    results = _train(jax.tree.map(jnp.asarray, state), **constants, rows_a_step=most)
    losses, sharpnesses, *halves = (
        np.asarray(array, dtype=np.float64).reshape(len(array), -1, setting["networks"]) for array in results
    )
    return family_statistics(losses, sharpnesses, *halves)


def family_statistics(losses, sharpnesses, first_half, second_half) -> dict[str, np.ndarray]:
    """From (trials, settings, networks), errors on the two halves of the test rows among them: means over networks, and
    what they say of the family (trials,)."""
    sharp, one, two = (array.mean(axis=2) for array in (sharpnesses, first_half, second_half))
    errors = (one + two) / 2
    raw, of_halves = (np.array([kendall(*pair) for pair in zip(*both)]) for both in ((sharp, errors), (one, two)))
    # test rows that are hard for all settings alike make one half harder, and no difference between settings
    standard_error = np.std(one - two, axis=1, ddof=1) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        range_in_errors = np.nan_to_num(np.ptp(errors, axis=1) / standard_error, posinf=np.inf)
    return {
        "sharpness": sharp,
        "test_error": errors,
        "rank_correlation": raw,
        "test_error_range": np.ptp(errors, axis=1),
        "range_in_errors": range_in_errors,
        "sharpness_ratio": sharp.max(axis=1) / sharp.min(axis=1),
        "reliability": reliability(of_halves),
        "corrected_correlation": corrected(raw, reliability(of_halves)),
        "largest_loss": losses.max(axis=(1, 2)),
    }


def reliability(tau_of_halves: np.ndarray) -> np.ndarray:
    """Share of the variance of test errors over settings that is not the choice of test rows, 0 where none is seen.

    Kendall's tau of errors on two halves is a correlation sin(pi tau/2), if Gaussian (Greiner); twice the rows have
    2 r/(1 + r) (Spearman and Brown).
    """
    r = np.maximum(np.sin(np.pi * tau_of_halves / 2), 0.0)
    return 2 * r / (1 + r)


def corrected(tau: np.ndarray, reliability: np.ndarray) -> np.ndarray:
    """Kendall's tau with errors known exactly: its correlation over the root of the reliability, at most 1 (Spearman).

    Where nothing is reliable, tau as it is.
    """
    r = np.sin(np.pi * tau / 2) / np.sqrt(np.where(reliability > 0, reliability, 1.0))
    return 2 / np.pi * np.arcsin(np.clip(r, -1, 1))


def kendall(first: np.ndarray, second: np.ndarray) -> float:
    """Kendall's tau: pairs in the same order less pairs in opposite order, over all pairs; a tie is neither."""
    above = np.triu_indices(len(first), 1)
    return float(np.mean([np.sign((first[i] - first[j]) * (second[i] - second[j])) for i, j in zip(*above)]))


def _draw(setting, seed: int):
    generator = np.random.default_rng(seed)
    data = classification(setting["data"])
    rows = split_rows(data, setting["rows"], setting["test_rows"], generator, label_noise=setting["label_noise"])
    widths = [rows.inputs.shape[1], setting["width"], data.classes]
    drawn = [uniform_weights(generator, widths) for _ in range(setting["networks"])]
    settings = [BASE | {setting["varied"]: value} for value in FAMILIES[setting["varied"]]]
    factors = np.exp(generator.uniform(-np.log(LARGEST_FACTOR), np.log(LARGEST_FACTOR), len(settings)))
    if setting["layers"] == "as-trained":
        factors = np.ones_like(factors)
    networks = []
    for setting, factor in zip(settings, factors):
        recipe = Recipe(*(np.float64(setting[name]) for name in Recipe._fields[:3]), readout_only=np.float64(0))
        for layers in drawn:
            scaled = jax.tree.map(lambda w, scale=setting["initial_scale"]: scale * w, layers)
            networks.append((scaled, recipe, factor, generator.integers(2**31, dtype=np.uint32)))
    probe = generator.standard_normal(sum(layer.size for layer in jax.tree.leaves(drawn[0])))
    return rows, jax.tree.map(lambda *arrays: np.stack(arrays), *networks), probe


@partial(jax.jit, static_argnames="rows_a_step")
def _train(state, *, target_loss, most_steps, rows_a_step):
    limits = {"target_loss": target_loss, "most_steps": most_steps, "rows_a_step": rows_a_step}

    def one_trial(trial):
        rows, networks, probe = trial

        def one_network(network):
            layers, recipe, factor, seed = network
            key = jax.random.key(seed)
            layers, _ = train(layers, rows.inputs, rows.labels, key, recipe, momentum=MOMENTUM, **limits)
            (matrix, bias), (following, *beside), *others = layers
            layers = [(factor * matrix, factor * bias), (following / factor, *beside), *others]
            flat, shaped = ravel_pytree(layers)
            top = sharpness(lambda flat: cross_entropy(shaped(flat), rows.inputs, rows.labels), flat, probe)
            loss = cross_entropy(layers, rows.inputs, rows.labels)
            middle = len(rows.test_labels) // 2
            halves = slice(None, middle), slice(middle, 2 * middle)
            errors = [error_rate(layers, rows.test_inputs[half], rows.test_labels[half]) for half in halves]
            return loss, top.value, *errors

        return jax.lax.map(one_network, networks)

    return jax.lax.map(one_trial, state)
