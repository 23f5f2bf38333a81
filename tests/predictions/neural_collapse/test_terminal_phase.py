"""Distances from neural collapse on arrangements known by hand; training against a plain loop."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from scipy.special import softmax

from predictions.neural_collapse import terminal_phase, theory
from predictions.neural_collapse.geometry import collapse_statistics, nearest_mean_agreement
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "features": "free",
    "data": "none",
    "classes": 4,
    "imbalance": 1,
    "width": 5,
    "hidden_layers": 0,
    "loss": "cross-entropy",
    "decay": "on",
    "rows_a_class": 6,
    "weight_decay": 0.02,
    "learning_rate": 0.1,
    "steps": 30,
}
SEEDS = derive_seeds("test-terminal-phase", "explore", range(3))


def run(condition, seeds=SEEDS):
    with profile("float64", frameworks=["jax"]):
        given, state = terminal_phase.prepare(condition, seeds)
        return given, state, terminal_phase.measure(condition, state)


def test_orthogonal_class_means_are_a_simplex_once_centred():
    labels = np.repeat(np.arange(5), 3)
    features = 2.0 * np.eye(5)[labels] + 7.0
    found = collapse_statistics(features, labels, 0.3 * np.eye(5))
    assert found == pytest.approx(dict.fromkeys(found, 0.0), abs=1e-12)


def test_a_square_of_class_means_by_hand():
    """Means (2, 0), (0, 1), (-2, 0), (0, -1), rows 0.1 beside them; a classifier turned by 90 degrees."""
    means = np.array([[2.0, 0], [0, 1], [-2, 0], [0, -1]])
    labels = np.repeat(np.arange(4), 2)
    features = means[labels] + np.tile([[0.1, 0], [-0.1, 0]], (4, 1))
    found = collapse_statistics(features, labels, np.stack([-means[:, 1], means[:, 0]]))
    assert found["largest_cosine_deviation"] == pytest.approx(1 - 1 / 3)  # opposite means: |-1 + 1/3|
    assert found["norm_variation"] == pytest.approx(0.5 / 1.5)
    assert found["duality_gap"] == pytest.approx(np.sqrt(2))


def test_variation_within_classes_against_the_pseudoinverse():
    generator = np.random.default_rng(0)
    labels = np.repeat(np.arange(4), 10)
    features = generator.standard_normal((4, 8))[labels] + 0.5 * generator.standard_normal((40, 8))
    means = np.stack([features[labels == k].mean(axis=0) for k in range(4)])
    within = (features - means[labels]).T @ (features - means[labels]) / 40
    between = (means - means.mean(axis=0)).T @ (means - means.mean(axis=0)) / 4
    expected = np.trace(within @ np.linalg.pinv(between, rcond=1e-10)) / 4
    found = collapse_statistics(features, labels, generator.standard_normal((8, 4)))
    assert found["within_class_variation"] == pytest.approx(expected)


def slopes_of(loss, outputs, targets):
    """Gradient of the mean loss of 24 rows with respect to the outputs."""
    return ((softmax(outputs, axis=1) if loss == "cross-entropy" else outputs) - targets) / 24


@pytest.mark.parametrize("change", [{}, {"decay": "off"}, {"loss": "squared"}], ids=["as-is", "no-decay", "squared"])
def test_free_features_against_a_plain_loop(change):
    _, (layers, _, labels, _), observed = run(CONDITION | change, SEEDS[:1])
    weights = [np.array(w[0]) for w in jax.tree.leaves(layers)]  # free features over sqrt(n), matrix, bias
    velocity, targets, root = [np.zeros_like(w) for w in weights], np.eye(4)[labels[0]], np.sqrt(24)
    for _ in range(30):
        free, matrix, bias = weights
        slopes = slopes_of(change.get("loss", "cross-entropy"), root * free @ matrix + bias, targets)
        gradients = [root * slopes @ matrix.T, root * free.T @ slopes, slopes.sum(axis=0)]
        decay = 0.0 if change.get("decay") == "off" else 0.02
        velocity = [0.9 * v + g + decay * w for v, g, w in zip(velocity, gradients, weights)]
        weights = [w - 0.1 * v for w, v in zip(weights, velocity)]
    expected = collapse_statistics(root * weights[0], labels[0], weights[1])
    for name, value in expected.items():
        assert observed[name][0] == pytest.approx(value, rel=1e-8)


def test_networks_start_as_drawn_and_fit_their_rows():
    condition = CONDITION | {"features": "network", "data": "digits", "hidden_layers": 2, "width": 40, "steps": 200}
    given, (layers, inputs, labels, fresh), observed = run(condition)
    first, second, readout = ((np.asarray(w)[0], np.asarray(b)[0]) for w, b in layers)
    hidden = np.maximum(np.maximum(inputs[0] @ first[0] + first[1], 0) @ second[0] + second[1], 0)
    for name, value in collapse_statistics(hidden, labels[0], readout[0]).items():
        assert given[f"initial_{name}"][0] == pytest.approx(value, rel=1e-8)
    np.testing.assert_array_equal(observed["train_error"], 0)
    assert fresh.shape == (3, 4 * 40, 64)
    assert not {row.tobytes() for row in inputs[0]} & {row.tobytes() for row in fresh[0]}
    assert (given["initial_nearest_mean_agreement"] < observed["nearest_mean_agreement"]).all()


def test_later_classes_have_fewer_rows():
    condition = CONDITION | {"classes": 5, "imbalance": 3}
    assert terminal_phase.class_sizes(condition) == [6, 6, 2, 2, 2]
    _, (_, _, labels, _), _ = run(condition, SEEDS[:1])
    assert np.bincount(labels[0]).tolist() == [6, 6, 2, 2, 2]


@pytest.mark.parametrize("scale", [1e-30, 1.0, 1e30])
def test_statistics_have_no_scale(scale):
    rng = np.random.default_rng(4)
    labels = np.repeat(np.arange(3), 4)
    features, classifier = rng.standard_normal((12, 5)), rng.standard_normal((5, 3))
    plain = collapse_statistics(features, labels, classifier)
    assert collapse_statistics(scale * features, labels, scale * classifier) == pytest.approx(plain)
    single = collapse_statistics(features.astype(np.float32), labels, classifier.astype(np.float32))
    assert single == pytest.approx(plain, rel=1e-4)


def test_means_on_a_line_count_the_variance_along_it_alone():
    """Means -1, 0 and 1 along x, rows 0.1 beside them along x and 0.5 along y: 3 x 0.01 / (2/3) / 3 classes."""
    means = np.array([[-1.0, 0.0, 0.0], [0.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    offsets = np.array([[0.1, 0.5, 0.0], [-0.1, 0.5, 0.0], [0.1, -0.5, 0.0], [-0.1, -0.5, 0.0]])
    labels = np.repeat(np.arange(3), 4)
    found = collapse_statistics(means[labels] + np.tile(offsets, (3, 1)), labels, means.T)
    assert found["within_class_variation"] == pytest.approx(0.01 / (2 / 3) / 3)
    assert np.isnan(found["largest_cosine_deviation"])  # the middle one has no direction


def test_one_row_a_class_has_no_variation_within():
    assert collapse_statistics(np.eye(3), np.arange(3), np.eye(3))["within_class_variation"] == 0


@pytest.mark.parametrize(("labels", "classes"), [([0, 0, 2, 2], 3), ([0, 1, 2, 3], 3), ([0, 0, 0, 0], 1)])
def test_classes_without_rows_and_rows_without_classes_are_refused(labels, classes):
    with pytest.raises(ValueError, match="rows of each class"):
        collapse_statistics(np.ones((4, 2)), np.array(labels), np.ones((2, classes)))


def test_a_simplex_has_the_deviation_that_is_predicted():
    """Four corners of a tetrahedron in space."""
    corners = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    found = collapse_statistics(np.repeat(corners, 2, axis=0), np.repeat(np.arange(4), 2), corners.T)
    assert theory.simplex_deviation({}, {}) == pytest.approx(found["largest_cosine_deviation"], abs=1e-12)


def test_the_nearest_of_three_means_by_hand():
    """Means 0, 1 and 4 on a line, decided by a classifier whose borders lie at 1 and 3 in place of 0.5 and 2.5."""
    features, labels = np.array([[-1.0], [1], [0], [2], [3], [5]]), np.repeat(np.arange(3), 2)
    classifier, bias = np.array([[0.0, 1.0, 2.0]]), np.array([0.0, -1.0, -4.0])
    fresh = np.array([[0.2], [0.7], [1.2], [2.4], [2.7], [3.5]])  # nearest: 0 1 1 1 2 2; decided: 0 0 1 1 1 2
    assert nearest_mean_agreement(features, labels, classifier, bias, fresh) == pytest.approx(4 / 6)


def test_classifiers_along_a_simplex_decide_as_the_nearest_mean_does():
    corners = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]])
    fresh = np.random.default_rng(0).standard_normal((500, 3))
    found = nearest_mean_agreement(
        np.repeat(corners, 2, axis=0), np.repeat(np.arange(4), 2), corners.T, np.zeros(4), fresh
    )
    assert theory.nearest_mean_decides({}, {}) == found


def test_untrained_networks_agree_by_chance():
    given, _, _ = run(
        CONDITION | {"features": "network", "data": "digits", "hidden_layers": 1, "width": 40, "steps": 1}
    )
    shares = [
        theory.untrained_agreement({}, {name: array[trial] for name, array in given.items()}) for trial in range(3)
    ]
    assert np.mean(shares) == pytest.approx(1 / 4, abs=0.2)
