"""Experiments that compute in parts: what `reduce` carries is all that they carry, to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.edge_of_stability import image_descent, least_squares_descent, network_descent
from predictions.hyperparameter_transfer import perceptron_rates, transformer_rates
from predictions.scaling_laws import manifold_students
from runners.measuring.profiles import profile
from runners.records.carries import pack, unpack

pytestmark = pytest.mark.usefixtures("hastily_compiled")
SEEDS = np.array([3, 4], dtype=np.uint64)
DESCENT = {"data": "digits", "rows": 20, "label_noise": 0.3, "width": 5, "hidden_layers": 2}
DESCENT |= {"learning_rate": 0.2, "momentum": 0.5, "steps": 12, "every": 3}
ADAM = {"optimiser": "adam", "learning_rate": 0.01, "second_momentum": 0.95, "epsilon": 1e-7}
SWEEP = {"parametrisation": "mup", "width": 4, "doublings": 1, "steps": 4, "seen": 10}
SWEEP |= {"lowest_octave": -9, "octaves": 3}
CASES = {
    "jax, mini-batches": (network_descent, DESCENT | {"momentum": 0, "batch_size": 10}),
    "jax, adam": (network_descent, DESCENT | ADAM),
    "jax, with a twin": (network_descent, DESCENT | {"optimiser": "jittered", "jitter": 0.1, "twin": True}),
    "torch": (network_descent, DESCENT | {"backend": "torch"}),
    "least squares": (least_squares_descent, DESCENT),
    "images": (image_descent, {**DESCENT, "data": "cifar10", "architecture": "residual", "channels": 2, "twin": False}),
    "perceptrons": (
        perceptron_rates,
        {**SWEEP, "data": "digits", "activation": "tanh", "loss": "mse", "hidden_layers": 2, "batch": 5},
    ),
    "transformers": (
        transformer_rates,
        {**SWEEP, "text": "standard-library", "blocks": 1, "heads": 2, "context": 6, "batch": 3},
    ),
    "three widths": (
        manifold_students,
        {
            "dimension": 2,
            "target": "smooth",
            "smallest_width": 2,
            "rows_per_parameter": 2,
            "starts": 2,
            "iterations": 4,
        },
    ),
}


class Ended(BaseException):
    """The process was killed."""


@pytest.mark.parametrize("case", CASES)
def test_what_is_left_of_a_killed_run_is_enough_for_the_same_bits(case, monkeypatch):
    """The carry as bytes, and nothing else of the first attempt; killed before the third part."""
    experiment, setting = CASES[case]
    if experiment is image_descent:
        monkeypatch.setattr(image_descent, "classification", lambda name: _colours())
    left = []

    def until_killed(advance, parts, carry):
        for place, part in enumerate(parts):
            if place == 2:
                left.append(pack(carry, {}))
                raise Ended
            carry = advance(carry, part)

    def going_on(advance, parts, carry):
        reached = 2 if left else 0  # later reductions of the same run begin at their beginning
        carry = unpack(left.pop()) if left else carry
        for part in list(parts)[reached:]:
            carry = advance(carry, part)
        return carry

    def measured(**by_parts):
        return experiment.measure(setting, experiment.prepare(setting, SEEDS)[1], **by_parts)

    precision = "float64" if experiment is manifold_students else "float32"
    with profile(precision, frameworks=["jax", "torch"]):
        undisturbed = measured()
        with pytest.raises(Ended):
            measured(reduce=until_killed)
        resumed = measured(reduce=going_on)
    for name, values in undisturbed.items():
        values, again = np.asarray(values), np.asarray(resumed[name])
        assert (values.dtype, values.tobytes()) == (again.dtype, again.tobytes()), name


def _colours():
    from predictions.data.datasets import Classification

    generator = np.random.default_rng(0)
    return Classification(generator.standard_normal((60, 192)), generator.integers(3, size=60), classes=3)
