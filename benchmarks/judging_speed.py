"""Judging a store of ten thousand records: from opening it to the report.

Run as `python benchmarks/judging_speed.py [RECORDS]`: prints the seconds (target: below 10) and the share of each step.
"""

from __future__ import annotations

import os

os.environ |= {"NPROC": "1", "OMP_NUM_THREADS": "1"}

import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from runners.judging.judge import Judge
from runners.measuring.planning import Planner, Point
from runners.records.samples import Samples
from runners.records.store import Store
from runners.registry.loader import load
from runners.reporting.report import report

TOYS = Path(__file__).resolve().parents[1] / "tests" / "worlds"
BLOCK, BLOCKS_A_CONDITION, CONDITIONS_A_CLAIM = 8, 4, 25


def registry_of(records: int):
    """Claims of 25 conditions with four blocks of eight trials each, so that there are so many blocks in all."""
    registry = load([TOYS / "toy.yaml"])
    conditions = records // BLOCKS_A_CONDITION
    widths = list(range(1, conditions + 1))
    tier = (
        registry.experiments["toy"]
        .tiers["smoke"]
        .model_copy(update={"trials": [BLOCK * BLOCKS_A_CONDITION], "block": BLOCK, "constants": {"length": 2}})
    )
    toy = registry.experiments["toy"].model_copy(
        update={"grid": [{"kind": ["lawful"], "width": widths}], "tiers": {"smoke": tier}}
    )
    bare = {"controls": [], "rivals": {}, "requires": [], "shown": None}
    claims = {}
    for first in range(0, conditions, CONDITIONS_A_CLAIM):
        where = {"kind": "lawful", "width": widths[first : first + CONDITIONS_A_CLAIM]}
        claims[f"law-{first}"] = registry.claims["law-holds"].model_copy(update={**bare, "where": where})
    return replace(registry, experiments={"toy": toy}, claims=claims)


def fill(store: Store, registry, generator: np.random.Generator) -> int:
    """Write every block that a run would have recorded."""
    planner, count = Planner(registry, "smoke"), 0
    for width in registry.experiments["toy"].grid[0]["width"]:
        for block in planner.blocks(Point("toy", {"kind": "lawful", "width": width}), 1):
            strength = np.exp(generator.standard_normal(BLOCK))
            given = {"strength": strength, "spectrum": np.outer(strength, np.arange(1, 4))}
            noise = np.exp(0.01 * generator.standard_normal(BLOCK))
            observables = {
                "response": strength / width * noise,
                "steady": np.ones(BLOCK),
                "profile": np.ones((BLOCK, 2)),
            }
            store.put(block.identity, block.specification, given, observables, {"seconds": 1.0, "started": 0.0})
            count += 1
    return count


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    sys.path.insert(0, str(TOYS))
    registry = registry_of(records)
    with tempfile.TemporaryDirectory() as folder:
        written = fill(Store(folder), registry, np.random.default_rng(0))
        started, busy = perf_counter(), process_time()
        judge = Judge(registry, "smoke", Samples(Store(folder), Planner(registry, "smoke").lineages(["toy"])))
        judge.samples.lineage_of("toy")
        opened = perf_counter()
        results = [judge.judge(name) for name in registry.claims]
        judged = perf_counter()
        document = report(judge, results)
        finished, busy = perf_counter(), process_time() - busy
    verdicts = document.counts
    print(f"{written} records, {len(results)} claims: {verdicts}")
    print(
        f"{finished - started:.1f} s (target 10): reading {opened - started:.1f}, judging {judged - opened:.1f}, "
        f"reporting {finished - judged:.1f}; {busy:.1f} s of them computing"
    )


if __name__ == "__main__":
    main()
