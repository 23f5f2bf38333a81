"""Learn a quadratic function of one or many directions from few samples, with a large or a small output multiplier.

Model      f = (alpha/m) sum_j a_j relu(w_j . x / sqrt(d)) less its first value, m = `width` neurons, no biases, every
           weight N(0, 1) at the start; alpha is `multiplier`.
Data       `samples` rows x ~ N(0, 1)^d, d = `dimension`; labels sum_r s_r ((b_r . x)^2 - 1) / (2 R)^{1/2}, second
           Hermite polynomials of R = `directions` random orthonormal directions with random signs s_r: of mean square
           1, and uncorrelated with every linear function.
Loss       (1/2) mean (f - y)^2.
Training   full-batch gradient descent, `steps` steps of `relative_learning_rate` times m / (alpha max(1, alpha
           lambda)), lambda the largest eigenvalue of the tangent kernel at alpha = m^{1/2} over the number of samples:
           1 / (the largest curvature) at a large multiplier, the clock of the weights' growth at a small one.
Observed   test error, also whether it is at most half that of the kernel, and the training loss that remains.
Trial      directions and signs, rows, `test_samples` test rows and weights.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.empirical_ntk import Network, empirical_ntk, two_layers
from predictions.instruments.losses import mean_squared_error
from predictions.instruments.networks import parameter_counts
from predictions.instruments.trials import over_trials

NETWORK = Network("relu", weight_std=1.0, bias_std=0.0)


def prepare(setting, seeds):
    """Given: `kernel_risk` (trials,), test error of ridgeless regression with the network's first tangent kernel."""
    draws = [_draw(setting, np.random.default_rng(int(seed))) for seed in seeds]
    hidden, readout, rows, labels, test_rows, test_labels = (np.stack(arrays) for arrays in zip(*draws))
    weights = (jnp.asarray(hidden), jnp.asarray(readout))
    risks, steepness = [], []
    for trial in range(len(draws)):
        single = tuple(array[trial] for array in weights)
        kernel = np.asarray(_kernel(*single, rows[trial], rows[trial]), dtype=np.float64)
        test_kernel = np.asarray(_kernel(*single, test_rows[trial], rows[trial]), dtype=np.float64)
        fitted = test_kernel @ np.linalg.solve(kernel, labels[trial])
        risks.append(np.mean((fitted - test_labels[trial]) ** 2))
        steepness.append(np.linalg.eigvalsh(kernel)[-1] / len(kernel))
    data = tuple(jnp.asarray(array) for array in (rows, labels, test_rows, test_labels))
    return {"kernel_risk": np.array(risks), "parameters": parameter_counts(weights)}, (
        weights,
        data,
        np.array(steepness),
        np.array(risks),
    )


def measure(setting, state):
    """Test error E (f - y)^2 (1 for f = 0), whether it halves the kernel's, and training error, after training."""
    weights, data, steepness, kernel_risks = state
    alpha = setting["multiplier"]
    step_sizes = setting["relative_learning_rate"] * setting["width"] / (alpha * np.maximum(1, alpha * steepness))
    trained = _train(weights, data, jnp.asarray(step_sizes), jnp.asarray(float(alpha)), setting["steps"])
    test_error, training_error = map(np.asarray, trained)
    halved = np.where(np.isfinite(test_error), test_error <= kernel_risks / 2, np.nan)
    return {"test_error": test_error, "training_error": training_error, "halves_the_kernel": halved}


def _draw(setting, rng: np.random.Generator):
    """Hidden weights (d, m), readout (m, 1), rows (samples, d) and labels (samples,), and the same for the test."""
    dimension, width = setting["dimension"], setting["width"]
    directions, _ = np.linalg.qr(rng.standard_normal((dimension, setting["directions"])))
    signs = rng.choice([-1.0, 1.0], setting["directions"])
    hidden, readout = rng.standard_normal((dimension, width)), rng.standard_normal((width, 1))
    rows, test_rows = (rng.standard_normal((setting[key], dimension)) for key in ("samples", "test_samples"))
    labels, test_labels = (((x @ directions) ** 2 - 1) @ signs / np.sqrt(2 * len(signs)) for x in (rows, test_rows))
    return hidden, readout, rows, labels, test_rows, test_labels


@jax.jit
def _kernel(hidden, readout, first, second):
    return empirical_ntk(NETWORK, two_layers(hidden, readout), first, second)


@jax.jit
def _train(weights, data, step_sizes, multiplier, steps):
    def one_trial(weights, data, step_size):
        rows, labels, test_rows, test_labels = data
        factor = multiplier / jnp.sqrt(weights[1].shape[0])  # `Network` itself divides by sqrt(width)

        def outputs(now, rows):
            return factor * NETWORK.outputs(two_layers(*now), rows)

        first, first_test = outputs(weights, rows), outputs(weights, test_rows)

        def loss(now):
            return 0.5 * mean_squared_error(outputs(now, rows) - first, labels)

        def step(_, now):
            return jax.tree.map(lambda w, g: w - step_size * g, now, jax.grad(loss)(now))

        last = jax.lax.fori_loop(0, steps, step, weights)
        test_error = mean_squared_error(outputs(last, test_rows) - first_test, test_labels)
        return test_error, 2 * loss(last)

    return over_trials(one_trial, weights, data, step_sizes)
