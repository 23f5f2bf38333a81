"""27 training curves: models of 25M, 100M and 400M parameters under nine schedules of the learning rate.

Luo et al. 2025 (arXiv 2503.12811): Llama's architecture, peak rate 3e-4, 2,160 steps of warm-up that the files leave
out. `constant` and `cosine` (to a tenth) over 24,000 and 72,000 steps; `wsd` and `wsdld`, constant for 20,000 steps,
then an exponential or linear decay over 4,000; `wsdcon_X`, constant for 8,000 steps, then at X e-5. Losses are the
training's, every 128 steps, with four digits. The files say neither tokens nor the precise number of parameters.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictions.data.fetching import verified_files
from predictions.data.runs.tables import NATS, tidy

SHA256 = "6349ed9a1ffc6579ccecd19a1a21f36588456dde1d44bc0bbccde61f4fb92d59"
PEAK, WARMUP = 3e-4, 2160


def table() -> pd.DataFrame:
    """6,366 points; families are sizes; a row is a step, with rate_now, the rate of that step."""
    files = verified_files("multi-power", sha256=SHA256)
    return pd.concat([_curve(name, path) for name, path in files.items()], ignore_index=True)


def _curve(name: str, path) -> pd.DataFrame:
    _, _, folder, file = name.split("/")
    size, schedule = folder.removeprefix("csv_"), file.removesuffix(".csv")
    rows = pd.read_csv(path)
    return tidy(
        rows.rename(columns={"lr": "rate_now"}).assign(final=rows["step"] == rows["step"].max()),
        source="multi-power",
        family=f"{size}M",
        run=f"{size}M {schedule}",
        parameters=1e6 * float(size),
        tokens=np.nan,
        flop=np.nan,
        rate=PEAK,
        schedule=schedule,
        counts="nominal",
        flop_by="not stated",
        loss_on="training",
        loss_unit=NATS,
    )
