"""Bets against quadrature, closed forms and the table of words; that they are fair, by summing over all outcomes."""

from __future__ import annotations

from math import comb, log

import numpy as np
import pytest
from scipy import integrate, stats

from runners.rule.betting import (
    FEWEST,
    NEEDED,
    decisive,
    log_coin,
    log_narrow,
    log_wide,
    needed_after,
)


def by_quadrature(held: int, others: int, low: float, high: float) -> float:
    """Wealth of a stake spread evenly over the shares between, against a share of 80%."""

    def ratio(share: float) -> float:
        return (share / 0.8) ** held * ((1 - share) / 0.2) ** others

    return integrate.quad(ratio, low, high, epsabs=0, epsrel=1e-10)[0] / (high - low)


@pytest.mark.parametrize(("held", "others"), [(0, 0), (18, 0), (26, 1), (40, 5), (9, 14), (0, 12)])
def test_wealth_is_the_formula_that_the_module_states(held, others):
    wide = 0.97 * (0.95 / 0.8) ** held * (0.05 / 0.2) ** others + 0.03 * by_quadrature(held, others, 0.8, 1)
    assert np.exp(log_wide(held, others)) == pytest.approx(wide, rel=1e-8)
    failed, unfailed = others, held
    narrow = 0.97 * 2.0**failed * 0.75**unfailed + 0.03 * by_quadrature(unfailed, failed, 0, 0.8)
    assert np.exp(log_narrow(failed, unfailed)) == pytest.approx(narrow, rel=1e-8)


@pytest.mark.parametrize("n", [1, 14, 45])
def test_bets_are_fair_at_the_edge_and_lose_beyond_it(n):
    """The expectation of the wealth after n draws, over all outcomes: an e-value."""
    held = np.arange(n + 1)
    wide, narrow = np.exp(log_wide(held, n - held)), np.exp(log_narrow(n - held, held))
    at_edge, below, above = (stats.binom.pmf(held, n, share) for share in (0.8, 0.6, 0.95))
    assert at_edge @ wide == pytest.approx(1)
    assert at_edge @ narrow == pytest.approx(1)
    assert below @ wide < 1 < below @ narrow
    assert above @ narrow < 1 < above @ wide


def test_words_come_where_two_simple_bets_reach_twenty():
    """n ln(.95/.8) - f ln 4 >= ln 20 and f ln 2 - u ln(4/3) >= ln 20: what is spread changes no word of an epoch."""
    wide, narrow = decisive(60)
    for one in range(61):
        for others in range(61 - one):
            enough = one + others >= 14
            assert wide[one, others] == (enough and one * log(0.95 / 0.8) - others * log(4) >= log(20))
            assert narrow[one, others] == (enough and one * log(2) - others * log(4 / 3) >= log(20))
    fewest = [next(n for n in range(14, 61) if wide[n - failed, failed]) for failed in range(5)]
    assert fewest == [18, 27, 36, 45, 54]
    most = [max(n for n in range(14, 61) if n >= failed and narrow[failed, n - failed]) for failed in range(8, 18)]
    assert most == [16, 20, 23, 27, 30, 33, 37, 40, 44, 47]


def test_no_word_before_the_fourteenth_draw():
    """Five failures in a row would suffice."""
    assert 5 * log(2) > log(20)
    wide, narrow = decisive(40)
    assert FEWEST == 14
    assert not narrow[13, 0]
    assert narrow[14, 0]
    assert narrow[8, 6]
    assert not wide[13, 0]


def test_what_is_spread_finds_any_share_in_the_end():
    """A law of 86% loses the simple bet (1000 draws: e^-25), and is wide all the same."""
    held, others = 4300, 700
    assert held * log(0.95 / 0.8) + others * log(0.25) < -200
    assert log_wide(held, others) > log(NEEDED)
    failed, unfailed = 1250, 3750  # fails in 25%
    assert failed * log(2) + unfailed * log(0.75) < -200
    assert log_narrow(failed, unfailed) > log(NEEDED)


def test_no_counts_say_both_words():
    """Even with split draws, which count against both."""
    wide, narrow = decisive(80)
    for held in range(81):
        for failed in range(81 - held):
            others = 80 - held - failed
            assert not (wide[held, failed + others] and narrow[failed, held + others])


def test_what_may_be_spent_on_seals_sums_up_to_five_percent():
    assert needed_after(0) == pytest.approx(20)
    assert [needed_after(r) for r in (1, 2, 3)] == pytest.approx([40, 120, 240])
    assert sum(1 / needed_after(r) for r in range(1, 100_000)) == pytest.approx(0.05, abs=1e-5)


@pytest.mark.parametrize(("ups", "downs"), [(7, 0), (10, 1), (3, 5), (0, 4)])
def test_coin_is_the_integral_of_a_polynomial(ups, downs):
    exact = sum(  # (1 + x)^ups (1 - x)^downs, term by term
        comb(ups, i) * comb(downs, j) * (-1) ** j / (i + j + 1) for i in range(ups + 1) for j in range(downs + 1)
    )
    assert np.exp(log_coin(np.array([1.0] * ups + [0.0] * downs))[-1]) == pytest.approx(exact)


def test_coin_with_shares_is_scipys_integral_after_every_round():
    shares = np.random.default_rng(0).random((3, 33))
    found = np.exp(log_coin(shares))
    for row in range(3):
        for rounds in (1, 2, 16, 33):
            integral, _ = integrate.quad(lambda x, row=row, n=rounds: np.prod(1 + x * (2 * shares[row, :n] - 1)), 0, 1)
            assert found[row, rounds - 1] == pytest.approx(integral, rel=1e-7)


def test_coin_is_fair():
    """Over all 2^10 outcomes of fair rounds; and half a round each is no evidence."""
    outcomes = np.array(np.meshgrid(*[[0.0, 1.0]] * 10)).reshape(10, -1).T
    assert np.mean(np.exp(log_coin(outcomes)[:, -1])) == pytest.approx(1)
    assert log_coin(np.full(20, 0.5)) == pytest.approx(0)
