"""The run: measure what undecided claims look at, judge after each look, draw more trials only where undecided."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from runners.blocks import Block, Result
from runners.executors import Executor
from runners.judging import Cell, Judge
from runners.planning import Planner, Point
from runners.registry.schema import Unfalsifiable
from runners.samples import Samples
from runners.store import Store
from runners.worker import log_failure


@dataclass
class Progress:
    """Where a run stands; handed to `report` after every event."""

    blocks_done: int = 0
    blocks_stored: int = 0
    """Found in the store, not measured again."""
    blocks_failed: int = 0
    blocks_running: int = 0
    blocks_waiting: int = 0
    trials_done: int = 0
    started: float = field(default_factory=time.time)


@dataclass
class Course:
    """One condition's way through its looks."""

    point: Point
    look: int = 1
    missing: set[str] = field(default_factory=set)
    """Identities of the blocks that the current look still waits for."""
    failed: bool = False


class Run:
    """One run over a selection of claims."""

    def __init__(
        self,
        planner: Planner,
        judge: Judge,
        samples: Samples,
        store: Store,
        claims: Sequence[str],
        *,
        report: Callable[[str, Progress], None] = lambda line, progress: None,
    ):
        self.planner, self.judge, self.samples, self.store = planner, judge, samples, store
        self.claims = [name for name in claims if not isinstance(planner.registry.claims[name], Unfalsifiable)]
        self.progress = Progress()
        self._report = report
        self._courses: dict[str, Course] = {}
        self._users: dict[str, list[str]] = {}
        self._waiting: dict[str, Block] = {}
        self._running: dict[str, Block] = {}
        self._durations: dict[str, float | None] = {}

    # --- the plan -------------------------------------------------------------------------------------------------

    def plan(self) -> list[Block]:
        """Blocks that are missing for the next look of every undecided condition."""
        for name in self.claims:
            for cell in self._cells(name):
                for condition in cell.points:
                    point = Point(cell.experiment, condition)
                    self._users.setdefault(point.key, []).append(name)
                    if point.key not in self._courses:
                        self._courses[point.key] = Course(point)
                        self._enter_look(self._courses[point.key])
        for name in self.claims:
            self._advance(name)
        return list(self._waiting.values())

    def expected_seconds(self, blocks: Sequence[Block]) -> tuple[float, int]:
        """Sum of the durations that earlier records lead one to expect, and the number of blocks without any."""
        durations = [self._expected(block) for block in blocks]
        return sum(seconds for seconds in durations if seconds is not None), durations.count(None)

    # --- the loop -------------------------------------------------------------------------------------------------

    def execute(self, executor: Executor, *, deadline: float | None = None, stopped: Callable[[], bool]) -> bool:
        """Run until every claim is decided or out of looks; False if the deadline or a signal came first."""
        while self._waiting or self._running:
            if stopped() or (deadline is not None and time.time() > deadline):
                executor.close(cancel=True)
                return False
            while self._waiting and len(self._running) <= executor.slots:
                block = self._next()
                self._running[block.identity] = block
                executor.submit(block)
            for block, result in executor.completed(timeout=0.5):
                self._running.pop(block.identity)
                self._settle(block, result)
            self._update("")
        return True

    def _next(self) -> Block:
        """The longest expected block first: a long one started last would keep the others waiting."""
        expected = {identity: self._expected(block) for identity, block in self._waiting.items()}
        longest = max(self._waiting, key=lambda identity: expected[identity] or float("inf"))
        return self._waiting.pop(longest)

    def _settle(self, block: Block, result: Result) -> None:
        point = Point(block.experiment, block.condition)
        course = self._courses[point.key]
        if result.status == "ok":
            self.samples.add(block.experiment, block.identity)
            self.progress.blocks_done += 1
            self.progress.trials_done += len(block.repeats)
            course.missing.discard(block.identity)
            self._update(f"{block.label}  {result.seconds:.1f} s")
        else:
            if result.status == "crashed":
                log_failure(self.store, block, "crashed", result.message)
            self.samples.note_failure(block.specification, result.status, result.message)
            self.progress.blocks_failed += 1
            course.failed = True
            for identity in course.missing:
                self._waiting.pop(identity, None)
            self._update(f"{block.label}  {result.status}: {result.message.splitlines()[0] if result.message else ''}")
        if course.failed or not course.missing:
            for name in dict.fromkeys(self._users[point.key]):
                self._advance(name)

    def _advance(self, name: str) -> None:
        """Give the undecided cells of a claim their next look, where all their points have finished the last one."""
        stored = True
        while stored:  # a look that the store already holds is judged at once
            stored = False
            for cell in self.judge.wanting(name):
                courses = [self._courses[Point(cell.experiment, condition).key] for condition in cell.points]
                look = min(course.look for course in courses) + 1
                if look > self.planner.looks(cell.experiment) or any(c.failed or c.missing for c in courses):
                    continue
                for course in courses:
                    if course.look < look:
                        course.look = look
                        self._enter_look(course)
                stored |= not any(course.missing for course in courses)

    def _enter_look(self, course: Course) -> None:
        for block in self.planner.blocks(course.point, course.look):
            if self.store.has(block.experiment, block.identity):
                self.progress.blocks_stored += 1
            else:
                course.missing.add(block.identity)
                self._waiting[block.identity] = block

    def _cells(self, name: str) -> list[Cell]:
        claim = self.planner.registry.claims[name]
        assert not isinstance(claim, Unfalsifiable)
        controls = [cell for cells in self.judge.control_cells(claim) for cell in cells]
        return [*self.judge.main_cells(claim), *controls, *self.judge.shown_cells(claim)]

    def _expected(self, block: Block) -> float | None:
        """Mean seconds of the experiment's recorded blocks with these constants."""
        key = f"{block.experiment}/{block.constants}"
        if key not in self._durations:
            seconds = [
                record.provenance["seconds"]
                for record in self.store.records(block.experiment)
                if record.specification["constants"] == block.constants
            ]
            self._durations[key] = sum(seconds) / len(seconds) if seconds else None
        return self._durations[key]

    def _update(self, line: str) -> None:
        self.progress.blocks_running, self.progress.blocks_waiting = len(self._running), len(self._waiting)
        self._report(line, self.progress)
