"""Motion of hidden units at equal loss, against a loop in numpy with derivatives written out."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.lazy_and_rich import hidden_motion
from predictions.lazy_and_rich.theory import hidden_motion_exponent, hidden_motion_under_small_labels
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "activation": "tanh",
    "data": "gaussian",
    "depth": 3,
    "rows": 6,
    "weight_std": 1.3,
    "loss": "squared",
    "momentum": 0.6,
    "relative_learning_rate": 0.4,
    "goal": 0.3,
    "steps": 400,
    "base_width": 4,
    "width": 12,
    "networks": 2,
    "output_power": 0.3,
    "label_power": 0.1,
}
SEEDS = derive_seeds("test-hidden-motion", "explore", range(2))


def run(**changes):
    setting = CONDITION | changes
    with profile("float64", frameworks=["jax"]):
        _, state = hidden_motion.prepare(setting, SEEDS)
        return state, hidden_motion.measure(setting, state)


def descend(weights, rows, labels, *, loss: str):
    """The first motion of the second hidden layer at which the loss is down to the goal."""
    scales = [CONDITION["weight_std"] / np.sqrt(len(matrix)) for matrix in weights]
    multiplier = (CONDITION["width"] / CONDITION["base_width"]) ** -CONDITION["output_power"]
    start, velocity = weights, [np.zeros_like(matrix) for matrix in weights]

    def forward(weights):
        first = np.tanh(scales[0] * rows @ weights[0])
        second = np.tanh(scales[1] * first @ weights[1])
        return first, second, multiplier * scales[2] * (second @ weights[2])[:, 0]

    def backward(weights, pull):
        first, second, _ = forward(weights)
        above = multiplier * scales[2] * pull[:, None] * weights[2].T * (1 - second**2)
        below = scales[1] * above @ weights[1].T * (1 - first**2)
        gradients = [scales[0] * rows.T @ below, scales[1] * first.T @ above]
        return [*gradients, multiplier * scales[2] * second.T @ pull[:, None]]

    def loss_of(outputs):
        squared = np.sum((outputs - labels) ** 2) / 2
        return squared if loss == "squared" else np.sum(np.log1p(np.exp(-outputs * labels)))

    tangents = [np.concatenate([g.ravel() for g in backward(start, pull)]) for pull in np.eye(len(rows))]
    top = np.linalg.eigvalsh(np.array(tangents) @ np.array(tangents).T)[-1]
    rate = CONDITION["relative_learning_rate"] * (1 - CONDITION["momentum"]) / top
    _, first_hidden, first_outputs = forward(start)
    goal = CONDITION["goal"] * loss_of(np.zeros_like(labels))
    while True:
        _, hidden, outputs = forward(weights)
        outputs = outputs - first_outputs
        if loss_of(outputs) <= goal:
            return np.linalg.norm(hidden - first_hidden) / np.linalg.norm(first_hidden)
        pull = outputs - labels if loss == "squared" else -labels / (1 + np.exp(outputs * labels))
        velocity = [CONDITION["momentum"] * v - rate * g for v, g in zip(velocity, backward(weights, pull))]
        weights = [w + v for w, v in zip(weights, velocity)]


@pytest.mark.parametrize("loss", ["squared", "logistic"])
def test_motion_against_a_plain_loop(loss):
    (layers, rows, labels), measured = run(loss=loss)
    labels = np.asarray(labels) * (CONDITION["width"] / CONDITION["base_width"]) ** -CONDITION["label_power"]
    rows = np.asarray(rows)
    found = [
        descend([np.asarray(layer[k]) for layer in layers], rows[k], labels[k], loss=loss) for k in range(len(rows))
    ]
    typical = np.exp(np.log(found).reshape(2, 2).mean(axis=1))  # (trials, networks)
    assert measured["hidden_motion"] == pytest.approx(typical, rel=1e-8)
    assert np.all(measured["reached"] == 1)
    assert np.all(measured["remaining_loss"] <= CONDITION["goal"])


def test_steps_that_end_before_the_goal_do_not_reach_it():
    _, measured = run(steps=3)
    assert np.all(measured["reached"] == 0)
    assert np.all(measured["remaining_loss"] > CONDITION["goal"])


def test_outputs_and_labels_that_shrink_together_change_nothing():
    """The squared loss is the same up to a factor, and so is its descent: the exponent is that of p - r."""
    _, both = run(output_power=0.5, label_power=0.5)
    _, neither = run(output_power=0.0, label_power=0.0)
    assert both["hidden_motion"] == pytest.approx(neither["hidden_motion"], rel=1e-8)
    assert hidden_motion_under_small_labels({"output_power": 0.5, "label_power": 0.5}, {}) == -0.5
    assert hidden_motion_exponent({"output_power": 0.5}, {}) == 0
