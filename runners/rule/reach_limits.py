"""Confidence limits for the share of a domain in which a law holds, that allow for the way in which drawing stopped.

Clopper and Pearson's limits are for a number of draws fixed beforehand; drawing that stops at a word favours the word.
Two kinds, each one-sided with 95% confidence:

* `at_the_word`, for one epoch, which drew until its word or until a number of draws that had nothing to do with what
  they said. The lower limit is the smallest share with which at least so good an end has a chance of 5%, ends being
  ordered: wide with few failures, wide with more, open with many draws that held, open with fewer. Paths to each end
  are counted exactly. For 0, 1, 2, 3 failures at the word wide: .847, .823, .814, .809. The upper limit at the word
  narrow, likewise, for 6, 9, 11, 13 draws that did not fail: .675, .727, .747, .756. The limit on the other side of a
  word is of the second kind.
* `at_any_time`, for draws pooled over epochs: the shares against which no bet has reached 20, the bets of `betting`
  with their alternatives moved along. They hold at all moments at once (Robbins 1970), and are wider. Word and limits
  always agree: wide just if the lower one is at least .8.

The lower limit concerns draws that hold, the upper one draws that do not fail outright: what is split lies between.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from math import log

import numpy as np
from scipy import optimize, special

from runners.rule import betting
from runners.rule.looks import ALPHA

Limits = tuple[float, float]


def at_the_word(held: int, failed: int, applicable: int, *, needed: float) -> Limits:
    """Limits after drawing that stopped at a word, or (being open) at a number of draws fixed beforehand."""
    low, high = at_any_time(held, failed, applicable, needed=needed)
    wide, narrow = _boundary("wide", needed), _boundary("narrow", needed)
    is_wide, is_narrow = wide(applicable - held, held), narrow(applicable - failed, failed)
    if not is_narrow:
        low = _limit("wide", applicable - held, applicable, is_wide, needed)
    if not is_wide:
        high = 1 - _limit("narrow", applicable - failed, applicable, is_narrow, needed)
    return low, high


def at_any_time(held: int, failed: int, applicable: int, *, needed: float) -> Limits:
    """Limits that hold at all moments at once, for whatever reason drawing goes on or stops."""
    return _edge(_log_above, held, applicable - held, needed, 0.0), _edge(
        _log_below, failed, applicable - failed, needed, 1.0
    )


def _limit(word: str, against: int, n: int, reached: bool, needed: float) -> float:
    """Smallest chance of a draw *for* the word with which an end at least as good has a chance of ALPHA.

    `against`: draws that speak against the word, out of n; `reached`: whether the end is the word.
    """
    if not reached and against == n:
        return 0.0
    stops, alive = _paths(word, n, needed)
    ends = [(n_ - a, a, paths) for n_, a, paths in stops if not reached or a <= against]
    if not reached:
        ends += [(n - a, a, paths) for a, paths in enumerate(alive) if paths and a <= against]
    towards, away, paths = (np.array(column, dtype=float) for column in zip(*((f, a, log(p)) for f, a, p in ends)))

    def excess(share: float) -> float:
        return float(np.sum(np.exp(paths + special.xlogy(towards, share) + special.xlog1py(away, -share)))) - ALPHA

    return float(optimize.brentq(excess, 0.0, 1.0, xtol=1e-10))


@cache
def _paths(word: str, n: int, needed: float) -> tuple[list[tuple[int, int, int]], list[int]]:
    """Paths to each end: at the word as (draws, draws against it, paths), and after n draws by the draws against it."""
    reached = _boundary(word, needed)
    alive, stops = [1], []
    for draws in range(1, n + 1):
        alive = [here + before for here, before in zip([*alive, 0], [0, *alive])]
        for against, paths in enumerate(alive):
            if paths and reached(against, draws - against):
                stops.append((draws, against, paths))
                alive[against] = 0
    return stops, alive


@cache
def _boundary(word: str, needed: float) -> Callable[[int, int], bool]:
    """Whether the word is reached, from draws against it and for it."""
    wealth = betting.log_wide if word == "wide" else betting.log_narrow
    level = log(needed) - 1e-9  # rounding

    @cache
    def reached(against: int, towards: int) -> bool:
        return against + towards >= betting.FEWEST and float(wealth(np.array(towards), np.array(against))) >= level

    return reached


def _edge(log_wealth: Callable[[float, int, int], float], one: int, others: int, needed: float, none: float) -> float:
    """The share against which the wealth is just what is needed; `none` without a single draw towards it."""
    margin = 1e-9

    def excess(share: float) -> float:
        return float(log_wealth(share, one, others)) - log(needed)

    if one == 0 or excess(abs(none - margin)) < 0:
        return none
    return float(optimize.brentq(excess, margin, 1 - margin, xtol=1e-10))


def _log_above(share: float, held: int, others: int) -> float:
    """Log wealth against "it holds in at most `share`": at .8 that of `betting.log_wide`."""
    missing = (1 - betting.HOPED) / (1 - betting.STATED)  # the alternative has so many times the failures
    bet = held * np.log((1 - missing * (1 - share)) / share) + others * np.log(missing)
    return _mixed(bet, betting.log_spread_above(share, np.array(held), np.array(others)))


def _log_below(share: float, failed: int, others: int) -> float:
    """Log wealth against "it does not fail in at least `share`": at .8 that of `betting.log_narrow`."""
    kept = betting.FEARED / betting.STATED  # ... so many times the draws that do not fail
    bet = failed * np.log((1 - kept * share) / (1 - share)) + others * np.log(kept)
    return _mixed(bet, betting.log_spread_below(share, np.array(others), np.array(failed)))


def _mixed(bet: float, spread: np.ndarray) -> float:
    return float(np.logaddexp(np.log1p(-betting.SPREAD) + bet, np.log(betting.SPREAD) + spread))
