"""Draws are uniform, independent of each other and of what else is claimed, and the same for everybody."""

from __future__ import annotations

import json
from hashlib import sha256

import numpy as np
import pytest
from scipy import stats

from runners.rule.draws import EmptyDomain, Range, draw_seeds, draw_setting

DOMAIN = {
    "rate": Range(0.05, 0.3, scale="log"),
    "noise": Range(-1.0, 1.0),
    "width": Range(32, 128, scale="log", whole=True),
    "depth": Range(1, 4, whole=True),
    "activation": ["tanh", "elu", "softplus"],
}
MANY = 4000


def settings(count: int = MANY, *, salt: str = "ab" * 32, name: str = "law", domain=DOMAIN, **options) -> list[dict]:
    return [draw_setting(salt, name, number, domain, **options) for number in range(1, count + 1)]


def column(axis: str, drawn: list[dict]) -> np.ndarray:
    return np.array([setting[axis] for setting in drawn])


def test_ranges_are_uniform_on_their_scale():
    drawn = settings()
    rates = np.log(column("rate", drawn) / 0.05) / np.log(6)
    assert stats.kstest(rates, "uniform").pvalue > 0.001
    assert stats.kstest((column("noise", drawn) + 1) / 2, "uniform").pvalue > 0.001


def test_whole_numbers_and_levels_have_their_shares():
    drawn = settings()
    depths, levels = column("depth", drawn), column("activation", drawn)
    assert stats.chisquare(np.unique(depths, return_counts=True)[1]).pvalue > 0.001
    assert stats.chisquare(np.unique(levels, return_counts=True)[1]).pvalue > 0.001
    assert set(depths) == {1, 2, 3, 4}
    widths = column("width", drawn)
    assert all(isinstance(setting["width"], int) for setting in drawn)
    edges = np.array([31.5, 45.5, 64.5, 90.5, 128.5])
    expected = MANY * np.diff(np.log(edges)) / np.log(128.5 / 31.5)
    assert stats.chisquare(np.histogram(widths, edges)[0], expected).pvalue > 0.001
    assert (widths.min(), widths.max()) == (32, 128)


def test_axes_are_independent():
    drawn = settings()
    columns = [stats.rankdata(np.unique(column(axis, drawn), return_inverse=True)[1]) for axis in DOMAIN]
    correlations = np.corrcoef(columns)[np.triu_indices(len(columns), 1)]
    assert np.max(np.abs(correlations)) < 4 / np.sqrt(MANY)


def test_the_order_of_axes_changes_nothing():
    turned = dict(reversed(DOMAIN.items()))
    assert settings(20, domain=turned) == settings(20)


def test_another_axis_moves_none_of_the_others():
    drawn = settings(20, domain={**DOMAIN, "loss": ["mse", "ce"]})
    assert [{axis: it[axis] for axis in DOMAIN} for it in drawn] == settings(20)


def test_salt_name_and_number_each_make_another_draw():
    here = {tuple(it.values()) for it in settings(50)}
    assert len(here) == 50
    for other in (settings(50, salt="cd" * 32), settings(50, name="other")):
        assert not here & {tuple(it.values()) for it in other}


def test_names_that_read_alike_together_are_not_alike():
    """A separator would make ("law/1", 2) and ("law", "1/2") one draw."""
    assert draw_seeds("a", "b/1", 2).tolist() != draw_seeds("a/b", "1", 2).tolist()


def test_what_is_refused_correlates_no_axes():
    """Half of the rates are refused: the other axes stay uniform and independent of the rate, which is uniform on
    what is left; and draws that are accepted at once are those without a limit."""
    drawn = settings(accept=lambda setting: setting["rate"] < 0.1225)
    rates, noise = column("rate", drawn), (column("noise", drawn) + 1) / 2
    assert rates.max() < 0.1225
    assert stats.kstest(np.log(rates / 0.05) / np.log(0.1225 / 0.05), "uniform").pvalue > 0.001
    assert stats.kstest(noise, "uniform").pvalue > 0.001
    assert abs(stats.spearmanr(rates, noise).statistic) < 4 / np.sqrt(MANY)
    free = settings()
    assert all(one == other for one, other in zip(drawn, free) if other["rate"] < 0.1225)


def test_a_limit_on_two_axes_is_uniform_on_what_it_leaves():
    """A triangle: the larger of two uniform numbers, given that the first one is."""
    domain = {"x": Range(0, 1), "y": Range(0, 1)}
    drawn = settings(domain=domain, accept=lambda setting: setting["x"] > setting["y"])
    assert stats.kstest(column("x", drawn) ** 2, "uniform").pvalue > 0.001
    assert stats.kstest(column("y", drawn) / column("x", drawn), "uniform").pvalue > 0.001


def test_an_empty_domain_says_so():
    with pytest.raises(EmptyDomain, match="law, draw 3: 1000 settings in a row were refused; narrow"):
        draw_setting("ab", "law", 3, DOMAIN, accept=lambda setting: False)


def test_anyone_can_compute_a_draw():
    """The first axis from SHA-256 by hand: 53 bits of the first 64, on the logarithmic scale, to six digits."""
    digest = sha256(json.dumps(["ab", "law", 7, 0, "rate"]).encode()).digest()
    quantile = (int.from_bytes(digest[:8], "big") >> 11) / 2**53
    assert draw_setting("ab", "law", 7, DOMAIN)["rate"] == float(f"{0.05 * 6**quantile:.6g}")


def test_what_is_printed_is_what_is_run():
    for setting in settings(200):
        assert float(f"{setting['rate']:.6g}") == setting["rate"]


@pytest.mark.parametrize("axis", [axis for axis in DOMAIN.values() if isinstance(axis, Range)])
def test_no_quantile_leaves_the_range(axis):
    for quantile in (0.0, 2**-53, 0.5, 1 - 2**-53):
        assert axis.low <= axis.at(quantile) <= axis.high
    assert axis.at(0.0) == axis.low
    assert axis.at(1 - 2**-53) == pytest.approx(axis.high)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"low": 2, "high": 2}, "must be below"),
        ({"low": 0, "high": 2, "scale": "log"}, "above 0"),
        ({"low": 0.5, "high": 2, "whole": True}, "whole ends"),
    ],
)
def test_ranges_without_sense(options, reason):
    with pytest.raises(ValueError, match=reason):
        Range(**options)


def test_seeds_are_the_draws_own():
    """Draws that shared seeds would not be independent, and the bets would be off."""
    several = [draw_seeds("ab", name, number) for name in ("law", "other") for number in range(1, 200)]
    every = np.concatenate([*several, draw_seeds("cd", "law", 1)])
    assert len(np.unique(every)) == len(every)
    assert every.dtype == np.uint64
    assert every.max() < 2**63
    assert draw_seeds("ab", "law", 1).tolist() == draw_seeds("ab", "law", 1, trials=5)[:3].tolist()
