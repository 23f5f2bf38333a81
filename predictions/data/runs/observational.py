"""148 public base models of 47 families with their sizes, training data and scores on eight benchmarks.

Ruan, Maddison, Hashimoto 2024 (arXiv 2405.10938), section 3: scores are accuracies (HumanEval: pass@1) of one
evaluation pipeline; sizes and tokens as the models' makers state them (tokens of 25 models are not known). 84 of the
models have scores on "emergent" tasks: each with the metric of the task and, for the transliteration, a graded one
(BLEU), too.
"""

from __future__ import annotations

import pandas as pd

from predictions.data.fetching import verified_files
from predictions.data.runs.tables import SIX_ND

SHA256 = "3626dad1892612a2f9b9092d4715b96c18496ff563f6f1dad985270550ed8721"
BENCHMARKS = ("MMLU", "ARC-C", "HellaSwag", "Winograd", "TruthfulQA", "GSM8K", "XWinograd", "HumanEval")


def table() -> pd.DataFrame:
    """148 models: source, family, run (the model's name), parameters, tokens, flop (6ND) and eight benchmarks."""
    rows = _read("base_llm_benchmark_eval.csv")
    return pd.DataFrame(
        {
            "source": "observational",
            "family": rows["Model Family"],
            "run": rows["Model"],
            "parameters": 1e9 * rows["Model Size (B)"],
            "tokens": 1e12 * rows["Pretraining Data Size (T)"],
            "flop": 1e21 * rows["FLOPs (1E21)"],
            "flop_by": SIX_ND,
            **{name: rows[name] for name in BENCHMARKS},
        }
    )


def emergent() -> pd.DataFrame:
    """The same columns without benchmarks, and eight scores on "emergent" tasks, of the models that have them."""
    rows = _read("base_llm_emergent_capability_eval.csv").rename(columns={"Model": "run"})
    return table().drop(columns=list(BENCHMARKS)).merge(rows, on="run", validate="one_to_one")


def _read(name: str) -> pd.DataFrame:
    return pd.read_csv(verified_files("observational", sha256=SHA256)[f"runs/observational/{name}"])
