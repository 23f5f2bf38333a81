"""The calibration of reach: what it states, that all of it holds, and that a wrong rule would show."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy import stats

from runners.calibration.errors import Rate
from runners.calibration.reach_worlds import AT_LEAST, AT_MOST, EXACTLY, REFUSED, ReachRow, draws, far, reach_rows
from runners.calibration.rival_worlds import CONDITIONS, TRIALS, rival_rows
from runners.rule import betting
from runners.rule.draw_outcomes import Draw


@pytest.fixture(scope="module")
def rows() -> list[ReachRow]:
    generator = np.random.default_rng(7)
    return [*reach_rows(generator, worlds=2000), *rival_rows(generator, worlds=2000)]


def test_every_rate_is_what_is_stated(rows):
    assert [row for row in rows if not row.holds] == []
    assert {row.how for row in rows} == {EXACTLY, AT_MOST, AT_LEAST, REFUSED}


def test_what_is_refused_would_err(rows):
    refused = [row for row in rows if row.how == REFUSED and not row.world.endswith("correlated 0")]
    assert len(refused) >= 4
    assert all(row.found.interval[0] > row.stated for row in refused)


def test_rows_are_told_as_json(rows):
    told = json.loads(json.dumps([row.as_dict() for row in rows]))
    assert all(it["low"] <= it["rate"] <= it["high"] for it in told)


@pytest.mark.parametrize(
    ("how", "count", "holds"),
    [
        (EXACTLY, 500, True),
        (EXACTLY, 700, False),
        (EXACTLY, 300, False),
        (AT_MOST, 300, True),
        (AT_MOST, 700, False),
        (AT_LEAST, 700, True),
        (AT_LEAST, 300, False),
        (REFUSED, 700, True),
    ],
)
def test_a_row_holds_within_simulation_noise(how, count, holds):
    assert ReachRow("", "", Rate(count, 1000), how, 0.5).holds is holds


def test_a_rule_without_its_bet_would_show():
    """Words at fixed looks, 14 of 14, 21 of 22, 28 of 30, each tested at 5% by itself: wide at 80% in 8.6%."""
    held = np.cumsum(draws(np.random.default_rng(0), 4000, far(0.8), cap=30) == Draw.HOLDS, axis=1)
    careless = (held[:, 13] >= 14) | (held[:, 21] >= 21) | (held[:, 29] >= 28)
    assert stats.binom.sf(13, 14, 0.8) < 0.05
    assert not ReachRow("", "", Rate(int(careless.sum()), 4000), AT_MOST, 0.05).holds


def test_rivals_one_deviation_off_are_decided(rows):
    (row, *_) = [row for row in rows if row.world.startswith("a rival one deviation off")]
    assert str(CONDITIONS) in row.world
    assert str(TRIALS) in row.event
    assert row.found.rate > 0.9


def test_sealing_again_and_again_needs_more(rows):
    dear, cheap = (
        next(row for row in rows if row.event == event) for event in ("wide, at 20 r (r + 1)", "wide, at 20 each time")
    )
    assert dear.found.rate < 0.05 < cheap.found.rate
    assert betting.needed_after(1) == 2 * betting.NEEDED
