"""The source of evidence that the registry declares."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from runners.registry.evidence import source_of
from runners.registry.schema import Agreement

RESAMPLED = SimpleNamespace(replication="resamples", clusters=12)


def agreement(by: str) -> Agreement:
    return Agreement.model_validate({"by": by, "within": [0, 0.01], "because": "a test"})


def test_nothing_lies_nearer_than_at_no_distance():
    """Resamples hug 0 and stay far below the upper edge: by distance they agree, by difference they may lie below 0."""
    hugging = np.abs(np.random.default_rng(0).normal(0.002, 0.001, 2000))
    by_distance, by_difference = (
        source_of(agreement(by), RESAMPLED).evidence(hugging, 0.05) for by in ("distance", "difference")
    )
    assert by_distance.p_agree < 0.01
    assert by_difference.p_agree > 0.05
    assert by_distance.interval == (0.0, by_difference.interval[1])


def test_a_distance_that_is_too_large_is_refuted_all_the_same():
    far = np.random.default_rng(0).normal(0.02, 0.001, 2000)
    evidence = source_of(agreement("distance"), RESAMPLED).evidence(far, 0.05)
    assert evidence.p_disagree < 0.001
    assert evidence.p_agree > 0.5
