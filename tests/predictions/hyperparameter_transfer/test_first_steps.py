"""The first steps of Adam against torch's own optimiser, and their theory against signs drawn by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import integrate

from predictions.hyperparameter_transfer import first_steps, theory
from predictions.hyperparameter_transfer.adam import Adam
from runners.measuring.profiles import profile

CONDITION = {
    "rows": 3, "steps": 4, "width": 12, "base_width": 4, "parametrisation": "mup", "learning_rate": 0.01,
}  # fmt: skip
SEEDS = np.array([1, 41, 421], dtype=np.uint64)


def run(seeds=SEEDS, **changes):
    condition = {**CONDITION, **changes}
    with profile("float64", frameworks=["torch"]):
        given, state = first_steps.prepare(condition, seeds)
        return condition, given, state, first_steps.measure(condition, state)


def coordinates(layers, x):
    hidden = torch.tanh(x @ layers[0]) @ layers[1]
    return hidden, torch.tanh(hidden) @ layers[2]


@pytest.mark.parametrize(("name", "wide_rate"), [("mup", 0.01 / 3), ("standard", 0.01)])
def test_the_moves_are_those_of_torchs_adam(name, wide_rate):
    _, _, (inputs, targets, weights), observed = run(parametrisation=name)
    for trial in range(3):
        x, y = torch.tensor(inputs[trial]), torch.tensor(targets[trial])
        layers = [torch.tensor(weight[trial].astype(float), requires_grad=True) for weight in weights]
        rates = (0.01, wide_rate, wide_rate)
        optimiser = torch.optim.Adam([{"params": [w], "lr": lr} for w, lr in zip(layers, rates)], eps=1e-20)
        before = [value.detach() for value in coordinates(layers, x)]
        for _ in range(4):
            optimiser.zero_grad()
            (0.5 * torch.mean((coordinates(layers, x)[1] - y) ** 2)).backward()
            optimiser.step()
        hidden, output = (
            np.sqrt(np.mean((after - start).detach().numpy() ** 2))
            for after, start in zip(coordinates(layers, x), before)
        )
        assert observed["hidden_move"][trial] == pytest.approx(hidden, rel=1e-6)
        assert observed["output_move"][trial] == pytest.approx(output, rel=1e-6)


def test_networks_do_not_mix_and_each_has_its_rate():
    start = torch.tensor([[1.0, 2.0], [1.0, 2.0]], dtype=torch.float64)
    both = start.clone().requires_grad_()
    adam = Adam([both], [torch.tensor([[0.1], [0.3]], dtype=torch.float64)])
    adam.step((both[0] ** 2).sum() + 5 * (both[1] ** 2).sum())
    assert (start - both).detach().numpy() == pytest.approx(np.array([[0.1, 0.1], [0.3, 0.3]]))


@pytest.mark.parametrize("name", ["mup", "standard"])
def test_the_sizes_of_the_weights_are_those_of_the_table(name):
    _, _, (_, _, weights), _ = run(width=400, base_width=100, parametrisation=name, seeds=SEEDS[:1])
    deviations = [weight.std() for weight in weights]
    readout = 400**-0.5 / (2 if name == "mup" else 1)
    assert deviations == pytest.approx([1 / 8, 1 / 20, readout], rel=0.1)


@pytest.mark.parametrize(("name", "rate", "base"), [("mup", 1e-4, 100), ("mup", 1e-4, 10), ("standard", 1e-6, 100)])
def test_the_theory_is_what_signs_by_hand_do_to_a_wide_network(name, rate, base):
    """One wide network, every weight moved by minus its rate times the sign of its derivative; within 2/sqrt(w).

    At a base of 10 the step of the first layer moves the second as much as that of its own weights does.
    """
    rng, width = np.random.default_rng(0), 3000
    condition = {"width": width, "base_width": base, "parametrisation": name, "learning_rate": rate}
    x = rng.standard_normal(20)
    x *= np.sqrt(20) / np.linalg.norm(x)
    slow = base / width if name == "mup" else 1.0
    w1, w2 = rng.standard_normal((width, 20)) / np.sqrt(20), rng.standard_normal((width, width)) / np.sqrt(width)
    w3 = rng.standard_normal(width) / np.sqrt(width) * np.sqrt(slow)
    z1 = w1 @ x
    z2 = w2 @ np.tanh(z1)
    d2 = w3 / np.cosh(z2) ** 2
    d1 = (w2.T @ d2) / np.cosh(z1) ** 2
    moved = (w1 - rate * np.outer(np.sign(d1), np.sign(x))) @ x
    hidden = (w2 - rate * slow * np.outer(np.sign(d2), np.sign(np.tanh(z1)))) @ np.tanh(moved)
    output = (w3 - rate * slow * np.sign(np.tanh(z2))) @ np.tanh(hidden)
    given = {"absolute_inputs": np.array([np.abs(x).sum()])}
    assert theory.output_move(condition, given) == pytest.approx(w3 @ np.tanh(z2) - output, rel=0.04)
    moved_by = np.sqrt(np.mean((hidden - z2) ** 2))
    assert theory.hidden_move(condition, given) == pytest.approx(moved_by, rel=0.04)


def test_maximal_update_moves_do_not_depend_on_the_width_and_standard_ones_tend_to_three_halves():
    given = {"absolute_inputs": np.array([50.0])}

    def moves(name, widths):
        condition = {"base_width": 64, "parametrisation": name, "learning_rate": 1e-4}
        return np.array([theory.output_move({**condition, "width": width}, given) for width in widths])

    assert moves("mup", [64, 4096]) == pytest.approx(moves("standard", [64, 64]))
    ratio = np.divide(*moves("standard", [10**10, 10**9]))
    assert np.log10(ratio) == pytest.approx(1.5, abs=1e-3)


@pytest.mark.parametrize("name", ["mup", "standard"])
def test_every_term_by_adaptive_quadrature(name):
    """Rates 0.02 for the first layer, 0.02/3 (mup) for the others, |x|_1 = 30: no term is small beside the others."""

    def mean(function, variance):
        def integrand(z):
            return function(np.sqrt(variance) * z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

        return integrate.quad(integrand, -10, 0)[0] + integrate.quad(integrand, 0, 10)[0]

    second_variance = mean(lambda z: np.tanh(z) ** 2, 1.0)
    (size1, slope1, square1), (size2, slope2, square2) = (
        [mean(f, v) for f in (lambda z: abs(np.tanh(z)), lambda z: 1 - np.tanh(z) ** 2, lambda z: np.cosh(z) ** -4.0)]
        for v in (1.0, second_variance)
    )
    width, eta1, norm, half_normal = 12, 0.02, 30.0, np.sqrt(2 / np.pi)
    eta = eta1 / 3 if name == "mup" else eta1
    readout = width**-0.5 / (np.sqrt(3) if name == "mup" else 1)  # standard deviation of the last layer
    own, below = eta * width * size1, eta1 * norm
    # mean square of own sign(W3) + below (half_normal E phi' d2/rms(d2) + g), W3 Gaussian, d2 = W3 phi'(z2)
    aligned = half_normal * slope1 * below
    hidden = own**2 + 2 * own * aligned * half_normal * slope2 / np.sqrt(square2) + aligned**2 + square1 * below**2
    terms = np.array(
        [
            eta * width * size2,
            eta * width**2 * half_normal * readout * slope2 * size1,
            below * width * half_normal * readout * np.sqrt(square2) * slope1,
        ]
    )
    setting = {"width": width, "base_width": 4, "parametrisation": name, "learning_rate": 0.02}
    given = {"absolute_inputs": np.array([norm])}
    assert theory.output_move(setting, given) == pytest.approx(terms.sum(), rel=1e-7)
    assert theory.hidden_move(setting, given) == pytest.approx(np.sqrt(hidden), rel=1e-7)
    assert theory.own_hidden_move(setting, given) == pytest.approx(own, rel=1e-7)
    assert theory.twice_output_move(setting, given) == pytest.approx(2 * terms.sum(), rel=1e-7)
    assert theory.twice_hidden_move(setting, given) == pytest.approx(2 * np.sqrt(hidden), rel=1e-7)
    # independent signs: a sum over w units (w^2 for the middle layer) falls to its square root
    unaligned = np.sqrt(terms[0] ** 2 / width + terms[1] ** 2 / width**2 + terms[2] ** 2 / width)
    assert theory.unaligned_output_move(setting, given) == pytest.approx(unaligned, rel=1e-7)


def test_exponents_of_moves_and_rates_are_those_of_the_first_step():
    """Moves at widths of 10^8 and 10^10; the rate that keeps a move is as its inverse to the power of the width."""
    given, slopes = {"absolute_inputs": np.array([50.0])}, {}
    for name in ("mup", "standard"):
        setting = {"base_width": 64, "parametrisation": name, "learning_rate": 1e-4}
        for move in (theory.output_move, theory.hidden_move):
            wide, wider = (move(setting | {"width": width}, given) for width in (10**8, 10**10))
            slopes[name, move.__name__] = np.log(wider / wide) / np.log(100)
    assert theory.width_free_moves({}, {}) == pytest.approx(slopes["mup", "output_move"], abs=1e-6)
    assert theory.width_free_moves({}, {}) == pytest.approx(slopes["mup", "hidden_move"], abs=1e-6)
    assert theory.width_free_rate({}, {}) == pytest.approx(-slopes["mup", "hidden_move"], abs=1e-6)
    assert theory.standard_rate_exponent({}, {}) == pytest.approx(-slopes["standard", "hidden_move"], abs=1e-6)
