"""Scaled batches against steps by hand, and the noise scale against gradients of single rows."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.stochastic_gradient_noise import batch_and_rate, theory
from runners.measuring.profiles import profile

CONDITION = {
    "data": "digits", "rows": 20, "label_noise": 0.2, "hidden_layers": 1, "width": 5, "activation": "tanh", "batch": 2,
    "learning_rate": 0.01, "times": 4, "rule": "linear", "age": 8, "samples": 40, "orders": 3,
}  # fmt: skip
SEEDS = np.array([11, 111], dtype=np.uint64)


PHI = {"tanh": torch.tanh, "gelu": torch.nn.functional.gelu}


def run(seeds=SEEDS, **changes):
    condition = {**CONDITION, **changes}
    with profile("float64", frameworks=["torch"]):
        given, state = batch_and_rate.prepare(condition, seeds)
        return given, state, batch_and_rate.measure(condition, state)


def loss(weights, inputs, targets, phi=torch.tanh):
    signal = inputs
    for weight in weights[:-1]:
        signal = phi(signal @ weight)
    return 0.5 * torch.mean(torch.sum((signal @ weights[-1] - targets) ** 2, dim=1))


def descend(weights, rate, steps, *data):
    for _ in range(steps):
        gradients = torch.autograd.grad(loss(weights, *data), weights)
        weights = [(w - rate * g).detach().requires_grad_() for w, g in zip(weights, gradients)]
    return weights


@pytest.mark.parametrize(
    ("changes", "factor"),
    [
        ({"rule": "linear"}, 4),
        ({"rule": "square-root", "activation": "gelu", "hidden_layers": 2}, 2),
        ({"rule": "constant", "data": "mnist1d"}, 1),
    ],
)
def test_on_a_single_row_all_batches_are_alike_and_only_the_rule_is_left(changes, factor):
    _, (inputs, targets, start, *_), observed = run(rows=1, **changes)
    for trial in range(2):
        data = torch.tensor(inputs[trial]), torch.tensor(targets[trial]), PHI[changes.get("activation", "tanh")]
        small = large = [torch.tensor(w[trial], requires_grad=True) for w in start]
        ratios = []
        for _ in range(5):
            small, large = descend(small, 0.01, 4, *data), descend(large, 0.01 * factor, 1, *data)
            ratios.append((loss(large, *data) / loss(small, *data)).item())
        assert observed["loss_ratios"][trial] == pytest.approx(ratios, rel=1e-9)
        assert observed["loss_ratio"][trial] == pytest.approx(
            max(ratios, key=lambda ratio: abs(np.log(ratio))), rel=1e-9
        )


def test_the_early_phase_goes_in_small_batches():
    _, (inputs, targets, start, *_), _ = run(rows=1)
    _, (_, _, initial, *_), _ = run(rows=1, age=0)
    for trial in range(2):
        data = torch.tensor(inputs[trial]), torch.tensor(targets[trial])
        after = descend([torch.tensor(w[trial], requires_grad=True) for w in initial], 0.01, 4, *data)
        for found, expected in zip(start, after):
            assert found[trial] == pytest.approx(expected.detach().numpy(), rel=1e-9)


@pytest.mark.parametrize("changes", [{}, {"hidden_layers": 2, "activation": "gelu", "data": "mnist1d"}])
def test_the_noise_scale_is_that_of_single_rows_gradients(changes):
    given, (inputs, targets, start, *_), observed = run(age=0, **changes)
    phi = PHI[changes.get("activation", "tanh")]
    for trial in range(2):
        x, y = torch.tensor(inputs[trial]), torch.tensor(targets[trial])
        weights = [torch.tensor(w[trial], requires_grad=True) for w in start]
        rows = [torch.autograd.grad(loss(weights, x[i : i + 1], y[i : i + 1], phi), weights) for i in range(20)]
        rows = np.stack([np.concatenate([part.numpy().ravel() for part in row]) for row in rows])
        scale = rows.var(axis=0).sum() / np.sum(rows.mean(axis=0) ** 2)
        assert given["noise_scale"][trial] == pytest.approx(scale, rel=1e-9)
        assert observed["batch_over_noise_scale"][trial] == pytest.approx(8 / scale, rel=1e-9)
        assert theory.noise_limit({"batch": 2}, {"noise_scale": scale}) == pytest.approx(scale / 2)
        share = theory.share_of_noise_scale({"batch": 2, "times": 4}, {"noise_scale": scale})
        assert share == pytest.approx(8 / scale)


def test_the_sharpness_is_the_largest_along_the_arm_of_small_batches():
    """On a single row batches are alike, so that the arm is gradient descent; the Hessian is torch's own, dense."""
    given, (inputs, targets, start, *_), _ = run(rows=1, width=2, learning_rate=0.05)
    for trial in range(2):
        data = torch.tensor(inputs[trial]), torch.tensor(targets[trial])
        weights, found = [torch.tensor(w[trial], requires_grad=True) for w in start], []
        for _ in range(6):
            hessian = torch.autograd.functional.hessian(lambda *w, data=data: loss(w, *data), tuple(weights))
            sizes = [w.numel() for w in weights]
            dense = torch.cat(
                [torch.cat([b.reshape(n, m) for b, m in zip(row, sizes)], 1) for row, n in zip(hessian, sizes)]
            )
            found.append(torch.linalg.eigvalsh(dense)[-1].item())
            weights = descend(weights, 0.05, 4, *data)
        assert given["sharpness"][trial] == pytest.approx(max(found), rel=0.005)
        limit = theory.step_limit({"learning_rate": 0.05}, {"sharpness": max(found)})
        step = 0.05 * limit * max(found)  # of the mean gradient at the limit: it turns the top mode around
        assert 1 - step == pytest.approx(-1)
        share = theory.share_of_step_limit({"learning_rate": 0.05, "times": 3}, {"sharpness": max(found)})
        assert share == pytest.approx(3 / limit)


def test_the_factor_at_which_the_loss_falls_back():
    """ln ratio = k^2/400 crosses ln 1.1 at k = 6.17, here on a line in ln k between k = 4 and 8."""
    times = np.array([2, 4, 8, 16])
    grows = np.exp(times**2 / 400)
    diverges = np.array([1, 1.05, np.inf, np.inf])
    found = batch_and_rate.factor_behind(times, np.stack([grows, np.ones(4), diverges, [1.2, 1, 1, 1]], axis=1))
    between = 4 * 2 ** ((np.log(1.1) - 0.04) / (0.16 - 0.04))
    assert found == pytest.approx([between, np.inf, 4, 2 ** (np.log(1.1) / np.log(1.2))])


def test_all_factors_are_tried_and_the_largest_is_told_of():
    _, _, observed = run(times="all", most_times=4)
    _, _, largest = run(rows=20)
    assert observed["loss_ratios"].shape == (2, 5)
    assert observed["batch_over_noise_scale"] == pytest.approx(largest["batch_over_noise_scale"])


def test_a_run_that_diverges_is_infinitely_far_from_one():
    _, _, observed = run(learning_rate=0.3, times=10, samples=8000)
    assert np.all(np.isinf(observed["loss_ratio"]))


def test_samples_that_do_not_fill_their_batches_are_refused():
    with pytest.raises(ValueError, match="no multiple of the batch"):
        run(times=3)
