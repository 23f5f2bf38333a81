"""How far forecasts of public runs are off, with intervals: a table for each claim of large_runs, and for each source.

Reads the records of a store and measures nothing. The page that the documentation shows is made by

    python -m runners run SELECTION --tier standard --store STORE
    python benchmarks/errors_ahead.py --store STORE > docs/errors_ahead.md
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator

import numpy as np

from runners.commands.judge import stored_judge
from runners.commands.options import load_registry
from runners.judging.judge import Judge
from runners.judging.results import CellResult
from runners.registry.schema import Claim

ROOM = "predictions.large_runs."
SOURCES = ("collection", "source", "corpus", "model", "size")  # axes whose places are the same in every trial
SIZES = ("25M", "100M", "400M")
LIMITS = (0.05, 0.5, 0.95)
UNITS = {"ratio": "factor", "difference": "difference", "distance": "relative distance"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", required=True)
    parser.add_argument("--tier", default="standard")
    options = parser.parse_args()
    registry = load_registry(())
    judge = stored_judge(registry, options.tier, options.store)
    names = [
        name
        for name, claim in registry.claims.items()
        if registry.experiments[claim.experiment].module.startswith(ROOM)
    ]
    print(f"# Errors ahead\n\nMade by `benchmarks/errors_ahead.py` from records of the tier {options.tier}.\n")
    print("What is judged, with its confidence interval, beside the region that was fixed beforehand.\n")
    print("| claim | condition | error by | error ahead | interval | region | status |\n|---|---|---|---|---|---|---|")
    judged = {name: judge.judge(name) for name in names}
    for name, result in judged.items():
        claim = registry.claims[name]
        for cell in result.cells:
            print("| " + " | ".join([name, *_row(claim, cell)]) + " |")
    print("\n## By source\n\nMedians over resamples, with the limits of nine in ten: no verdicts.\n")
    print("| claim | source | error by | error | nine in ten |\n|---|---|---|---|---|")
    for name, result in judged.items():
        for cell in result.cells:
            for row in _by_source(judge, registry.claims[name], cell):
                print("| " + " | ".join([name, *row]) + " |")


def _row(claim: Claim, cell: CellResult) -> list[str]:
    evidence = cell.verdict.evidence
    told = [f"{evidence.point:.3g}", "{:.3g} to {:.3g}".format(*evidence.interval)] if evidence else ["", ""]
    condition = ", ".join(f"{key} {value}" for key, value in cell.cell.condition.items() if key != "data")
    region = "{:g} to {:g}".format(*claim.agreement.within)
    return [condition, UNITS[claim.agreement.by], *told, region, cell.verdict.status.word]


def _by_source(judge: Judge, claim: Claim, cell: CellResult) -> Iterator[list[str]]:
    """Rows of each source, of claims whose measurement or its companion is an array over sources."""
    experiment = judge.registry.experiments[cell.cell.experiment]
    constants = experiment.tiers[judge.tier].constants  # type: ignore[index]
    sample = judge.samples.sample(cell.cell.experiment, cell.cell.points[0], constants)
    named = [it for it, seen in experiment.observables.items() if seen.shape and seen.shape[0] in SOURCES]
    name = next((it for it in named if it == claim.measured), None) or next(iter(named), None)
    if sample is None or name is None:
        return
    measured = sample.observable(name)
    if name == claim.measured:
        predicted = judge.predictions(claim, cell.cell)
        rest = tuple(range(2, measured.ndim))
        square = np.sum((measured - predicted) ** 2, axis=rest) / np.sum(predicted**2, axis=rest)
        values, by = np.sqrt(square), "relative distance"
    elif name.startswith(claim.measured.rstrip("s")):  # type: ignore[union-attr]
        values, by = measured, "value"
    else:
        return
    called = _names(experiment.observables, experiment.observables[name].shape[0])  # type: ignore[index]
    for k, source in enumerate(called[: values.shape[1]]):
        low, middle, high = np.quantile(values[:, k], LIMITS)
        yield [source, by, f"{middle:.3g}", f"{low:.3g} to {high:.3g}"]


def _names(observables, axis: str) -> list[str]:
    """Names of the places along an axis: the series of the drawings, where these are the same."""
    if axis == "size":
        return list(SIZES)
    _, _, series, *_ = [*observables["runs_ahead"].shape[0].split("; ", 2), ""]
    return series.partition(" ")[2].split(" / ")


if __name__ == "__main__":
    main()
