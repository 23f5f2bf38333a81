"""Sizes tuned one by one: against torch's own descent, and what validation chooses by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.discretisation import tuned_sizes
from predictions.discretisation.theory import no_finite_benefit

pytestmark = pytest.mark.usefixtures("hastily_compiled")

SETTING = {
    "limit": "step",
    "data": "digits",
    "last_rows": 1.0,
    "label_noise": 0.2,
    "activation": "tanh",
    "hidden_layers": 1,
    "width": 2,
    "rows": 40,
    "test_rows": 100,
    "batch": 8,
    "steps": 64,
    "learning_rate": 0.02,
    "networks": 1,
}


@pytest.fixture
def swept(monkeypatch):
    """What a trial's losses are in a setting: its state, and (trials, sizes, rates, decays, looks, 2)."""

    def sweep(**changes):
        kept = []
        monkeypatch.setattr(tuned_sizes, "chosen", lambda losses: kept.append(losses) or {})
        _, state = tuned_sizes.prepare(SETTING | changes, np.array([7], dtype=np.uint64))
        tuned_sizes.measure(SETTING | changes, state)
        return state, kept[0]

    return sweep


def test_every_step_is_torchs_with_decay_beside_it(swept):
    """The last look of the finest steps at the middle rate and the second decay, on all rows."""
    state, losses = swept()
    ((parts, layers, _),) = state[0]
    (inputs, labels), (held, held_labels), _ = [
        (torch.tensor(x, dtype=torch.float64), torch.tensor(y)) for x, y in parts
    ]
    weights = [torch.tensor(w, requires_grad=True) for layer in layers[2] for w in layer]
    rate = 0.02 / 16 / 2  # finer by 16, a width of 4 times the base
    optimiser = torch.optim.SGD(weights, lr=rate, momentum=0.9)

    def loss(inputs, labels):
        hidden = torch.tanh(inputs @ weights[0] + weights[1])
        return torch.nn.functional.cross_entropy(hidden @ weights[2] + weights[3], labels)

    for _ in range(64 * 16):
        optimiser.zero_grad()
        loss(inputs, labels).backward()
        with torch.no_grad():
            for w in weights:
                w *= 1 - rate * 0.01 / (1 - 0.9)
        optimiser.step()
    assert losses[0, 2, 2, 1, -1, 0] == pytest.approx(loss(held, held_labels).item(), rel=1e-4)


def test_finer_steps_of_one_start_approach_one_flow(swept):
    """The distance to the limit is linear in the step: from 1 to 1/4 it is four times that from 1/4 to 1/16."""
    _, losses = swept()
    coarse, middle, fine = losses[0, :, 1, 0, -1, 0]
    assert (coarse - middle) / (middle - fine) == pytest.approx(4, rel=0.2)


def test_widths_have_starts_of_their_own_and_the_last_size_may_have_fewer_rows(swept):
    state, whole = swept(limit="width")
    ((_, layers, _),) = state[0]
    assert [it[0][0].shape for it in layers] == [(64, 2), (64, 8), (64, 32)]
    _, half = swept(limit="width", last_rows=0.5)
    np.testing.assert_array_equal(whole[:, :2], half[:, :2])
    assert (whole[:, 2] != half[:, 2]).all()


def test_labels_of_test_rows_are_their_own():
    _, state = tuned_sizes.prepare(SETTING | {"label_noise": 1.0}, np.array([7], dtype=np.uint64))
    (((train, validation, test), *_),) = state[0]
    data = tuned_sizes.classification("digits")
    own = {row.tobytes(): label for row, label in zip(data.inputs, data.labels)}
    right = [np.mean([own[x.tobytes()] == y for x, y in zip(*part)]) for part in (train, validation, test)]
    assert right[2] == 1
    assert max(right[:2]) < 0.5, "a label redrawn among ten classes is right one time in ten"
    rows = [{row.tobytes() for row in part[0]} for part in (train, validation, test)]
    assert not rows[0] & rows[1] | rows[0] & rows[2] | rows[1] & rows[2]


def test_validation_chooses_and_the_test_rows_tell():
    """Two hyperparameters matter: size 1 is the better of the two small ones by validation, not by the test."""
    losses = np.full((1, 3, 5, 4, 24, 2), 9.0)
    losses[0, 0, 2, 1, 5] = 0.8, 0.1
    losses[0, 1, 2, 1, 5] = 0.7, 0.6
    losses[0, 2, 1, 2, 9] = 0.75, 0.9
    losses[0, 2, 0, 2, 9] = 0.5, 0.3  # at the least rate
    losses[0, 2, 2, 2, 9] = 2.0, 0.01  # never chosen
    found = tuned_sizes.chosen(losses)
    assert found["loss_ratio"] == pytest.approx([0.3 / 0.6])
    assert found["edge_gain"] == pytest.approx([np.log(0.75 / 0.5)])
    np.testing.assert_allclose(found["test_loss"], [[0.1, 0.6, 0.3]])


@pytest.mark.parametrize("end", [(0, 1, 3), (4, 1, 3), (2, 3, 3), (2, 1, 23)], ids=["slow", "fast", "decay", "late"])
def test_what_lies_at_an_end_of_the_grid_is_told(end):
    losses = np.full((1, 3, 5, 4, 24, 2), 1.0)
    losses[(0, 2, *end, 0)] = 0.9
    assert tuned_sizes.chosen(losses)["edge_gain"] == pytest.approx([np.log(1 / 0.9)])


def test_too_few_rows_for_three_sets_are_an_error():
    with pytest.raises(ValueError, match="900 rows and as many for validation leave none of 1797"):
        tuned_sizes.prepare(SETTING | {"rows": 900}, np.array([7], dtype=np.uint64))


def test_the_loss_of_a_mean_is_at_most_the_mean_loss():
    """Why ensembles are not asked: the one limit of which the hypothesis is a theorem."""
    logits = np.random.default_rng(0).standard_normal((5, 50, 10))
    loss = lambda f: np.mean(np.log(np.exp(f).sum(axis=-1)) - f[..., 0])  # noqa: E731
    assert loss(logits.mean(axis=0)) <= loss(logits) * no_finite_benefit({}, {})
