"""The run: measure what undecided claims look at, judge after each look, draw more trials only where undecided."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from runners.judging.judge import Judge
from runners.judging.reaching import is_unfinished, reach_of
from runners.judging.results import Use
from runners.measuring.drawing import Drawing
from runners.measuring.durations import Durations
from runners.measuring.executors import Executor
from runners.measuring.faults import Fault, fault, is_final
from runners.measuring.planning import Planner, Point
from runners.measuring.progress import Progress, Setback, UnderWay
from runners.measuring.waiting import Waiting, kind, shape
from runners.measuring.worker import log_failure
from runners.records import checkpoints
from runners.records.blocks import Block, Result, canonical
from runners.records.samples import Samples
from runners.records.store import Store
from runners.registry.schema import Resources, Unfalsifiable
from runners.rule.betting import FEWEST
from runners.rule.draws import EmptyDomain
from runners.whereabouts import place

AHEAD = 4
"""Draws that are begun before it is known whether those before them decide."""
TASK = 2.0
"""Seconds of work for which blocks of one experiment are given to a worker at once: more than handing over costs."""
TOGETHER = 4
"""Draws of one shape that are given to a worker at once, however long they take."""
LOOK = 10.0
"""Seconds between two looks at how far long blocks have come."""


@dataclass
class Course:
    """One condition's way through its looks, or one draw."""

    series: str
    point: Point | None = None
    """The condition; None for a draw."""
    draws: str = ""
    """The draws to which a draw belongs; empty for a condition."""
    look: int = 1
    missing: dict[str, Block] = field(default_factory=dict)
    """The blocks that the current look still waits for, by identity."""
    failed: bool = False


@dataclass
class Draws:
    """Draws of a domain that are the same blocks, and the claims that they are for."""

    claims: list[str] = field(default_factory=list)
    begun: int = 0
    """Number of the last one."""
    series: list[str] = field(default_factory=list)


class Run:
    """One run over a selection of claims.

    `retry_failed`: also what raised an exception or overran its time in an earlier run, with the same code, is tried
    again; faults of the infrastructure always are. `seconds_a_trial`: by experiment what another run reported, for the
    order of a first run with a deadline.
    """

    def __init__(
        self,
        planner: Planner,
        judge: Judge,
        samples: Samples,
        store: Store,
        claims: Sequence[str],
        *,
        retry_failed: bool = True,
        report: Callable[[str, Progress], None] = lambda line, progress: None,
        clock: Callable[[], float] = time.monotonic,
        seconds_a_trial: Mapping[str, float] = MappingProxyType({}),
    ):
        self.planner, self.judge, self.samples, self.store = planner, judge, samples, store
        self.claims = [name for name in claims if not isinstance(planner.registry.claims[name], Unfalsifiable)]
        self.progress = Progress()
        self.durations = Durations(store, seconds_a_trial)
        self._report, self._clock = report, clock
        self._final = {} if retry_failed else {it["identity"]: it for it in store.errors() if is_final(it["status"])}
        self._recorded: dict[str, set[str]] = {}
        self._courses: dict[str, Course] = {}
        self._uses: dict[str, list[Use]] = {}
        self._series: dict[str, list[str]] = {name: [] for name in self.claims}
        self._drawing = Drawing(planner)
        self._draws: dict[str, Draws] = {}
        self._drawn: dict[str, str] = {}
        """By identity of a draw's block, its course."""
        self._waiting = Waiting()
        self._running: dict[str, Block] = {}
        self._taken: Counter[str] = Counter()
        """How many tasks of each kind are in the executor's hands."""
        self._tasks: dict[str, set[str]] = {}
        """The blocks of its task that have not ended, by each one's identity."""
        self._compiling: dict[str, str] = {}
        """Shapes, by the identity of running blocks, that no block of this run has been through before."""
        self._compiled: set[str] = set()
        self._attempts: Counter[str] = Counter()
        self._too_long = 0
        self._looked = 0.0

    # --- the plan -------------------------------------------------------------------------------------------------

    def plan(self, *, draws: bool = True) -> list[Block]:
        """Blocks that are missing for the next look of every undecided condition, and for the next `draws`.

        To know the setting of a draw may take some preparing, where its domain has limits in the theory's own units.
        """
        uses = [use for name in self.claims for use in self.judge.uses(name)]
        for use in uses:
            for point in _points(use):
                self._uses.setdefault(point.key, []).append(use)
                self._series[use.claim].append(point.key)
                if point.key not in self._courses:
                    self._courses[point.key] = Course(point.key, point)
                    self._enter_look(self._courses[point.key])
        for use in uses:
            self._advance(use)
        for name in self.claims:
            if reach_of(self.judge, name) is not None:
                self._draws.setdefault(self._drawing.shared(name), Draws()).claims.append(name)
        for key in self._draws if draws else ():
            self._advance_draws(key)
        return list(self._waiting)

    @property
    def drawing(self) -> list[str]:
        """The claims that want draws."""
        claims = [name for draws in self._draws.values() for name in draws.claims]
        return [name for name in claims if (reach := reach_of(self.judge, name)) is not None and reach.wants_more]

    def expected_seconds(self, blocks: Sequence[Block]) -> list[float | None]:
        """By block the duration that earlier records lead one to expect; None without any."""
        return [self.durations.expected(block) for block in blocks]

    # --- the loop -------------------------------------------------------------------------------------------------

    def execute(self, executor: Executor, *, deadline: float | None = None, stopped: Callable[[], bool]) -> bool:
        """Run until every claim is decided or out of looks; False if the deadline or a signal came first.

        With a deadline, claims that cost little come first, so that as many as possible are decided when it comes, and
        nothing is started that is not expected to end before it.
        """
        self._waiting.order_by(self._longest_first if deadline is None else self._cheapest_claim_first)
        while self._waiting or self._running:
            if stopped() or (deadline is not None and self._clock() > deadline):
                return False
            self._start(executor, deadline)
            for block, result in executor.completed(timeout=0.5):
                del self._running[block.identity]
                self._compiled.update(filter(None, [self._compiling.pop(block.identity, None)]))
                task = self._tasks.pop(block.identity)
                task.discard(block.identity)
                self._taken[kind(block)] -= not task
                self._settle(block, result, executor)
            self._update("")
        return not self._too_long

    def _start(self, executor: Executor, deadline: float | None) -> None:
        for wanted in self._waiting.kinds:
            resources = Resources.model_validate_json(wanted)
            reason = executor.lacking(resources)
            # whatever another worker compiles at this moment would be compiled twice
            while block := self._waiting.first(wanted, besides=set(self._compiling.values()) - self._compiled):
                if reason:
                    self._waiting.discard(block.identity)
                    self._settle(block, Result(block.identity, Fault.UNAVAILABLE.word, message=reason), executor)
                    continue
                if not executor.room(resources, self._taken[wanted]):
                    break
                self._waiting.discard(block.identity)
                if self._ends_too_late(block, deadline):
                    self._too_long += 1
                    continue
                blocks = [block, *self._companions(block, executor, deadline)]
                task = {it.identity for it in blocks}
                for it in blocks:
                    self._waiting.discard(it.identity)
                    self._running[it.identity], self._tasks[it.identity] = it, task
                    if "jax" in it.libraries and (new := shape(it)) not in self._compiled:
                        self._compiling[it.identity] = new
                self._taken[wanted] += 1
                executor.submit(*blocks)

    def _ends_too_late(self, block: Block, deadline: float | None, before: float = 0.0) -> bool:
        """Whether a block is known to take longer than there is time, `before` seconds from now."""
        if deadline is None or not self.durations.is_sure(block):
            return False
        return self._clock() + before + (self.durations.expected(block) or 0.0) > deadline

    def _companions(self, block: Block, executor: Executor, deadline: float | None) -> Iterator[Block]:
        """Waiting blocks of the same experiment to make a task of, first those that run the same compiled code.

        Not more than leaves work for whatever else has room, and none with what may be long. A draw takes others of its
        shape along, however long they are, as each would be compiled for anew elsewhere. What asks for a GPU or for
        memory gets a process of its own.
        """
        seconds = self.durations.expected(block)
        long = block.draw is None and (seconds is None or seconds >= TASK)
        if long or block.resources.num_gpus or block.resources.memory:
            return
        rooms = 1
        while rooms <= len(self._waiting) and executor.room(block.resources, self._taken[kind(block)] + rooms):
            rooms += 1
        share = (len(self._waiting) + 1) // rooms
        for number, other in enumerate(self._waiting.alike(block)[: share - 1], start=1):
            full = number == TOGETHER if block.draw else (seconds or 0.0) >= TASK
            if full or self._ends_too_late(other, deadline, seconds or 0.0):
                return
            seconds = (seconds or 0.0) + (self.durations.expected(other) or 0.0)
            yield other

    def _longest_first(self, block: Block) -> tuple[float, ...]:
        """A long block started last would keep the others waiting; one that nobody knows may be long.

        Draws come first, in the order of their numbers: what they say decides whether there will be more.
        """
        expected = None if block.draw else self.durations.guess(block)
        in_order = float(block.draw.number) if block.draw else 0.0
        return (-float("inf") if expected is None else -expected, in_order)

    def _cheapest_claim_first(self, block: Block) -> tuple[float, ...]:
        """What the cheapest claim still needs that needs this block, too; of one claim the longest first."""
        draws, uses = self._course(block).draws, self._uses.get(block.series, [])
        claims = self._draws[draws].claims if draws else {use.claim for use in uses}
        return (min(map(self._seconds_missing, claims)), *self._longest_first(block))

    def _seconds_missing(self, claim: str) -> float:
        missing = {i: block for key in self._series[claim] for i, block in self._courses[key].missing.items()}
        return sum(self.durations.guess(block) or 1.0 for block in missing.values())

    def _course(self, block: Block) -> Course:
        return self._courses[self._drawn.get(block.identity, block.series)]

    def _settle(self, block: Block, result: Result, executor: Executor) -> None:
        result = self._checked(block, result)
        self._attempts[block.identity] += 1
        if result.status == "ok":
            self.samples.add(block.experiment, block.identity)
            provenance = self.store.get(block.experiment, block.identity).provenance
            self.durations.note(block, provenance["seconds"])
            self.progress.compiled[block.experiment] += provenance.get("compiled", 0)
            self.progress.blocks_done += 1
            self.progress.trials_done += len(block.repeats)
        elif not self._again(block, result, executor):
            self._give_up(block, result)
        else:
            return
        if result.status == "ok" and result.message:
            self.progress.notes.append(f"{block.label}: {result.message}")
        course = self._course(block)
        course.missing.pop(block.identity, None)
        done = f"{block.label}  {result.seconds:.1f} s  {result.message}".rstrip()
        self._update(done if result.status == "ok" else _told(block, result))
        if course.failed or not course.missing:
            for use in self._uses.get(course.series, []):
                self._advance(use)
            if course.draws:
                self._advance_draws(course.draws)

    def _checked(self, block: Block, result: Result) -> Result:
        """The result as the store bears it out: a worker may die after it has recorded, and a record may get lost."""
        unheard = result.status != "ok" and not result.logged
        if unheard and result.status != Fault.UNAVAILABLE.word and self.store.has(block.experiment, block.identity):
            return replace(result, status="ok")
        if result.status == "ok" and not self.store.has(block.experiment, block.identity):
            lost = "its record did not arrive in the store; on a cluster, --store has to be shared by all nodes"
            return replace(result, status=Fault.NOT_STORED.word, message=lost)
        return result

    def _again(self, block: Block, result: Result, executor: Executor) -> bool:
        """Log a fault; put the block back if its kind of fault deserves another try."""
        course = self._course(block)
        retried = self._attempts[block.identity] <= fault(result.status).retries and not course.failed
        if not result.logged:
            with suppress(Exception):  # a store that takes no record takes no error, either; the summary tells
                log_failure(self.store, block, result.status, result.message, result.trace)
        self.progress.setbacks.append(
            Setback(block.label, result.status, result.message, round(result.seconds, 2), retried)
        )
        if retried:
            if fault(result.status) is Fault.OUT_OF_MEMORY:
                block = replace(block, resources=executor.roomier(block.resources))
            self._waiting.add(block)
            self._update(f"{_told(block, result)} (once more)")
        return retried

    def _give_up(self, block: Block, result: Result) -> None:
        """A condition without one of its blocks cannot be judged: its others need not run."""
        self._fail(self._course(block), block, result.status, result.message)

    def _fail(self, course: Course, block: Block, status: str, message: str) -> None:
        self.samples.note_failure(block.specification, status, message)
        self.progress.blocks_failed += 1
        course.failed = True
        for identity in course.missing:
            self._waiting.discard(identity)

    # --- looks ----------------------------------------------------------------------------------------------------

    def _advance(self, use: Use) -> None:
        """Give a cell its next look, if it wants one and all its points have finished the last one."""
        courses = [self._courses[point.key] for point in _points(use)]
        looks = self.planner.looks(use.cell.experiment)
        # a look that the store already holds is judged at once
        while not any(course.failed or course.missing for course in courses):
            look = min(course.look for course in courses) + 1
            if look > looks or not self.judge.wants_more(use):
                return
            for course in courses:
                if course.look < look:
                    course.look = look
                    self._enter_look(course)

    def _enter_look(self, course: Course) -> None:
        assert course.point is not None
        self._await(course, self.planner.blocks(course.point, course.look))

    def _await(self, course: Course, blocks: Sequence[Block]) -> None:
        """Have these blocks measured, as far as they are neither recorded nor known to fail."""
        for block in blocks:
            if block.experiment not in self._recorded:
                self._recorded[block.experiment] = self.store.recorded(block.experiment)
            if block.identity in self._recorded[block.experiment]:
                self.progress.blocks_stored += 1
            else:
                course.missing[block.identity] = block
        for block in course.missing.values():
            before = self._final.get(block.identity)
            if before:
                message = f"{before['message']} (in an earlier run; --retry-failed tries again)"
                self._fail(course, block, before["status"], message)
        if not course.failed:
            for block in course.missing.values():
                self._waiting.add(block)

    # --- draws ----------------------------------------------------------------------------------------------------

    def _advance_draws(self, key: str) -> None:
        """Begin further draws while some claim that shares them wants more, and longer runs of those not finished."""
        draws = self._draws[key]
        claim = draws.claims[0]
        while True:
            before = len(self._courses)
            for number in range(1, draws.begun + 1):
                if is_unfinished(self.judge, claim, number):
                    self._begin_draw(claim, key, number, extended=True)
            found = [reach_of(self.judge, name) for name in draws.claims]
            wanting = [reach for reach in found if reach is not None and reach.wants_more]
            if wanting:
                upto = max(FEWEST, max(reach.finished for reach in wanting) + AHEAD)
                for number in range(draws.begun + 1, min(upto, wanting[0].most) + 1):
                    if not self._begin_draw(claim, key, number):
                        return
                    draws.begun = number
            if len(self._courses) == before or self._is_busy(draws):
                return  # else all of the new ones are recorded: judge again at once

    def _is_busy(self, draws: Draws) -> bool:
        return any(self._courses[series].missing and not self._courses[series].failed for series in draws.series)

    def _begin_draw(self, claim: str, key: str, number: int, *, extended: bool = False) -> bool:
        """Have a draw measured; False if its setting cannot be found: the domain is empty, or a limit of it fails."""
        try:
            blocks = self._drawing.blocks(claim, number, extended=extended)
        except Exception as error:
            told = str(error) if isinstance(error, EmptyDomain) else f"{type(error).__name__}: {error} ({place(error)})"
            self.progress.setbacks.append(
                Setback(f"draw {number} of {self._drawing.key(claim)}", Fault.ERROR.word, told, 0.0, False)
            )
            return False
        series = canonical([key, number, extended])
        if series not in self._courses:
            self._drawn |= dict.fromkeys((block.identity for block in blocks), series)
            self._courses[series] = Course(series, draws=key)
            self._draws[key].series.append(series)
            for name in self._draws[key].claims:
                self._series[name].append(series)
            self._await(self._courses[series], blocks)
        return True

    def _update(self, line: str) -> None:
        self.progress.blocks_running, self.progress.blocks_waiting = len(self._running), len(self._waiting)
        if self._clock() - self._looked > LOOK:
            self._looked = self._clock()
            self.progress.under_way = self._under_way()
        self._report(line, self.progress)

    def _under_way(self) -> list[UnderWay]:
        reached = checkpoints.under_way(self.store) if self._running else {}
        found = [
            UnderWay(block.label, it.done / it.of, it.seconds_left)
            for identity, block in self._running.items()
            if (it := reached.get(identity))
        ]
        return sorted(found, key=lambda it: -it.seconds_left)


def _points(use: Use) -> list[Point]:
    return [Point(use.cell.experiment, condition) for condition in use.cell.points]


def _told(block: Block, result: Result) -> str:
    return f"{block.label}  {result.status}: {result.message.splitlines()[0] if result.message else ''}"
