"""The table of parametrisations at a network four times as wide as its base, written out."""

from __future__ import annotations

import pytest

from predictions.hyperparameter_transfer.parametrisations import (
    attention_scale,
    initial_deviation,
    kinds,
    rate_factor,
)

TABLE = {
    "standard": {"input": (1 / 3, 1), "hidden": (1 / 3, 1), "output": (1 / 3, 1)},
    "by-layer": {"input": (1 / 3, 1), "hidden": (1 / 3, 1 / 4), "output": (1 / 3, 1 / 4)},
    "mup": {"input": (1 / 3, 1), "hidden": (1 / 3, 1 / 4), "output": (1 / 6, 1 / 4)},
}


@pytest.mark.parametrize("name", TABLE)
def test_weights_and_rates_at_a_fan_in_of_nine(name):
    for kind, (deviation, rate) in TABLE[name].items():
        assert initial_deviation(name, kind, 9, multiple=4) == pytest.approx(deviation)
        assert rate_factor(name, kind, multiple=4) == pytest.approx(rate)


@pytest.mark.parametrize(("name", "scale"), [("standard", 1 / 6), ("by-layer", 1 / 6), ("mup", 3 / 36)])
def test_attention_of_heads_of_36_over_9_in_the_base(name, scale):
    assert attention_scale(name, 36, multiple=4) == pytest.approx(scale)


def test_kinds_from_input_to_output():
    assert list(kinds(2)) == ["input", "output"]
    assert list(kinds(4)) == ["input", "hidden", "hidden", "output"]
