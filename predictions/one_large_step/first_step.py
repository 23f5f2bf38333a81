"""Take one large gradient step in the first layer of a two-layer network, and look at its singular values.

Model      f(x) = N^{-1/2} sum_j a_j phi(w_j . x), phi = `activation`, N = `width` units, w_j ~ N(0, 1/d)^d; `readout`:
           random, a_j ~ N(0, 1/N), or fitted, a = W^T t / |W^T t|, W the matrix of all w_j, t the target's direction.
Data       n = `rows` rows. `data`: gaussian, x ~ N(0, 1)^d with d = `dimension`, y = sqrt(2) sin(z), z = x . b for a
           random unit vector b; or rows of that data set, y = +-1 for the first and the last five classes. `inputs`:
           plain, the set's standardised features; whitened, its first half of principal components, each scaled to
           variance 1; either scaled to mean square 1 over features. `labels`: own, or shuffled among the rows.
Loss       1/2 mean_i (f(x_i) - y_i)^2.
Training   one step of all w_j, w_j <- w_j - eta N^{1/2} g_j, eta = `learning_rate`.
Observed   largest singular value of the matrix of all w_j; the square of the part along the target's linear direction
           that its singular vector among the inputs has: b, or the mean of y x over all rows of the set.
Trial      rows, labels and weights.
"""

from __future__ import annotations

import numpy as np
from scipy.special import erf, expit

from predictions.data.datasets import classification

ACTIVATIONS = {
    "erf": (erf, lambda z: 2 / np.sqrt(np.pi) * np.exp(-(z**2))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
    "softplus": (lambda z: np.logaddexp(0, z), expit),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
}
"""Each with its derivative."""
POINTS, WEIGHTS = np.polynomial.hermite_e.hermegauss(80)


def prepare(setting, seeds):
    """Given, (trials,): `features` d; `pull`, the length of the gradient that a hidden unit with readout 1 would have.

    In the mean over its random weights, and for outputs of 0. `pull_along`: the square of its part along the target;
    `readout`, the length of the vector of all a_j.
    """
    trials, given = [], {"features": [], "pull": [], "pull_along": [], "readout": [], "parameters": []}
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs, labels, target = _draw(setting, rng)
        features, width = inputs.shape[1], setting["width"]
        weights = rng.standard_normal((features, width)) / np.sqrt(features)
        readout = rng.standard_normal(width) / np.sqrt(width)
        if setting["readout"] == "fitted":
            readout = target @ weights / np.linalg.norm(target @ weights)
        trials.append((inputs, labels, target, weights, readout))
        pull = _mean_slopes(setting["activation"], inputs) * labels @ inputs / len(inputs)
        length = np.linalg.norm(pull)
        entry = features, length, (pull @ target / length) ** 2, np.linalg.norm(readout), features * width + width
        for name, value in zip(given, entry):
            given[name].append(value)
    return {name: np.array(values) for name, values in given.items()}, trials


def measure(setting, state):
    """Largest singular value, and the square of its vector's part along the target, (trials,)."""
    function, slope = ACTIVATIONS[setting["activation"]]
    values, alignments = [], []
    for inputs, labels, target, weights, readout in state:
        root, fields = np.sqrt(len(readout)), inputs @ weights
        residuals = function(fields) @ readout / root - labels
        gradient = inputs.T @ (residuals[:, None] * slope(fields) * readout) / root / len(inputs)
        after = weights - setting["learning_rate"] * root * gradient
        squares, vectors = np.linalg.eigh(after @ after.T)
        values.append(np.sqrt(squares[-1]))
        alignments.append((vectors[:, -1] @ target) ** 2)
    return {"largest_value": np.array(values), "alignment": np.array(alignments)}


def _draw(setting, rng):
    """Rows (n, d), labels (n,) and the unit vector of the target's linear part (d,)."""
    if setting["data"] == "gaussian":
        inputs = rng.standard_normal((setting["rows"], setting["dimension"]))
        target = rng.standard_normal(setting["dimension"])
        target /= np.linalg.norm(target)
        labels = np.sqrt(2) * np.sin(inputs @ target)
    else:
        data = classification(setting["data"])
        inputs, labels = data.inputs, np.where(data.labels < 5, 1.0, -1.0)
        if setting["inputs"] == "whitened":
            scores, _, _ = np.linalg.svd(inputs, full_matrices=False)
            inputs = scores[:, : inputs.shape[1] // 2]
        inputs = inputs / np.sqrt(np.mean(inputs**2))
        target = labels @ inputs
        target = target / np.linalg.norm(target)
        drawn = rng.permutation(len(inputs))[: setting["rows"]]
        inputs, labels = inputs[drawn], labels[drawn]
    return inputs, rng.permutation(labels) if setting["labels"] == "shuffled" else labels, target


def _mean_slopes(activation, inputs):
    """Mean of phi'(w . x) over w ~ N(0, 1/d)^d for each row x, (n,)."""
    spread = np.sqrt(np.mean(inputs**2, axis=1))
    return ACTIVATIONS[activation][1](spread[:, None] * POINTS) @ WEIGHTS / np.sum(WEIGHTS)
