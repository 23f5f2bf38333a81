"""Whether experiments keep their contract: each is measured in small, on seeds that no record uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from predictions.data.unavailable import Unavailable
from runners.judging.judge import Judge
from runners.measuring.contract import TRIALS, ContractError
from runners.measuring.planning import Planner, Point
from runners.measuring.worker import check_contract
from runners.records.blocks import Block
from runners.records.samples import Samples
from runners.records.store import Store
from runners.registry.loaded import LoadedRegistry
from runners.registry.mistakes import Mistake
from runners.whereabouts import place


@dataclass(frozen=True)
class Absent:
    """An experiment that could not be looked into, and what is missing."""

    experiment: str
    reason: str


def breaches(registry: LoadedRegistry) -> Iterator[Mistake | Absent]:
    """Of each experiment that a claim looks at, whether it breaks its contract at the first condition looked at."""
    for block in _blocks(registry):
        try:
            check_contract(block)
        except Unavailable as error:
            yield Absent(block.experiment, str(error))
        except ContractError as error:
            yield registry.mistake(("experiments", block.experiment, "module"), str(error))
        except (Exception, SystemExit) as error:
            problem = f"{type(error).__name__}: {error} ({place(error)})"
            remedy = "mend it there (a run that diverges returns inf or nan instead)"
            yield registry.mistake(("experiments", block.experiment, "module"), problem, remedy)


def _blocks(registry: LoadedRegistry) -> Iterator[Block]:
    """A block of each experiment, at its smallest tier."""
    met: set[str] = set()
    for tier in ("smoke", "standard", "full"):
        planner, judge = Planner(registry, tier), Judge(registry, tier, Samples(Store("memory://nothing"), {}))
        for use in (use for claim in registry.falsifiable for use in judge.uses(claim)):
            name = use.cell.experiment
            if name not in met:
                met.add(name)
                trials = 1 if registry.experiments[name].replication == "none" else TRIALS
                yield planner.block(Point(name, use.cell.points[0]), range(trials), purpose="explore")
