"""Two layers on one datum against the two-number recursion, dense Hessians and the plain quadratic."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from predictions.large_steps import catapult_run, largest_step, theory
from predictions.large_steps.two_layers import draw
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("test-large-steps", "explore", range(4))
CONDITION = {"model": "linear", "target": "one", "width": 300, "rate": 2.7, "steps": 200}


def run(experiment, **changes):
    condition = CONDITION | changes
    with profile("float64"):
        given, state = experiment.prepare(condition, SEEDS)
        return condition, given, experiment.measure(condition, state)


def recursion(f, curvature, y, x, width, rate, steps):
    """Largest |f - y|, the last one and the last curvature of the recursion, derived by hand for inputs x."""
    eta, errors = rate / curvature, []
    for _ in range(steps):
        e = f - y
        errors.append(abs(e))
        f, curvature = (
            f - eta * e * curvature + (eta * e * x) ** 2 * f / width,
            curvature + eta * e**2 * x**2 / width * (eta * curvature - 4 * f / e) if e else curvature,
        )
    return max(errors), errors[-1], curvature


def test_curvature_is_the_top_of_the_dense_hessian_where_the_datum_is_fitted():
    given, (weights, inputs, _) = draw(CONDITION | {"width": 5}, SEEDS)
    for trial, (pair, x) in enumerate(zip(weights, inputs)):
        fitted = given["initial_output"][trial]

        def loss(flat, x=x, fitted=fitted):
            return 0.5 * (jnp.sum(flat[:5] * flat[5:]) * x / jnp.sqrt(5.0) - fitted) ** 2

        with profile("float64"):
            hessian = np.asarray(jax.hessian(loss)(jnp.asarray(pair.ravel())))
            assert loss(jnp.asarray(pair.ravel())) < 1e-20
        assert given["initial_curvature"][trial] == pytest.approx(np.linalg.eigvalsh(hessian)[-1])


@pytest.mark.parametrize("rate", [1.5, 2.7])
def test_training_follows_the_recursion_of_two_numbers(rate):
    condition, given, observed = run(catapult_run, rate=rate)
    _, (_, x, y) = draw(condition, SEEDS)
    for trial in range(len(SEEDS)):
        start = given["initial_output"][trial], given["initial_curvature"][trial]
        peak, last, curvature = recursion(*start, y[trial], x[trial], 300, rate, 200)
        assert observed["peak_error"][trial] == pytest.approx(peak, rel=1e-6)
        assert observed["final_curvature"][trial] == pytest.approx(curvature, rel=1e-6)
        assert observed["final_error"][trial] == pytest.approx(last, abs=1e-9)


def test_above_two_the_error_is_thrown_up_and_the_curvature_comes_down():
    _, lazy_given, lazy = run(catapult_run, rate=1.5)
    condition, given, thrown = run(catapult_run)
    assert (lazy["peak_error"] < 1.5 * abs(lazy_given["initial_output"] - lazy_given["target"])).all()
    assert (thrown["peak_error"] > 0.2 * np.sqrt(300)).all()
    assert (thrown["final_error"] < 1e-9).all()
    for trial, curvature in enumerate(given["initial_curvature"]):
        limit = theory.stable_curvature(condition, {"initial_curvature": curvature})
        assert thrown["final_curvature"][trial] < limit < curvature
        assert lazy["final_curvature"][trial] == pytest.approx(curvature, rel=0.05)


def test_the_peak_of_the_recursion_grows_with_the_root_of_the_width():
    """Of the closed recursion of two numbers, averaged over where the last step stops."""

    def log_peak(width, output):
        curvature, sizes = 1.0, []
        for _ in range(400):
            sizes.append(abs(output))
            output, curvature = (
                output * (1 - 3 * curvature + 9 * output**2 / width),
                curvature + 3 * output**2 / width * (3 * curvature - 4),
            )
        return np.log(max(sizes))

    starts = np.geomspace(0.5, 1, 50, endpoint=False)  # a step multiplies the error by two
    peaks = [np.mean([log_peak(width, start) for start in starts]) for width in (1e4, 1e8)]
    assert theory.peak_exponent({}, {}) == pytest.approx((peaks[1] - peaks[0]) / np.log(1e4), abs=0.01)


def test_the_linearised_model_keeps_its_curvature_and_breaks_down_at_two():
    _, given, observed = run(catapult_run, model="linearised")
    np.testing.assert_allclose(observed["final_curvature"], given["initial_curvature"])
    # its error is multiplied by 1 - rate at each of 199 steps
    start = abs(given["initial_output"] - given["target"])
    np.testing.assert_allclose(observed["peak_error"], start * 1.7**199, rtol=1e-9)
    _, given, observed = run(largest_step, model="linearised", steps=5000)
    limits = [theory.linear_model_limit({}, {"initial_curvature": c}) for c in given["initial_curvature"]]
    np.testing.assert_allclose(observed["largest_step"], limits, rtol=6e-3)  # ln(1e6 sqrt(300)) / 5000


@pytest.mark.parametrize("width", [30, 1000])
def test_two_layers_survive_up_to_four(width):
    """For y = 0 the sign of the curvature's change is that of eta lambda - 4 at every width."""
    _, given, observed = run(largest_step, target="zero", width=width, steps=1000)
    limits = [theory.catapult_limit({}, {"initial_curvature": c}) for c in given["initial_curvature"]]
    np.testing.assert_allclose(observed["largest_step"], limits, rtol=3e-3)


def test_a_target_out_of_reach_of_the_weights_is_outside_the_law():
    _, given, observed = run(largest_step, target="root-width", width=1000, steps=1000)
    assert (observed["largest_step"] * given["initial_curvature"] < 3.5).all()


def test_what_breaks_down_is_no_number_that_could_excuse_it():
    _, _, observed = run(catapult_run, rate=5, steps=2000)
    assert np.isinf(observed["peak_error"]).all()
    assert not np.isfinite(observed["final_curvature"]).any()


def test_an_unknown_model_is_named():
    with pytest.raises(ValueError, match="model is 'cubic', but must be linear or linearised"):
        run(largest_step, model="cubic")


def test_limits_of_a_curvature_of_five_by_hand():
    """A rate of 3.2 is the step eta = 0.64: 2/eta is 3.125, and the steps 2/lambda and 4/lambda are 0.4 and 0.8."""
    given = {"initial_curvature": 5.0}
    assert theory.stable_curvature({"rate": 3.2}, given) == pytest.approx(3.125)
    assert theory.linear_model_limit({}, given) == pytest.approx(0.4)
    assert theory.catapult_limit({}, given) == pytest.approx(0.8)
    assert theory.initial_curvature({}, given) == 5.0
