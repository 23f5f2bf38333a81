"""How many parameters a last layer and its free features have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MINORITY_SAMPLES = 2


def free_features(setting: Mapping[str, Any]) -> int:
    """A row of the last layer for each class, a feature for each sample."""
    majority, minority = setting["majority"], setting["minority"]
    samples = MINORITY_SAMPLES * (setting["imbalance"] * majority + minority)
    return (majority + minority + samples) * setting["feature_size"]
