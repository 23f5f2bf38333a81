"""Step Law: 1,911 dense language models over learning rate x batch size in 17 cells of (N, D).

Li et al. 2025 (arXiv 2503.04715), section 3: decoder-only transformers with SwiGLU, 2,048 tokens of context, AdamW,
warm-up, then decay to a final rate of 1e-5 in every run. N leaves the embeddings out: it is l (4 h^2 + 3 h f) for width
h, hidden width f and l layers. The loss is the training loss, smoothed over the last steps, as their law was fitted
on; `last_loss` is that of the last step. Rates are powers of the square root of 2, rounded to three or four digits.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictions.data.fetching import verified_file
from predictions.data.runs.tables import NATS, SIX_ND, WITHOUT, tidy

SHA256 = "9e46181076c04d450294d75dfe6f72adc416e231e154a07b337e378f9410002c"
CONTEXT = 2048  # tokens


def table() -> pd.DataFrame:
    """1,911 runs; families are the 17 cells; also width, hidden_width, heads, layers, steps and last_loss."""
    rows = pd.read_csv(verified_file("steplaw", sha256=SHA256))
    half_octaves = np.round(2 * np.log2(rows["lr"]))
    return tidy(
        pd.DataFrame(
            {
                "family": [f"N={size} D={tokens}" for size, tokens in zip(rows["N"], rows["D"])],
                "run": rows["exp_name"],
                "parameters": rows["N"],
                "non_embedding": rows["N"],
                "tokens": rows["D"],
                "flop": 6.0 * rows["N"] * rows["D"],
                "loss": rows["smooth loss"],
                "rate": 2.0 ** (half_octaves / 2),
                "batch": CONTEXT * rows["bs"],
                "width": rows["h"],
                "hidden_width": rows["ffnh"],
                "heads": rows["numh"],
                "layers": rows["numl"],
                "steps": rows["ti"],
                "last_loss": rows["loss"],
            }
        ),
        source="steplaw",
        schedule="decay to 1e-5",
        final=True,
        counts=WITHOUT,
        flop_by=SIX_ND,
        loss_on="training, smoothed over the last steps",
        loss_unit=NATS,
    )
