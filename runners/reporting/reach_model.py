"""What a report says of a law's reach: every draw out of its domain, the word, and challenges to it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from runners.reporting.columns import InColumns
from runners.reporting.report_parts import AxisValue, Condition, Limits, Number, Part


class DrawReport(Part):
    """One draw out of a domain."""

    number: int
    """Its number, from 1."""
    outcome: Literal["holds", "fails", "split", "broken", "aside", "unavailable", "pending"]
    """Whether the median of its trials lies in T, all of them beyond one edge, or neither; or why it says nothing."""
    would_have: str
    """What it would have said without requirements."""
    reason: str = ""
    """Of a draw that is broken or unavailable."""
    setting: Condition
    """The drawn values."""
    extended: bool = False
    """Whether its run was made longer."""
    outside: Number
    """How far the median trial lies from the middle of T, in half-widths; above 1 it lies outside."""
    measured: Number | None
    """Median over its trials; null for arrays."""
    predicted: Number | None
    """Median over its trials; null for arrays."""
    agreement: Number | None
    """Median ratio, difference or distance."""
    rivals: dict[str, str]
    """What it says of each rival."""
    records: tuple[str, ...]
    """Names of the records behind it."""


class AxisReport(Part):
    """An axis of a domain."""

    between: Limits | None = None
    """Ends of a range."""
    scale: Literal["linear", "log"] = "linear"
    """Scale on which a range is uniform."""
    values: tuple[AxisValue, ...] = ()
    """Levels of a list."""
    held: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """By level of a list: how many draws held, of how many applicable ones."""


class RivalReachReport(Part):
    """A rival on the draws of its claim."""

    word: Literal["wide", "narrow", "open"]
    """How far it reaches."""
    held: int
    """Draws in which it held."""
    applicable: int
    """Of so many."""
    refuted: bool
    """Whether it is narrow, or beaten."""


class ReachReport(Part):
    """How far a law reaches in its domain."""

    name: str
    """The name from which its draws derive: its own, or that of a domain that several claims share."""
    word: Literal["wide", "narrow", "open"]
    """wide: it holds in at least 80% of its domain; narrow: it fails in more than 20%; open: neither is shown."""
    says: str
    """The same with what stands beside it."""
    counted: bool
    """Whether the word stands by itself: at most 20% of the draws are set aside."""
    held: int
    """Draws that held, of those that counted for the word."""
    failed: int
    """Draws in which all trials lay beyond one edge."""
    split: int
    """Draws that did neither."""
    broken: int
    """Draws that crashed: they count against either word."""
    aside: int
    """Draws that a requirement set aside."""
    unavailable: int
    """Draws whose data or hardware is missing."""
    limits: Limits
    """95% limits of the share of the domain in which it holds."""
    worst: Literal["wide", "narrow", "open"]
    """The word if every draw that was set aside had failed."""
    aside_would_have_held: int
    """Of the draws set aside, those that would have held."""
    most: int
    """Draws that the tier takes at most."""
    fails_where: str
    """The sentence about where it fails; empty without failures."""
    fails_along: tuple[str, ...] = ()
    """The axes in that sentence."""
    axes: dict[str, AxisReport]
    """What is drawn."""
    because: str
    """Why the domain is as wide as the source's statement."""
    at: str | None
    """Where the source says so."""
    draws: Annotated[tuple[DrawReport, ...], InColumns(by_name=("setting", "rivals"))]
    """Every draw, in the order of its number: a column a field."""
    rivals: dict[str, RivalReachReport]
    """Rivals and null models on the same draws."""
    epochs: tuple[str, ...]
    """Other epochs whose draws are pooled with these."""
    pooled: Literal["wide", "narrow", "open"] | None
    """The word over all epochs since the seal; null if there is one only."""
    fragile: bool
    """Whether epochs differ by more than chance."""
    headline: Literal["stood", "local", "fell", "open"]
    """The law in one word: of its verdict at fixed settings, and its reach."""

    @property
    def applicable(self) -> int:
        """Draws that count for the word: none that was set aside, or that could not be measured."""
        return self.held + self.failed + self.split + self.broken


class Counterexample(Part):
    """A setting in which the law fails, found by a search and confirmed on fresh seeds."""

    setting: Condition
    """The setting."""
    beyond: int
    """Trials beyond one edge of T."""
    trials: int
    """Of so many fresh ones."""
    outside: Number
    """How far their median lies from the middle of T, in half-widths."""
    records: tuple[str, ...]
    """Names of the confirming records: `tollens rerun NAME` repeats one."""


class ChallengeReport(Part):
    """A challenge: a search through the domain for a setting in which the law fails."""

    number: int
    """Counted over all challenges of the claim."""
    tried: int
    """Settings that were tried."""
    sentence: str
    """What came of it."""
    counterexamples: tuple[Counterexample, ...]
    """What was confirmed."""
