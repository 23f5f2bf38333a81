"""The experiments: repeatable, paired across conditions, and equal to torch, dense Hessians and exact solutions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from jax.flatten_util import ravel_pytree
from scipy.special import log_softmax

from predictions.edge_of_stability import descent, least_squares_descent, network_descent, theory
from predictions.edge_of_stability.network_descent import draw_batches
from predictions.instruments.networks import fully_connected
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

HASTILY = pytest.mark.usefixtures("hastily_compiled")
"""For a few steps, which take less than compiling them; long runs are compiled with all care."""
TASK = {"data": "digits", "rows": 30, "label_noise": 0.3, "width": 6, "hidden_layers": 2}
CONDITION = TASK | {"learning_rate": 0.2, "momentum": 0.5, "steps": 15, "every": 5}
NESTEROV = CONDITION | {"optimiser": "nesterov", "momentum": 0.7}
ADAM = CONDITION | {"optimiser": "adam", "learning_rate": 0.01, "second_momentum": 0.95, "epsilon": 1e-7}
BATCHES = CONDITION | {"momentum": 0, "batch_size": 10}
SEEDS = derive_seeds("test-edge-of-stability", "explore", range(3))
EXPERIMENTS = [network_descent, least_squares_descent]


def run(condition=CONDITION, seeds=SEEDS, *, experiment=network_descent, precision="float64"):
    with profile(precision):
        given, state = experiment.prepare(condition, seeds)
        return given, state, experiment.measure(condition, state)


@HASTILY
def test_rates_optimisers_and_batches_share_their_trials():
    with profile("float64"):
        _, *states = network_descent.prepare(CONDITION, SEEDS)
        others = [{"learning_rate": 1, "momentum": 0}, {"optimiser": "nesterov"}, {"batch_size": 10}]
        states += [network_descent.prepare(CONDITION | other, SEEDS)[1] for other in others]
        for state in states[1:]:
            for first, second in zip(*map(jax.tree.leaves, (states[0][:-1], state[:-1]))):
                np.testing.assert_array_equal(first, second)


@HASTILY
def test_both_experiments_train_on_the_same_rows():
    with profile("float64"):
        (_, inputs, targets, *_), (rows, labels, _) = (
            experiment.prepare(CONDITION, SEEDS)[1] for experiment in EXPERIMENTS
        )
        np.testing.assert_array_equal(inputs, rows)
        np.testing.assert_array_equal(targets, labels)


@HASTILY
def test_a_new_rate_compiles_nothing():
    run(ADAM, precision="float32")
    compiled = descent._stretch._cache_size()
    run(ADAM | {"learning_rate": 1, "momentum": 0, "epsilon": 1, "label_noise": 0}, precision="float32")
    assert descent._stretch._cache_size() == compiled


def of_torch(condition, state):
    """Losses and flat weights before each step, and after the last, of the first trial, by torch.optim."""
    layers, inputs, targets, _, batches = jax.tree.map(lambda array: torch.tensor(np.asarray(array[0])), state)
    weights = [tensor.clone().requires_grad_() for tensor in jax.tree.leaves(layers)]
    rates, momentum = {"lr": condition["learning_rate"]}, condition["momentum"]
    if condition.get("optimiser") == "adam":
        betas = momentum, condition["second_momentum"]
        optimiser = torch.optim.Adam(weights, betas=betas, eps=condition["epsilon"], **rates)
    else:
        nesterov = condition.get("optimiser") == "nesterov"
        optimiser = torch.optim.SGD(weights, momentum=momentum, nesterov=nesterov, **rates)
    losses, passed = [], []
    for rows in batches:
        passed.append(np.concatenate([weight.detach().numpy().ravel() for weight in weights]))
        rows = rows.tolist() or list(range(len(inputs)))
        signal = inputs[rows]
        for matrix, bias in zip(weights[:-2:2], weights[1:-2:2]):
            signal = torch.tanh(signal @ matrix + bias)
        loss = 0.5 * (signal @ weights[-2] + weights[-1] - targets[rows]).square().sum(dim=1).mean()
        optimiser.zero_grad()
        loss.backward()
        losses.append(loss.item())
        optimiser.step()
    return np.array(losses), passed, optimiser, weights


def dense_hessian(state, flat, rows=None):
    """Hessian and gradient of the loss on these rows, or all, of the first trial."""
    layers, inputs, targets, *_ = jax.tree.map(lambda array: jnp.asarray(array[0]), state)
    rows = slice(None) if rows is None else rows
    return tuple(map(np.asarray, _dense_hessian(layers, inputs[rows], targets[rows], jnp.asarray(flat))))


@jax.jit
def _dense_hessian(layers, inputs, targets, flat):
    _, unravel = ravel_pytree(layers)

    def loss(flat):
        return 0.5 * jnp.mean(jnp.sum((fully_connected(unravel(flat), inputs) - targets) ** 2, axis=1))

    columns = jax.lax.map(lambda unit: jax.jvp(jax.grad(loss), (flat,), (unit,))[1], jnp.eye(flat.size))
    return columns, jax.grad(loss)(flat)


@HASTILY
def test_heavy_ball_is_that_of_torch_and_its_sharpness_that_of_the_dense_hessian():
    given, state, observed = run()
    losses, passed, *_ = of_torch(CONDITION, state)
    np.testing.assert_allclose(observed["loss"][0], losses[::5], rtol=1e-10)
    assert observed["final_loss"][0] == pytest.approx(losses[-1], rel=1e-10)
    with profile("float64"):
        tops = [np.linalg.eigvalsh(dense_hessian(state, flat)[0])[-1] for flat in passed[::5]]
        middles = [(first + second) / 2 for first, second in zip(passed[::5], passed[1::5])]
        midway = [np.linalg.eigvalsh(dense_hessian(state, flat)[0])[-1] for flat in middles]
    np.testing.assert_allclose(observed["sharpness"][0], tops, rtol=3e-3)
    assert observed["late_midway"][0] == pytest.approx(np.median(midway[1:]), rel=3e-3)
    assert given["initial_sharpness"][0] == pytest.approx(tops[0], rel=3e-3)


@HASTILY
def test_nesterov_is_that_of_torch_and_its_sharpness_that_of_the_hessian():
    """Torch keeps w + momentum v, where gradients are taken, and the sum b = -v/eta of gradients; we keep w."""
    condition = NESTEROV | {"steps": 20}
    _, state, observed = run(condition)
    losses, *_ = of_torch(condition, state)
    np.testing.assert_allclose(observed["loss"][0], losses[::5], rtol=1e-10)
    state = (*state[:-1], state[-1][:, :15])  # as far as the last record
    _, _, optimiser, weights = of_torch(condition, state)
    velocity, flat = (
        np.concatenate([part.detach().numpy().ravel() for part in parts])
        for parts in ([optimiser.state[weight]["momentum_buffer"] for weight in weights], weights)
    )
    with profile("float64"):
        hessian, _ = dense_hessian(state, flat + condition["learning_rate"] * condition["momentum"] * velocity)
    assert observed["sharpness"][0, -1] == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=3e-3)


@HASTILY
def test_adam_is_that_of_torch_and_its_sharpness_that_of_the_preconditioned_hessian():
    condition = ADAM | {"steps": 20}
    given, state, observed = run(condition)
    losses, *_ = of_torch(condition, state)
    np.testing.assert_allclose(observed["loss"][0], losses[::5], rtol=1e-9)
    state = (*state[:-1], state[-1][:, :15])
    _, _, optimiser, weights = of_torch(condition, state)
    squares, flat = (
        np.concatenate([part.detach().numpy().ravel() for part in parts])
        for parts in ([optimiser.state[weight]["exp_avg_sq"] for weight in weights], weights)
    )
    b1, b2 = condition["momentum"], condition["second_momentum"]
    preconditioner = (1 - b1**15) * (np.sqrt(squares / (1 - b2**15)) + condition["epsilon"])
    with profile("float64"):
        hessian, _ = dense_hessian(state, flat)
    top = np.linalg.eigvals(hessian / preconditioner[:, None]).real.max()
    assert observed["sharpness"][0, -1] == pytest.approx(top, rel=3e-3)
    np.testing.assert_allclose(observed["sharpness"][:, 0], given["initial_sharpness"], rtol=3e-3)


@HASTILY
def test_mini_batches_are_those_of_torch_and_batch_sharpness_that_of_their_own_hessians():
    """Losses on all rows at the weights that torch passed through; curvature along every second gradient."""
    _, state, observed = run(BATCHES)
    _, passed, *_ = of_torch(BATCHES, state)
    layers, inputs, targets, _, batches = jax.tree.map(lambda array: array[0], state)
    _, unravel = ravel_pytree(layers)
    with profile("float64"):
        for record, flat in enumerate(passed[::5]):
            outputs = np.asarray(fully_connected(unravel(jnp.asarray(flat)), inputs))
            loss = 0.5 * np.mean(np.sum((outputs - targets) ** 2, axis=1))
            assert observed["loss"][0, record] == pytest.approx(loss, rel=1e-10)
            hessian, _ = dense_hessian(state, flat)
            assert observed["sharpness"][0, record] == pytest.approx(np.linalg.eigvalsh(hessian)[-1], rel=3e-3)
            pairs = [dense_hessian(state, flat, rows) for rows in batches[5 * record : 5 * record + 5 : 2]]
            along = np.mean([g @ hessian @ g / (g @ g) for hessian, g in pairs])
            assert observed["batch_sharpness"][0, record] == pytest.approx(along, rel=1e-8)


def test_batches_are_reshuffled_epochs():
    condition = CONDITION | {"rows": 12, "batch_size": 4, "steps": 8}
    first, second = (draw_batches(condition, np.random.default_rng(seed)) for seed in (0, 1))
    assert first.shape == (8, 4)
    for epoch in (first[:3], first[3:6]):
        assert sorted(epoch.ravel()) == list(range(12))
    assert not np.array_equal(first[:3], first[3:6])
    assert not np.array_equal(first, second)
    with pytest.raises(ValueError, match="rows is 12, which is not a multiple of batch_size, 5"):
        draw_batches(condition | {"batch_size": 5}, np.random.default_rng(0))


@HASTILY
def test_a_batch_of_all_rows_in_any_order_is_full_batch_descent():
    _, _, expected = run()
    _, _, observed = run(CONDITION | {"batch_size": 30})
    np.testing.assert_allclose(observed["loss"], expected["loss"], rtol=1e-10)
    np.testing.assert_allclose(observed["sharpness"], expected["sharpness"], rtol=3e-3)
    assert "batch_sharpness" not in expected
    with_all = run(CONDITION | {"batch_size": "all"})[2]
    assert with_all.keys() == observed.keys()
    assert np.isnan(with_all["late_batch_sharpness"]).all()


@HASTILY
def test_sharpness_of_linear_regression_is_that_of_all_rows_whatever_the_batch():
    _, state, observed = run(BATCHES | {"hidden_layers": 0})
    for rows, sharpnesses in zip(state[1], observed["sharpness"]):
        with_bias = np.column_stack([rows, np.ones(len(rows))])
        np.testing.assert_allclose(sharpnesses, np.linalg.norm(with_bias, 2) ** 2 / len(rows), rtol=3e-3)


@HASTILY
def test_a_large_epsilon_leaves_the_sharpness_of_linear_regression_over_epsilon():
    condition = ADAM | {"hidden_layers": 0, "epsilon": 1000.0, "steps": 100, "every": 25}
    given, _, observed = run(condition)
    for trial, initial in enumerate(given["initial_sharpness"]):
        truth = theory.constant_preconditioner_sharpness(condition, {"initial_sharpness": initial})
        assert observed["late_sharpness"][trial] == pytest.approx(truth, rel=5e-3)


@HASTILY
@pytest.mark.parametrize("loss", ["mse", "cross-entropy"])
def test_torch_trains_as_jax_does(loss):
    """In double precision, over so few steps, two correct programs agree to rounding."""
    given, _, in_jax = run(CONDITION | {"loss": loss})
    same, _, in_torch = run(CONDITION | {"loss": loss, "backend": "torch"})
    np.testing.assert_array_equal(given["initial_sharpness"], same["initial_sharpness"])
    np.testing.assert_allclose(in_torch["loss"], in_jax["loss"], rtol=1e-10)
    np.testing.assert_allclose(in_torch["sharpness"], in_jax["sharpness"], rtol=3e-3)  # as well as either is found


@HASTILY
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_cross_entropy_and_its_sharpness_at_the_start(backend):
    """Loss against scipy's softmax, sharpness against the dense Hessian of a loss written otherwise."""
    condition = CONDITION | {"loss": "cross-entropy", "backend": backend}
    _, state, observed = run(condition, SEEDS[:1])
    with profile("float64"):
        layers, inputs, targets, *_ = jax.tree.map(lambda array: jnp.asarray(array[0]), state)
        flat, unravel = ravel_pytree(layers)
        right = np.asarray(targets) == 1

        def loss(flat):
            return -jnp.mean(jnp.log(jax.nn.softmax(fully_connected(unravel(flat), inputs))[right]))

        top = np.linalg.eigvalsh(jax.jit(jax.hessian(loss))(flat))[-1]
        log_probabilities = log_softmax(np.asarray(fully_connected(layers, inputs)), axis=1)
    assert observed["loss"][0, 0] == pytest.approx(-np.mean(log_probabilities[np.asarray(targets) == 1]), rel=1e-12)
    assert observed["sharpness"][0, 0] == pytest.approx(top, rel=3e-3)


def test_what_cannot_be_run_is_named():
    with pytest.raises(ValueError, match="backend is 'numpy', but must be jax or torch"):
        run(CONDITION | {"backend": "numpy"})
    for other in ({"optimiser": "nesterov"}, {"batch_size": 10}, {"activation": "relu"}):
        with pytest.raises(ValueError, match="backend torch trains by heavy-ball, on all rows and with tanh only"):
            run(CONDITION | other | {"backend": "torch"})


@HASTILY
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_steps_are_whole_stretches(backend):
    with pytest.raises(ValueError, match="steps is 16, which is not a multiple of every, 5"):
        run(CONDITION | {"steps": 16, "backend": backend})


@HASTILY
@pytest.mark.parametrize("initialisation", ["uniform", "gaussian"])
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "elu", "softplus"])
def test_every_activation_learns_from_either_start(activation, initialisation):
    """Gradient descent below the edge: the loss falls at every step, for any depth of the domain."""
    depth = {"tanh": 4, "relu": 3, "gelu": 2, "elu": 1, "softplus": 2}[activation]
    condition = TASK | {"activation": activation, "initialisation": initialisation, "hidden_layers": depth}
    condition |= {"optimiser": "gd", "learning_rate": 0.01, "steps": 40, "every": 10, "width": 12}
    _, _, observed = run(condition)
    assert (observed["sharpness"] < 0.9 * 2 / 0.01).all()
    assert (observed["all_rising_steps"] == 0).all()
    assert (observed["final_loss"] < 0.95 * observed["loss"][:, 0]).all()


def test_least_squares_keeps_its_curvature_and_reaches_the_minimum():
    condition = CONDITION | {"rows": 200, "momentum": 0.9, "steps": 4000, "every": 1000}
    given, (inputs, targets, _), observed = run(condition, experiment=least_squares_descent)
    top = given["second_moment_spectrum"].max(axis=1)
    np.testing.assert_allclose(observed["sharpness"], np.repeat(top[:, None], 4, axis=1), rtol=3e-3)
    np.testing.assert_allclose(observed["late_sharpness"], top, rtol=3e-3)
    for rows, labels, top_eigenvalue, final_loss in zip(inputs, targets, top, observed["final_loss"]):
        best = rows @ np.linalg.lstsq(rows, labels)[0]
        assert final_loss == pytest.approx(0.5 * np.mean(np.sum((best - labels) ** 2, axis=1)), rel=1e-2)
        assert top_eigenvalue == pytest.approx(np.linalg.norm(rows, 2) ** 2 / 200)


@pytest.mark.parametrize(
    ("experiment", "other"),
    [
        (least_squares_descent, {"learning_rate": 10.0}),
        (network_descent, {"learning_rate": 1e6, "momentum": 1.5}),
        (network_descent, {"learning_rate": 1e6, "momentum": 1.5, "backend": "torch"}),
        (network_descent, {"learning_rate": 1e30, "batch_size": 10}),
    ],
)
def test_a_diverged_run_yields_no_number_that_could_excuse_it(experiment, other):
    _, _, observed = run(CONDITION | {"steps": 600, "every": 25} | other, experiment=experiment, precision="float32")
    assert not np.isfinite(observed["final_loss"]).any()
    for name in ("rising_steps", "all_rising_steps"):
        assert np.isnan(observed[name]).all()
    if experiment is network_descent:
        assert not np.isfinite(observed["late_sharpness"]).any()
        assert np.isnan(observed["late_drift"]).all()
        assert np.isnan(observed["end_drift"]).all()


@HASTILY
def test_curvature_of_some_rows_is_that_of_their_own_hessian_and_changes_no_step():
    _, state, observed = run(CONDITION | {"curvature_share": 1 / 3})
    losses, passed, *_ = of_torch(CONDITION, state)
    np.testing.assert_allclose(observed["loss"][0], losses[::5], rtol=1e-10)
    with profile("float64"):
        tops = [np.linalg.eigvalsh(dense_hessian(state, flat, np.arange(10))[0])[-1] for flat in passed[::5]]
    np.testing.assert_allclose(observed["sharpness"][0], tops, rtol=3e-3)


@HASTILY
def test_an_ntk_network_starts_with_the_outputs_of_a_gaussian_one_and_learns_more_slowly():
    """Its matrix is sqrt(inputs) times as large, its gradient as much smaller: the loss falls by eta |g|^2 a step."""
    condition = CONDITION | {"optimiser": "gd", "hidden_layers": 0, "steps": 4, "every": 1, "learning_rate": 1e-6}
    (_, state, plain), (_, other, ntk) = (run(condition | {"initialisation": name}) for name in ("gaussian", "ntk"))
    (matrix, _), inputs, targets = state[0][0], state[1], state[2]
    np.testing.assert_allclose(other[0][0][0], np.sqrt(64) * matrix)
    np.testing.assert_allclose(ntk["loss"][:, 0], plain["loss"][:, 0], rtol=1e-12)
    error = (inputs @ matrix - targets) / 30
    of_bias = np.sum(error.sum(axis=1) ** 2, axis=1)
    of_matrix = np.sum((inputs.transpose(0, 2, 1) @ error) ** 2, axis=(1, 2))
    for observed, inputs_once_more in ((plain, 1), (ntk, 64)):
        falls = observed["loss"][:, 0] - observed["loss"][:, 1]
        np.testing.assert_allclose(falls, 1e-6 * (of_matrix / inputs_once_more + of_bias), rtol=1e-3)


@HASTILY
def test_the_start_is_scaled():
    (_, (layers, *_), _), (_, (scaled, *_), _) = (run(CONDITION | {"initial_scale": scale}) for scale in (1, 0.5))
    for first, second in zip(jax.tree.leaves(layers), jax.tree.leaves(scaled)):
        np.testing.assert_array_equal(first / 2, second)


@pytest.mark.parametrize("momentum", [0, 0.5, 0.95])
def test_a_twin_goes_as_far_by_steps_an_eighth_as_long_and_its_edge_is_far(momentum):
    """Along a slope of one; and by the roots of heavy ball's recursion, the twin is stable eight edges up."""
    setting = network_descent.DEFAULTS | CONDITION | {"momentum": momentum}
    other = network_descent.twin(setting)
    rates, edge = other["rates"], theory.heavy_ball_threshold(setting, {})
    assert other["steps"] == setting["steps"]
    assert rates["learning_rate"] == setting["learning_rate"] / 8
    speeds = []
    for eta, beta in ((setting["learning_rate"], momentum), (rates["learning_rate"], rates["momentum"])):
        velocity = 0
        for _ in range(3000):
            velocity = beta * velocity + eta
        speeds.append(velocity)
    assert speeds[1] == pytest.approx(speeds[0])
    eta, beta = rates["learning_rate"], rates["momentum"]
    assert np.abs(np.roots([1, -(1 + beta - eta * 8 * edge), beta])).max() <= 1 + 1e-9


def test_adam_has_an_adam_for_a_twin_of_as_much_time():
    other = network_descent.twin(ADAM)
    assert other["rates"] | {"learning_rate": 8 * other["rates"]["learning_rate"]} == {
        name: ADAM[name] for name in ("learning_rate", "momentum", "second_momentum", "epsilon")
    }
    assert other["steps"] * other["rates"]["learning_rate"] == pytest.approx(ADAM["steps"] * ADAM["learning_rate"])


@HASTILY
def test_a_twin_is_followed_until_it_has_met_enough():
    """The highest eigenvalue after the first tenth; not followed where nothing is asked of it."""
    setting = CONDITION | {"optimiser": "gd", "steps": 40, "every": 2}
    with profile("float64"):
        _, (*state, _) = network_descent.prepare(setting, SEEDS)
        whole = network_descent.measure(setting, (*state, np.zeros((3, 40, 0), int)))["sharpness"]
        how = {"model": network_descent.MODELS["uniform", "tanh"], "loss": network_descent.LOSSES["mse"]}
        how |= {"optimiser": network_descent.gradient_descent, "rates": {"learning_rate": 0.2}}
        arrays = jax.tree.map(jnp.asarray, state)

        def highest(*enough):
            return descent.highest_sharpness(*arrays, enough=np.array(enough), steps=40, every=2, **how)

        np.testing.assert_allclose(highest(np.inf, np.inf, np.inf), whole[:, 2:].max(axis=1), rtol=1e-12)
        np.testing.assert_allclose(highest(0, np.inf, np.nan), [0, whole[1, 2:].max(), 0], rtol=1e-12)
        at_once = 0.5 * whole[0].min()
        np.testing.assert_allclose(highest(at_once, np.inf, at_once)[0], whole[0, 2], rtol=1e-12)


def test_a_step_that_held_the_sharpness_down_is_told_from_a_run_that_was_too_short():
    """At the edge a twin goes on; before it, twin and run are one; linear regression has nothing to hold down."""
    setting = LONG | {"rows": 300, "steps": 3000, "every": 25, "twin": True, "learning_rate": 0.4}
    _, _, held = run(setting, SEEDS[:1], precision="float32")
    assert (held["held_down"] >= 1.3).all()
    assert (held["held_down"] < 1.6).all()
    _, _, short = run(setting | {"steps": 100}, SEEDS[:1], precision="float32")
    assert (0.4 * short["late_sharpness"] < 1.9).all()
    np.testing.assert_allclose(short["held_down"], 1, atol=0.2)
    _, _, constant = run(setting | {"hidden_layers": 0, "steps": 200, "learning_rate": 0.05}, precision="float32")
    np.testing.assert_allclose(constant["held_down"], 1, rtol=3e-3)


@HASTILY
def test_a_diverged_run_has_no_twin_that_could_excuse_it():
    far = {"learning_rate": 1e6, "momentum": 0, "steps": 100, "every": 25, "twin": True}
    _, _, observed = run(CONDITION | far, precision="float32")
    assert np.isnan(observed["held_down"]).all()


LONG = TASK | {"rows": 200, "width": 32, "hidden_layers": 3, "label_noise": 0.5, "learning_rate": 0.2}


def test_cross_entropy_sharpens_and_then_flattens():
    """Noisy labels are sharpened for; once they are fitted, the softmax saturates and the Hessian fades."""
    given, _, observed = run(LONG | {"loss": "cross-entropy", "steps": 1500, "every": 15}, precision="float32")
    assert (observed["final_loss"] < 0.05).all()
    assert (observed["crest_sharpness"] > 5 * given["initial_sharpness"]).all()
    assert (observed["end_over_crest"] < 0.5).all()


@pytest.mark.parametrize(("momentum", "threshold"), [(0.0, 2), (0.5, 3)])
def test_training_sharpens_up_to_the_edge(momentum, threshold):
    """The step size in units of which descent of a quadratic turns unstable is 2, and 3 with momentum 1/2."""
    condition = LONG | {"rows": 300, "steps": 3000, "every": 25, "momentum": momentum}
    given, _, observed = run(condition, precision="float32")
    assert (0.2 * given["initial_sharpness"] < 0.5 * threshold).all()
    assert (0.2 * observed["late_sharpness"] > 0.97 * threshold).all()
    assert (0.2 * observed["late_sharpness"] < 1.1 * threshold).all()
    assert (observed["rising_steps"] > 0.05).all()


@pytest.mark.parametrize(("optimiser", "rate"), [("nesterov", 0.2), ("adam", 0.003)])
def test_other_optimisers_sharpen_up_to_their_own_edge(optimiser, rate):
    condition = (NESTEROV if optimiser == "nesterov" else ADAM) | {"learning_rate": rate, "momentum": 0.9}
    condition |= {"rows": 200, "width": 24, "hidden_layers": 3, "label_noise": 0.4, "steps": 1500, "every": 25}
    given, _, observed = run(condition, SEEDS[:2], precision="float32")
    threshold = getattr(theory, f"{optimiser}_threshold")(condition, {})
    assert (given["initial_sharpness"] < 0.6 * threshold).all()
    np.testing.assert_allclose(observed["late_sharpness"], threshold, rtol=0.1)
    assert (observed["rising_steps"] > 0.05).all()


def test_small_batches_stay_flatter():
    condition = TASK | {"rows": 128, "width": 24, "hidden_layers": 3, "label_noise": 0.4, "learning_rate": 0.2}
    condition |= {"steps": 2000, "every": 25}
    (_, _, small), (_, _, full) = (
        run(condition | {"batch_size": size}, SEEDS[:2], precision="float32") for size in (8, "all")
    )
    assert (0.2 * full["late_sharpness"] > 1.95).all()
    assert (small["late_sharpness"] < 0.7 * full["late_sharpness"]).all()
