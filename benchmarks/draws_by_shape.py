"""What it saves to compute draws of one compiled shape one after another: a law's draws, with and without.

    python benchmarks/draws_by_shape.py [CLAIM] [--draws 8] [--tier smoke] [--constant steps=150]...

The law's domain is drawn from as it stands, and with its whole numbers listed (two values each, its ends) instead of
ranged; on exploring seeds, by two workers that keep nothing compiled. Told are the programs that were compiled, the
seconds of a processor and the wall time, where each draw is a task of its own and where draws of one shape are.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

os.environ |= {"NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}
os.environ["TOLLENS_CACHE"] = "off"

from runners.measuring.dispatch import TOGETHER
from runners.measuring.drawing import Drawing
from runners.measuring.planning import Planner
from runners.measuring.ray_tasks import RayTasks
from runners.measuring.waiting import shape
from runners.records.blocks import Block
from runners.records.store import Store
from runners.registry.loaded import LoadedRegistry
from runners.registry.loader import load
from runners.registry.names import ROOT
from runners.registry.schema import Range


def listed(registry: LoadedRegistry, claim: str) -> LoadedRegistry:
    """The same with two values, its ends, for each whole number of the claim's domain."""
    found = registry.domain(claim)
    assert found is not None
    axes = {
        axis: [int(end) for end in it.between] if isinstance(it, Range) and it.whole else it
        for axis, it in found[1].axes.items()
    }
    changed = registry.claims[claim].model_copy(update={"domain": found[1].model_copy(update={"axes": axes})})
    return replace(registry, claims={**registry.claims, claim: changed})


def drawn(registry: LoadedRegistry, claim: str, tier: str, draws: int, constants: Mapping[str, float]) -> list[Block]:
    """The blocks of a claim's first draws, on exploring seeds."""
    drawing = Drawing(Planner(registry, tier), purpose="explore")
    blocks = [block for number in range(1, draws + 1) for block in drawing.blocks(claim, number)]
    return [replace(block, constants={**block.constants, **constants}) for block in blocks]


def together(blocks: Sequence[Block]) -> list[list[Block]]:
    """Tasks of blocks of one shape, as a run makes them of draws."""
    alike: dict[str, list[Block]] = {}
    for block in blocks:
        alike.setdefault(shape(block), []).append(block)
    return [same[i : i + TOGETHER] for same in alike.values() for i in range(0, len(same), TOGETHER)]


def measured(tasks: Sequence[Sequence[Block]]) -> tuple[int, float, float]:
    """Programs compiled, seconds of a processor, wall time."""
    with tempfile.TemporaryDirectory() as folder:
        store, waiting = Store(folder), list(tasks)
        executor, left = RayTasks(store.address, {}, cpus=2), sum(map(len, tasks))
        began, running = time.monotonic(), set()
        while left:
            while waiting and len(running) < 2:
                task = waiting.pop(0)
                running.add(task[-1].identity)
                executor.submit(*task)
            for block, result in executor.completed(timeout=1):
                assert result.status == "ok", result
                left -= 1
                running.discard(block.identity)
        wall = time.monotonic() - began
        executor.close()
        made = [record.provenance for record in store.records(tasks[0][0].experiment)]
        return sum(it.get("compiled", 0) for it in made), sum(it["processor_seconds"] for it in made), wall


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("claim", nargs="?", default="eos-nesterov")
    parser.add_argument("--draws", type=int, default=8)
    parser.add_argument("--tier", default="smoke")
    parser.add_argument("--constant", action="append", default=[], metavar="NAME=NUMBER")
    arguments = parser.parse_args()
    constants = {name: int(value) for name, value in (it.split("=") for it in arguments.constant)}
    registry = load([ROOT / "registry.yaml"], checked=False)
    for words, loaded in (("listed", listed(registry, arguments.claim)), ("ranged", registry)):
        blocks = drawn(loaded, arguments.claim, arguments.tier, arguments.draws, constants)
        for how, tasks in (("each alone", [[block] for block in blocks]), ("by shape", together(blocks))):
            programs, processor, wall = measured(tasks)
            print(
                f"{arguments.claim}, whole numbers {words}, {how:10}: {len(tasks):3} tasks, {programs:5} programs, "
                f"{processor:6.1f} processor-seconds, {wall:6.1f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
