"""Chances of a right verdict against the distance of the target from the edge, and the trials that it takes."""

from __future__ import annotations

from typing import Any

import numpy as np

from runners.calibration.settings import MEAN, RESAMPLES, SHARE, STATED_SHARE, TYPICAL, Family, Looks
from runners.calibration.worlds import REGION
from runners.rule.verdicts import Status, judge_conditions

DISTANCES = (0.0, 0.125, 0.25, 0.375, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0)
SHARES = (0.3, 0.4, 0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.925, 0.95, 0.975, 0.99, 0.999)

_UNITS = {
    TYPICAL: "standard deviations of a trial",
    MEAN: "standard deviations of a trial",
    SHARE: "true share less the stated one",
    RESAMPLES: "standard errors of the statistic",
}


def curve(family: Family, looks: Looks, generator: np.random.Generator, *, worlds: int) -> dict[str, Any]:
    """Power of one source under these looks: points by distance, inside (negative) and outside the region.

    Distances are in standard deviations of what a trial yields (with normal noise; of an average of draws where it is
    one), or in standard errors of the resampled statistic. For a share they are the true share less the stated one.
    """
    noise = family.draw(generator, count=worlds, conditions=1, trials=looks[-1], correlation=0.0)[:, 0]
    every = np.ones(noise.shape, dtype=bool)
    points = []
    for distance, values in _displaced(family, noise):
        judged = judge_conditions(values, every, family.source, looks=looks)
        points.append(
            {
                "distance": distance,
                "agrees": float(np.mean(judged.status == Status.AGREES.code)),
                "disagrees": float(np.mean(judged.status == Status.DISAGREES.code)),
                "trials": round(float(np.mean(judged.trials(looks))), 2),
            }
        )
    return {
        "source": family.name,
        "shape": family.noise,
        "looks": list(looks),
        "worlds": worlds,
        "clusters": family.clusters,
        "unit": _UNITS[family.name],
        "points": points,
    }


def _displaced(family: Family, noise: np.ndarray) -> list[tuple[float, np.ndarray]]:
    if family.name == SHARE:
        return [(round(share - STATED_SHARE, 6), REGION[1] - family.shape.quantile(share) + noise) for share in SHARES]
    signed = sorted({sign * distance for distance in DISTANCES for sign in (-1, 1)})
    return [(distance, family.edge(1) + distance * family.nominal_scale + noise) for distance in signed]
