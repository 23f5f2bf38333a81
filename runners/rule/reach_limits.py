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

from math import log

import numpy as np
from scipy import optimize, special

from runners.rule import betting
from runners.rule.looks import ALPHA

Limits = tuple[float, float]

MARGIN = 1e-9


def at_the_word(held: int, failed: int, applicable: int, *, needed: float) -> Limits:
    """Limits after drawing that stopped at a word, or (being open) at a number of draws fixed beforehand."""
    low, high = at_any_time(held, failed, applicable, needed=needed)
    wide, narrow = betting.decisive(applicable, needed)
    is_wide, is_narrow = wide[held, applicable - held], narrow[failed, applicable - failed]
    if not is_narrow:
        low = _smallest(wide, applicable - held, is_wide)
    if not is_wide:
        high = 1 - _smallest(narrow, applicable - failed, is_narrow)
    return low, high


def at_any_time(held: int, failed: int, applicable: int, *, needed: float) -> Limits:
    """Limits that hold at all moments at once, for whatever reason drawing goes on or stops."""

    def above(share: float) -> float:
        return float(betting.log_wide(np.array(held), np.array(applicable - held), share)) - log(needed)

    def below(share: float) -> float:
        return float(betting.log_narrow(np.array(failed), np.array(applicable - failed), share)) - log(needed)

    least, most = MARGIN, 1 - MARGIN
    low = optimize.brentq(above, least, most, xtol=MARGIN) if held and above(least) > 0 else 0.0
    high = optimize.brentq(below, least, most, xtol=MARGIN) if failed and below(most) > 0 else 1.0
    return float(low), float(high)


def _smallest(decisive: np.ndarray, against: int, at_word: bool) -> float:
    """Smallest chance of a draw for the word with which an end at least as good has a chance of ALPHA.

    `decisive` (n + 1, n + 1): where the word is said, by draws for it and others; the end came after n draws, of which
    so many were against it, `at_word` or not.
    """
    n = len(decisive) - 1
    if against == n:
        return 0.0
    at_words, at_last = _paths(decisive)
    ends = {(n_, a): paths for (n_, a), paths in at_words.items() if a <= against or not at_word}
    ends |= {(n, a): paths for a, paths in at_last.items() if a <= against and not at_word}
    draws, others = np.array(list(ends)).T
    paths = np.array([log(count) for count in ends.values()])

    def excess(share: float) -> float:
        chances = paths + special.xlogy(draws - others, share) + special.xlog1py(others, -share)
        return float(np.sum(np.exp(chances))) - ALPHA

    return float(optimize.brentq(excess, 0.0, 1.0, xtol=MARGIN))


def _paths(decisive: np.ndarray) -> tuple[dict[tuple[int, int], int], dict[int, int]]:
    """Numbers of paths to each end: at the word, by draws and those against it; undecided, by the latter."""
    alive, at_words = [1], {}
    for draws in range(1, len(decisive)):
        alive = [here + before for here, before in zip([*alive, 0], [0, *alive])]
        for against, paths in enumerate(alive):
            if paths and decisive[draws - against, against]:
                at_words[draws, against] = paths
                alive[against] = 0
    return at_words, {against: paths for against, paths in enumerate(alive) if paths}
