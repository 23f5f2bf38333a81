"""Language-model runs of Hoffmann et al. 2022, read off their figure 4 by Besiroglu et al. 2024 (arXiv 2404.10102)."""

from __future__ import annotations

import csv

import numpy as np

from predictions.data.fetching import verified_file

SHA256 = "193478df4e90f040016431996c45682659306840ecdadf83cfb9cd5ca0aa1b30"


def load_chinchilla() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parameters N, training FLOP C and final loss (nats a token) of 245 runs: three arrays (245,).

    Tokens are C / 6N. The losses were read off a colour scale: neighbouring readings differ by 0.3-0.45%.
    """
    with verified_file("chinchilla", sha256=SHA256).open(newline="") as file:
        rows = list(csv.DictReader(file))
    sizes, flop, losses = (
        np.array([float(row[column]) for row in rows]) for column in ("Model Size", "Training FLOP", "loss")
    )
    return sizes, flop, losses
