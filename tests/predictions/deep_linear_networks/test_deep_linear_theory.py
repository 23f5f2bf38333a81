"""The theory of deep linear networks against exact recursions, an independent integrator, and cases by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp
from scipy.stats import kendalltau

from predictions.deep_linear_networks import plateau_theory, theory

SINGULAR_VALUES = np.array([1.7, 0.9, 0.5])
STRENGTHS = np.array([0.012, 0.02, 0.005])


def condition_of(*, learning_rate: float, depth: int = 2) -> dict:
    return {"learning_rate": learning_rate, "depth": depth}


def given_of(gains: np.ndarray, times: np.ndarray) -> dict:
    return {
        "singular_values": SINGULAR_VALUES,
        "initial_strengths": gains.prod(axis=0),
        "layer_gains": gains,
        "times": times,
    }


def descend(gains: np.ndarray, *, learning_rate: float, steps: int, trained: slice = slice(None)) -> np.ndarray:
    """Strengths (modes, steps + 1) under the scalar recursion a_l <- a_l + eta (s - prod a) prod_{m != l} a_m."""
    a, strengths = gains.copy(), []
    for _ in range(steps + 1):
        u = a.prod(axis=0)
        strengths.append(u)
        a[trained] = (a + learning_rate * (SINGULAR_VALUES - u) * u / a)[trained]
    return np.stack(strengths, axis=-1)


def first_half(strengths: np.ndarray, learning_rate: float) -> float:
    """Time at which the last mode passes s/2, by cubic interpolation of time through the four steps around it."""
    curve = strengths[-1] / SINGULAR_VALUES[-1]
    around = np.argmax(curve >= 0.5) + np.arange(-2, 2)
    return learning_rate * np.polyval(np.polyfit(curve[around] - 0.5, around, 3), 0.0)


def balanced(depth: int) -> np.ndarray:
    return np.tile(STRENGTHS ** (1 / depth), (depth, 1))


def unbalanced(depth: int) -> np.ndarray:
    others = (STRENGTHS / 10) ** (1 / depth)
    return np.stack([10 * others, *[others] * (depth - 1)])


def distance(curve: np.ndarray, reference: np.ndarray) -> float:
    return np.linalg.norm(curve - reference) / np.linalg.norm(reference)


def worst_orders(predict, gains: np.ndarray, *, depth: int) -> tuple[float, float]:
    """Distance of a prediction to the exact recursion at steps of 0.04 and 0.02, over the same time."""
    errors = []
    for learning_rate in (0.04, 0.02):
        steps = round(20 * depth / learning_rate)
        exact = descend(gains, learning_rate=learning_rate, steps=steps)
        given = given_of(gains, learning_rate * np.arange(steps + 1))
        errors.append(distance(predict(condition_of(learning_rate=learning_rate, depth=depth), given), exact))
    return tuple(errors)


def test_sigmoid_solves_the_bernoulli_equation():
    def bernoulli(_, u):
        return 2 * u * (SINGULAR_VALUES - u)

    times = np.linspace(0, 15, 40)
    accuracy = {"method": "LSODA", "rtol": 1e-10, "atol": 1e-12}
    solution = solve_ivp(bernoulli, (0, 15), STRENGTHS, t_eval=times, **accuracy)
    ours = theory.sigmoid(SINGULAR_VALUES[:, None], STRENGTHS[:, None], times)
    np.testing.assert_allclose(ours, solution.y, rtol=1e-7)


def test_sigmoid_is_the_published_formula():
    s, u0, t = 1.7, 0.01, np.linspace(0, 6, 25)
    published = s * np.exp(2 * s * t) / (np.exp(2 * s * t) - 1 + s / u0)
    np.testing.assert_allclose(theory.sigmoid(s, u0, t), published, rtol=1e-12)


@pytest.mark.parametrize(
    ("predict", "start", "depth"),
    [
        (theory.sigmoid_trajectory, balanced, 2),
        (theory.depth_trajectory, balanced, 2),
        (theory.depth_trajectory, balanced, 3),
        (theory.depth_trajectory, balanced, 4),
        (theory.unbalanced_trajectory, unbalanced, 2),
        (theory.unbalanced_trajectory, unbalanced, 3),
    ],
)
def test_trajectories_follow_discrete_descent_to_second_order_in_the_step(predict, start, depth):
    coarse, fine = worst_orders(predict, start(depth), depth=depth)
    assert coarse < 1e-3
    assert coarse / fine == pytest.approx(4, rel=0.2)  # an uncorrected flow would give 2


def test_gradient_flow_alone_is_first_order_in_the_step():
    def flow(condition, given):
        return theory.sigmoid_trajectory({**condition, "learning_rate": 0.0}, given)

    coarse, fine = worst_orders(flow, balanced(2), depth=2)
    assert coarse / fine == pytest.approx(2, rel=0.1)


def test_depth_equation_reduces_to_the_sigmoid_and_the_general_system():
    given = given_of(balanced(2), np.linspace(0, 30, 50))
    flow = condition_of(learning_rate=0.0)
    sigmoid = theory.sigmoid_trajectory(flow, given)
    np.testing.assert_allclose(theory.depth_trajectory(flow, given), sigmoid, rtol=1e-6)
    condition = condition_of(learning_rate=0.02, depth=3)
    given = given_of(balanced(3), np.linspace(0, 60, 50))
    by_mode = theory.depth_trajectory(condition, given)
    np.testing.assert_allclose(theory.unbalanced_trajectory(condition, given), by_mode, rtol=1e-6)


@pytest.mark.parametrize("learning_rate", [0.01, 0.1])
def test_half_time_is_where_discrete_descent_passes_half(learning_rate):
    strengths = descend(balanced(2), learning_rate=learning_rate, steps=round(20 / learning_rate))
    exact = first_half(strengths, learning_rate)
    given = given_of(balanced(2), np.zeros(1))
    predicted = theory.half_time(condition_of(learning_rate=learning_rate), given)
    # the first term left out is of relative size (eta s)^2 / 12 = 2e-4 at eta = 0.1
    assert predicted == pytest.approx(exact, rel=3e-4)


def test_half_time_of_the_flow_by_hand():
    given = given_of(balanced(2), np.zeros(1))
    assert theory.half_time(condition_of(learning_rate=0.0), given) == pytest.approx(
        np.log(0.5 / 0.005 - 1) / (2 * 0.5)
    )


@pytest.mark.parametrize("depth", [2, 3, 4])
def test_depth_half_time_is_where_discrete_descent_passes_half(depth):
    exact = first_half(descend(balanced(depth), learning_rate=0.02, steps=4000), 0.02)
    predicted = theory.depth_half_time(
        condition_of(learning_rate=0.02, depth=depth), given_of(balanced(depth), np.zeros(1))
    )
    assert predicted == pytest.approx(exact, rel=1e-4)


def test_half_time_grows_as_the_inverse_singular_value_at_fixed_initial_share():
    slow, fast = (
        theory.half_time(
            condition_of(learning_rate=0.0),
            {"singular_values": np.array([s]), "initial_strengths": np.array([0.01 * s])},
        )
        for s in (0.5, 1.5)
    )
    assert slow / fast == pytest.approx(3)


def test_frozen_features_halve_the_error_at_a_rate_without_the_singular_value():
    gains = np.stack([np.full(3, 0.8), STRENGTHS])
    strengths = descend(gains, learning_rate=0.05, steps=200, trained=slice(1, None))
    given = given_of(gains, np.zeros(1))
    predicted = theory.frozen_features_half_time(condition_of(learning_rate=0.05), given)
    assert predicted == pytest.approx(first_half(strengths, 0.05), rel=1e-4)


def test_frozen_features_order_by_hand():
    # gains 0.8, 1.3, 1.0 for falling singular values: the first is slowest, so of three pairs only the last is in order
    gains = np.stack([np.array([0.8, 1.3, 1.0]), STRENGTHS])
    order = theory.frozen_features_mode_order(condition_of(learning_rate=0.05), given_of(gains, np.zeros(1)))
    assert order == pytest.approx(-1 / 3)


def test_exponential_half_time_is_the_crossing_of_its_trajectory():
    given = given_of(balanced(2), np.zeros(1))
    half = theory.exponential_half_time(condition_of(learning_rate=0.1), given)
    curve = theory.exponential_trajectory(condition_of(learning_rate=0.1), {**given, "times": np.array([0.0, half])})
    np.testing.assert_allclose(curve[:, 0], given["initial_strengths"])
    assert curve[-1, 1] == pytest.approx(SINGULAR_VALUES[-1] / 2)


def test_random_start_reduces_to_the_half_time_of_an_aligned_one():
    given = given_of(balanced(2), np.zeros(1))
    given["hidden_gram"] = np.tile(np.diag(STRENGTHS), (2, 2))  # W_1 r_i = W_2^T l_i, orthogonal, of squared norm u0
    condition = condition_of(learning_rate=0.05)
    assert theory.random_start_half_time(condition, given) == pytest.approx(
        theory.half_time(condition, given), rel=1e-9
    )


def test_random_start_solves_the_matrix_equation():
    rng = np.random.default_rng(0)
    vectors = 0.03 * rng.standard_normal((6, 3))  # three overlapping hidden vectors
    gram = vectors.T @ vectors
    spectrum = np.diag(SINGULAR_VALUES)

    def riccati(_, flat):
        p = flat.reshape(3, 3)
        return (spectrum @ p + p @ spectrum - 2 * p @ p).ravel()

    half = theory.random_start_half_time(
        condition_of(learning_rate=0.0), {"singular_values": SINGULAR_VALUES, "hidden_gram": np.tile(gram, (2, 2))}
    )
    solution = solve_ivp(riccati, (0, half), gram.ravel(), rtol=1e-10, atol=1e-14)
    assert solution.y[-1, -1] == pytest.approx(SINGULAR_VALUES[-1] / 2, rel=1e-6)
    alone = np.log(SINGULAR_VALUES[-1] / gram[-1, -1] - 1) / (2 * SINGULAR_VALUES[-1])
    assert half > 1.01 * alone  # stronger modes delay it


def test_rivals_at_a_random_start_by_hand():
    # one mode, two hidden units: W_1 r = (3, 0), W_2^T l = (1, 2) in units of 0.01, so g = (2, 1) and u0 = 3
    vectors = 0.01 * np.array([[3.0, 0.0], [1.0, 2.0]])
    given = {
        "singular_values": np.array([0.5]),
        "initial_strengths": np.array([-3e-4]),
        "hidden_gram": vectors @ vectors.T,
    }
    flow = condition_of(learning_rate=0.0)
    assert theory.independent_modes_half_time(flow, given) == pytest.approx(np.log(0.5 / 5e-4 - 1))
    assert theory.random_start_half_time(flow, given) == pytest.approx(np.log(0.5 / 5e-4 - 1))
    assert theory.initial_overlap_half_time(flow, given) == pytest.approx(np.log(0.5 / 3e-4 - 1))


def test_growing_gram_by_the_vectors_themselves():
    rng = np.random.default_rng(8)
    before, after = rng.standard_normal((2, 3, 10))  # W_1 r_i and W_2^T l_i, (modes, hidden)
    both = np.concatenate([before, after])
    given = {"singular_values": SINGULAR_VALUES, "hidden_gram": both @ both.T}
    growing = (before + after) / 2
    np.testing.assert_allclose(theory.growing_gram(given), growing @ growing.T)


@pytest.mark.parametrize("strength", [1e-2, 1e-8, 1e-30])
@pytest.mark.parametrize("s", [0.03, 1.0, 1e3])
def test_plateaus_of_any_length_by_the_integrals_in_closed_form(strength, s):
    """Two layers: ln(s/u0 - 1)/(2 s). Four, with v = a^2: int dv / (2 v^2 (s - v^2)), by partial fractions."""
    given = {"singular_values": np.array([s]), "initial_strengths": np.array([strength])}

    def integral(v):
        return (-1 / (s * v) + np.arctanh(v / np.sqrt(s)) / s**1.5) / 2

    two, four = (theory.depth_half_time(condition_of(learning_rate=0.0, depth=depth), given) for depth in (2, 4))
    assert two == pytest.approx(np.log(s / strength - 1) / (2 * s), rel=1e-9)
    assert two == pytest.approx(theory.half_time(condition_of(learning_rate=0.0), given), rel=1e-9)
    assert four == pytest.approx(integral(np.sqrt(s / 2)) - integral(np.sqrt(strength)), rel=1e-9)
    gains = {"singular_values": np.array([s]), "layer_gains": np.full((4, 1), strength**0.25)}
    assert plateau_theory.unbalanced_half_time({"depth": 4}, gains) == pytest.approx(four, rel=1e-9)


def test_strong_modes_come_first_by_their_half_times():
    strengths = np.array([0.3, 0.5, 0.9, 1.7, 2.4])
    times = np.log(strengths / 1e-4 - 1) / (2 * strengths)
    assert theory.order_of_strength({}, {}) == pytest.approx(kendalltau(strengths, -times).statistic)


@pytest.mark.parametrize("depth", [3, 4])
def test_the_plateau_to_leading_order_is_the_integrals_for_a_small_start(depth):
    """Of the weakest of two modes that start unlike, from a to half its strength."""
    s, start = 2.0, 1e-9
    gain = start ** (1 / depth)
    exact, _ = quad(
        lambda x: np.exp(x) / (np.exp(x) ** (depth - 1) * (s - np.exp(x) ** depth)),
        np.log(gain),
        np.log((s / 2) ** (1 / depth)),
    )
    given = {"singular_values": np.array([5.0, s]), "initial_strengths": np.array([0.3, start])}
    assert plateau_theory.leading_power({"depth": depth}, given) == pytest.approx(exact, rel=0.01)
