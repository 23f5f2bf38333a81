"""What the machinery costs a block: 2,000 blocks that do nothing, from planning to verdicts.

    python benchmarks/dispatch_overhead.py [--blocks 2000] [--cpus 2] [--profile]

The overhead of a block is (wall time between the first block's start and the end of the loop) x cores / blocks, less
what the blocks themselves computed; and the wall time a block, which is what a run gets longer by.
"""

from __future__ import annotations

import argparse
import cProfile
import json
import pstats
import sys
import tempfile
import time
from pathlib import Path

EXPERIMENT = """
import numpy as np

def prepare(condition, seeds):
    strength = 1.0 + seeds % 997 / 997
    return {"strength": strength}, strength

def measure(condition, strength):
    return {"response": strength / condition["width"]}
"""
THEORY = """
def inverse_width(condition, given):
    return given["strength"] / condition["width"]
"""
BLOCKS_A_CONDITION, CONDITIONS_A_CLAIM = 8, 2


def registry(folder: Path, blocks: int) -> Path:
    """So many blocks of one trial: eight a condition, two conditions a claim."""
    (folder / "nothing_to_do.py").write_text(EXPERIMENT)
    (folder / "nothing_to_know.py").write_text(THEORY)
    widths = list(range(1, blocks // BLOCKS_A_CONDITION + 1))
    claim = {
        "kind": "identity",
        "statement": "Nothing is done.",
        "about": "",
        "theory": "nothing",
        "strand": "solvable-settings",
        "held_by": "null-model",
        "source": {"cite": "nobody"},
        "formula": "r = 1/w",
        "experiment": "nothing",
        "measured": "response",
        "predicted": "nothing_to_know:inverse_width",
        "agreement": {"by": "ratio", "within": [0.9, 1.1], "because": "it is exact"},
        "expect": "open",
    }
    experiment = {
        "run": "nothing_to_do",
        "about": "Nothing.",
        "precision": "float64",
        "grid": [{"width": widths}],
        "observables": {"response": {"means": "one over the width"}},
        "tiers": {"smoke": {"trials": [BLOCKS_A_CONDITION], "block": 1}},
    }
    claims = {
        f"nothing-{first}": claim | {"where": {"width": widths[first : first + CONDITIONS_A_CLAIM]}}
        for first in range(0, len(widths), CONDITIONS_A_CLAIM)
    }
    file = folder / "nothing.yaml"
    file.write_text(json.dumps({"experiments": {"nothing": experiment}, "claims": claims}))
    return file


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--blocks", type=int, default=2000)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--profile", action="store_true", help="show where the driver's time goes")
    arguments = parser.parse_args()

    from runners.judging.judge import Judge
    from runners.measuring.dispatch import Run
    from runners.measuring.planning import Planner
    from runners.measuring.ray_tasks import RayTasks
    from runners.records.samples import Samples
    from runners.records.store import Store
    from runners.registry.loader import load

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        loaded = load([registry(folder, arguments.blocks)])
        sys.path[:0] = loaded.search_path
        store = Store(folder / "store")
        samples = Samples(store, Planner(loaded, "smoke").lineages(loaded.experiments), fallback=False)
        judge = Judge(loaded, "smoke", samples)
        run = Run(Planner(loaded, "smoke"), judge, samples, store, list(loaded.claims))
        before = time.perf_counter()
        blocks = len(run.plan())
        planned = time.perf_counter()
        executor = RayTasks(store.address, {}, cpus=arguments.cpus)
        connected = time.perf_counter()
        profiler = cProfile.Profile()
        if arguments.profile:
            profiler.enable()
        assert run.execute(executor, stopped=lambda: False)
        ended = time.time()
        profiler.disable()
        executor.close()
        judging = time.perf_counter()
        outcomes = {judge.judge(claim).outcome.word for claim in loaded.claims}
        judged = time.perf_counter()

        records = list(store.records("nothing"))
        first = min(record.provenance["started"] for record in records)
        computed = sum(record.provenance["seconds"] for record in records)
        wall = ended - first
        print(f"{blocks} blocks of {len(loaded.claims)} claims on {arguments.cpus} cores, verdicts: {outcomes}")
        print(f"planning             {planned - before:8.2f} s")
        print(f"starting Ray         {connected - planned:8.2f} s")
        print(f"first block to last  {wall:8.2f} s, of which computed {computed:.2f} s on all cores")
        print(f"wall time a block    {1000 * wall / blocks:8.2f} ms")
        print(f"overhead a block     {1000 * (wall * arguments.cpus - computed) / blocks:8.2f} ms of a core")
        print(f"judging              {judged - judging:8.2f} s")
        if arguments.profile:
            pstats.Stats(profiler).sort_stats("cumulative").print_stats(30)


if __name__ == "__main__":
    main()
