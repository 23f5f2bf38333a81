"""296 runs of 7M to 8.7B parameters on C4 with up to 9,000 epochs over the same tokens.

Muennighoff et al. 2023 (arXiv 2305.16264). Names, losses and sizes stand as Python literals in two cells of the
notebook that fits their law: cell 1 has all runs, cell 25 those that they fitted ("custom data loading with outliers
removed"). A name is size, tokens and unique tokens: 2b855b4b is 2.8B parameters, 55B tokens of which 4B are unique.
Runs that were not finished (loss 0) or trained on deduplicated data are left out, as they do.
"""

from __future__ import annotations

import ast
import json
import re

import pandas as pd

from predictions.data.fetching import verified_file
from predictions.data.runs.tables import NATS, SIX_ND, tidy

SHA256 = "6c65d270e70c944a9ac90f5f1213a4584e1ff9d6d2781cd86900663f4ab17db9"
ALL, FITTED = 1, 25  # cells
TOKENS = r"\d+m|\d+b|\db\d{1,2}"  # 400m, 55b, 1b25
UNIQUE = r"\d{3}m|\d+b|\db\d{1,2}"  # 2b7100m is 2.7B tokens, 100M unique
SUFFIX = r"(?:c4|opt\d?|v2|seed\d)*"


def table() -> pd.DataFrame:
    """296 runs; families are sizes; also unique_tokens, epochs, seed (NaN for one alone), fitted (by the authors)."""
    everything, fitted = (_literals(cell) for cell in (ALL, FITTED))
    sizes = everything["PARAMS_MAP"]
    rows = pd.DataFrame(
        [
            _run(name, loss, sizes) | {"fitted": name in fitted["NAMES_TO_VAL_LOSSES"]}
            for name, loss in everything["NAMES_TO_VAL_LOSSES"].items()
            if loss and not name.endswith("dedup")
        ]
    )
    return tidy(
        rows.assign(flop=6 * rows["parameters"] * rows["tokens"], epochs=rows["tokens"] / rows["unique_tokens"]),
        source="repetition",
        schedule="as the source",
        final=True,
        counts="as the source",
        flop_by=SIX_ND,
        loss_on="validation: C4",
        loss_unit=NATS,
    )


def _run(name: str, loss: float, sizes: dict[str, float]) -> dict:
    labels = "|".join(sorted(sizes, key=len))
    parts = re.fullmatch(rf"({labels})({TOKENS})({UNIQUE}){SUFFIX}", name)
    if not parts:
        raise ValueError(f"{name!r} is no name of size, tokens and unique tokens")
    size, tokens, unique = parts.groups()
    seed = re.search(r"seed(\d)", name)
    return {
        "family": size,
        "run": name,
        "parameters": sizes[size],
        "tokens": _count(tokens),
        "unique_tokens": _count(unique),
        "loss": loss,
        "seed": float(seed[1]) if seed else float("nan"),
    }


def _count(text: str) -> float:
    """Tokens: 400m is 4e8, 1b25 is 1.25e9."""
    return float(text[:-1]) * 1e6 if text.endswith("m") else float(text.replace("b", ".")) * 1e9


def _literals(cell: int) -> dict:
    """The dictionaries that a cell of the notebook assigns, none of it executed."""
    notebook = json.loads(verified_file("repetition", sha256=SHA256).read_text(encoding="utf-8"))
    tree = ast.parse("".join(notebook["cells"][cell]["source"]))
    return {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
