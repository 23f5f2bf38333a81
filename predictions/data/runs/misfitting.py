"""Misfitting: 4,852 evaluations of language models of 12M to 1B parameters under three or four learning rates.

Li, Kudugunta, Zettlemoyer 2025 (arXiv 2502.18969): OpenLM on FineWeb, 2,048 tokens of context, 512 sequences a batch,
50 steps of warm-up, cosine decay to a tenth of the peak (their `slurm_constants.py`). N is given with and without the
embeddings, the loss is that on C4. Evaluations before the end are on an undecayed rate. 63 rows share run and step
with another: a sweep ran some settings twice.
"""

from __future__ import annotations

import pandas as pd

from predictions.data.fetching import verified_files
from predictions.data.runs.tables import NATS, SIX_ND, WITH, tidy

SHA256 = "e07be459978fafa1a8654e8e3efb6722229767c8bbf5c40f08b122129e1efa65"


def table() -> pd.DataFrame:
    """4,852 evaluations, 261 of them final; families are the architectures; also step and steps."""
    files = verified_files("misfitting", sha256=SHA256)
    rows = pd.read_csv(files["runs/misfitting/scaling_results.csv"])
    settings = rows[["sweep", "model", "peak_lr", "total_steps", "total_epochs"]]
    size, tokens = rows["N"].astype(float), rows["D"].astype(float)  # 6ND exceeds 64-bit integers
    return tidy(
        pd.DataFrame(
            {
                "family": rows["model"],
                "run": settings.astype(str).agg(" ".join, axis=1),
                "parameters": size,
                "non_embedding": rows["N_no_emb"],
                "tokens": tokens,
                "flop": 6 * size * tokens,
                "loss": rows["C4 Eval Loss"],
                "rate": rows["peak_lr"],
                "batch": rows["D"] / rows["current_steps"],
                "final": rows["current_steps"] == rows["total_steps"],
                "step": rows["current_steps"],
                "steps": rows["total_steps"],
            }
        ),
        source="misfitting",
        schedule="cosine to a tenth",
        counts=WITH,
        flop_by=SIX_ND,
        loss_on="validation: C4",
        loss_unit=NATS,
    )
