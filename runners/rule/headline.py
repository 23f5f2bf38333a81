"""The headline of a law: one word from its verdict at fixed settings and its reach over the domain.

Nothing is corrected for the number of laws. Of the laws tested, at most 5% are expected to get a false word; which of
the words given are false is another question.
"""

from __future__ import annotations

from enum import Enum

from runners.rule.reach import Reach, Word
from runners.rule.verdicts import Outcome


class Headline(Enum):
    """What became of a law."""

    STOOD = "Supported where its source tested it, and wide in its domain."
    LOCAL = "Supported where its source tested it, at least in part, but narrow in its domain."
    FELL = "Refuted where its source tested it."
    OPEN = "Neither stood, nor local, nor fell."
    FIXED = "It has no domain: fixed settings only."

    @property
    def word(self) -> str:
        return "fixed settings only" if self is Headline.FIXED else self.name.lower()


def headline(outcome: Outcome, reach: Reach | None) -> Headline:
    """The headline of a law with this verdict; `reach`: None without a domain.

    A word that is only about part of the domain (too many draws set aside) is not counted. A counterexample flags a law
    that stood, and leaves the word as it is.
    """
    if outcome is Outcome.REFUTED:
        return Headline.FELL
    if reach is None:
        return Headline.FIXED
    if reach.counted and reach.word is Word.WIDE and outcome is Outcome.SUPPORTED:
        return Headline.STOOD
    if reach.counted and reach.word is Word.NARROW and outcome in (Outcome.SUPPORTED, Outcome.PARTLY):
        return Headline.LOCAL
    return Headline.OPEN
