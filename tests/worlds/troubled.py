"""A registry with one claim a trouble, made to measure: all of them hold, whatever happens on the way."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
WIDTHS = [2, 4]


def write_registry(
    folder: Path,
    troubles: Sequence[str],
    *,
    pause: float = 0.0,
    time_limit: float = 2.0,
    trials: Sequence[int] = (8,),
    block: int = 8,
    resources: dict[str, Any] | None = None,
) -> Path:
    """The registry's file, with its modules beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for module in ("troubled_experiment.py", "troubled_theory.py"):
        shutil.copy(HERE / module, folder)
    tier = {
        "trials": list(trials),
        "block": block,
        "constants": {"pause": pause},
        "time_limit": time_limit,
        "resources": resources or {},
    }
    experiment = {
        "module": "troubled_experiment",
        "about": "Responses that fall as the inverse of the width, on processes that meet with accidents.",
        "precision": "float64",
        "grid": [{"law": ["inverse", "constant"], "trouble": ["none", *troubles], "width": WIDTHS}],
        "observables": {
            "response": {"means": "how it responds", "between": [1e-3, 1e3], "scale": "log"},
            "spectrum": {"means": "eigenvalues of its noise", "shape": ["eigenvalue"]},
        },
        "tiers": {"smoke": tier},
    }
    file = folder / "troubled.yaml"
    claims = {f"law-under-{trouble}": _claim(trouble) for trouble in ["none", *troubles]}
    file.write_text(json.dumps({"experiments": {"troubled": experiment}, "claims": claims}, indent=1))
    return file


def _claim(trouble: str) -> dict[str, Any]:
    return {
        "statement": "The response falls as the inverse of the width.",
        "about": "A claim about processes in trouble.",
        "theory": "troubles",
        "strand": "solvable-settings",
        "held_by": "authors",
        "source": {"cite": "Nobody 1900"},
        "formula": "r = s / w",
        "experiment": "troubled",
        "where": {"law": "inverse", "trouble": trouble},
        "measured": "response",
        "predicted": "troubled_theory:inverse_width",
        "agreement": {"by": "ratio", "within": [0.9, 1.1], "because": "its noise"},
        "controls": [
            {
                "must": "fail",
                "where": {"law": "constant", "trouble": "none", "width": 4},
                "truth": "troubled_theory:strength",
                "because": "it ignores the width",
            }
        ],
        "expect": "supported",
    }
