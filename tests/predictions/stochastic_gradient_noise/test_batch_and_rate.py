"""Scaled batches against steps by hand, and the noise scale against gradients of single rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.stochastic_gradient_noise import batch_and_rate
from runners.measuring.profiles import profile

CONDITION = {
    "rows": 20, "label_noise": 0.2, "width": 5, "batch": 2, "learning_rate": 0.01, "times": 4, "rule": "linear",
    "age": 8, "samples": 40, "orders": 3,
}  # fmt: skip
SEEDS = np.array([11, 111], dtype=np.uint64)


def run(seeds=SEEDS, **changes):
    condition = {**CONDITION, **changes}
    with profile("float64", frameworks=["torch"]):
        _, state = batch_and_rate.prepare(condition, seeds)
        return state, batch_and_rate.measure(condition, state)


def loss(weights, inputs, targets):
    inner, outer = weights
    return 0.5 * torch.mean(torch.sum((torch.tanh(inputs @ inner) @ outer - targets) ** 2, dim=1))


def descend(weights, rate, steps, *data):
    for _ in range(steps):
        gradients = torch.autograd.grad(loss(weights, *data), weights)
        weights = [(w - rate * g).detach().requires_grad_() for w, g in zip(weights, gradients)]
    return weights


@pytest.mark.parametrize(("rule", "factor"), [("linear", 4), ("square-root", 2), ("constant", 1)])
def test_on_a_single_row_all_batches_are_alike_and_only_the_rule_is_left(rule, factor):
    (inputs, targets, inner, outer, _), observed = run(rows=1, rule=rule)
    for trial in range(2):
        data = torch.tensor(inputs[trial]), torch.tensor(targets[trial])
        small = [torch.tensor(w[trial], requires_grad=True) for w in (inner, outer)]
        small = large = descend(small, 0.01, 4, *data)
        ratios = []
        for _ in range(5):
            small, large = descend(small, 0.01, 4, *data), descend(large, 0.01 * factor, 1, *data)
            ratios.append((loss(large, *data) / loss(small, *data)).item())
        assert observed["loss_ratios"][trial] == pytest.approx(ratios, rel=1e-9)
        assert observed["loss_ratio"][trial] == pytest.approx(
            max(ratios, key=lambda ratio: abs(np.log(ratio))), rel=1e-9
        )


def test_the_noise_scale_is_that_of_single_rows_gradients():
    (inputs, targets, inner, outer, _), observed = run(age=0)
    for trial in range(2):
        x, y = torch.tensor(inputs[trial]), torch.tensor(targets[trial])
        weights = [torch.tensor(w[trial], requires_grad=True) for w in (inner, outer)]
        rows = [torch.autograd.grad(loss(weights, x[i : i + 1], y[i : i + 1]), weights) for i in range(20)]
        rows = np.stack([np.concatenate([part.numpy().ravel() for part in row]) for row in rows])
        scale = rows.var(axis=0).sum() / np.sum(rows.mean(axis=0) ** 2)
        assert observed["batch_over_noise_scale"][trial] == pytest.approx(8 / scale, rel=1e-9)


def test_a_run_that_diverges_is_infinitely_far_from_one():
    _, observed = run(learning_rate=0.3, times=10, samples=8000)
    assert np.all(np.isinf(observed["loss_ratio"]))


def test_samples_that_do_not_fill_their_batches_are_refused():
    with pytest.raises(ValueError, match="no multiple of the batch"):
        run(times=3)
