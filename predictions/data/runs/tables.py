"""What a table of training runs looks like: the columns that every set has, with its accounting beside the numbers.

A row is a run, or one evaluation of a run. Numbers are float64, NaN where the source does not say. Sets have further
columns of their own.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictions.data.unavailable import Unavailable

COLUMNS = {
    "source": "the set, or which of its sources",
    "family": "what a cluster of runs is: architecture, corpus, cell or protocol",
    "run": "rows of one run share it",
    "parameters": "N as the source counts them (see `counts`)",
    "non_embedding": "N without embedding and unembedding matrices",
    "tokens": "D, trained on up to this row",
    "flop": "training compute up to this row (see `flop_by`)",
    "loss": "see `loss_on` and `loss_unit`",
    "rate": "peak learning rate",
    "batch": "tokens a step",
    "schedule": "of the learning rate",
    "final": "whether the run ends here",
    "counts": "which parameters N counts",
    "flop_by": "6ND (N as counted), or how else",
    "loss_on": "which data, and how averaged",
    "loss_unit": "nats a token, or another",
}
NUMBERS = ("parameters", "non_embedding", "tokens", "flop", "loss", "rate", "batch")
UNSTATED = ("non_embedding", "rate", "batch")  # numbers that a source may leave open for all rows

WITH, WITHOUT = "with embeddings", "without embeddings"
SIX_ND = "6ND"
NATS = "nats a token"


def tidy(rows: pd.DataFrame, /, **same: str | float | bool) -> pd.DataFrame:
    """The rows as a table of runs: `same` are columns with one value, and what is unstated becomes NaN.

    Raises where a column is missing, a count is not positive or a loss is not finite: that is no source's fault, but
    a reader's.
    """
    table = rows.assign(**same)
    table = table.assign(**{name: np.nan for name in UNSTATED if name not in table})
    missing = [name for name in COLUMNS if name not in table]
    if missing:
        raise ValueError(f"a table of runs lacks {', '.join(missing)}")
    table = table.astype(dict.fromkeys(NUMBERS, np.float64) | {"final": bool, "run": str})
    for name in NUMBERS:
        wrong = ~np.isfinite(table[name]) if name == "loss" else table[name] <= 0
        if wrong.any():
            row = table[wrong].iloc[0]
            raise ValueError(
                f"{name} of {row['source']}, run {row['run']}, is {row[name]}; a loss must be finite, "
                "every other number positive or NaN"
            )
    return table[[*COLUMNS, *(name for name in table if name not in COLUMNS)]].reset_index(drop=True)


def read_parquet(path) -> pd.DataFrame:
    """A parquet file; raises `Unavailable` without pyarrow, which the extra `runs` brings."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise Unavailable(f"{path.name} is a parquet file; install tollens[runs], which brings pyarrow") from None
    return pd.read_parquet(path, engine="pyarrow")
