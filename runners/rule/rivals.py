"""Rivals and null models: refuted by all conditions of a trial together, on the trials that the claim admits.

Conditions share their seeds, so what a trial says in one of them depends on what it says in another: pooling k
conditions of n trials as if they were k n independent signs refutes a true rival in up to 45% of cases, and asking one
of k conditions at 5% / k needs more trials than most claims have. So each trial speaks once:

* the typical trial (and shares): Y_t is the share of conditions in which trial t lies beyond the rival's region, on the
  side on which the claim lies. If the rival were true in all of them, each of these events had chance at most 1/2,
  hence Y_t an expectation of at most 1/2, however the conditions depend on each other. The bet of
  `betting.log_coin` against that may be looked at after every trial. Where conditions agree, 7 of 7 trials refute, 10
  of 11, 12 of 14, 14 of 17, 16 of 20;
* the mean: the test of a mean, for each trial's sum over conditions in units of each one's standard deviation;
* draws: the rival is narrow; or beaten, by the same bet on those draws that hold for just one of the two: 7 to 0, 10 to
  1, 12 to 2, 14 to 3.

Only conditions count in which the two regions are disjoint, with the claim's on the same side in every trial: what the
condition would say is fixed before it is measured. A trial that is missing in a condition does not lie beyond there.
"""

from __future__ import annotations

import numpy as np

from runners.rule import betting
from runners.rule.draw_outcomes import APPLICABLE, Draw
from runners.rule.means import Mean


def claim_sides(claims: np.ndarray, rivals: np.ndarray) -> np.ndarray:
    """On which side of the rival's region the claim's lies (conditions,): 1 above, -1 below; 0: it does not count.

    Both regions (conditions, trials, 2) in the observable's units; closed, so that a common edge is common ground.
    """
    above = np.all(claims[..., 0] > rivals[..., 1], axis=-1)
    below = np.all(claims[..., 1] < rivals[..., 0], axis=-1)
    return above.astype(int) - below.astype(int)


def balls_apart(claims: np.ndarray, rivals: np.ndarray, within: float) -> np.ndarray:
    """Whether no array lies within a relative distance of both predictions (conditions, trials, ...): (conditions,).

    For agreement by distance; the claim then lies above, the rival's distance being too large there.
    """
    axes = tuple(range(2, claims.ndim))
    norm, rival_norm, between = (np.sqrt(np.sum(it**2, axis=axes)) for it in (claims, rivals, claims - rivals))
    return np.all(between > within * (norm + rival_norm), axis=-1)


def shares_beyond(values: np.ndarray, regions: np.ndarray, sides: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Share of the conditions that count in which each trial lies beyond the rival's region: (..., trials).

    `values` and `known` (admitted, and defined) are (..., conditions, trials), `regions` (..., conditions, trials, 2),
    `sides` (conditions,). A value that is not a number lies above. No condition counts: zeros.
    """
    above = ~(values <= regions[..., 1]) & (sides[:, None] > 0)
    below = (values < regions[..., 0]) & (sides[:, None] < 0)
    return np.sum((above | below) & known, axis=-2) / max(1, np.count_nonzero(sides))


def trials_to_refute(shares: np.ndarray, *, needed: float = betting.NEEDED) -> np.ndarray:
    """After how many trials the rival is refuted (...), by the shares beyond its region (..., trials); 0: it is not."""
    if not shares.shape[-1]:
        return np.zeros(shares.shape[:-1], dtype=int)
    reached = betting.log_coin(shares) >= np.log(needed) - 1e-9  # rounding
    return np.where(np.any(reached, axis=-1), 1 + np.argmax(reached, axis=-1), 0)


def p_of_means(values: np.ndarray, edges: np.ndarray, sides: np.ndarray, known: np.ndarray) -> np.ndarray:
    """p-value (...) of a rival about expectations, by how far values (..., conditions, trials) lie beyond its region.

    `edges` (..., conditions, trials) are the region's on the claim's side. If the rival is true, each condition's
    excess has an expectation of at most 0, hence their weighted sum. Nothing is shown if a trial is missing or not
    finite.
    """
    counting = sides != 0
    excess = (sides[:, None] * (values - edges))[..., counting, :]
    sound = np.all(known[..., counting, :] & np.isfinite(excess), axis=(-2, -1)) & counting.any()
    excess = np.where(sound[..., None, None], excess, 0.0)
    spread = np.std(excess, axis=-1, ddof=1, keepdims=True)
    total = np.sum(excess / np.where(spread > 0, spread, 1.0), axis=-2)
    above, _ = Mean((0.0, np.inf)).chances(total, np.broadcast_to(sound[..., None], total.shape))
    return above


def discordant(claim: np.ndarray, rival: np.ndarray) -> np.ndarray:
    """What each draw says of the two (..., draws): 1 only the claim held, 0 only the rival, 1/2 both or neither.

    Made for `trials_to_refute`: a draw of 1/2 changes no wealth. `claim`, `rival`: positions in Draw.
    """
    counts = np.isin(claim, APPLICABLE) & np.isin(rival, APPLICABLE)
    lead = (claim == Draw.HOLDS).astype(int) - (rival == Draw.HOLDS).astype(int)
    return np.where(counts, (1 + lead) / 2, 0.5)
