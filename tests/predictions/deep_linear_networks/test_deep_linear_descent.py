"""The experiment on deep linear networks: gradients, initial weights, backends, and the theory at small size."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

from predictions.deep_linear_networks import gradient_descent, theory
from predictions.deep_linear_networks.initial_weights import draw_layers, draw_target, layer_gains, mode_strengths
from predictions.deep_linear_networks.jax_training import squared_error
from predictions.deep_linear_networks.jax_training import train as train_in_jax
from predictions.deep_linear_networks.torch_training import descent_directions
from predictions.deep_linear_networks.torch_training import train as train_in_torch
from runners.measuring.profiles import profile

SIZES = {"inputs": 7, "outputs": 5, "hidden": 9, "modes": 3, "time_per_layer": 20.0}
SEEDS = np.array([3, 14, 159], dtype=np.uint64)


@pytest.fixture(autouse=True)
def double_precision():
    with profile("float64"):
        yield


def condition_of(**axes) -> dict:
    return {"depth": 2, "init": "aligned", "learning_rate": 0.05, "backend": "jax", **SIZES, **axes}


def run(**axes):
    condition = condition_of(**axes)
    given, state = gradient_descent.prepare(condition, SEEDS)
    return condition, given, gradient_descent.measure(condition, state)


def of_trial(given, trial: int) -> dict:
    return {name: array[trial] for name, array in given.items()}


def draw(init: str, depth: int):
    rng = np.random.default_rng(5)
    target = draw_target(rng, inputs=7, outputs=5, modes=3)
    return target, draw_layers(rng, target, init=init, depth=depth, hidden=9)


def loss_of(layers: list[np.ndarray], target: np.ndarray) -> float:
    product = np.linalg.multi_dot(layers[::-1])
    return 0.5 * np.sum((product - target) ** 2)


@pytest.mark.parametrize("depth", [2, 3, 4])
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_one_step_follows_the_finite_difference_gradient(backend, depth):
    target, layers = draw("large", depth)
    layers = [0.3 * weights for weights in layers]
    if backend == "torch":
        stacked = [torch.tensor(weights)[None] for weights in layers]
        gradients = [-step[0].numpy() for step in descent_directions(stacked, torch.tensor(target.matrix)[None])]
    else:
        gradients = jax.grad(squared_error)([jnp.asarray(weights) for weights in layers], jnp.asarray(target.matrix))
    rng, width = np.random.default_rng(0), 1e-5
    for layer, gradient in enumerate(gradients):
        direction = rng.standard_normal(layers[layer].shape)
        moved = [
            loss_of([*layers[:layer], layers[layer] + sign * width * direction, *layers[layer + 1 :]], target.matrix)
            for sign in (1, -1)
        ]
        slope = (moved[0] - moved[1]) / (2 * width)
        assert np.sum(np.asarray(gradient) * direction) == pytest.approx(slope, rel=1e-6)


@pytest.mark.parametrize("init", ["aligned", "unbalanced", "frozen"])
@pytest.mark.parametrize("depth", [2, 3])
def test_aligned_starts_share_their_strengths_and_differ_in_their_gains(init, depth):
    target, layers = draw(init, depth)
    strengths = mode_strengths(*draw("aligned", depth)[::-1])
    product = np.linalg.multi_dot(layers[::-1])
    np.testing.assert_allclose(product, (target.left * strengths) @ target.right.T, atol=1e-14)
    gains = layer_gains(layers, target)
    np.testing.assert_allclose(gains.prod(axis=0), strengths)
    if init == "frozen":
        assert np.all((gains[0] >= 0.7) & (gains[0] <= 1.4))
    else:
        np.testing.assert_allclose(gains[0], {"aligned": 1.0, "unbalanced": 10.0}[init] * gains[-1])


def test_targets_have_the_singular_values_they_name():
    target, _ = draw("random", 2)
    np.testing.assert_allclose(np.linalg.svd(target.matrix, compute_uv=False)[:3], target.singular_values)
    assert np.all(np.diff(target.singular_values) < 0)


def test_an_unknown_start_is_refused_by_name():
    with pytest.raises(ValueError, match="sideways"):
        draw("sideways", 2)


@pytest.mark.parametrize("depth", [2, 3])
def test_backends_agree_to_rounding(depth):
    target, layers = draw("aligned", depth)
    arguments = [[w[None] for w in layers], target.matrix[None], target.left[None], target.right[None]]
    options = {"step_sizes": np.full(depth, 0.05), "stride": 7, "records": 20}
    (ours, our_loss), (theirs, their_loss) = train_in_jax(*arguments, **options), train_in_torch(*arguments, **options)
    assert ours.shape == theirs.shape == (1, 3, 20)
    np.testing.assert_allclose(ours, theirs, rtol=1e-11)
    np.testing.assert_allclose(our_loss, their_loss, rtol=1e-11)


def test_training_matches_a_plain_numpy_loop():
    target, (first, second) = draw("random", 2)
    arguments = [[first[None], second[None]], target.matrix[None], target.left[None], target.right[None]]
    strengths, loss = train_in_jax(*arguments, step_sizes=np.array([0.1, 0.05]), stride=5, records=30)
    for record in range(30):
        for _ in range(5):
            error = target.matrix - second @ first
            first, second = first + 0.1 * second.T @ error, second + 0.05 * error @ first.T
        np.testing.assert_allclose(strengths[0, :, record], mode_strengths([first, second], target), rtol=1e-9)
    assert loss[0] == pytest.approx(loss_of([first, second], target.matrix), rel=1e-9)


def test_the_same_seeds_prepare_the_same_numbers_whatever_the_backend_and_measure_them_alike_twice():
    (_, given, first), (_, again, second) = run(init="random"), run(init="random")
    _, torch_given, _ = run(init="random", backend="torch")
    for name, array in given.items():
        np.testing.assert_array_equal(array, again[name])
        np.testing.assert_array_equal(array, torch_given[name])
    for name, array in first.items():
        np.testing.assert_array_equal(array, second[name])


@pytest.mark.parametrize(
    ("axes", "predict"),
    [
        ({}, theory.sigmoid_trajectory),
        ({"init": "unbalanced"}, theory.unbalanced_trajectory),
        ({"depth": 3, "init": "unbalanced"}, theory.unbalanced_trajectory),
        ({"depth": 3}, theory.depth_trajectory),
    ],
)
def test_matrices_follow_the_scalar_theory(axes, predict):
    condition, given, observed = run(**axes)
    for trial, curve in enumerate(observed["mode_strengths"]):
        predicted = predict(condition, of_trial(given, trial))
        assert np.linalg.norm(curve - predicted) < 2e-3 * np.linalg.norm(predicted)


@pytest.mark.parametrize(
    ("axes", "predict"),
    [
        ({}, theory.half_time),
        ({"depth": 3}, theory.depth_half_time),
        ({"init": "frozen"}, theory.frozen_features_half_time),
        ({"init": "random"}, theory.random_start_half_time),
    ],
)
def test_half_times_follow_theory(axes, predict):
    condition, given, observed = run(**axes)
    predicted = [predict(condition, of_trial(given, trial)) for trial in range(len(SEEDS))]
    np.testing.assert_allclose(observed["half_time"], predicted, rtol=3e-3)


def test_frozen_features_set_the_order_of_learning():
    condition, given, observed = run(init="frozen")
    predicted = [theory.frozen_features_mode_order(condition, of_trial(given, trial)) for trial in range(len(SEEDS))]
    np.testing.assert_allclose(observed["mode_order_tau"], predicted)
    assert min(predicted) < 1


def test_small_random_weights_learn_the_modes_in_order():
    _, _, observed = run(init="random")
    np.testing.assert_array_equal(observed["mode_order_tau"], 1.0)


def test_false_laws_are_far_from_what_is_measured():
    condition, given, observed = run()
    deep, deep_given, deep_observed = run(depth=3)
    for trial in range(len(SEEDS)):
        squared = of_trial(given, trial)
        squared["singular_values"] = squared["singular_values"] ** 2
        assert observed["half_time"][trial] < 0.9 * theory.half_time(condition, squared)
        two_layer = theory.sigmoid_trajectory(deep, of_trial(deep_given, trial))
        curve = deep_observed["mode_strengths"][trial]
        assert np.linalg.norm(curve - two_layer) > 0.05 * np.linalg.norm(two_layer)


def test_divergence_is_reported_not_hidden():
    _, _, observed = run(learning_rate=0.1, init="large", depth=4)
    assert not np.isfinite(observed["remaining_loss"]).all()


def test_too_few_steps_for_the_records_are_refused():
    with pytest.raises(ValueError, match="fewer than"):
        run(learning_rate=1.0)
