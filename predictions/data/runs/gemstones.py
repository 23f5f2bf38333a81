"""Gemstones: 22 shapes (width x depth) of 50M to 2B parameters, every 2 billion tokens from 120 to 350 billion.

McLeish et al. 2025 (arXiv 2502.06857): Gemma's architecture on Dolma, 2,048 sequences of 2,048 tokens a step, a
constant rate after warm-up (the rate depends on width and depth, and is not in the file). The loss is on held-out
Dolma, and no evaluation follows a decay. N (`params_active_precise`) counts the embedding and the unembedding,
V w with V = 50,304 each (without them it is w (15 w l + 2 l + 1), but for two shapes of width 384); the authors' own
variant without embeddings subtracts V w once.
"""

from __future__ import annotations

import pandas as pd

from predictions.data.fetching import verified_file
from predictions.data.runs.tables import NATS, SIX_ND, WITH, tidy

SHA256 = "a87060114be6cd0dc2ffeebab7ff7e6f662b8f6301601c1048773116b3d2f397"
VOCABULARY = 50_304
BATCH = 2048 * 2048  # tokens a step


def table() -> pd.DataFrame:
    """2,552 evaluations, 116 a shape; families are shapes; also width, layers, step, seconds_a_step and nodes."""
    rows = pd.read_json(verified_file("gemstones", sha256=SHA256), lines=True)
    size, tokens = rows["params_active_precise"].astype(float), rows["tokens"].astype(float)
    return tidy(
        pd.DataFrame(
            {
                "family": [f"{width}x{depth}" for width, depth in zip(rows["width"], rows["depth"])],
                "run": rows["run_name"],
                "parameters": size,
                "non_embedding": size - 2 * VOCABULARY * rows["width"],
                "tokens": tokens,
                "flop": 6 * size * tokens,
                "loss": rows["final_loss"],
                "final": rows["step"] == rows.groupby("run_name")["step"].transform("max"),
                "width": rows["width"],
                "layers": rows["depth"],
                "step": rows["step"],
                "seconds_a_step": rows["seconds_per_step"],
                "nodes": rows["num_nodes"],
            }
        ),
        source="gemstones",
        batch=BATCH,
        schedule="constant",
        counts=WITH,
        flop_by=SIX_ND,
        loss_on="validation: Dolma",
        loss_unit=NATS,
    )
