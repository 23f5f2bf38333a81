"""Normalised networks of other lengths against other rates; pasts that cost nothing by construction."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from predictions.instruments.losses import label_cross_entropies
from predictions.instruments.optimisers import adam
from predictions.plasticity import relabelled_tasks, theory

SETTING = {
    "data": "digits", "rows": 16, "width": 12, "hidden_layers": 2, "activation": "tanh", "normalised": "yes",
    "lengths": "free", "towards_start": 0.0, "learning_rate": 0.01, "past": 3, "steps": 20, "batch": 8, "probes": 4,
}  # fmt: skip


def found(**changes):
    setting = {**SETTING, **changes}
    return relabelled_tasks.measure(setting, relabelled_tasks.prepare(setting, [3, 4])[1])


@pytest.fixture
def network():
    _, (images, chosen, labels, start, *_) = relabelled_tasks.prepare(SETTING, [5])
    return jnp.asarray(images[chosen[0, 0]]), jnp.asarray(labels[0, 0]), [jnp.asarray(matrix[0]) for matrix in start]


def learn(weights, inputs, labels, rate):
    """Outputs after twenty steps of Adam on all rows."""

    def loss(weights):
        logits = relabelled_tasks.outputs(weights, inputs, "tanh", normalised="yes")
        return jnp.mean(label_cross_entropies(logits, labels))

    rule = adam(learning_rate=rate, epsilon=1e-30)
    memory = rule.start(weights)
    for _ in range(20):
        weights, memory = rule.move(weights, memory, jax.grad(loss)(weights))
    return np.asarray(relabelled_tasks.outputs(weights, inputs, "tanh", normalised="yes"))


def test_weights_four_times_as_long_learn_at_a_quarter_of_the_rate(network):
    inputs, labels, weights = network
    with jax.enable_x64(True):
        inputs, *weights = (jnp.asarray(np.asarray(it, dtype=np.float64)) for it in (inputs, *weights))
        longer = [4 * matrix for matrix in weights]
        slow = learn(longer, inputs, labels, 0.01)
        np.testing.assert_allclose(slow, learn(weights, inputs, labels, 0.0025), rtol=1e-6, atol=1e-8)
        assert np.abs(slow - learn(weights, inputs, labels, 0.01)).max() > 0.1


@pytest.mark.parametrize(("normalised", "same"), [("yes", True), ("no", False)])
def test_the_length_of_a_matrix_matters_where_nothing_is_normalised(network, normalised, same):
    inputs, _, (first, second, last) = network
    scaled = [3 * first, second / 5, 2 * last]
    for activation in relabelled_tasks.SQUASHES:
        one, other = (
            np.asarray(relabelled_tasks.outputs(it, inputs, activation, normalised=normalised))
            for it in ([first, second, last], scaled)
        )
        assert np.allclose(one, other, rtol=1e-3, atol=1e-3) is same


def test_matrices_are_given_lengths_and_keep_directions():
    rng = np.random.default_rng(0)
    these, weights = ([rng.standard_normal((5, 3)), rng.standard_normal((3, 2))] for _ in range(2))
    for this, old, new in zip(these, weights, relabelled_tasks.as_long_as(these, weights)):
        assert np.linalg.norm(new) == pytest.approx(np.linalg.norm(this), rel=1e-6)
        np.testing.assert_allclose(new / old, new[0, 0] / old[0, 0], rtol=1e-5)


def test_a_network_without_a_past_has_nothing_to_restore():
    observed = found(past=0)
    np.testing.assert_allclose(observed["growth"], 1)
    np.testing.assert_allclose(observed["late_ratio"], theory.as_fresh({}, {}), rtol=0.5)
    np.testing.assert_allclose(observed["restored_share"], theory.none_of_it({}, {}), atol=1e-3)


def test_weights_grow_unless_they_are_held_or_pulled_back():
    free, kept, pulled = (found(**it)["growth"] for it in ({}, {"lengths": "kept"}, {"towards_start": 0.1}))
    np.testing.assert_allclose(kept, 1, rtol=1e-5)
    assert np.all(free > 1.1)
    assert np.all(pulled < free)


def test_lengths_explain_all_or_nothing():
    assert (theory.all_of_it({}, {}), theory.none_of_it({}, {})) == (1, 0)
    assert theory.told_from_fresh({}, {}) == pytest.approx(1 + 2.5 * 0.11, abs=0.03)
