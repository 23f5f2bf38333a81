"""Hoffmann et al.'s 245 language models, read off their figure 4 by Besiroglu et al. 2024 (arXiv 2404.10102).

D is C / 6N. The losses are smoothed training losses at the end of a cosine, read off a colour scale: neighbouring
readings differ by 0.3-0.45%. Five runs, the highest losses, stopped early; Besiroglu et al. fit without them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictions.data.chinchilla import load_chinchilla
from predictions.data.runs.tables import NATS, SIX_ND, tidy

OUTLIERS = 5


def table() -> pd.DataFrame:
    """245 runs in one family; also outlier, which marks those that the refit leaves out."""
    size, flop, loss = load_chinchilla()
    return tidy(
        pd.DataFrame(
            {
                "run": np.arange(len(size)),
                "parameters": size,
                "tokens": flop / (6 * size),
                "flop": flop,
                "loss": loss,
                "outlier": loss >= np.sort(loss)[-OUTLIERS],
            }
        ),
        source="chinchilla",
        family="chinchilla",
        schedule="cosine",
        final=True,
        counts="as the source",
        flop_by=SIX_ND,
        loss_on="training, smoothed",
        loss_unit=NATS,
    )
