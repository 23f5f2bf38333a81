"""A challenge: a search through a claim's domain for a setting in which the law fails, and the confirmation.

First a fixed number of settings at random, which alone bound anything; then an optimiser that asks for settings and is
told how far outside T their median trial lay. All of this on exploring seeds. The worst settings are written down, then
measured on fresh seeds, into which challenge and setting are hashed (`runners.rule.challenge`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any

import numpy as np

from runners.judging.judge import Judge
from runners.judging.reaching import DrawResult, judge_samples
from runners.measuring.drawing import Drawing
from runners.measuring.executors import Executor
from runners.measuring.planning import Planner
from runners.records.blocks import Block, DrawName, canonical
from runners.records.samples import Sample
from runners.records.store import Store
from runners.registry.schema import Domain, Range
from runners.rule import challenge, draw_outcomes
from runners.rule.draw_outcomes import Draw

MOST_REFUSED = 20
"""Proposals outside the domain's limits after which a setting is drawn at random instead."""


@dataclass
class Tried:
    """A setting that was tried."""

    setting: dict[str, Any]
    outcome: str
    outside: float
    """How far the median trial lay from the middle of T, in half-widths; above 1 it is outside."""


@dataclass
class Confirmation:
    """One of the worst settings on fresh seeds."""

    setting: dict[str, Any]
    beyond: int
    """Trials beyond the edge that most of them lie beyond."""
    trials: int
    confirmed: bool
    outside: float
    records: list[str]


@dataclass
class Challenge:
    """What a challenge of a claim tried and found; kept in the store, so that it can be resumed and is counted."""

    claim: str
    number: int
    """Counted over all challenges of the claim in this store, from 1."""
    tier: str
    epoch: str
    random: int
    """How many settings are drawn at random, fixed before the first."""
    tried: list[Tried] = field(default_factory=list)
    confirmations: list[Confirmation] = field(default_factory=list)
    finished: bool = False

    @property
    def name(self) -> str:
        """Its place in a store."""
        return f"challenges/{self.claim}/{self.number:04}.json"

    @property
    def worst(self) -> Tried | None:
        judged = [it for it in self.tried if not math.isnan(it.outside)]
        return max(judged, key=lambda it: it.outside, default=None)

    @property
    def counterexamples(self) -> list[Confirmation]:
        return [it for it in self.confirmations if it.confirmed]

    @property
    def applicable(self) -> list[Tried]:
        """The random settings at which the law speaks."""
        aside = (Draw.ASIDE.name.lower(), Draw.UNAVAILABLE.name.lower())
        return [it for it in self.tried[: self.random] if it.outcome not in aside]

    def sentence(self) -> str:
        """What came of it, in words."""
        if self.counterexamples:
            worst = max(self.counterexamples, key=lambda it: it.outside)
            told = (
                f"counterexample at {_words(worst.setting)}: {worst.beyond} of {worst.trials} fresh trials lie outside"
            )
            return f"{told}, the median {worst.outside:.3g} half-widths from the middle of T"
        failed = sum(it.outside > 1 for it in self.applicable)
        bound = challenge.most_of_domain(len(self.applicable), failed) if self.applicable else 1.0
        found = "none" if not failed else str(failed)
        told = f"{len(self.applicable)} settings at random, {found} failed"
        told += f": it fails in under {bound:.1%} of its domain (95%)"
        searched = len(self.tried) - self.random
        if searched > 0:
            told += f"; {searched} more by search (no bound)"
        if self.worst is not None:
            told += f"; the worst {self.worst.outside:.2f} of the way to T's edge, at {_words(self.worst.setting)}"
        if self.confirmations:
            told += f"; {len(self.confirmations)} looked bad and were not confirmed"
        return told


class Challenger:
    """Challenges one claim: asks for settings, has them measured in batches, keeps what came out."""

    def __init__(
        self,
        planner: Planner,
        judge: Judge,
        store: Store,
        claim: str,
        *,
        random: int,
        report: Callable[[Challenge], None] = lambda challenge: None,
    ):
        self._planner, self._judge, self._store, self._name = planner, judge, store, claim
        self._claim = planner.registry.falsifiable[claim]
        found = planner.registry.domain(claim)
        assert found is not None, "who calls has seen to it"
        self._domain: Domain = found[1]
        self._drawing = Drawing(planner, purpose="explore")
        self._report = report
        self._optimiser, self._told = Optimiser.of(self._domain, seed=claim), 0
        self.state = self._resumed(random)

    def search(self, executor: Executor, *, batch: int, settings: int, more: Callable[[], bool]) -> bool:
        """Try so many settings in all, as long as there is time for `more`; whether all of them were tried."""
        while len(self.state.tried) < settings and more():
            start = len(self.state.tried)
            size = min(batch, settings - start)
            asked = [self._ask(start + offset + 1) for offset in range(size)]
            blocks = [self._drawing.of_setting(self._name, number, setting) for number, setting in asked]
            if not self._measure(executor, [block for group in blocks for block in group], more):
                return False
            for (_, setting), group in zip(asked, blocks, strict=True):
                draw = self._judged(group)
                outside = draw.outside if draw.outcome in (Draw.HOLDS, Draw.FAILS, Draw.SPLIT) else math.nan
                self.state.tried.append(Tried(setting, draw.outcome.name.lower(), outside))
            self._keep()
        return len(self.state.tried) >= settings

    def confirm(self, executor: Executor) -> None:
        """Measure the worst settings on fresh seeds, if any lies outside; then the challenge is over."""
        outside = [it for it in self.state.tried if it.outside > 1]
        worst = sorted(outside, key=lambda it: -it.outside)[: challenge.MOST]
        groups = [self._confirming(it.setting) for it in worst]
        if not self._measure(executor, [block for group in groups for block in group], lambda: True):
            return
        self.state.confirmations = []
        for tried, group in zip(worst, groups, strict=True):
            draw = self._judged(group)
            sides = draw_outcomes.sides(draw.values, self._claim.agreement.within)
            found = challenge.confirmed(sides, self.state.number, settings=len(worst))
            beyond = int(max(np.count_nonzero(sides < 0), np.count_nonzero(sides > 0)))
            self.state.confirmations.append(
                Confirmation(tried.setting, beyond, len(sides), bool(found), draw.outside, list(draw.records))
            )
        self.state.finished = True
        self._keep()

    # --- settings -----------------------------------------------------------------------------------------------------

    def _ask(self, number: int) -> tuple[int, dict[str, Any]]:
        """The next setting: one at random, then what the optimiser proposes after all that it was told."""
        if number <= self.state.random or self._optimiser is None:
            return number, self._drawing.setting(self._name, number)
        for tried in self.state.tried[self._told :]:
            self._optimiser.tell(tried)
        self._told = len(self.state.tried)
        for _ in range(MOST_REFUSED):
            setting = self._optimiser.ask()
            if self._drawing.accepts(self._name, number, setting):
                return number, setting
            self._optimiser.tell(Tried(setting, "refused", math.nan))
        return number, self._drawing.setting(self._name, number)

    # --- measuring ----------------------------------------------------------------------------------------------------

    def _measure(self, executor: Executor, blocks: Sequence[Block], more: Callable[[], bool]) -> bool:
        """Have blocks measured that are not recorded; False if time ran out before."""
        waiting = [block for block in blocks if not self._store.has(block.experiment, block.identity)]
        running = 0
        while waiting or running:
            while waiting and executor.room(waiting[0].resources, running):
                executor.submit(waiting.pop(0))
                running += 1
            running -= len(executor.completed(timeout=0.5))
            if not more():
                return False
        return True

    def _judged(self, blocks: Sequence[Block]) -> DrawResult:
        """What a setting's blocks say, as a draw of the claim."""
        records = [
            self._store.get(block.experiment, block.identity)
            for block in blocks
            if self._store.has(block.experiment, block.identity)
        ]
        assert blocks[0].draw is not None
        if len(records) < len(blocks):
            failure = self._store.error(blocks[0].identity)
            missing = failure is not None and failure["status"] == "unavailable"
            return DrawResult(blocks[0].draw.number, Draw.UNAVAILABLE if missing else Draw.BROKEN)
        samples = [Sample((record,), block.setting) for record, block in zip(records, blocks, strict=True)]
        return judge_samples(self._judge, self._claim, self._domain, blocks[0].draw, samples)

    def _confirming(self, setting: Mapping[str, Any]) -> list[Block]:
        """The blocks of a setting on seeds into which this challenge and the setting are hashed."""
        digest = sha256(canonical(dict(setting)).encode()).hexdigest()[:16]
        name = DrawName(f"{self._drawing.key(self._name)} challenge {self.state.number} {digest}", 1)
        epoch = self._planner.epoch
        return [
            replace(
                block,
                purpose="confirm",
                epoch=epoch.name,
                salt=epoch.salt,
                draw=name,
                repeats=range(1 if len(block.repeats) == 1 else challenge.TRIALS),
            )
            for block in self._drawing.of_setting(self._name, 1, setting)
        ]

    # --- the store ----------------------------------------------------------------------------------------------------

    def _resumed(self, random: int) -> Challenge:
        """The challenge that was begun and not finished, or a new one."""
        before = list(challenges(self._store, self._name))
        if before and not before[-1].finished and before[-1].tier == self._planner.tier:
            return before[-1]
        return Challenge(self._name, len(before) + 1, self._planner.tier, self._planner.epoch.name, random)

    def _keep(self) -> None:
        self._store.write(self.state.name, json.dumps(_plain(asdict(self.state)), indent=1).encode())
        self._report(self.state)


def challenges(store: Store, claim: str) -> Iterator[Challenge]:
    """The challenges of a claim that a store has, in their order."""
    for name in store.names(f"challenges/{claim}"):
        yield store.note(f"challenges/{claim}/{name}", Challenge)


class Optimiser:
    """optuna's sampler over a domain, by ask and tell; what was told before comes first."""

    def __init__(self, domain: Domain, seed: str):
        import optuna

        optuna.logging.set_verbosity(optuna.logging.ERROR)
        sampler = optuna.samplers.TPESampler(seed=int.from_bytes(sha256(seed.encode()).digest()[:4], "big"))
        self._study = optuna.create_study(direction="maximize", sampler=sampler)
        self._distributions = {axis: _distribution(written) for axis, written in domain.axes.items()}

    @classmethod
    def of(cls, domain: Domain, *, seed: str) -> Optimiser | None:
        """An optimiser, if optuna is installed."""
        try:
            return cls(domain, seed)
        except ImportError:
            return None

    def tell(self, tried: Tried) -> None:
        """Take in a setting that was tried; one at which the law does not speak is as bad as none."""
        import optuna

        value = min(max(tried.outside, -10.0), 10.0) if not math.isnan(tried.outside) else -10.0
        trial = optuna.trial.create_trial(params=tried.setting, distributions=self._distributions, value=value)
        self._study.add_trial(trial)

    def ask(self) -> dict[str, Any]:
        """The setting that is most likely to lie outside."""
        return dict(self._study.ask(self._distributions).params)


def _distribution(written: Range | list) -> Any:
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(written, list):
        return CategoricalDistribution(written)
    low, high = written.between
    if written.whole:
        return IntDistribution(int(low), int(high), log=written.scale == "log")
    return FloatDistribution(low, high, log=written.scale == "log")


def _words(setting: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{axis} = {value:.4g}" if isinstance(value, float) else f"{axis} = {value}" for axis, value in setting.items()
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inside) for key, inside in value.items()}
    if isinstance(value, list):
        return [_plain(inside) for inside in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
