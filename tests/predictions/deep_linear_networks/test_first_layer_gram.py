"""First layer and AGOP: matrices of known power, the conserved imbalance integrated, and the experiment when small."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import fractional_matrix_power

from predictions.deep_linear_networks import first_layer_gram, gram_theory
from predictions.deep_linear_networks.first_layer_gram import compare
from predictions.deep_linear_networks.initial_weights import random_frame
from runners.measuring.profiles import profile

SEEDS = np.array([1, 61, 803], dtype=np.uint64)


@pytest.fixture(autouse=True)
def double_precision():
    with profile("float64"):
        yield


def run(**axes):
    sizes = {"inputs": 5, "outputs": 3, "hidden": 6, "learning_rate": 0.005, "max_steps": 50000}
    condition = {"depth": 3, "init": "balanced", "loss_share": 1e-4, **sizes, **axes}
    given, state = first_layer_gram.prepare(condition, SEEDS)
    return condition, given, state, first_layer_gram.measure(condition, state)


def of_trial(given, trial: int) -> dict:
    return {name: array[trial] for name, array in given.items()}


def network(rng: np.random.Generator, gains: np.ndarray) -> list[np.ndarray]:
    """Layers (6 x 4, 6 x 6, ..., modes x 6) with these gains, (layers, modes), along random frames."""
    modes = gains.shape[1]
    frames = [random_frame(rng, size, modes) for size in [4, *[6] * (len(gains) - 1), modes]]
    return [(after * gain) @ before.T for gain, before, after in zip(gains, frames, frames[1:])]


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_balanced_layers_have_the_power_one_over_depth(depth):
    rng = np.random.default_rng(depth)
    layers = network(rng, np.tile(rng.uniform(0.3, 1.5, size=3), (depth, 1)))
    power, remainder, defect = compare(layers)
    assert power == pytest.approx(gram_theory.inverse_depth({"depth": depth}, {}), abs=1e-12)
    assert max(remainder, defect) < 1e-12


def test_comparison_of_unrelated_layers_against_scipy():
    rng = np.random.default_rng(0)
    layers = [rng.standard_normal((6, 4)), rng.standard_normal((4, 6))]
    power, remainder, defect = compare(layers)
    gram, agop = layers[0].T @ layers[0], (layers[1] @ layers[0]).T @ (layers[1] @ layers[0])
    expected = np.linalg.norm(gram - fractional_matrix_power(agop, power)) / np.linalg.norm(gram)
    assert remainder == pytest.approx(expected, rel=1e-6)
    before = layers[0] @ layers[0].T
    assert defect == pytest.approx(np.linalg.norm(layers[1].T @ layers[1] - before) / np.linalg.norm(before))


def test_power_of_unbalanced_layers_by_hand():
    # first layer (1, 2), second (1, 4): J = (1, 8), so ln 4 against ln 64
    power, remainder, _ = compare(network(np.random.default_rng(1), np.array([[1.0, 2.0], [1.0, 4.0]])))
    assert power == pytest.approx(1 / 3)
    assert remainder < 1e-12


def test_a_diverged_network_has_no_power():
    assert np.isnan(compare([np.full((2, 2), np.inf), np.eye(2)])).all()


@pytest.mark.parametrize("depth", [3, 4])
def test_unbalanced_end_is_that_of_the_integrated_gains(depth):
    singular_values = np.array([1.8, 1.0, 0.6])
    gains = np.stack([np.full(3, 1.1), *[np.full(3, 0.11)] * (depth - 1)])

    def velocity(_, flat):
        a = flat.reshape(gains.shape)
        u = a.prod(axis=0)
        return ((singular_values - u) * u / a).ravel()

    last = solve_ivp(velocity, (0, 200), gains.ravel(), rtol=1e-9, atol=1e-11).y[:, -1].reshape(gains.shape)
    power, remainder, _ = compare(network(np.random.default_rng(2), last))
    given = {"singular_values": singular_values, "layer_gains": gains}
    assert gram_theory.unbalanced_power({"depth": depth}, given) == pytest.approx(power, rel=1e-5)
    assert gram_theory.unbalanced_remainder({"depth": depth}, given) == pytest.approx(remainder, rel=1e-5)


def test_unbalanced_theory_reduces_to_the_balanced_one():
    given = {"singular_values": np.array([1.8, 1.0, 0.6]), "layer_gains": np.full((4, 3), 0.3)}
    assert gram_theory.unbalanced_power({"depth": 4}, given) == pytest.approx(0.25)
    assert gram_theory.unbalanced_remainder({"depth": 4}, given) < 1e-10


@pytest.mark.parametrize("depth", [3, 4])
@pytest.mark.parametrize("loss_share", [0.5, 1e-4])
def test_balanced_training_keeps_the_power(depth, loss_share):
    _, _, _, observed = run(depth=depth, loss_share=loss_share)
    np.testing.assert_allclose(observed["gram_power"], 1 / depth, rtol=5e-3)
    assert observed["gram_remainder"].max() < 5e-3
    assert np.all((observed["remaining_loss"] <= loss_share) & (observed["remaining_loss"] > 0.9 * loss_share))


def test_finite_steps_unbalance_in_proportion():
    *_, coarse = run(learning_rate=0.008)
    *_, fine = run(learning_rate=0.004)
    np.testing.assert_allclose(coarse["balance_defect"] / fine["balance_defect"], 2, rtol=0.1)


def test_the_start_is_balanced_and_unrelated_to_the_target():
    _, _, state, _ = run(max_steps=0)
    for trial in range(len(SEEDS)):
        layers = [weights[trial] for weights in state["layers"]]
        assert compare(layers)[2] < 1e-12
        product = np.linalg.multi_dot(layers[::-1])
        target = state["target"][trial]
        assert abs(np.sum(product * target)) < 0.9 * np.linalg.norm(product) * np.linalg.norm(target)


def test_unbalanced_training_ends_where_theory_says():
    condition, given, _, observed = run(init="unbalanced")
    powers = [gram_theory.unbalanced_power(condition, of_trial(given, trial)) for trial in range(len(SEEDS))]
    remainders = [gram_theory.unbalanced_remainder(condition, of_trial(given, trial)) for trial in range(len(SEEDS))]
    # the weakest mode still lacks about a percent of its strength when the loss is 1e-4
    np.testing.assert_allclose(observed["gram_power"], powers, rtol=0.05)
    np.testing.assert_allclose(observed["gram_remainder"], remainders, rtol=0.02)
    assert np.all(observed["gram_power"] < 0.985 / 3)


@pytest.mark.parametrize("first", [1e-3, 0.2, 0.7, 5.0])
@pytest.mark.parametrize("depth", [2, 3, 6])
def test_last_gains_conserve_and_fit_whichever_layer_starts_larger(first, depth):
    given = {"singular_values": np.array([2.0, 0.7, 1e-3]), "layer_gains": np.array([[first] * 3, [0.4] * 3])}
    gains = gram_theory._last_gains({"depth": depth}, given)
    others = np.sqrt(gains**2 - first**2 + 0.4**2)
    np.testing.assert_allclose(gains * others ** (depth - 1), given["singular_values"], rtol=1e-6)


def test_balanced_layers_leave_no_remainder_of_the_identity():
    """W_1^T W_1 against the power of the AGOP, on the directions that three modes span."""
    layers = network(np.random.default_rng(5), np.tile([0.4, 0.9, 1.3], (3, 1)))
    _, strengths, directions = np.linalg.svd(layers[2] @ layers[1] @ layers[0], full_matrices=False)
    power = (directions.T * strengths ** (2 * gram_theory.inverse_depth({"depth": 3}, {}))) @ directions
    left_over = np.linalg.norm(layers[0].T @ layers[0] - power)
    assert gram_theory.no_remainder({}, {}) == pytest.approx(left_over, abs=1e-12)
