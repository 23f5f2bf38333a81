"""How many parameters the largest network of a scaling experiment has."""

from __future__ import annotations

from collections.abc import Mapping
from math import log, sqrt
from typing import Any

from predictions.hyperparameter_transfer.sizes import ALPHABETS, transformer
from predictions.instruments.sizes import perceptron

WIDEST = 2.25
"""How many times `smallest_width` the widest student has."""
LARGEST = 4
"""How many times the middle size of an IsoFLOP curve its largest has."""


def widest_student(setting: Mapping[str, Any]) -> int:
    """Two hidden layers of the largest of the three widths."""
    width = round(WIDEST * setting["smallest_width"])
    return perceptron([setting["dimension"], width, width, 1])


def largest_transformer(setting: Mapping[str, Any]) -> int:
    """On the highest budget's curve: the width, a multiple of the heads, whose size without tables is nearest.

    All its weights count, those of the tables, too.
    """
    compute = setting["compute"] * (1 if setting["sizes"] == "trained" else setting["untrue_share"])
    wanted = LARGEST * sqrt(compute / 6 / setting["tokens_per_parameter"])
    tables = ALPHABETS[setting["text"]] + setting["context"]

    def parameters(width: int) -> int:
        return transformer({**setting, "width": width})

    nearest = min(
        range(setting["heads"], 4096, setting["heads"]),
        key=lambda width: abs(log((parameters(width) - tables * width) / wanted)),
    )
    return parameters(nearest)
