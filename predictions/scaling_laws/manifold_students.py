"""How the error of networks that learn a random function on a d-dimensional cube falls in their size.

Model      relu network with two hidden layers of each of three widths, from `smallest_width` on; He's initialisation,
           biases N(0, 1/4).
Data       `rows_per_parameter` N points uniform on [-1, 1]^d, d = `dimension`; values of a random function (`target`:
           smooth or rough), no noise.
Loss       mean squared error.
Training   Levenberg-Marquardt, `iterations`: damping times the Gauss-Newton diagonal, divided by 3 after a step that
           lowers the error, else multiplied by 2.5 and the step undone. Converges to a local minimum, which Adam does
           not within any budget of this size.
Observed   exponent of the test error in the number of parameters, and by how much the training error still fell.
Trial      one function and, for each width, one training set and the best of `starts` starts by training error; test
           error at 20,000 points.

Sharma and Kaplan 2020 (arXiv 2004.10802).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial, reduce

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.instruments.fits import log_slope
from predictions.instruments.trials import over_trials
from predictions.scaling_laws.random_fields import draw_field, field_values

WIDTH_FACTORS = (1.0, 1.5, 2.25)
TEST_ROWS = 20_000


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], list]:
    """Nothing is given: theories need the dimension only. The state holds, for each width, starts and data."""
    dimension = setting["dimension"]
    widths = [round(factor * setting["smallest_width"]) for factor in WIDTH_FACTORS]
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        field = draw_field(setting["target"], dimension, rng)
        test = rng.uniform(-1, 1, (TEST_ROWS, dimension))
        test_values = field_values(field, test)
        of_widths = []
        for width in widths:
            start = _stacked([_start(dimension, width, rng) for _ in range(setting["starts"])])
            rows = setting["rows_per_parameter"] * parameter_count(dimension, width)
            points = rng.uniform(-1, 1, (rows, dimension))
            of_widths.append((start, points, field_values(field, points), test, test_values))
        trials.append(of_widths)
    stacked = [_stacked([trial[k] for trial in trials]) for k in range(len(widths))]
    return {}, [(parameter_count(dimension, width), arrays) for width, arrays in zip(widths, stacked, strict=True)]


def measure(setting: Mapping, state: list, reduce=reduce) -> dict[str, np.ndarray]:
    """Exponent alpha of the test error N^-alpha, and by how much the training error still fell: (trials,)."""
    sizes = [size for size, _ in state]

    def advance(trained, width):
        _, arrays = width
        return [*trained, _train(*map(_to_device, arrays), setting["iterations"])]

    test, halfway, final = map(np.array, zip(*reduce(advance, state, [])))  # (widths, trials)
    return {
        "size_exponent": np.array([-log_slope(sizes, errors) for errors in test.T]),
        "late_gain": np.exp(np.mean(np.log(halfway / final), axis=0)) - 1,
        "smallest_error": test[-1],
    }


def parameter_count(dimension: int, width: int) -> int:
    """Weights and biases of two hidden layers and a readout."""
    return (dimension + 1) * width + (width + 1) * width + width + 1


def _start(dimension: int, width: int, rng: np.random.Generator) -> list[tuple[np.ndarray, np.ndarray]]:
    layers = []
    for inputs, outputs in ((dimension, width), (width, width), (width, 1)):
        weights = rng.standard_normal((inputs, outputs)) * np.sqrt(2 / inputs)
        layers.append((weights, rng.standard_normal(outputs) / 2))
    return layers


def _stacked(trees):
    return jax.tree.map(lambda *arrays: np.stack(arrays), *trees)


def _to_device(arrays):
    return jax.tree.map(jnp.asarray, arrays)


def network(layers, point):
    """Output of the network at one point (d,)."""
    for weights, bias in layers[:-1]:
        point = jax.nn.relu(point @ weights + bias)
    weights, bias = layers[-1]
    return (point @ weights + bias)[0]


@partial(jax.jit, static_argnames="iterations")
def _train(starts, points, values, test_points, test_values, iterations):
    """Test error, training error after half the iterations and after all, of the best start: (trials,) each."""

    def one_trial(starts, points, values, test_points, test_values):
        _, unravel = ravel_pytree(jax.tree.map(lambda array: array[0], starts))

        def output(parameters, point):
            return network(unravel(parameters), point)

        def residuals_of(parameters, points, values):
            return jax.vmap(output, (None, 0))(parameters, points) - values

        def iterate(carry, _):
            parameters, residuals, damping = carry
            jacobian = jax.vmap(jax.grad(output), (None, 0))(parameters, points)
            curvature = jacobian.T @ jacobian
            # dead units have no curvature: a floor of 1e-9 a row keeps the system definite
            damped = curvature + jnp.diag(damping * (jnp.diag(curvature) + 1e-9 * len(points)))
            step = jax.scipy.linalg.solve(damped, jacobian.T @ residuals, assume_a="pos")
            proposed = residuals_of(parameters - step, points, values)
            better = jnp.mean(proposed**2) < jnp.mean(residuals**2)
            parameters = jnp.where(better, parameters - step, parameters)
            residuals = jnp.where(better, proposed, residuals)
            damping = jnp.clip(jnp.where(better, damping / 3, damping * 2.5), 1e-8, 1e8)
            return (parameters, residuals, damping), jnp.mean(residuals**2)

        def descend(start):
            flat, _ = ravel_pytree(start)
            state = flat, residuals_of(flat, points, values), 0.1
            (parameters, _, _), errors = jax.lax.scan(iterate, state, length=iterations)
            return parameters, errors[iterations // 2 - 1], errors[-1]

        parameters, halfway, final = jax.lax.map(descend, starts)
        best = jnp.argmin(final)
        test_error = jnp.mean(residuals_of(parameters[best], test_points, test_values) ** 2)
        return test_error, halfway[best], final[best]

    return over_trials(one_trial, starts, points, values, test_points, test_values)
