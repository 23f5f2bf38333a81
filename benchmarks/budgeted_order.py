"""How many claims a budget decides, by the order of the blocks: a simulation on recorded durations.

    python benchmarks/budgeted_order.py STORE --tier standard [--cores 2]

The store holds a finished run. It is run again by the project's own scheduler and judge, on a clock that jumps: a block
takes as long as its record says, and yields that record. Compared are

* fixed: claim by claim as the registry lists them, every look of every condition;
* longest first: looks only where a claim is undecided; the order of a run without a budget;
* cheapest claim first: the same looks; the order of a run with a budget.

Durations are known to the scheduler, as after an earlier night.
"""

from __future__ import annotations

import argparse
import heapq
import json
import uuid
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from runners.judging.judge import Judge
from runners.measuring.dispatch import Run
from runners.measuring.durations import Durations
from runners.measuring.planning import Planner, Point
from runners.records.blocks import Block, Result
from runners.records.samples import Samples
from runners.records.store import Store
from runners.registry.loader import LoadedRegistry, load
from runners.registry.schema import Resources
from runners.rule.verdicts import Outcome

DECIDED = (Outcome.SUPPORTED, Outcome.REFUTED, Outcome.PARTLY, Outcome.VACUOUS)
SHARES = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)


class Replay:
    """An executor whose blocks take their recorded time, on a clock of its own."""

    def __init__(self, source: Store, target: Store, cores: int):
        self.now = 0.0
        self.source, self.target, self.cores = source, target, cores
        self._running: list[tuple[float, int, Block]] = []
        self._number = count()

    def room(self, wanted: Resources, taken: int) -> bool:
        return taken < self.cores

    def lacking(self, wanted: Resources) -> str | None:
        return None

    def roomier(self, wanted: Resources) -> Resources:
        return wanted

    def submit(self, *blocks: Block) -> None:
        ends = self.now
        for block in blocks:
            ends += self.source.get(block.experiment, block.identity).provenance["seconds"]
            heapq.heappush(self._running, (ends, next(self._number), block))

    def completed(self, timeout: float) -> list[tuple[Block, Result]]:
        self.now, _, block = heapq.heappop(self._running)
        name = f"records/{block.experiment}/{block.identity}"
        for suffix in (".npz", ".json"):
            if self.source.files.exists(f"{self.source.root}/{name}{suffix}"):
                self.target.write(name + suffix, self.source.read(name + suffix))
        return [(block, Result(block.identity, "ok"))]

    def interrupt(self) -> None:
        """Nothing is computed here."""

    def close(self, *, cancel: bool = False) -> None:
        self._running.clear()


def scheduled(
    registry: LoadedRegistry, tier: str, source: Store, claims: Sequence[str], cores: int
) -> tuple[Run, Replay]:
    """A run on an empty store that knows the durations of the recorded one."""
    target = Store(f"memory://{uuid.uuid4().hex}")
    planner = Planner(registry, tier)
    samples = Samples(target, planner.lineages(registry.experiments), fallback=False)
    executor = Replay(source, target, cores)
    run = Run(planner, Judge(registry, tier, samples), samples, target, claims, clock=lambda: executor.now)
    run.durations = Durations(source)
    run.plan()
    return run, executor


def decided(run: Run, claims: Sequence[str]) -> set[str]:
    return {name for name in claims if run.judge.judge(name).outcome in DECIDED}


def adaptive(
    registry: LoadedRegistry,
    tier: str,
    source: Store,
    claims: Sequence[str],
    cores: int,
    budget: float,
    *,
    aware: bool,
) -> set[str]:
    """Claims decided when the budget ends, by a run that knows of it or by one that is cut off."""
    run, executor = scheduled(registry, tier, source, claims, cores)
    run.execute(executor, deadline=budget if aware else None, stopped=lambda: not aware and executor.now > budget)
    return decided(run, claims)


def fixed(registry, tier: str, source: Store, claims: Sequence[str], cores: int) -> dict[str, float]:
    """When each claim has all blocks of all its looks, if they are run in the registry's order."""
    planner, durations = Planner(registry, tier), Durations(source)
    judge = Judge(registry, tier, Samples(source, planner.lineages(registry.experiments)))
    free, ended, finished = [0.0] * cores, {}, {}
    for name in claims:
        for use in judge.uses(name):
            for condition in use.cell.points:
                looks = 1 if use.role == "shown" else planner.looks(use.cell.experiment)
                for look in range(1, looks + 1):
                    for block in planner.blocks(Point(use.cell.experiment, condition), look):
                        if block.identity not in ended:
                            ended[block.identity] = heapq.heappop(free) + (durations.expected(block) or 0.0)
                            heapq.heappush(free, ended[block.identity])
                        finished[name] = max(finished.get(name, 0.0), ended[block.identity])
    return finished


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("store")
    parser.add_argument("--tier", default="standard")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--registry", type=Path, default=Path(__file__).resolve().parents[1] / "registry.yaml")
    parser.add_argument("--json", help="write the numbers into this file")
    arguments = parser.parse_args()
    registry, source = load([arguments.registry]), Store(arguments.store)
    tier, cores = arguments.tier, arguments.cores

    claims = [name for name in registry.falsifiable if complete(registry, tier, source, name)]
    if not claims:
        parser.error(f"no claim is finished at the {tier} tier in this store")
    finished = fixed(registry, tier, source, claims, cores)
    whole, executor = scheduled(registry, tier, source, claims, cores)
    whole.execute(executor, stopped=lambda: False)
    in_the_end = decided(whole, claims)
    total = max(finished.values())
    print(f"{len(claims)} of {len(registry.falsifiable)} claims are finished, {len(in_the_end)} decided; {cores} cores")
    print(f"fixed order, every look: {total:.0f} s; looks only where undecided: {executor.now:.0f} s\n")
    print(f"{'budget':>9}  {'fixed':>6} {'longest first':>14} {'cheapest claim first':>21}   claims decided")
    rows = []
    for share in SHARES:
        budget = share * total
        by_order = {
            "fixed": len({name for name, end in finished.items() if end <= budget} & in_the_end),
            "longest first": len(adaptive(registry, tier, source, claims, cores, budget, aware=False)),
            "cheapest claim first": len(adaptive(registry, tier, source, claims, cores, budget, aware=True)),
        }
        rows.append({"budget": budget, **by_order})
        columns = zip(by_order.values(), (6, 14, 21), strict=True)
        print(f"{budget:7.0f} s  {' '.join(f'{number:{width}}' for number, width in columns)}")
    if arguments.json:
        Path(arguments.json).write_text(json.dumps({"claims": len(claims), "seconds": total, "rows": rows}, indent=1))


def complete(registry: LoadedRegistry, tier: str, source: Store, name: str) -> bool:
    """Whether a run of this claim would find everything that it needs."""
    planner = Planner(registry, tier)
    samples = Samples(source, planner.lineages(registry.experiments), fallback=False)
    judge = Judge(registry, tier, samples)
    run = Run(planner, judge, samples, source, [name])
    return bool(judge.uses(name)) and not run.plan() and judge.judge(name).outcome is not Outcome.ERROR


if __name__ == "__main__":
    main()
