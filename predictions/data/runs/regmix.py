"""RegMix: mixtures of the Pile's 17 domains, and the losses of models of 1M, 60M and 1B parameters trained on them.

Liu et al. 2024 (arXiv 2407.01492), section 3: 512 mixtures for models of 1M parameters (without embeddings) and 256
others for 60M, a billion tokens each; 64 for 1B, 25 billion tokens. The loss is that on Pile-CC, the domain that they
regress; those on 12 others stand beside it. Weights sum to 1 up to their rounding to three digits.
"""

from __future__ import annotations

import pandas as pd

from predictions.data.fetching import verified_files
from predictions.data.runs.tables import NATS, SIX_ND, WITHOUT, tidy

SHA256 = "19aa02a8418394e50a1e999609d4a850d0223c600627dd253cc19938fb632349"
SIZES = {"1m": (1e6, 1e9, "train"), "60m": (6e7, 1e9, "test"), "1B": (1e9, 25e9, "test")}  # N, D, which files


def table() -> pd.DataFrame:
    """832 runs; families are sizes; also split (train or test), weight_DOMAIN and loss_DOMAIN."""
    files = verified_files("regmix", sha256=SHA256)
    return pd.concat([_runs(files, size) for size in SIZES], ignore_index=True)


def _runs(files: dict, label: str) -> pd.DataFrame:
    size, tokens, split = SIZES[label]
    mixtures, losses = (
        pd.read_csv(files[f"runs/regmix/{split}_{kind}_{label}.csv"], index_col="index")
        for kind in ("mixture", "pile_loss")
    )
    mixtures.columns = [f"weight_{name.removeprefix('train_the_pile_')}" for name in mixtures]
    losses.columns = [f"loss_{name.removeprefix('metric/the_pile_').removesuffix('_val_loss')}" for name in losses]
    rows = mixtures.join(losses, validate="one_to_one", how="inner")
    return tidy(
        rows.assign(loss=rows["loss_pile_cc"], run=[f"{label} {number}" for number in rows.index]),
        source="regmix",
        family=label,
        parameters=size,
        tokens=tokens,
        flop=6 * size * tokens,
        schedule="as the source",
        final=True,
        counts=f"{WITHOUT}, nominal",
        flop_by=SIX_ND,
        loss_on="validation: Pile-CC",
        loss_unit=NATS,
        split=split,
    )
