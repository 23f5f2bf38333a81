"""What the registry refuses, or the rule does not do, and why: the same worlds under rules that are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from runners.calibration import worlds
from runners.calibration.errors import Rate
from runners.calibration.worlds import REGION, SHAPES
from runners.rule.intervals import TypicalTrial, at_least
from runners.rule.looks import ENOUGH_CLUSTERS, FEWEST_CLUSTERS, FEWEST_DRAWS, FEWEST_FOR_A_MEAN
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples
from runners.rule.verdicts import ALPHA, Status, judge_conditions

Draw = np.random.Generator


def refused_rows(generator: Draw, *, count: int) -> Iterator[dict[str, Any]]:
    """False verdicts of settings without an honest test, with the reason for which they are refused."""
    for name in ("log-normal", "exponential"):
        yield _row(f"mean of 4 {name} trials", _mean(generator, name, count, trials=4, draws=1), _FEW_TRIALS)
    for draws in (4, 16):
        found = _mean(generator, "log-normal", count, trials=16, draws=draws)
        yield _row(f"mean of 16 trials, each an average of {draws} log-normal draws", found, _FEW_DRAWS)
    for name in ("normal", "exponential"):
        found = _percentiles(generator, name, count // 10, clusters=FEWEST_CLUSTERS, corrected=False)
        yield _row(f"plain percentiles of {FEWEST_CLUSTERS} {name} clusters", found, _PLAIN)
    found = _percentiles(generator, "log-normal", count // 10, clusters=FEWEST_CLUSTERS, corrected=True)
    yield _row(f"corrected percentiles of {FEWEST_CLUSTERS} log-normal clusters", found, _FEW_CLUSTERS)
    for resamples in (20, 200):
        found = _averaged_resamples(generator, count // 10, resamples=resamples)
        yield _row(f"Student's t over {resamples} averaged resamples", found, _AVERAGED)
    for quorum, words in ((0.8, "with the quorum"), (0.0, "without a quorum")):
        found = _forgotten(generator, count, quorum=quorum)
        yield _row(f"trials that miss a requirement are forgotten, {words}", found, _FORGOTTEN)
    yield _row("four looks, each tested at 5%", _unsplit_looks(generator, count), _UNSPLIT)
    yield _row("any of 16 conditions disagrees, each tested at 5%", _uncorrected(generator, count), _UNCORRECTED)


_FEW_TRIALS = f"`target: mean` needs {FEWEST_FOR_A_MEAN} trials at every look"
_FEW_DRAWS = f"each trial of a mean averages at least {FEWEST_DRAWS} draws"
_PLAIN = "percentiles are corrected for few clusters and for skewness"
_FEW_CLUSTERS = f"fewer than {FEWEST_CLUSTERS} clusters are refused; below {ENOUGH_CLUSTERS}, `tollens check` warns"
_AVERAGED = "resamples are no trials: `target: mean` and `share` need `replication: seeds`"
_FORGOTTEN = "trials set aside count against every decision"
_UNSPLIT = "the error is split over the looks"
_UNCORRECTED = "each of k conditions is tested at 5% / k"


def _row(setting: str, found: Rate, reason: str) -> dict[str, Any]:
    low, high = found.interval
    rates = {"rate": found.rate, "low": low, "high": high, "worlds": found.worlds}
    return {"setting": setting, "reason": reason, "nominal": ALPHA, **rates}


def _mean(generator: Draw, name: str, count: int, *, trials: int, draws: int) -> Rate:
    """A mean just above the region; one-sided p-values as they are."""
    shape = SHAPES[name]
    noise = worlds.trials(shape, generator, worlds=count, trials=trials, draws=draws)[:, 0]
    values = REGION[1] + noise - (shape.mean if draws == 1 else 0.0)
    agree, _ = Mean(REGION).chances(values, np.ones(values.shape, dtype=bool))
    return Rate(int(np.sum(agree <= Mean.cost * ALPHA)), count)


def _percentiles(generator: Draw, name: str, count: int, *, clusters: int, corrected: bool) -> Rate:
    noise = worlds.resampled_means(SHAPES[name], generator, worlds=count, clusters=clusters, resamples=1000)[:, 0]
    if corrected:
        agree, _ = Resamples(REGION, clusters).chances(REGION[1] + noise, np.ones(noise.shape, dtype=bool))
    else:
        agree = (1 + np.sum(noise > 0, axis=1)) / (noise.shape[1] + 1)
    return Rate(int(np.sum(agree <= ALPHA)), count)


def _averaged_resamples(generator: Draw, count: int, *, resamples: int) -> Rate:
    noise = worlds.resampled_means(SHAPES["normal"], generator, worlds=count, clusters=100, resamples=resamples)
    agree, _ = Mean(REGION).chances(REGION[1] + noise[:, 0], np.ones(noise[:, 0].shape, dtype=bool))
    return Rate(int(np.sum(agree <= ALPHA)), count)


def _forgotten(generator: Draw, count: int, *, quorum: float) -> Rate:
    """A median just above the region; a requirement sets aside the highest 15%, or 25% where no quorum stops it."""
    looks, dropped = (24, 48), 0.15 if quorum else 0.25
    outcome = generator.random((count, looks[-1]))
    agrees, open_ = np.zeros(count, dtype=bool), np.ones(count, dtype=bool)
    for trials in looks:
        kept = np.sum(outcome[:, :trials] <= 1 - dropped, axis=1)
        inside = np.sum(outcome[:, :trials] < 0.5, axis=1)
        p = np.array([at_least(c, n) for c, n in zip(inside, kept, strict=True)])
        enough = kept >= quorum * trials
        found = open_ & enough & (p <= ALPHA / len(looks))
        agrees |= found
        open_ &= enough & ~found
    return Rate(int(np.sum(agrees)), count)


def _unsplit_looks(generator: Draw, count: int) -> Rate:
    values = REGION[1] + generator.standard_normal((count, 64))
    every = np.ones(values.shape, dtype=bool)
    agreed = np.zeros(count, dtype=bool)
    for trials in (8, 16, 32, 64):
        agreed |= judge_conditions(values, every, TypicalTrial(REGION), looks=(trials,)).status == Status.AGREES.code
    return Rate(int(np.sum(agreed)), count)


def _uncorrected(generator: Draw, count: int) -> Rate:
    found = np.zeros(count, dtype=bool)
    for _ in range(16):
        values = REGION[1] + generator.standard_normal((count, 32))
        every = np.ones(values.shape, dtype=bool)
        found |= (
            judge_conditions(values, every, TypicalTrial(REGION), looks=(8, 16, 32)).status == Status.DISAGREES.code
        )
    return Rate(int(np.sum(found)), count)
