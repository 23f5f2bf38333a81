"""Records made up for a test, whole as the runners write them: named by what produced them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from runners.records.blocks import SCHEMA, identity_of
from runners.records.store import Store

PROVENANCE = {"started": 0.0, "seconds": 1.0, "lock": None, "host": "here"}


def specification(start: int = 0, stop: int = 2, **changes: Any) -> dict[str, Any]:
    """Of a block with these trials."""
    return {
        "schema": SCHEMA,
        "experiment": "toy",
        "module": "toy_experiment",
        "condition": {"width": 4},
        "constants": {},
        "purpose": "record",
        "epoch": "none",
        "draw": None,
        "repeats": [start, stop],
        "seeds": list(range(start, stop)),
        "precision": "float32",
        "threads": 1,
        "code": "new",
        "libraries": {"numpy": "2.4"},
        "files": {},
        **changes,
    }


def put(
    store: Store,
    described: Mapping[str, Any],
    observables: Mapping[str, np.ndarray] | None = None,
    given: Mapping[str, np.ndarray] | None = None,
    **provenance: Any,
) -> str:
    """Store a record; its name."""
    start, stop = described["repeats"]
    name = identity_of(described)
    store.put(
        name, described, given or {}, observables or {"loss": np.zeros(stop - start)}, {**PROVENANCE, **provenance}
    )
    return name


def failure(described: Mapping[str, Any], status: str = "error", message: str = "no") -> dict[str, Any]:
    """What is logged of a block that failed."""
    return {
        "identity": identity_of(described),
        "block": "toy",
        "status": status,
        "message": message,
        "specification": dict(described),
    }
