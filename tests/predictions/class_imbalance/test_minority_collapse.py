"""Minority collapse: the reduced programme against the full one, the threshold, and the descent's own gradient."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import log_softmax

from predictions.class_imbalance import theory, unconstrained_features
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("test-minority-collapse", "explore", range(2))
CONDITION = {
    "majority": 2,
    "minority": 3,
    "imbalance": 4,
    "penalty": "per-class",
    "decay": 0.05,
    "feature_size": 8,
    "learning_rate": 0.3,
    "steps": 3000,
    "start": 1.0,
}
PREDICTED = {
    "per-class": theory.layer_peeled_cosine,
    "per-sample": theory.ordinary_decay_cosine,
}


def full_programme_cosine(condition, seed):
    """Minority cosine at a minimum over all of W (K, K) and one feature a class, without using any symmetry."""
    large, classes = condition["majority"], condition["majority"] + condition["minority"]
    sizes = np.where(np.arange(classes) < large, condition["imbalance"], 1)
    shares = sizes / sizes.sum()
    weight = np.ones(classes) if condition["penalty"] == "per-class" else shares

    def loss(flat):
        weights, features = flat.reshape(2, classes, classes)
        fit = -np.sum(shares * np.diag(log_softmax(features @ weights.T, axis=1)))
        return fit + condition["decay"] / 2 * (np.sum(weights**2) + np.sum(weight[:, None] * features**2))

    start = np.random.default_rng(seed).standard_normal(2 * classes**2)
    found = minimize(loss, start, method="BFGS", options={"gtol": 1e-7})
    rare = found.x.reshape(2, classes, classes)[0, large:]
    return rare[0] @ rare[1] / np.linalg.norm(rare[0]) / np.linalg.norm(rare[1])


@pytest.mark.parametrize(("penalty", "imbalance"), [("per-class", 1), ("per-class", 4), ("per-sample", 12)])
def test_reduced_programme_against_the_full_one(penalty, imbalance):
    condition = CONDITION | {"penalty": penalty, "imbalance": imbalance}
    assert PREDICTED[penalty](condition, {}) == pytest.approx(full_programme_cosine(condition, imbalance), abs=2e-3)


@pytest.mark.parametrize("penalty", PREDICTED)
def test_balanced_classes_form_a_simplex(penalty):
    condition = CONDITION | {"imbalance": 1}
    assert PREDICTED[penalty](condition, {}) == pytest.approx(-1 / 4, abs=1e-5)
    assert theory.simplex_cosine(condition, {}) == -1 / 4


@pytest.mark.parametrize("penalty", PREDICTED)
def test_collapse_begins_at_the_critical_imbalance(penalty):
    critical = theory.critical_imbalance(CONDITION, per_class=penalty == "per-class")
    below, above = (PREDICTED[penalty](CONDITION | {"imbalance": f * critical}, {}) for f in (0.9, 1.02))
    assert below < 0.99
    assert above == pytest.approx(1, abs=1e-4)


def test_loss_has_each_class_once_or_each_sample():
    labels = unconstrained_features.class_of_samples(CONDITION)
    np.testing.assert_array_equal(np.bincount(labels), [8, 8, 2, 2, 2])
    rng = np.random.default_rng(0)
    weights, features = rng.standard_normal((5, 8)), rng.standard_normal((22, 8))
    penalties = 1 / np.bincount(labels)[labels]
    fit = -np.mean(log_softmax(features @ weights.T, axis=1)[np.arange(22), labels])
    decay = sum(np.mean(np.sum(features[labels == k] ** 2, axis=1)) for k in range(5)) + np.sum(weights**2)
    with profile("float64"):
        computed = float(unconstrained_features.loss((weights, features), labels, penalties, 0.05))
    assert computed == pytest.approx(fit + 0.025 * decay)


@pytest.mark.parametrize(("penalty", "imbalance"), [("per-class", 4), ("per-class", 20), ("per-sample", 4)])
def test_descent_reaches_the_optimum_from_anywhere(penalty, imbalance):
    condition = CONDITION | {"penalty": penalty, "imbalance": imbalance}
    with profile("float64"):
        _, state = unconstrained_features.prepare(condition, SEEDS)
        observed = unconstrained_features.measure(condition, state)
    assert np.all(observed["remaining_gradient"] < 1e-6)
    np.testing.assert_allclose(observed["minority_cosine"], PREDICTED[penalty](condition, {}), atol=1e-4)


def test_one_step_follows_the_gradient():
    with profile("float64"):
        _, (weights, features) = unconstrained_features.prepare(CONDITION, SEEDS[:1])
        labels = unconstrained_features.class_of_samples(CONDITION)
        shares = 1 / np.bincount(labels)[labels]
        slope, _ = jax.grad(unconstrained_features.loss)((weights[0], features[0]), labels, shares, 0.05)
        observed = unconstrained_features.measure(CONDITION | {"steps": 1}, (weights, features))
        stepped = weights[0] - 0.3 * np.asarray(slope)
    rare = stepped[2:] / np.linalg.norm(stepped[2:], axis=1, keepdims=True)
    expected = (np.sum(rare @ rare.T) - 3) / 6
    assert observed["minority_cosine"][0] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("decay", [1e-6, 1e-3, 0.03])
@pytest.mark.parametrize(("large", "small"), [(1, 2), (2, 3), (5, 5)])
@pytest.mark.parametrize("per_class", [True, False])
def test_from_the_simplex_to_the_threshold_at_any_decay(decay, large, small, per_class):
    """Balanced classes at -1/(K - 1), more imbalanced ones closer, the small ones as one above the threshold."""
    setting = {"majority": large, "minority": small, "decay": decay}
    cosine = theory.layer_peeled_cosine if per_class else theory.ordinary_decay_cosine
    critical = theory.critical_imbalance(setting, per_class=per_class)
    found = [
        cosine(setting | {"imbalance": ratio}, {}) for ratio in (1, critical**0.5, 0.99 * critical, 1.01 * critical)
    ]
    assert found[0] == pytest.approx(-1 / (large + small - 1), abs=1e-5)
    assert found[0] < found[1] < found[2] < found[3]
    assert found[2] < 1 - 1e-9
    assert found[3] == pytest.approx(1, abs=1e-6)


def test_a_decay_that_leaves_no_weights_is_refused():
    with pytest.raises(ValueError, match=r"decay is 0\.3"):
        theory.layer_peeled_cosine({"majority": 2, "minority": 3, "imbalance": 5, "decay": 0.3}, {})
