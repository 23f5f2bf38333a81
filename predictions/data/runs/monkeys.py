"""How many of 10,000 samples solve each of 128 problems of MATH, for seven Pythia models of 70M to 12B parameters.

Samples of Brown et al. 2024 (arXiv 2407.21787), counted by Schaeffer et al. 2025 (arXiv 2502.17578). The file repeats
each count at 101 values of k with the unbiased estimate of pass@k; `pass_at` gives that for any k.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import betaln

from predictions.data.fetching import verified_file
from predictions.data.runs.tables import read_parquet

SHA256 = "2ca92cfcb9b074981b39ae3b6448bd7ae6b24e9db695e448b16eb7398dd41d15"
UNITS = {"M": 1e6, "B": 1e9}


def table() -> pd.DataFrame:
    """896 rows: source, family, parameters (nominal), problem, samples (10,000) and correct (of them)."""
    rows = _rows().drop_duplicates(["Model", "Problem Idx"])
    label = rows["Model"].str.removeprefix("Pythia ")
    return pd.DataFrame(
        {
            "source": "monkeys",
            "family": rows["Model"],
            "parameters": [float(text[:-1]) * UNITS[text[-1]] for text in label],
            "problem": rows["Problem Idx"],
            "samples": rows["Num. Samples Total"],
            "correct": rows["Num. Samples Correct"].astype(np.int64),
        }
    ).reset_index(drop=True)


def published_coverage() -> pd.DataFrame:
    """The file's own estimates: family, problem, k and the chance that one of k samples is right (90,496 rows)."""
    return _rows()[["Model", "Problem Idx", "Scaling Parameter", "Score"]].set_axis(
        ["family", "problem", "k", "coverage"], axis=1
    )


def pass_at(k: int, samples: np.ndarray, correct: np.ndarray) -> np.ndarray:
    """Unbiased chance that one of k samples is right, 1 - C(n - c, k) / C(n, k), from c right ones of n.

    Chen et al. 2021 (arXiv 2107.03374), equation 1, by logarithms of binomials: n - c < k gives 1.
    """
    samples, wrong = np.broadcast_arrays(np.asarray(samples, float), np.asarray(samples, float) - correct)
    certain = wrong < k
    rest = np.where(certain, samples, wrong)
    missed = np.exp(_log_binomial(rest, k) - _log_binomial(samples, k))
    return np.where(certain, 1.0, 1.0 - missed)


def _rows() -> pd.DataFrame:
    return read_parquet(verified_file("monkeys", sha256=SHA256))


def _log_binomial(n: np.ndarray, k: float) -> np.ndarray:
    return -np.log1p(n) - betaln(n - k + 1, k + 1)
