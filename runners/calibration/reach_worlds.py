"""Laws whose reach is known, and how often each rule about reach says what: words, limits, epochs, where they fail.

A draw's setting is a number u in [0, 1), its trials are normal around a median that depends on u, and T ends at the
edge. Each rate stands beside what is stated of it: an exact chance (`EXACTLY`, from the recursion over counts that the
tests repeat), an error that must not be exceeded (`AT_MOST`), a power that must be reached (`AT_LEAST`), or what a rule
that is not ours would cost (`REFUSED`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from runners.calibration.errors import Rate
from runners.rule import betting, reach, reach_limits
from runners.rule.draw_outcomes import APPLICABLE, TRIALS, Draw, outcome
from runners.rule.draws import Axis, Range, draw_setting
from runners.rule.fragility import FRAGILE, is_fragile
from runners.rule.where_it_fails import where_it_fails

EXACTLY, AT_MOST, AT_LEAST, REFUSED = "exactly", "at most", "at least", "refused"
CAP = 45
"""Draws of an epoch at the standard tier."""
EPOCHS = 10


@dataclass(frozen=True)
class ReachRow:
    """One rate beside what is stated of it."""

    world: str
    event: str
    found: Rate
    how: str
    stated: float

    @property
    def holds(self) -> bool:
        """Whether the statement lies within simulation noise."""
        low, high = self.found.interval
        above, below = self.stated >= low, self.stated <= high
        return {EXACTLY: above and below, AT_MOST: above, AT_LEAST: below, REFUSED: True}[self.how]

    def as_dict(self) -> dict[str, Any]:
        low, high = self.found.interval
        rates = {"rate": self.found.rate, "low": low, "high": high, "worlds": self.found.worlds, "holds": self.holds}
        return {"world": self.world, "event": self.event, "how": self.how, "stated": self.stated, **rates}


Generator = np.random.Generator
Medians = Callable[[np.ndarray], np.ndarray]
"""From u (...) to the median of a trial (...), in its standard deviations above T's edge."""


def far(share: float) -> Medians:
    """A sharp boundary: the law holds in this share of the domain without scatter, and fails elsewhere."""
    return lambda u: np.where(u < share, -50.0, 50.0)


def everywhere(median: float) -> Medians:
    return lambda u: np.full(u.shape, median)


def drift(crossing: float) -> Medians:
    """The median drifts across T's edge, by ten standard deviations of a trial over the domain."""
    return lambda u: 10 * (u - crossing)


def draws(
    generator: Generator, worlds: int, medians: Medians, *, aside: float = 0.0, hidden: float = 0.0, cap: int = CAP
) -> np.ndarray:
    """What draws say (worlds, draws); so many are set aside at random, and of those that would fail so many more."""
    u = generator.random((worlds, cap))
    values = medians(u)[..., None] + generator.standard_normal((worlds, cap, TRIALS))
    found = outcome(np.where(values > 0, 1, 0))
    lost = generator.random(u.shape) < np.where(found == Draw.FAILS, np.maximum(hidden, aside), aside)
    return np.where(lost, Draw.ASIDE, found)


WORDS: tuple[tuple[str, Medians, float, float], ...] = (
    ("5% of trials outside everywhere", everywhere(-1.6449), 0.9998, 0.0),
    ("30% of trials outside everywhere", everywhere(-0.5244), 0.0253, 0.0),
    ("holds in all of the domain", far(1.0), 1.0, 0.0),
    ("holds in 98% of the domain", far(0.98), 0.9909, 0.0),
    ("holds in 95% of the domain", far(0.95), 0.8544, 0.0),
    ("holds in 90% of the domain", far(0.9), 0.422, 0.0001),
    ("holds in 80% of the domain", far(0.8), 0.0391, 0.0266),
    ("holds in 70% of the domain", far(0.7), 0.0023, 0.3122),
    ("holds in half of the domain", far(0.5), 0.0, 0.9831),
    ("drifts across T in half of the domain", drift(0.5), 0.0, 0.8495),
    ("drifts across T at 70% of the domain", drift(0.7), 0.0023, 0.0447),
)
"""Worlds with the chances of wide and of narrow within 45 draws, by recursion over the counts of three outcomes."""


def reach_rows(generator: Generator, *, worlds: int) -> Iterator[ReachRow]:
    """Every rate about reach in one domain and over epochs."""
    for world, medians, wide, narrow in WORDS:
        word, _ = reach.decide(draws(generator, worlds, medians))
        for name, code, stated in (("wide", reach.WIDE, wide), ("narrow", reach.NARROW, narrow)):
            yield ReachRow(world, name, _rate(word == code), EXACTLY, stated)
    yield from _hashed(part(worlds, 50))
    yield from _both_wrong(generator, worlds)
    yield from _set_aside(generator, worlds)
    yield from _limits(generator, worlds)
    yield from _epochs(generator, part(worlds, 8))
    yield from _sealed_again(generator, part(worlds, 8))
    yield from _fragile(generator, part(worlds, 50))
    yield from _sentences(generator, part(worlds, 50))


def part(worlds: int, divisor: int) -> int:
    """So many worlds where each of them takes long."""
    return max(100, worlds // divisor)


def _rate(happened: np.ndarray) -> Rate:
    return Rate(int(np.count_nonzero(happened)), len(happened))


def _hashed(worlds: int) -> Iterator[ReachRow]:
    """Settings from the hash that real draws come from; the law fails where both axes are in their upper half."""
    domain: dict[str, Axis] = {"rate": Range(0.01, 1.0, scale="log"), "depth": [1, 2, 3, 4]}
    codes = np.empty((worlds, CAP), dtype=int)
    for world in range(worlds):
        for number in range(CAP):
            setting = draw_setting(f"salt {world}", "corner", number + 1, domain)
            corner = setting["rate"] > 0.1 and setting["depth"] > 2
            codes[world, number] = Draw.FAILS if corner else Draw.HOLDS
    word, _ = reach.decide(codes)
    yield ReachRow("fails in a corner of two axes, hashed draws", "wide", _rate(word == reach.WIDE), EXACTLY, 0.0098)
    yield ReachRow(
        "fails in a corner of two axes, hashed draws", "narrow", _rate(word == reach.NARROW), EXACTLY, 0.1131
    )


def _both_wrong(generator: Generator, worlds: int) -> Iterator[ReachRow]:
    """Just under 80% of draws hold, and just 20% fail: either word is wrong."""
    codes = generator.choice([Draw.HOLDS, Draw.SPLIT, Draw.FAILS], p=[0.79, 0.01, 0.2], size=(worlds, CAP))
    word, _ = reach.decide(codes)
    world = "79% hold, 1% split, 20% fail"
    yield ReachRow(world, "wide, which is wrong", _rate(word == reach.WIDE), AT_MOST, 0.05)
    yield ReachRow(world, "narrow, which is wrong", _rate(word == reach.NARROW), AT_MOST, 0.05)
    yield ReachRow(world, "either", _rate(word != reach.OPEN), AT_MOST, 0.1)


def _set_aside(generator: Generator, worlds: int) -> Iterator[ReachRow]:
    """Requirements that have nothing to do with the outcome, and one that hides failures."""
    cases = (
        ("5% of trials outside, 10% of draws set aside", everywhere(-1.6449), 0.1, 0.0, 0.9927),
        ("fails on 40%, nine in ten failures set aside", far(0.6), 0.0, 0.9, 0.0385),
    )
    for world, medians, aside, hidden, stated in cases:
        codes = draws(generator, worlds, medians, aside=aside, hidden=hidden)
        word, used = reach.decide(codes)
        counted = np.arange(CAP) < used[:, None]
        lost = np.count_nonzero((codes == Draw.ASIDE) & counted, axis=1)
        plain = (word == reach.WIDE) & (lost <= reach.MOST_ASIDE * used)
        yield ReachRow(world, "wide, and counted", _rate(plain), EXACTLY, stated)
        if hidden:
            yield ReachRow(world, "wide, if only the rest is asked", _rate(word == reach.WIDE), REFUSED, 0.05)
            worst, _ = reach.decide(np.where(codes == Draw.ASIDE, Draw.FAILS, codes))
            yield ReachRow(world, "wide in the worst case, too", _rate(worst == reach.WIDE), AT_MOST, 0.05)


def _limits(generator: Generator, worlds: int) -> Iterator[ReachRow]:
    """Limits at the end of an epoch that miss the truth."""

    @cache
    def limits(held: int, n: int) -> tuple[float, float]:
        return reach_limits.at_the_word(held, n - held, n, needed=betting.NEEDED)

    for share in (0.5, 0.7, 0.8, 0.84, 0.9, 0.95):
        codes = draws(generator, worlds, far(share))
        _, used = reach.decide(codes)
        held = np.count_nonzero((codes == Draw.HOLDS) & (np.arange(CAP) < used[:, None]), axis=1)
        low, high = np.array([limits(int(h), int(n)) for h, n in zip(held, used)]).T
        world = f"holds in {share:.0%} of the domain"
        yield ReachRow(world, "lower limit above the truth", _rate(low > share), AT_MOST, 0.05)
        yield ReachRow(world, "upper limit below the truth", _rate(high < share), AT_MOST, 0.05)


def _epochs(generator: Generator, worlds: int) -> Iterator[ReachRow]:
    """Ten epochs, each up to its own word: what all draws so far say, after every one of them and after the last."""
    for code in (reach.WIDE, reach.NARROW):
        held, failed, n = _running(draws(generator, worlds * EPOCHS, far(0.8)))
        ever = np.any(reach.word_of(held, failed, n) == code, axis=1)
        yield ReachRow("ten epochs, holds in 80%", f"{reach.WORDS[code].word} at any draw", _rate(ever), AT_MOST, 0.05)
    for share, code in ((0.9, reach.WIDE), (0.7, reach.NARROW)):
        held, failed, n = _running(draws(generator, worlds * EPOCHS, far(share)))
        last = reach.word_of(held[:, -1], failed[:, -1], n[:, -1])
        event = f"{reach.WORDS[code].word} after the last"
        yield ReachRow(f"ten epochs, holds in {share:.0%}", event, _rate(last == code), AT_LEAST, 0.6)
    held, failed, n = _running(draws(generator, worlds * EPOCHS, far(0.9)))
    level = np.log(betting.NEEDED)
    missed = np.any(betting.log_wide(held, n - held, 0.9) >= level, axis=1)
    yield ReachRow("ten epochs, holds in 90%", "lower limit ever above the truth", _rate(missed), AT_MOST, 0.05)
    missed = np.any(betting.log_narrow(failed, n - failed, 0.9) >= level, axis=1)
    yield ReachRow("ten epochs, holds in 90%", "upper limit ever below the truth", _rate(missed), AT_MOST, 0.05)


def _running(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Counts so far, held, failed and applicable (worlds, draws), over epochs that are cut at their words."""
    _, used = reach.decide(codes)
    counted = (np.arange(CAP) < used[:, None]) & np.isin(codes, APPLICABLE)
    one, two, three = (
        np.cumsum(which.reshape(-1, EPOCHS * CAP), axis=1)
        for which in ((codes == Draw.HOLDS) & counted, (codes == Draw.FAILS) & counted, counted)
    )
    return one, two, three


def _sealed_again(generator: Generator, worlds: int, times: int = 20) -> Iterator[ReachRow]:
    """An author who can foresee the draws, and seals under a new name until the word comes."""
    dear, cheap = np.zeros(worlds, dtype=bool), np.zeros(worlds, dtype=bool)
    for number in range(1, times + 1):
        codes = draws(generator, worlds, far(0.8), cap=60)
        dear |= reach.decide(codes, needed=betting.needed_after(number))[0] == reach.WIDE
        cheap |= reach.decide(codes)[0] == reach.WIDE
    world = "sealed twenty times with draws that can be foreseen"
    yield ReachRow(world, "wide, at 20 r (r + 1)", _rate(dear), AT_MOST, 0.05)
    yield ReachRow(world, "wide, at 20 each time", _rate(cheap), REFUSED, 0.05)


def _fragile(generator: Generator, worlds: int) -> Iterator[ReachRow]:
    same = [is_fragile(list(draws(generator, 4, far(0.85))), name=str(world)) for world in range(worlds)]
    yield ReachRow("four epochs of one law", "fragile", _rate(np.array(same)), AT_MOST, FRAGILE)
    other = [
        is_fragile([*draws(generator, 3, far(0.95)), *draws(generator, 1, far(0.3))], name=str(world))
        for world in range(worlds)
    ]
    yield ReachRow("holds in 95%, in one of four epochs in 30%", "fragile", _rate(np.array(other)), AT_LEAST, 0.8)


def _sentences(generator: Generator, worlds: int, count: int = 40) -> Iterator[ReachRow]:
    """Failures placed at random, and below a width; three axes."""
    random, planted = np.zeros(worlds, dtype=bool), np.zeros(worlds, dtype=bool)
    for world in range(worlds):
        settings: dict[str, Any] = {
            "rate": np.exp(generator.uniform(-3, -1, count)),
            "width": np.rint(np.exp(generator.uniform(np.log(32), np.log(128), count))),
            "activation": generator.choice(["tanh", "elu", "softplus"], count),
        }
        marks = generator.permutation(np.arange(count) < 10)
        random[world] = bool(where_it_fails(settings, marks, name=str(world), log=("rate", "width")))
        marks = generator.random(count) < np.where(settings["width"] < 48, 0.9, 0.05)
        parts = where_it_fails(settings, marks, name=str(world), log=("rate", "width"))
        planted[world] = bool(parts) and parts[0].where.startswith("width < ")
    yield ReachRow("ten of forty draws fail, at random", "a sentence", _rate(random), AT_MOST, 0.05)
    yield ReachRow("nine in ten fail below a width, one in twenty above", "it is named", _rate(planted), AT_LEAST, 0.9)
