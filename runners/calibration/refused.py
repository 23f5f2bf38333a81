"""What the registry refuses, or the rule does not do, and why: the same worlds under rules that are not ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from scipy import special

from runners.calibration import worlds
from runners.calibration.errors import Rate
from runners.calibration.worlds import HEAVY, REGION, SHAPES, Shape, event
from runners.rule.intervals import TypicalTrial, at_least
from runners.rule.looks import FEWEST_DRAWS, FEWEST_FOR_A_MEAN
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples
from runners.rule.verdicts import ALPHA, Status, judge_conditions

Draw = np.random.Generator


def refused_rows(generator: Draw, *, count: int) -> Iterator[dict[str, Any]]:
    """False verdicts of settings without an honest test, with the reason for which they are refused."""
    for shape in (SHAPES["exponential"], SHAPES["log-normal"]):
        found = _students_t(generator, shape, count, trials=4, draws=1)
        yield _row(f"Student's t on 4 trials: {shape.name}", found, _FEW_TRIALS)
    for shape in (HEAVY["log-normal, sigma 2"], HEAVY["Pareto 2.2"]):
        found = _students_t(generator, shape, count, trials=16, draws=FEWEST_DRAWS)
        yield _row(f"Student's t on 16 trials, each an average of {FEWEST_DRAWS} draws: {shape.name}", found, _SKEWED)
    for chance, draws, reason in ((0.01, 8, _FEW_DRAWS), (0.001, FEWEST_DRAWS, _RARE)):
        shape = event(chance, noise=1.0)
        found = _mean(generator, shape, count, trials=16, draws=draws)
        yield _row(f"mean of 16 trials, each an average of {draws} draws: {shape.name}", found, reason)
    for name in ("normal", "exponential"):
        found = _percentiles(generator, name, count // 10, clusters=9)
        yield _row(f"plain percentiles of 9 {name} clusters", found, _PLAIN)
    found = _spread_of_clusters(generator, count // 10, clusters=30)
    yield _row("corrected percentiles of the log variance of 30 log-normal clusters", found, _NOT_LINEAR)
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
_SKEWED = "a skewness counts against every decision; what is too skewed stays undecided"
_RARE = "nothing in a sample shows an event that is not in it: claim the typical trial, or a share"
_NOT_LINEAR = "not refused, as nobody can tell from resamples: let statistics be means, ratios, slopes of clusters"
_AVERAGED = "resamples are no trials: `target: mean` and `share` need `replication: seeds`"
_FORGOTTEN = "trials set aside count against every decision"
_UNSPLIT = "the error is split over the looks"
_UNCORRECTED = "each of k conditions is tested at 5% / k"


def _row(setting: str, found: Rate, reason: str) -> dict[str, Any]:
    low, high = found.interval
    rates = {"rate": found.rate, "low": low, "high": high, "worlds": found.worlds}
    return {"setting": setting, "reason": reason, "nominal": ALPHA, **rates}


def _mean(generator: Draw, shape: Shape, count: int, *, trials: int, draws: int) -> Rate:
    """A mean just above the region."""
    values = REGION[1] + _centred(generator, shape, count, trials=trials, draws=draws)
    agree, _ = Mean(REGION).chances(values, np.ones(values.shape, dtype=bool))
    return Rate(int(np.sum(agree <= ALPHA)), count)


def _students_t(generator: Draw, shape: Shape, count: int, *, trials: int, draws: int) -> Rate:
    """The same, with Student's t as it is."""
    noise = _centred(generator, shape, count, trials=trials, draws=draws)
    t = np.mean(noise, axis=1) / (np.std(noise, axis=1, ddof=1) / np.sqrt(trials))
    return Rate(int(np.sum(special.stdtr(trials - 1, t) <= ALPHA)), count)


def _centred(generator: Draw, shape: Shape, count: int, *, trials: int, draws: int) -> np.ndarray:
    """Noise (worlds, trials) with expectation 0."""
    noise = worlds.trials(shape, generator, worlds=count, trials=trials, draws=draws)[:, 0]
    return noise - (shape.mean if draws == 1 else 0.0)


def _percentiles(generator: Draw, name: str, count: int, *, clusters: int) -> Rate:
    """A mean just above the region, resampled; percentiles as they are."""
    noise = worlds.resampled_means(SHAPES[name], generator, worlds=count, clusters=clusters, resamples=1000)[:, 0]
    agree = (1 + np.sum(noise > 0, axis=1)) / (noise.shape[1] + 1)
    return Rate(int(np.sum(agree <= ALPHA)), count)


def _spread_of_clusters(generator: Draw, count: int, *, clusters: int) -> Rate:
    """The logarithm of the variance of log-normal clusters just above the region, resampled, by the rule."""
    true = np.log((np.e - 1) * np.e)
    wrong = 0
    for _ in range(count):
        data = np.exp(generator.standard_normal(clusters))
        times = generator.multinomial(clusters, np.full(clusters, 1 / clusters), size=400)
        variance = times @ data**2 / clusters - (times @ data / clusters) ** 2
        values = REGION[1] + np.log(variance) - true
        agree, _ = Resamples(REGION, clusters).chances(values, np.ones(values.shape, dtype=bool))
        wrong += int(agree <= ALPHA)
    return Rate(wrong, count)


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
