"""How often `tollens.scaling` holds what it promises: public runs, forecast from those below an eighth of the compute.

A source is fitted on its smaller runs; for each larger run: does the loss lie inside the 90% prediction interval?
Needs the public sets (`tollens data fetch`, or TOLLENS_DATA).

    python benchmarks/forecast_coverage.py [--resamples 100]
"""

from __future__ import annotations

import argparse
from importlib import import_module

import numpy as np

from predictions.data.unavailable import Unavailable
from tollens.scaling import HELD_OUT, TooLittle, fit

SETS = ("chinchilla", "isoflops", "porian", "misfitting", "gemstones")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--resamples", type=int, default=100)
    resamples = parser.parse_args().resamples
    inside_all, runs_all = 0, 0
    print(f"{'source':40} {'fitted':>7} {'ahead':>6} {'inside 90%':>11} {'median |error|':>15}")
    for name in SETS:
        try:
            table = import_module(f"predictions.data.runs.{name}").table()
        except Unavailable as absent:
            print(f"{name:40} {absent}")
            continue
        for source, runs in table[table["loss"].notna()].groupby("source"):
            runs = runs[runs["final"].astype(bool) & ~runs["outlier"].astype(bool)] if "outlier" in runs else runs
            compute = 6 * runs["parameters"] * runs["tokens"]
            ahead = compute > compute.max() / HELD_OUT
            try:
                fitted = fit(runs[~ahead], size="parameters", tokens="tokens", resamples=resamples)
            except TooLittle as refused:
                print(f"{name + ': ' + str(source):40} refused: {refused}")
                continue
            told = [fitted.forecast(size=run.parameters, tokens=run.tokens) for run in runs[ahead].itertuples()]
            losses = runs[ahead]["loss"].to_numpy()
            inside = sum(it["loss_low"] <= loss <= it["loss_high"] for it, loss in zip(told, losses))
            error = np.median([abs(np.log(it["loss"] / loss)) for it, loss in zip(told, losses)])
            print(
                f"{name + ': ' + str(source):40} {(~ahead).sum():7} {ahead.sum():6} "
                f"{inside / len(losses):11.0%} {error:15.2%}"
            )
            inside_all, runs_all = inside_all + inside, runs_all + len(losses)
    if runs_all:
        print(f"together {inside_all} of {runs_all}: {inside_all / runs_all:.0%} inside intervals of 90%")


if __name__ == "__main__":
    main()
