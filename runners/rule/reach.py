"""Reach: whether a law held in at least 80% of its domain, from draws that nobody could have seen.

The word is decided after each draw, in the order of their numbers (bets of `betting`):

* *wide*: the wealth against "it holds in at most 80%" reaches 20, that is at 18 applicable draws without a failure, 27
  with one, 36 with two, 9 more for each further one; a split draw is a failure here;
* *narrow*: the wealth against "it fails in at most 20%" does; only draws that fail outright count;
* *open*: neither, or fewer than 14 applicable draws.

Each word is wrong with chance at most 5%, wherever one stops. Without split draws only one of the two can be wrong;
where many draws split, both can (it holds in just under 80% and fails in just 20%), and the chance of either reaches 7%
in 60 draws.

Draws that a requirement sets aside leave the word a word about the rest. The more of them, the less it says: `Cover`.
Drawing goes on while more than 20% are, so that a few too many at the beginning do not cost a law its word. Only the
unbroken run of draw numbers counts, else a budget that ends early would select what is quick to measure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from runners.rule import betting, reach_limits
from runners.rule.draw_outcomes import APPLICABLE, Draw

MOST_ASIDE = 0.2
"""Share of draws set aside up to which a word stands by itself."""
STRANGE_ASIDE = 0.5
"""Share above which the domain is not the law's."""
MOST_SPLIT = 0.2


class Word(Enum):
    """How far a law reaches."""

    OPEN = "The draws do not decide whether it holds in 80% of its domain."
    WIDE = "It holds in at least 80% of its domain: there the median of the trials lies in the region."
    NARROW = "It fails in more than 20% of its domain: there every trial lies beyond the same edge of the region."

    @property
    def word(self) -> str:
        return self.name.lower()


WORDS = (Word.OPEN, Word.WIDE, Word.NARROW)
OPEN, WIDE, NARROW = range(3)


class Cover(Enum):
    """How much of its domain the word is about."""

    FULL = "At most 20% of the draws are set aside."
    PART = "More than 20% of the draws are set aside: the word is about the rest."
    STRANGE = "More than half of the draws are set aside: the domain is not the law's."


@dataclass(frozen=True)
class Counts:
    """Draws by outcome."""

    held: int = 0
    failed: int = 0
    split: int = 0
    broken: int = 0
    aside: int = 0
    unavailable: int = 0

    @classmethod
    def of(cls, draws: Sequence[int] | np.ndarray) -> Counts:
        return cls(*np.bincount(np.asarray(draws, dtype=int), minlength=len(Draw))[: Draw.PENDING].tolist())

    @property
    def applicable(self) -> int:
        return self.held + self.failed + self.split + self.broken

    @property
    def measured(self) -> int:
        """Applicable or set aside."""
        return self.applicable + self.aside

    @property
    def cover(self) -> Cover:
        if self.aside > STRANGE_ASIDE * self.measured and self.measured >= betting.FEWEST:
            return Cover.STRANGE
        return Cover.PART if self.aside > MOST_ASIDE * self.measured else Cover.FULL


@dataclass(frozen=True)
class Reach:
    """The word for a domain with what stands beside it."""

    word: Word
    counts: Counts
    """At the draw that decided, or of all that count."""
    limits: tuple[float, float]
    """It holds in at least the first share of its domain, and in all but at most the second it fails outright ..."""
    worst: Word
    """The word if every draw that was set aside had failed."""
    aside: Counts
    """What the draws that were set aside would have said."""

    @property
    def counted(self) -> bool:
        """Whether the word stands by itself: it alone is counted on the front page."""
        return self.word is not Word.OPEN and self.counts.cover is Cover.FULL

    @property
    def scattered(self) -> bool:
        """Whether T is narrow against the scatter of the trials: more than 20% of the draws are split."""
        return self.counts.split > MOST_SPLIT * self.counts.applicable

    @property
    def says(self) -> str:
        """In a few words."""
        counts, of_all = self.counts, f"{self.counts.applicable} of {self.counts.measured}"
        if counts.cover is Cover.STRANGE:
            return f"the domain is not the law's: it applies to {of_all} draws"
        where = f" where it applies ({of_all})" if counts.cover is Cover.PART else ""
        if self.word is Word.OPEN:
            low, high = self.limits
            return f"open{where}: it holds in between {low:.0%} and {high:.0%}"
        return f"{self.word.word}{where}"


def decide(draws: np.ndarray, *, needed: float = betting.NEEDED) -> tuple[np.ndarray, np.ndarray]:
    """Word (worlds,), as positions in WORDS, and draws used (worlds,), from what draws say (worlds, draws).

    Drawing ends with the first word while at most 20% are set aside, and later draws do not count; else all draws
    before the first one pending do.
    """
    if not draws.size:
        return np.full(len(draws), OPEN), np.zeros(len(draws), dtype=int)
    usable = np.cumprod(draws != Draw.PENDING, axis=1, dtype=bool)
    held, failed, applicable, aside = (
        np.cumsum(np.isin(draws, which) & usable, axis=1) for which in (Draw.HOLDS, Draw.FAILS, APPLICABLE, Draw.ASIDE)
    )
    said = word_of(held, failed, applicable, needed)
    ends = (said != OPEN) & usable & (aside <= MOST_ASIDE * (applicable + aside))
    used = np.where(np.any(ends, axis=1), 1 + np.argmax(ends, axis=1), np.count_nonzero(usable, axis=1))
    return np.where(used > 0, said[np.arange(len(draws)), used - 1], OPEN), used


def word_of(held: np.ndarray, failed: np.ndarray, applicable: np.ndarray, needed: float = betting.NEEDED) -> np.ndarray:
    """The word (...), as positions in WORDS, that numbers of draws give by themselves."""
    wide, narrow = betting.decisive(int(np.max(applicable, initial=0)), needed)
    return np.where(wide[held, applicable - held], WIDE, np.where(narrow[failed, applicable - failed], NARROW, OPEN))


def reach(draws: Sequence[int], would_have: Sequence[int] | None = None, *, needed: float = betting.NEEDED) -> Reach:
    """Reach from the draws of one epoch, in the order of their numbers.

    `would_have`: what each would have said without requirements; read where a draw was set aside.
    """
    word, used = decide(np.array([draws], dtype=int), needed=needed)
    some = np.array(draws[: used[0]], dtype=int)
    worst, _ = decide(np.where(some == Draw.ASIDE, Draw.FAILS, some)[None], needed=needed)
    return _reach(WORDS[word[0]], WORDS[worst[0]], some, would_have, needed, pooled=False)


def pooled(
    epochs: Sequence[Sequence[int]],
    would_have: Sequence[Sequence[int]] | None = None,
    *,
    needed: float = betting.NEEDED,
) -> Reach:
    """Reach from the draws of several epochs, each up to its own word.

    The wealth is carried on from epoch to epoch, and the word is what it says now: one that later draws speak against
    is lost. The limits hold at any moment, for ever.
    """
    used = [decide(np.array([draws], dtype=int), needed=needed)[1][0] for draws in epochs]
    some = np.array([draw for draws, n in zip(epochs, used) for draw in draws[:n]], dtype=int)
    said = None if would_have is None else [it for row, n in zip(would_have, used) for it in row[:n]]
    word, worst = _word_now(some, needed), _word_now(np.where(some == Draw.ASIDE, Draw.FAILS, some), needed)
    return _reach(word, worst, some, said, needed, pooled=True)


def levels(values: Sequence[object], draws: Sequence[int]) -> dict[object, tuple[int, int]]:
    """Of each level of an axis, how many draws held and how many were applicable; in the order of appearance."""
    found: dict[object, tuple[int, int]] = {}
    for value, draw in zip(values, draws):
        if draw in APPLICABLE:
            held, n = found.get(value, (0, 0))
            found[value] = held + (draw == Draw.HOLDS), n + 1
    return found


def _word_now(draws: np.ndarray, needed: float) -> Word:
    counts = Counts.of(draws)
    held, failed, applicable = (np.array(count) for count in (counts.held, counts.failed, counts.applicable))
    return WORDS[int(word_of(held, failed, applicable, needed))]


def _reach(
    word: Word, worst: Word, draws: np.ndarray, would_have: Sequence[int] | None, needed: float, *, pooled: bool
) -> Reach:
    counts = Counts.of(draws)
    hidden = [] if would_have is None else [it for it, draw in zip(would_have, draws) if draw == Draw.ASIDE]
    find = reach_limits.at_any_time if pooled else reach_limits.at_the_word
    limits = find(counts.held, counts.failed, counts.applicable, needed=needed)
    return Reach(word, counts, limits, worst, Counts.of(hidden))
