"""The calibration's worlds against closed forms, its rates against enumeration."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from runners.calibration import worlds
from runners.calibration.document import calibrate
from runners.calibration.errors import FALSE_REFUTED, FALSE_SUPPORTED, Rate, control_rows, error_rows
from runners.calibration.refused import refused_rows
from runners.calibration.settings import MEAN, RESAMPLES, SHARE, TYPICAL, families, used_conditions, used_looks
from runners.calibration.table import print_calibration
from runners.registry.loader import load
from runners.rule.verdicts import ALPHA

TOY = Path(__file__).parents[2] / "worlds" / "toy.yaml"


def family(name: str, shape: str):
    return next(it for it in families() if (it.name, it.shape.name) == (name, shape))


# --- the worlds -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [*worlds.SHAPES.values(), worlds.event(0.1, noise=1.0)], ids=lambda it: it.name)
def test_noise_has_the_median_and_the_mean_that_it_says(shape):
    noise = worlds.trials(shape, np.random.default_rng(0), worlds=1, trials=400_000)[0, 0]
    assert np.mean(noise <= 0) == pytest.approx(0.5, abs=0.004)
    if shape.continuous:
        assert np.mean(noise <= shape.quantile(0.8)) == pytest.approx(0.8, abs=0.004)
    assert np.mean(noise) == (pytest.approx(shape.mean, abs=0.02) if np.isfinite(shape.mean) else np.inf)


def test_shapes_are_scipys():
    generator = partial(np.random.default_rng, 1)
    draw = {
        name: worlds.trials(worlds.SHAPES[name], generator(), worlds=1, trials=5000)[0, 0] for name in worlds.SHAPES
    }
    assert stats.kstest(draw["t3"], stats.t(3).cdf).pvalue > 0.01
    assert stats.kstest(draw["log-normal"] + 1, stats.lognorm(1).cdf).pvalue > 0.01
    assert stats.kstest(draw["exponential"] + np.log(2), stats.expon.cdf).pvalue > 0.01
    assert np.mean(np.isinf(draw["partly infinite"])) == pytest.approx(0.1, abs=0.02)


@pytest.mark.parametrize("sigma", [1.5, 2.0])
def test_heavy_shapes_are_scipys(sigma):
    """Quantile by quantile, and in their means, which no simulation shows."""
    log_normal, chances = worlds.HEAVY[f"log-normal, sigma {sigma:g}"], np.array([0.01, 0.5, 0.99])
    exact = stats.lognorm(sigma)
    assert [log_normal.quantile(it) for it in chances] == pytest.approx(exact.ppf(chances) - exact.median())
    assert log_normal.mean == pytest.approx(exact.mean() - exact.median())
    for index in (2.2, 2.5, 3.0):
        pareto, exact = worlds.HEAVY[f"Pareto {index:g}"], stats.pareto(index)
        assert [pareto.quantile(it) for it in chances] == pytest.approx(exact.ppf(chances) - exact.median())
        assert pareto.mean == pytest.approx(exact.mean() - exact.median())


def test_events_are_as_rare_and_as_large_as_said():
    for chance, name in ((0.01, "1 event in 100"), (0.1, "1 event in 10")):
        shape = worlds.HEAVY[name]
        assert (shape.quantile(1 - 1.01 * chance), shape.quantile(1 - 0.99 * chance)) == (0.0, 1 / chance)
        assert shape.mean == 1.0
    assert worlds.HEAVY["1 event in 100 on noise"].quantile(0.5) == pytest.approx(0.0)


def test_clusters_of_unequal_size_weigh_unequally():
    """The ratio of a weighted mean's variance to an equal one's is that of effective numbers: sum(w^2) / sum(w)^2."""
    equal, unequal = (
        np.mean(
            np.var(
                worlds.resampled_means(
                    worlds.SHAPES["normal"],
                    np.random.default_rng(4),
                    worlds=3000,
                    clusters=200,
                    resamples=40,
                    unequal=unequal,
                )[:, 0],
                axis=1,
            )
        )
        for unequal in (False, True)
    )
    assert unequal / equal == pytest.approx(np.exp(0.8**2), rel=0.08)  # E w^2 / (E w)^2 of log-normal weights


def test_conditions_are_correlated_and_averages_are_narrow():
    normal = worlds.SHAPES["normal"]
    noise = worlds.trials(
        normal, np.random.default_rng(2), worlds=4000, conditions=2, trials=3, correlation=0.9, draws=32
    )
    assert noise.shape == (4000, 2, 3)
    assert np.std(noise) == pytest.approx(32**-0.5, rel=0.03)
    assert np.corrcoef(noise[:, 0].ravel(), noise[:, 1].ravel())[0, 1] == pytest.approx(0.9, abs=0.02)
    assert np.corrcoef(noise[:, 0, 0], noise[:, 0, 1])[0, 1] == pytest.approx(0.0, abs=0.06)


def test_resampled_means_spread_as_the_bootstrap_does():
    """Within a world: variance (N - 1) / N^2 of the clusters'; between worlds: 1 / N."""
    means = worlds.resampled_means(
        worlds.SHAPES["normal"], np.random.default_rng(3), worlds=2000, clusters=10, resamples=100
    )[:, 0]
    assert np.mean(np.var(means, axis=1)) == pytest.approx(9 / 100, rel=0.03)
    assert np.var(np.mean(means, axis=1)) == pytest.approx(0.1, rel=0.12)


# --- the rates ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 3, 499, 500])
def test_intervals_of_rates_are_scipys(count):
    exact = stats.binomtest(count, 500).proportion_ci(0.999, method="exact")
    assert Rate(count, 500).interval == pytest.approx((exact.low, exact.high))


def enumerated(looks, chance: float, agrees) -> float:
    """P(some look decides), by listing every sequence of trials that are inside with this chance."""
    n = looks[-1]
    inside = (np.arange(2**n)[:, None] >> np.arange(n)) & 1  # (sequences, trials)
    counts = np.cumsum(inside, axis=1)
    decided = np.zeros(2**n, dtype=bool)
    for look in looks:
        decided |= np.array([agrees(count, look) for count in range(look + 1)])[counts[:, look - 1]]
    return float(np.sum(decided * chance ** counts[:, -1] * (1 - chance) ** (n - counts[:, -1])))


@pytest.mark.parametrize(
    ("name", "looks", "chance"), [(TYPICAL, (8,), 0.5), (TYPICAL, (8, 16), 0.5), (SHARE, (16,), 0.8)]
)
def test_false_support_has_the_rate_that_enumeration_gives(name, looks, chance):
    rows = {
        row.error: row for row in error_rows(family(name, "normal"), [looks], np.random.default_rng(4), worlds=8000)
    }

    def agrees(inside: int, n: int) -> bool:
        return stats.binom.sf(inside - 1, n, chance) <= ALPHA / len(looks)

    exact = enumerated(looks, chance, agrees)
    assert exact <= ALPHA
    # Of two edges the worse is reported, so the rate may lie a little above.
    assert rows[FALSE_SUPPORTED].found.rate == pytest.approx(exact, abs=4 * np.sqrt(exact / 8000))
    assert rows[FALSE_SUPPORTED].holds
    assert rows[FALSE_REFUTED].holds


@pytest.mark.parametrize("name", [TYPICAL, MEAN, SHARE])
@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_errors_hold_for_many_conditions(name, correlation):
    """The intersection-union test without a correction, and the union bound over conditions and looks."""
    looks = [{TYPICAL: (8, 16, 32), MEAN: (16, 32), SHARE: (24, 48)}[name]]
    rows = list(
        error_rows(
            family(name, "log-normal"),
            looks,
            np.random.default_rng(5),
            worlds=1000,
            conditions=4,
            correlation=correlation,
        )
    )
    assert [row.error for row in rows] == [FALSE_SUPPORTED, FALSE_REFUTED]
    assert all(row.holds for row in rows)


def test_a_requirement_that_selects_by_outcome_gains_nothing():
    select = "misses 15% of trials, by their outcome"
    rows = error_rows(
        family(TYPICAL, "exponential"), [(24, 48)], np.random.default_rng(6), worlds=4000, requirement=select
    )
    assert all(row.found.rate <= ALPHA for row in rows)


def test_controls_guard_either_verdict():
    for row in control_rows(family(TYPICAL, "normal"), (8, 16, 32), np.random.default_rng(7), worlds=4000):
        assert 0 < row.found.rate <= ALPHA


def test_what_is_refused_errs():
    rows = list(refused_rows(np.random.default_rng(8), count=4000))
    assert all(row["rate"] > ALPHA for row in rows), [row["setting"] for row in rows if row["rate"] <= ALPHA]
    assert all(row["low"] > ALPHA for row in rows if row["worlds"] == 4000)
    found = {row["setting"]: row["rate"] for row in rows}
    # Four looks at 5%: by the union of four dependent tests, between one look's error and four times it.
    assert 0.05 < found["four looks, each tested at 5%"] < 0.2


# --- the whole ------------------------------------------------------------------------------------------------------


def test_looks_and_conditions_are_the_registrys():
    registry = load([TOY])
    looks = used_looks(registry)
    assert (8, 16, 32) in looks[TYPICAL]
    assert used_conditions(registry) == 2
    assert set(looks) == {TYPICAL, MEAN, SHARE, RESAMPLES}


def test_a_size_that_is_not_judged_is_not_calibrated():
    """Two resamples that show that an experiment runs decide nothing, so that their rates are nobody's."""
    registry = load([TOY])
    resampled = registry.experiments["toy-resampled"]
    shown = resampled.tiers["smoke"].model_copy(update={"judged": False, "trials": [2]})
    changed = resampled.model_copy(update={"tiers": {**resampled.tiers, "smoke": shown}})
    registry = replace(registry, experiments={**registry.experiments, "toy-resampled": changed})
    assert min(looks[-1] for looks in used_looks(registry)[RESAMPLES]) > 2


def test_the_document_is_json_and_the_same_each_time(capsys):
    registry = load([TOY])
    first, second = (calibrate(registry, worlds=100) for _ in range(2))
    for document in (first, second):
        document.pop("seconds"), document.pop("created")
    assert first == second
    written = json.loads(json.dumps(first, allow_nan=False))
    assert {row["source"] for row in written["rows"]} == {TYPICAL, MEAN, SHARE, RESAMPLES}
    assert all(0 <= row["low"] <= row["rate"] <= row["high"] <= 1 for row in written["rows"])
    for curve in written["curves"]:
        far = curve["points"][-1 if curve["source"] != SHARE else 0]
        assert far["disagrees"] > far["agrees"]
    assert {row["event"] for row in written["reach"]} >= {
        "wide",
        "narrow",
        "refuted",
        "a counterexample, first challenge",
    }
    print_calibration(first | {"seconds": 1.0})
    told = capsys.readouterr().out
    assert "Chance of a false verdict" in told
    assert "holds in 95% of the domain" in told
