"""947 points on IsoFLOP curves of six sources, put together by Open Athena (arXiv 2603.22339).

Chinchilla twice (read off figure 4 of Hoffmann et al. 2022 by Besiroglu et al. 2024, `epochai_chinchilla`, and by
another hand, `ml_scalefit`); Llama 3 (Dubey et al. 2024, figure 2, read off); three corpora of Marin; Misfitting (Li et
al. 2025). Llama 3's points come as drawn (`raw_loss`) and exponentiated (`exp_loss`): the same 133 runs. How a source
counts parameters is its own affair; compute is the curve's nominal budget, which is 6ND to within 0 (Chinchilla of
Epoch, Llama 3, Misfitting), 0.5 (Marin) and 4% (the other Chinchilla). Rows that its compilers set aside say why.
"""

from __future__ import annotations

import pandas as pd

from predictions.data.fetching import verified_file
from predictions.data.runs.tables import NATS, tidy

SHA256 = "b04d611253611490c5cc339fb95cb28d4f38f279a97438cb804a80f03171caa0"
LLAMA = {"raw_loss": "as in figure 2 of Llama 3's paper", "exp_loss": "exp of figure 2 of Llama 3's paper"}


def table() -> pd.DataFrame:
    """947 points; sources with their corpora, families are a source's budgets; also outlier and reason."""
    rows = pd.read_csv(verified_file("isoflops", sha256=SHA256))
    source = rows["experiment"].str.replace("__", "/")
    return tidy(
        pd.DataFrame(
            {
                "source": source,
                "family": [f"{name} C={budget:g}" for name, budget in zip(source, rows["budget"])],
                "run": [f"{name} {number}" for name, number in zip(source, rows.index)],
                "parameters": rows["params"],
                "tokens": rows["tokens"],
                "flop": rows["budget"],
                "loss": rows["loss"],
                "loss_unit": rows["condition"].map(LLAMA).fillna(NATS),
                "outlier": rows["outlier"],
                "reason": rows["reason"],
            }
        ),
        schedule="as the source",
        final=True,
        counts="as the source",
        flop_by="nominal budget",
        loss_on="as the source",
    )
