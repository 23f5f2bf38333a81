"""Whether experiments and theories keep their contract: tried on a few trials, on seeds that no record uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from predictions.data.unavailable import Unavailable
from runners.judging.judge import Judge
from runners.judging.predicting import TheoryError, predict
from runners.judging.results import Cell
from runners.measuring.contract import TRIALS, ContractError
from runners.measuring.drawing import Drawing
from runners.measuring.planning import Planner, Point
from runners.measuring.worker import check_contract, prepare
from runners.records.blocks import Block
from runners.records.samples import Samples
from runners.records.store import Store
from runners.registry.domains import ends, most_draws
from runners.registry.grid import described
from runners.registry.loaded import LoadedRegistry
from runners.registry.lookup import predictions
from runners.registry.mistakes import Mistake
from runners.registry.names import load_function
from runners.registry.schema import Claim, FoldedPrediction
from runners.registry.tiers import TIERS
from runners.whereabouts import place

MOST_ENDS = 20
"""Settings of a domain that are prepared."""


@dataclass(frozen=True)
class Absent:
    """An experiment that could not be looked into, and what is missing."""

    experiment: str
    reason: str


@dataclass(frozen=True)
class Rounded:
    """An experiment in which rounding tells a trial alone from the same in a block: no breach, and worth a warning."""

    experiment: str
    where: str


def breaches(registry: LoadedRegistry) -> Iterator[Mistake | Absent | Rounded]:
    """Of each experiment that a claim looks at, whether it breaks its contract at the first condition looked at."""
    for block in _blocks(registry):
        try:
            _, rounded = check_contract(block)
            yield from (Rounded(block.experiment, where) for where in rounded)
        except Unavailable as error:
            yield Absent(block.experiment, str(error))
        except ContractError as error:
            yield registry.mistake(("experiments", block.experiment, "module"), str(error))
        except (Exception, SystemExit) as error:
            problem = f"{type(error).__name__}: {error} ({place(error)})"
            remedy = "mend it there (a run that diverges returns inf or nan instead)"
            yield registry.mistake(("experiments", block.experiment, "module"), problem, remedy)


def unprepared_ends(registry: LoadedRegistry) -> Iterator[Mistake | Absent]:
    """Settings at the ends of domains that cannot be prepared: a draw there would be a crash, and count against."""
    for name, claim in registry.falsifiable.items():
        found = registry.domain(name)
        sizes = registry.experiments[claim.experiment].tiers
        tier = next((it for it in TIERS if it in sizes and most_draws(it, sizes[it])), None)
        if found is None or tier is None:
            continue
        drawing = Drawing(Planner(registry, tier), purpose="explore")
        where = ("domains", found[0]) if isinstance(claim.domain, str) else ("claims", name, "domain")
        for drawn in islice(ends(found[1]), MOST_ENDS):
            try:
                for block in drawing.of_setting(name, 1, drawn):
                    prepare(block)
            except Unavailable as error:
                yield Absent(claim.experiment, f"{described(drawn)}: {error}")
            except (Exception, SystemExit) as error:
                problem = f"cannot be prepared at {described(drawn)}: {type(error).__name__}: {error} ({place(error)})"
                yield registry.mistake(where, problem, "narrow the domain, or let the experiment run there")


def misreadings(registry: LoadedRegistry) -> Iterator[Mistake]:
    """Theories that ask for what they do not get, read files, or predict no number, each told of once.

    Each is called with what one trial is given at the first condition that it speaks about. One that is a function of a
    whole axis is left out.
    """
    met: set[str] = set()
    for tier in TIERS:
        judge = Judge(registry, tier, Samples(Store("memory://nothing"), {}))
        for name, claim in registry.falsifiable.items():
            for prediction, cells in zip(predictions(name, claim), _spoken_of(judge, claim), strict=True):
                function = prediction.function
                if not cells or function is None or function in met:
                    continue
                if len(cells[0].points) == 1 or isinstance(prediction.quantity, FoldedPrediction):
                    met.add(function)
                    if problem := _misreading(registry, function, cells[0], tier):
                        yield registry.mistake(prediction.function_path, problem)


def _spoken_of(judge: Judge, claim: Claim) -> list[list[Cell]]:
    """The cells of each of a claim's predictions: its own, its rivals', its controls' truths."""
    main = judge.main_cells(claim)
    return [main, *(main for _ in claim.rivals), *judge.control_cells(claim)]


def _misreading(registry: LoadedRegistry, function: str, cell: Cell, tier: str) -> str | None:
    """What is wrong with a theory's prediction for one trial; nothing, if that cannot be prepared here."""
    block = Planner(registry, tier).block(Point(cell.experiment, cell.points[0]), range(1), purpose="explore")
    try:
        given = {name: array[0] for name, array in prepare(block).items()}
    except (Exception, SystemExit):
        return None
    try:
        predict(load_function(function), block.setting, given, name=function)
    except TheoryError as error:
        return str(error)
    except Exception as error:
        return f"{function} raises {type(error).__name__}: {error} ({place(error)})"
    return None


def _blocks(registry: LoadedRegistry) -> Iterator[Block]:
    """A block of each experiment, at its smallest tier."""
    met: set[str] = set()
    for tier in TIERS:
        planner, judge = Planner(registry, tier), Judge(registry, tier, Samples(Store("memory://nothing"), {}))
        for use in (use for claim in registry.falsifiable for use in judge.uses(claim)):
            name = use.cell.experiment
            if name not in met:
                met.add(name)
                trials = 1 if registry.experiments[name].replication == "none" else TRIALS
                yield planner.block(Point(name, use.cell.points[0]), range(trials), purpose="explore")
