"""How well `tollens.schedules` gives the end of a run under another schedule: public curves, one or two of them fitted.

Needs the public set (`tollens data fetch`, or TOLLENS_DATA).

    python benchmarks/schedule_forecasts.py
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictions.data.runs import multi_power
from predictions.large_runs.annealing_laws import HELD_OUT
from predictions.large_runs.rate_schedules import WARMUP, rates
from tollens.schedules import fit

SIZES, WINDOW = ("25M", "100M", "400M"), 256


def curve(table: pd.DataFrame, size: str, schedule: str) -> pd.DataFrame:
    """Steps from the first on, with their rates, warm-up included, and the losses that were published."""
    rows = table[table["run"] == f"{size} {schedule}"].drop_duplicates("step").set_index("step")["loss"]
    last = int(rows.index.max())
    every = np.concatenate([np.arange(WARMUP) / WARMUP, rates(schedule, last)])
    steps = np.arange(len(every))
    return pd.DataFrame({"step": steps, "rate": every, "loss": rows.reindex(steps).to_numpy(), "run": schedule})


def main() -> None:
    table = multi_power.table()
    for fitted in (["cosine_24000"], ["wsd_20000_24000"], ["cosine_24000", "constant_24000"]):
        errors = []
        for size in SIZES:
            law = fit(pd.concat([curve(table, size, it) for it in fitted]), run="run")
            for schedule in (it for it in HELD_OUT if it not in fitted):
                end = curve(table, size, schedule)
                seen = end["loss"].notna() & (end["step"] > end["step"].max() - WINDOW)
                told = law.loss(end["rate"])[seen.to_numpy()]
                errors.append(float(np.mean(np.log(told) - np.log(end["loss"][seen]))))
        absolute = np.abs(errors)
        print(
            f"{' and '.join(fitted):34} {len(errors)} ends of other schedules: "
            f"median |error| {np.median(absolute):.2%}, largest {absolute.max():.2%}, mean error {np.mean(errors):+.2%}"
        )


if __name__ == "__main__":
    main()
