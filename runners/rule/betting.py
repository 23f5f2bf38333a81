"""Bets against a statement, which may be looked at after every draw: e-values.

A bet starts with a stake of 1 and is fair at best if the statement is true, so that its wealth ever reaches 20 with
chance at most 1/20 (Ville 1939), at whatever moment one looks or stops: at the budget's end, after an interruption, in
the next epoch. Wealth is given as its logarithm.

Against "the law holds in at most 80% of its domain" (for *wide*) the wealth is, after h draws that held and f others,

    e = .97 (.95/.8)^h (.05/.2)^f  +  .03 int_.8^1 (p/.8)^h ((1-p)/.2)^f dp / .2

that is nearly all of it on a share of 95%, and a little spread evenly over all shares above 80%. The first part decides
soon; the second one finds any share above 80% in the end, over epochs, which the first would not (below 89% it loses
on average). Against "the law fails outright in at most 20%" (for *narrow*), with u draws that did not fail:

    e = .97 (.4/.2)^f (.6/.8)^u  +  .03 int_0^.8 (p/.8)^u ((1-p)/.2)^f dp / .8
"""

from __future__ import annotations

from functools import cache

import numpy as np
from scipy import special

from runners.rule.looks import ALPHA

STATED = 0.8
"""Share of the domain that is in question."""
FEWER, KEPT = 0.25, 0.75
"""The bets: for *wide* on a quarter of the failures (5% for 20%), for *narrow* on three quarters of what does not fail
(60% for 80%)."""
SPREAD = 0.03
"""Part of the stake that is spread evenly over all shares. Few enough that one epoch's words are those of the bet."""
FEWEST = 14
"""No word before so many draws."""
ROUNDING = 1e-9
NEEDED = 1 / ALPHA
"""Wealth at which a statement falls."""


def needed_after(unsalted_seals: int) -> float:
    """Wealth that a claim needs which was sealed so often while its draws could be foreseen; 0: none could.

    The r-th such seal spends ALPHA / (r (r + 1)); these sum up to ALPHA however often the author seals again.
    """
    return NEEDED * unsalted_seals * (unsalted_seals + 1) if unsalted_seals else NEEDED


def log_wide(held: np.ndarray, others: np.ndarray, stated: float = STATED) -> np.ndarray:
    """Log wealth (...) against "it holds in at most `stated`", after so many draws that held, and others."""
    bet = held * np.log((1 - FEWER * (1 - stated)) / stated) + others * np.log(FEWER)
    return np.logaddexp(np.log1p(-SPREAD) + bet, np.log(SPREAD) + log_spread_above(stated, held, others))


def log_narrow(failed: np.ndarray, others: np.ndarray, stated: float = STATED) -> np.ndarray:
    """Log wealth (...) against "at least `stated` does not fail", after so many draws that failed, and others."""
    bet = failed * np.log((1 - KEPT * stated) / (1 - stated)) + others * np.log(KEPT)
    return np.logaddexp(np.log1p(-SPREAD) + bet, np.log(SPREAD) + log_spread_below(stated, others, failed))


@cache
def decisive(most: int, needed: float = NEEDED) -> tuple[np.ndarray, np.ndarray]:
    """Where *wide* is said, by draws that held and others, and *narrow*, by draws that failed and others.

    Two tables for up to `most` draws of either kind. None of them says both: more than 80% would hold, and more than
    20% fail.
    """
    one, others = np.meshgrid(np.arange(most + 1), np.arange(most + 1), indexing="ij")
    level, enough = np.log(needed) - ROUNDING, one + others >= FEWEST
    return enough & (log_wide(one, others) >= level), enough & (log_narrow(one, others) >= level)


def log_spread_above(stated: float, held: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Log wealth (...) of a stake that is spread evenly over the shares from `stated` to 1, against `stated`."""
    tail = special.betaincc(held + 1.0, others + 1.0, stated)
    return _log_integral(tail, held, others) - np.log1p(-stated) - _log_chance(stated, held, others)


def log_spread_below(stated: float, held: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The same of one spread over the shares from 0 to `stated`."""
    tail = special.betainc(held + 1.0, others + 1.0, stated)
    return _log_integral(tail, held, others) - np.log(stated) - _log_chance(stated, held, others)


def log_coin(shares: np.ndarray) -> np.ndarray:
    """Log wealth (..., n) after each of n rounds, against "the expected share is at most one half in every round".

    `shares` (..., n) lie in [0, 1]. The wealth int_0^1 prod_t (1 + x (2 Y_t - 1)) dx is the integral of a polynomial of
    degree n: Gauss and Legendre's (n + 1) / 2 nodes give it exactly.
    """
    nodes, weights = _nodes(shares.shape[-1])
    rounds = np.cumsum(np.log1p(nodes * (2 * shares[..., None] - 1)), axis=-2)
    return special.logsumexp(rounds, axis=-1, b=weights)


@cache
def _nodes(degree: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes and weights on [0, 1], exact for polynomials up to this degree."""
    nodes, weights = np.polynomial.legendre.leggauss(degree // 2 + 1)
    return (1 + nodes) / 2, weights / 2


def _log_integral(tail: np.ndarray, held: np.ndarray, others: np.ndarray) -> np.ndarray:
    with np.errstate(divide="ignore"):  # a tail below the smallest float is no wealth at all
        return special.betaln(held + 1.0, others + 1.0) + np.log(tail)


def _log_chance(share: float, held: np.ndarray, others: np.ndarray) -> np.ndarray:
    return held * np.log(share) + others * np.log1p(-share)
