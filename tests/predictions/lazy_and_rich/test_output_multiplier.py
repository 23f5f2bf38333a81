"""Training with an output multiplier, against a loop in numpy with derivatives written out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import erf

from predictions.lazy_and_rich import output_multiplier
from predictions.lazy_and_rich.theory import displacement
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "activation": "erf",
    "output_at_start": "doubled",
    "multiplier": 2.0,
    "samples": 7,
    "dimension": 4,
    "width": 6,
    "steps": 25,
    "relative_learning_rate": 0.7,
}
SEEDS = derive_seeds("test-output-multiplier", "explore", range(3))
ACTIVATIONS = {
    "erf": (erf, lambda z: 2 / np.sqrt(np.pi) * np.exp(-(z**2))),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(float)),
}


def run(condition, seeds=SEEDS):
    with profile("float64", frameworks=["jax"]):
        given, state = output_multiplier.prepare(condition, seeds)
        return given, state, output_multiplier.measure(condition, state)


def jacobian(hidden, readout, inputs, activation):
    """d h(x_i) / d (hidden, readout), flattened: (samples, parameters)."""
    phi, slope = ACTIVATIONS[activation]
    z = inputs @ hidden / np.sqrt(inputs.shape[1])
    in_hidden = np.einsum("id,ij->idj", inputs, slope(z) * readout[:, 0]) / np.sqrt(inputs.shape[1])
    return np.hstack([in_hidden.reshape(len(inputs), -1), phi(z)]) / np.sqrt(len(readout))


def outputs(hidden, readout, inputs, activation):
    phi = ACTIVATIONS[activation][0]
    return phi(inputs @ hidden / np.sqrt(inputs.shape[1])) @ readout[:, 0] / np.sqrt(len(readout))


@pytest.mark.parametrize("activation", ["erf", "relu"])
@pytest.mark.parametrize("start", ["doubled", "subtracted", "nearly"])
def test_training_against_a_plain_loop(activation, start):
    condition = CONDITION | {"activation": activation, "output_at_start": start}
    given, state, observed = run(condition, SEEDS[:1])
    (hidden, readout), inputs, labels, _ = (
        [np.asarray(array)[0] for array in entry] if isinstance(entry, tuple) else np.asarray(entry)[0]
        for entry in state
    )
    signs = np.array([1.0, -1.0])[: len(hidden)] / np.sqrt(len(hidden))
    nets = [[hidden[c].copy(), readout[c].copy()] for c in range(len(hidden))]

    def kernel():
        each = [jacobian(*net, inputs, activation) for net in nets]
        return sum(j @ j.T for j in each) / len(each)

    first_kernel, first_nets = kernel(), [[w.copy() for w in net] for net in nets]
    np.testing.assert_allclose(given["kernel_eigenvalues"][0], np.linalg.eigvalsh(first_kernel), rtol=1e-8)
    step = condition["relative_learning_rate"] / np.linalg.eigvalsh(first_kernel)[-1]
    at_start = sum(s * outputs(*net, inputs, activation) for s, net in zip(signs, nets))
    offset = at_start * {"doubled": 0, "subtracted": 1, "nearly": 349 / 350}[start]

    def residual():
        now = sum(s * outputs(*net, inputs, activation) for s, net in zip(signs, nets))
        return now - offset - labels / condition["multiplier"]

    for _ in range(condition["steps"]):
        error = residual()
        slopes = [sign * jacobian(*net, inputs, activation).T @ error for sign, net in zip(signs, nets)]
        for net, slope in zip(nets, slopes):
            net[0] -= step * slope[: net[0].size].reshape(net[0].shape)
            net[1] -= step * slope[net[0].size :].reshape(net[1].shape)
    moved = [np.sum((now - then) ** 2) for pair in zip(nets, first_nets) for now, then in zip(*pair)]
    change = np.linalg.norm(kernel() - first_kernel) / np.linalg.norm(first_kernel)
    assert observed["displacement"][0] == pytest.approx(np.sqrt(sum(moved)), rel=1e-8)
    assert observed["kernel_change"][0] == pytest.approx(change, rel=1e-6)
    loss = np.sum(residual() ** 2) / np.sum((labels / condition["multiplier"]) ** 2)
    assert observed["remaining_loss"][0] == pytest.approx(loss, rel=1e-6)


def test_multipliers_and_starts_share_data_and_weights():
    _, state, _ = run(CONDITION)
    _, other, _ = run(CONDITION | {"multiplier": 50.0, "output_at_start": "subtracted"})
    np.testing.assert_array_equal(state[1], other[1])
    np.testing.assert_array_equal(state[0][0][:, :1], other[0][0])


def test_a_huge_multiplier_makes_training_linear():
    """Without any nonlinearity left, the closed form is exact."""
    condition = CONDITION | {"multiplier": 1e4}
    given, _, observed = run(condition)
    for trial, measured in enumerate(observed["displacement"]):
        predicted = displacement(condition, {name: values[trial] for name, values in given.items()})
        assert measured == pytest.approx(predicted, rel=1e-6)
