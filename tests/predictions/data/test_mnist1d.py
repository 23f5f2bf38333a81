"""MNIST-1D against its authors' table: 32% for logistic regression, 68% for a small perceptron."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from predictions.data.datasets import classification
from predictions.data.mnist1d import TEMPLATES, signals


def test_signals_are_balanced_and_of_their_length():
    drawn, labels = signals(np.random.default_rng(1))
    assert drawn.shape == (5000, 40)
    np.testing.assert_array_equal(np.bincount(labels), 500)


def test_it_is_as_hard_as_its_authors_say():
    """Greydanus and Kobak 2020, table 1, 4,000 signals to train on and 1,000 to test."""
    data = classification("mnist1d")
    train, test = slice(4000), slice(4000, None)
    linear = LogisticRegression(max_iter=300).fit(data.inputs[train], data.labels[train])
    assert 0.27 < linear.score(data.inputs[test], data.labels[test]) < 0.38
    network = MLPClassifier((100, 100), alpha=1, max_iter=300, early_stopping=True, random_state=0)
    network.fit(data.inputs[train], data.labels[train])
    assert 0.58 < network.score(data.inputs[test], data.labels[test]) < 0.75


def test_a_template_comes_through_where_nothing_else_is():
    """The mean over many signals of a class, rolled back by their best match, correlates with the class's stroke."""
    drawn, labels = signals(np.random.default_rng(2))
    stroke = np.interp(np.linspace(0, 1, 8), np.linspace(0, 1, 12), TEMPLATES[4])
    best = [
        max(np.corrcoef(np.roll(signal, roll)[:8], stroke)[0, 1] for roll in range(40)) for signal in drawn[labels == 4]
    ]
    assert np.median(best) > 0.9
