"""The flow along minima that noise of labels drives. Damian, Ma and Lee 2021 (arXiv 2106.06530).

Descent w <- w - eta g from a minimum w* with f(x_i) = y_i: the residuals r = f - y fluctuate, with J = df/dw (rows,
parameters) and K = J J^T / n the nonzero part of the loss Hessian H. With gradients over all rows and fresh noise of
variance sigma^2 in each label, R = <r r^T> solves

    R = (1 - eta K) R (1 - eta K) + eta^2 sigma^2 K^2,      R = eta sigma^2 K (2 - eta K)^{-1},

and with B rows a step, drawn with replacement, the residuals' own noise adds to that of the labels,

    eta (K R + R K) - eta^2 (1 - 1/B) K R K = eta^2 (n/B) K diag(R_ii + sigma^2) K.

Weights w* + J^T (J J^T)^{-1} r have the mean gradient (1/2) D^3 L [S], S = <dw dw^T>; where descent without noise would
end moves in a step by its part along the minima, P = 1 - J^T (J J^T)^{-1} J:

    dw*/dk = -(eta/2) P D^3 L [S] = -(eta / n^2) P sum_i D^2 f_i J^T (K^{-1} R)_{:,i},

to first order in sigma^2 and at any step that is stable (the second derivative of the map to the end of descent, G(w -
eta grad L(w)) = G(w), differentiated twice). Over all rows this is the flow of Damian et al.'s penalty -(sigma^2 / 2 n)
tr ln(1 - eta H / 2); for small steps that of (eta sigma^2 / 4 B) tr H, Blanc et al. 2020 (arXiv 1904.09080), Li, Wang
and Arora 2021 (arXiv 2110.06914).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np
from scipy.special import erf, expit

ACTIVATIONS: dict[str, tuple[Callable, Callable]] = {
    "erf": (erf, lambda z: 2 / np.sqrt(np.pi) * np.exp(-(z**2))),
    "softplus": (lambda z: np.logaddexp(0, z), expit),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
}
"""Each activation and its derivative."""
FLOW_STEPS = 40
ON_THE_MINIMA = 3
"""Gauss-Newton steps after each step of the flow: what is left of its curvature is squared by each."""


def drift(setting, given):
    """From the first minimum to where the flow is after the steps of the run, (parameters,)."""
    return _flow(setting, given, _drift)


def drift_of_small_steps(setting, given):
    """The same, were eta H small: down the trace of the Hessian, at the rate eta^2 sigma^2 / 4 B a step."""
    return _flow(setting, given, _trace_drift)


def drift_of_shared_noise(setting, given):
    """The same if all rows of a step share one noise: R = (1 - eta K) R (1 - eta K) + eta^2 sigma^2 K 1 1^T K."""
    return _flow(setting, given, partial(_drift, shared=True))


def folds(setting, given) -> float:
    """How often the flow of tr H would divide it by e if it went on as it begins."""
    network = _Network(setting, given)
    weights = given["weights"]
    slopes, moved = network.slopes(weights), _trace_drift(setting, given, network, weights)
    gradient = -moved * 4 * _batch(setting) / (given["rate"] * setting["label_noise"]) ** 2
    return float(-given["steps"] * gradient @ moved / np.sum(slopes**2) * setting["rows"])


def fluctuation(setting, given) -> float:
    """Root mean square length of the fast fluctuations about the first minimum, tr S, over that of the drift."""
    network = _Network(setting, given)
    slopes = network.slopes(given["weights"])
    kernel = slopes @ slopes.T / setting["rows"]
    size = np.trace(np.linalg.solve(kernel, _residuals(setting, given["rate"], kernel))) / setting["rows"]
    return float(np.sqrt(size) / np.linalg.norm(drift(setting, given)))


def steps(setting, given) -> float:
    """How many steps the run takes."""
    return float(given["steps"])


class _Network:
    """f and its gradient, by hand, for weights in the order in which the experiment keeps them."""

    def __init__(self, setting, given):
        self.inputs, self.labels = given["inputs"], given["labels"]
        self.widths = [self.inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], 1]
        self.activation, self.derivative = ACTIVATIONS[setting["activation"]]

    def outputs_and_slopes(self, weights):
        """f(x_i), (rows,), and its gradient, (rows, parameters), each row at weights of its own (rows, parameters)."""
        layers, begin, rows = [], 0, len(self.inputs)
        for inputs, outputs in pairwise(self.widths):
            matrix = weights[:, begin : begin + inputs * outputs].reshape(rows, inputs, outputs)
            begin += (inputs + 1) * outputs
            layers.append((matrix, weights[:, begin - outputs : begin]))
        signals, fields = [self.inputs], []
        for matrix, bias in layers:
            fields.append(np.einsum("ni,nio->no", signals[-1], matrix) + bias)
            signals.append(self.activation(fields[-1]))
        error, gradients = np.ones((rows, 1)), []
        for number in reversed(range(len(layers))):
            gradients += [error, (signals[number][:, :, None] * error[:, None, :]).reshape(rows, -1)]
            if number:
                error = np.einsum("no,nio->ni", error, layers[number][0]) * self.derivative(fields[number - 1])
        return fields[-1][:, 0], np.concatenate(gradients[::-1], axis=1)

    def slopes(self, weights):
        """J, (rows, parameters)."""
        return self.outputs_and_slopes(np.broadcast_to(weights, (len(self.inputs), len(weights))))[1]

    def curve(self, weights, directions):
        """sum_i D^2 f_i v_i for directions v (rows, parameters): (parameters,), by central differences."""
        lengths = np.linalg.norm(directions, axis=1, keepdims=True)
        moved = 1e-4 * directions / lengths
        ahead, behind = (self.outputs_and_slopes(weights + sign * moved)[1] for sign in (1, -1))
        return np.sum((ahead - behind) * lengths / 2e-4, axis=0)

    def onto_minima(self, weights):
        """The nearest weights with f(x_i) = y_i."""
        for _ in range(ON_THE_MINIMA):
            outputs, slopes = self.outputs_and_slopes(np.broadcast_to(weights, (len(self.inputs), len(weights))))
            weights = weights - slopes.T @ np.linalg.solve(slopes @ slopes.T, outputs - self.labels)
        return weights


def _flow(setting, given, velocity):
    """The flow from the first minimum over the steps of the run: midpoint rule, and back onto the minima."""
    network, weights = _Network(setting, given), given["weights"]
    time = float(given["steps"]) / FLOW_STEPS
    for _ in range(FLOW_STEPS):
        middle = weights + time / 2 * velocity(setting, given, network, weights)
        weights = network.onto_minima(weights + time * velocity(setting, given, network, middle))
    return weights - given["weights"]


def _drift(setting, given, network, weights, *, shared=False):
    """dw*/dk, (parameters,)."""
    slopes, rows, rate = network.slopes(weights), setting["rows"], given["rate"]
    kernel = slopes @ slopes.T / rows
    pull = network.curve(weights, np.linalg.solve(kernel, _residuals(setting, rate, kernel, shared=shared)).T @ slopes)
    return -rate / rows**2 * _along_minima(slopes, pull)


def _trace_drift(setting, given, network, weights):
    """-(eta^2 sigma^2 / 4 B) P grad tr H, grad tr H = (2/n) sum_i D^2 f_i grad f_i: (parameters,)."""
    slopes = network.slopes(weights)
    strength = (given["rate"] * setting["label_noise"]) ** 2 / (2 * _batch(setting) * setting["rows"])
    return -strength * _along_minima(slopes, network.curve(weights, slopes))


def _residuals(setting, rate, kernel, *, shared=False):
    """R, (rows, rows), to first order in sigma^2; `shared`: over all rows, with one noise for all of them.

    Not a number where no state is stationary.
    """
    rows, batch, variance = setting["rows"], setting["batch"], setting["label_noise"] ** 2
    values, vectors = np.linalg.eigh(kernel)
    sums, products = np.add.outer(values, values), np.multiply.outer(values, values)
    if rate * values[-1] >= 2:
        return np.full_like(kernel, np.nan)
    if not batch:
        noise = np.ones((rows, rows)) if shared else np.eye(rows)
        answers = rate * products / (sums - rate * products)
        return variance * vectors @ (answers * (vectors.T @ noise @ vectors)) @ vectors.T
    answers = rate**2 * rows / batch * products / (rate * sums - rate**2 * (1 - 1 / batch) * products)
    pairs = vectors[:, None, :] * vectors[None, :, :]  # (row i, row j, mode)
    influence = np.einsum("ija,ab,ijb->ij", pairs, answers, pairs)  # of the noise in label j on <r_i^2>
    noise = np.linalg.solve(np.eye(rows) - influence, np.full(rows, variance))  # R_ii + sigma^2
    if np.min(noise) < 0:
        return np.full_like(kernel, np.nan)
    return vectors @ (answers * (vectors.T @ (noise[:, None] * vectors))) @ vectors.T


def _along_minima(slopes, vector):
    return vector - slopes.T @ np.linalg.solve(slopes @ slopes.T, slopes @ vector)


def _batch(setting):
    return setting["batch"] or setting["rows"]
