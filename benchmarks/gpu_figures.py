"""The review's figures on one GPU, in minutes: a block of every arm, then another, until the time is over.

    python benchmarks/gpu_figures.py --store STORE [--figures 1b 4 5 6a] [--minutes 12] [--epoch NAME] [--json REPORT]
    python benchmarks/gpu_figures.py --small                        # the same path on a CPU, every arm cut small

Arms are the conditions, at tier `full`, of the claims that stand beside each figure (leaderboard/review_figures.yaml)
and want a GPU. Each block is kept as soon as it ended: the same command goes on where it stopped, and
`tollens run --tier full` has what is here. No block is begun that the last one of its arm says would not fit.

--small shows that everything runs and measures nothing for the record: exploring seeds, constants cut to SMALL.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from leaderboard.review_figures import review_figures
from runners.measuring.planning import Planner, Point
from runners.measuring.profiles import environment
from runners.measuring.worker import run_block
from runners.records.blocks import Block
from runners.records.epochs import UNSALTED, epoch
from runners.records.seals import lock_hash, lock_in_force
from runners.records.store import Store
from runners.registry import grid
from runners.registry.loaded import LoadedRegistry
from runners.registry.loader import load
from runners.registry.names import ROOT
from runners.registry.schema import Claim
from runners.reporting.commit import commit

SMALL = {
    "width": 8, "pixels": 8, "rows": 40, "steps": 30, "every": 15, "networks": 1, "blocks": 1, "heads": 2, "context": 8,
    "batch": 4, "seen": 16, "doublings": 2, "compute": 1e6, "tokens_per_parameter": 0.2, "samples": 16,
    "test_samples": 16, "channels": 4, "tokens": 4, "noises": 100, "flow_steps": 2,
}  # fmt: skip
"""Constants are made no larger than this by --small."""


def arms(registry: LoadedRegistry, figures: list[str]) -> Iterator[tuple[str, Point]]:
    """Figure and condition of everything at tier full that wants a GPU, each once."""
    met: set[str] = set()
    for figure in review_figures():
        for name in figure.claims if figure.figure in figures else ():
            claim = registry.claims[name]
            tier = isinstance(claim, Claim) and registry.experiments[claim.experiment].tiers.get("full")
            if not tier or not tier.resources.num_gpus:
                continue
            wanted = [claim.where, *(control.where for control in claim.controls)]
            for condition in grid.conditions(registry.experiments[claim.experiment], "full"):
                point = Point(claim.experiment, condition)
                if point.key not in met and any(grid.matches(condition, where) for where in wanted):
                    met.add(point.key)
                    yield figure.figure, point


def block_of(planner: Planner, point: Point, turn: int, *, small: bool) -> Block:
    """The next block of an arm, as large as its tier has it; one trial if small."""
    tier = planner.registry.experiments[point.experiment].tiers["full"]
    if not small:
        return planner.block(point, range(turn * tier.block, (turn + 1) * tier.block))
    constants: Mapping = tier.constants
    cut = {name: min(value, SMALL[name]) if name in SMALL else value for name, value in constants.items()}
    return planner.block(point, range(1), purpose="explore", constants=cut)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--store", default=".tollens/store")
    parser.add_argument("--figures", nargs="+", default=["1b", "4", "5", "6a"])
    parser.add_argument("--minutes", type=float, default=12.0)
    parser.add_argument("--turns", type=int, default=8, help="blocks of each arm, at the most")
    parser.add_argument("--epoch", default=None)
    parser.add_argument("--json", default=None, help="write the report of what is there")
    parser.add_argument("--small", action="store_true")
    asked = parser.parse_args()
    began = time.monotonic()
    os.environ.update(environment("float32", 1, gpu=0 if asked.small else 1))
    registry = load([Path(ROOT, "registry.yaml")])
    seeds = UNSALTED if asked.small else epoch(registry.files, asked.epoch)
    planner, store = Planner(registry, "full", seeds), Store(asked.store)
    lock = lock_in_force(registry.files)
    store.put_lock(lock_hash(lock), lock)
    provenance = {"tier": "full", "commit": commit(), "lock": lock_hash(lock)}
    chosen = list(arms(registry, asked.figures))
    took: dict[str, float] = {}
    failed = 0
    for turn in range(1 if asked.small else asked.turns):
        for figure, point in chosen:
            block = block_of(planner, point, turn, small=asked.small)
            left = 60 * asked.minutes - (time.monotonic() - began)
            if store.has(block.experiment, block.identity) or took.get(point.key, 0.0) > left or left < 0:
                continue
            result = run_block(block, asked.store, provenance)
            took[point.key] = result.seconds
            failed += result.status != "ok"
            print(
                f"figure {figure}  {block.label}  {result.status}  {result.seconds:.1f} s  {result.message}", flush=True
            )
    print(f"{time.monotonic() - began:.0f} s; {len(took)} of {len(chosen)} arms measured in this run")
    if asked.small:
        return 1 if failed else 0
    claims = [name for it in review_figures() if it.figure in asked.figures for name in it.claims]
    judged = [sys.executable, "-m", "runners", "judge", "--tier", "full", "--store", asked.store, "--epoch", seeds.name]
    return subprocess.run([*judged, *(["--json", asked.json] if asked.json else []), *claims], check=False).returncode


if __name__ == "__main__":
    raise SystemExit(main())
