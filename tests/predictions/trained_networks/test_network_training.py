"""Training against a plain loop, shared statistics by hand, the gap that a count of parameters predicts."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp
from scipy.stats import kendalltau

from predictions.data.datasets import Classification, split_rows
from predictions.instruments.networks import uniform_weights
from predictions.trained_networks import families, theory, training, widths
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("test-trained-networks", "explore", range(2))
FAMILY = {
    "data": "digits",
    "label_noise": 0.2,
    "varied": "initial_scale",
    "layers": "as-trained",
    "rows": 40,
    "test_rows": 200,
    "width": 12,
    "networks": 2,
    "target_loss": 0.05,
    "most_steps": 6000,
}
WIDTHS = {
    "data": "digits",
    "labels": "random",
    "trained": "all",
    "width": 64,
    "rows": 60,
    "test_rows": 500,
    "learning_rate": 0.02,
    "batch_size": 16,
    "target_loss": 0.02,
    "most_steps": 5000,
}


def run(experiment, condition, seeds=SEEDS):
    with profile("float64", frameworks=["jax"]):
        given, state = experiment.prepare(condition, seeds)
        return given, state, experiment.measure(condition, state)


def gradients(layers, inputs, labels):
    """Of the mean cross-entropy, in the shape of the layers."""
    (first, bias), (last, offset) = layers
    hidden = np.maximum(inputs @ first + bias, 0)
    outputs = hidden @ last + offset
    slopes = np.exp(outputs - logsumexp(outputs, axis=1, keepdims=True)) - np.eye(len(offset))[labels]
    slopes = slopes / len(labels)
    back = slopes @ last.T * (hidden > 0)
    return [[inputs.T @ back, back.sum(axis=0)], [hidden.T @ slopes, slopes.sum(axis=0)]]


@pytest.mark.parametrize("readout_only", [0.0, 1.0])
def test_training_against_a_plain_loop(readout_only):
    generator = np.random.default_rng(0)
    inputs, labels = generator.standard_normal((20, 3)), generator.integers(4, size=20)
    layers = [list(layer) for layer in uniform_weights(generator, [3, 5, 4])]
    with profile("float64", frameworks=["jax"]):
        key = jax.random.key(7)
        recipe = training.Recipe(*(jnp.asarray(x) for x in (0.1, 6.0, 0.01, readout_only)))
        trained, steps = training.train(
            [tuple(map(jnp.asarray, layer)) for layer in layers], jnp.asarray(inputs), jnp.asarray(labels), key, recipe,
            momentum=0.8, target_loss=0.0, most_steps=25, rows_a_step=8,
        )  # fmt: skip
        drawn = [np.asarray(jax.random.randint(jax.random.fold_in(key, i), (8,), 0, 20))[:6] for i in range(25)]
        assert int(steps) == 25
    velocity = [[np.zeros_like(w) for w in layer] for layer in layers]
    for rows in drawn:
        slopes = gradients(layers, inputs[rows], labels[rows])
        for layer in range(2):
            for part in range(2):
                velocity[layer][part] = 0.8 * velocity[layer][part] + slopes[layer][part]
                if layer == 1 or not readout_only:
                    shrunk = (1 - 0.1 * 0.01) * layers[layer][part]
                    layers[layer][part] = shrunk - 0.1 * velocity[layer][part]
    for ours, theirs in zip(jax.tree.leaves(trained), [w for layer in layers for w in layer]):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)


def test_split_is_disjoint_and_redraws_labels():
    data = Classification(np.arange(1000.0)[:, None], np.arange(1000) % 5, classes=5)
    rows = split_rows(data, 600, 300, np.random.default_rng(0), label_noise=0.5)
    assert not set(rows.inputs[:, 0]) & set(rows.test_inputs[:, 0])
    np.testing.assert_array_equal(rows.test_labels, rows.test_inputs[:, 0] % 5)
    # a redrawn label is the old one with probability 1/5
    assert np.mean(rows.labels != rows.inputs[:, 0] % 5) == pytest.approx(0.4, abs=0.06)


def test_kendall_against_scipy_where_nothing_is_tied():
    generator = np.random.default_rng(0)
    first, second = generator.standard_normal((2, 9))
    assert families.kendall(first, second) == pytest.approx(kendalltau(first, second).statistic)
    assert families.kendall(np.arange(3.0), np.array([1.0, 1.0, 2.0])) == pytest.approx(2 / 3)


def test_the_correction_gives_back_the_correlation_of_errors_without_noise():
    """Errors of variance one with noise of variance one on each half: 2/3 of the variance of their mean is theirs."""
    generator = np.random.default_rng(0)
    sharp, own, *noise = generator.standard_normal((4, 1, 600, 1))
    errors = 0.8 * sharp + 0.6 * own
    found = families.family_statistics(sharp, sharp, *(errors + each for each in noise))
    assert found["reliability"][0] == pytest.approx(2 / 3, abs=0.06)
    assert found["rank_correlation"][0] == pytest.approx(2 / np.pi * np.arcsin(0.8 * np.sqrt(2 / 3)), abs=0.04)
    assert found["corrected_correlation"][0] == pytest.approx(2 / np.pi * np.arcsin(0.8), abs=0.04)
    assert found["range_in_errors"][0] * np.sqrt(1 / 2) == pytest.approx(found["test_error_range"][0], rel=0.06)


def test_families_that_do_not_vary_have_no_range_and_no_correction():
    same = np.full((2, 6, 1), 0.25)
    sharp = np.arange(1.0, 7)[None, :, None] * np.ones((2, 1, 1))
    unrelated = np.stack([same[0], same[0] + np.array([1, -1, 1, -1, 1, -1])[:, None] / 8])
    found = families.family_statistics(sharp, sharp, unrelated, 0.5 - unrelated)
    np.testing.assert_array_equal(found["range_in_errors"], 0)
    np.testing.assert_array_equal(found["reliability"], 0)
    np.testing.assert_array_equal(found["corrected_correlation"], found["rank_correlation"])
    np.testing.assert_array_equal(found["sharpness_ratio"], 6)


def test_sharpness_of_a_family_against_finite_differences():
    condition = FAMILY | {"networks": 1, "most_steps": 0, "width": 2}
    _, (rows, networks, _), observed = run(families, condition, SEEDS[:1])
    assert observed["sharpness"].shape == (1, 6)
    arrays = [w[0, 1] for w in jax.tree.leaves(networks[0])]  # the second initial scale
    flat = np.concatenate([np.ravel(w) for w in arrays])

    def slope(flat):
        parts = np.split(flat, np.cumsum([w.size for w in arrays])[:-1])
        first, bias, last, offset = (part.reshape(w.shape) for part, w in zip(parts, arrays))
        layers = gradients([(first, bias), (last, offset)], rows.inputs[0], rows.labels[0])
        return np.concatenate([np.ravel(w) for layer in layers for w in layer])

    hessian = np.array([(slope(flat + 1e-6 * e) - slope(flat - 1e-6 * e)) / 2e-6 for e in np.eye(len(flat))])
    assert observed["sharpness"][0, 1] == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=0.01)


def test_rescaled_layers_keep_the_errors_and_change_the_sharpness():
    _, _, trained = run(families, FAMILY)
    _, _, rescaled = run(families, FAMILY | {"layers": "rescaled"})
    np.testing.assert_array_equal(rescaled["test_error"], trained["test_error"])
    np.testing.assert_allclose(rescaled["largest_loss"], trained["largest_loss"], rtol=1e-9)
    assert (np.abs(np.log(rescaled["sharpness"] / trained["sharpness"])) > 0.5).mean() > 0.5
    assert (trained["largest_loss"] <= 0.05).all()


def test_wide_networks_fit_random_labels_and_learn_nothing():
    given, (rows, _, _), observed = run(widths, WIDTHS)
    assert given["features"].tolist() == [64, 64]
    assert given["classes"].tolist() == [10, 10]
    assert (observed["training_loss"] <= 0.02).all()
    assert (observed["train_error"] == 0).all()
    assert observed["test_error"] == pytest.approx(0.9, abs=0.05)
    np.testing.assert_allclose(observed["gap"], observed["test_error"] - observed["train_error"])
    _, (true_rows, _, _), learnt = run(widths, WIDTHS | {"labels": "true"})
    assert (learnt["test_error"] < 0.5).all()
    assert np.mean(true_rows.labels == rows.labels) < 0.3


def test_capacity_by_hand():
    given = {"classes": 10, "features": 64}
    full = theory.capacity_deviation({"width": 32, "trained": "all", "rows": 500}, given)
    weights = 64 * 32 + 32 + 32 * 10 + 10
    assert full == pytest.approx(np.sqrt(weights * 2 * np.log(weights) / 500))
    readout = theory.capacity_deviation({"width": 32, "trained": "readout", "rows": 500}, given)
    assert readout == pytest.approx(np.sqrt(330 * np.log(330) / 500))
