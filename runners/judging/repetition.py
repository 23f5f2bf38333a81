"""Trials that are none: an experiment that ignores its seed measures one number many times."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from runners.records.samples import Sample

DISTINCT = 0.5
"""Smallest share of trials that must differ from each other."""


def repeats_itself(samples: Sequence[Sample]) -> str | None:
    """Why the trials of a condition are no independent ones, or None.

    Two trials are the same if all that was prepared and measured is, counts and yes-or-no left out: eight networks
    that all converged are eight networks.
    """
    for sample in samples:
        prints = [print_ for record in sample.records for print_ in _fingerprints(record)]
        different = len(set(prints))
        if len(prints) > 1 and all(prints) and (different == 1 or different < DISTINCT * len(prints)):
            return (
                f"{len(prints)} trials, but only {different} different: the experiment ignores its seed; "
                "draw from it, or declare replication: none"
            )
    return None


def _fingerprints(record) -> list[bytes]:
    """One trial each: the bytes of its real numbers, without arrays that are stored apart. Empty if there are none."""
    payload = record.payload
    inline = [record.given[name] for name, encoded in payload["given"].items() if "data" in encoded] + [
        record.observables[name] for name, encoded in payload["observables"].items() if "data" in encoded
    ]
    rows = [array.reshape(len(array), -1) for array in inline if array.dtype.kind == "f"]
    real = [row for row in rows if not np.all(np.isfinite(row) & (row == np.round(row)))]
    trials = record.specification["repeats"][1] - record.specification["repeats"][0]
    return [b"".join(row[trial].tobytes() for row in real) for trial in range(trials)]
