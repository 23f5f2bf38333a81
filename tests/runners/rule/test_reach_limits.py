"""Limits against published numbers, and that they cover: by recursion over every end of an epoch, for all shares."""

from __future__ import annotations

from functools import cache
from math import log

import numpy as np
import pytest
from scipy import integrate, stats

from runners.rule.reach_limits import at_any_time, at_the_word


@cache
def epoch_limits(held: int, failed: int, n: int) -> tuple[float, float]:
    return at_the_word(held, failed, n, needed=20)


@pytest.mark.parametrize(("failures", "lowest"), [(0, 0.847), (1, 0.823), (2, 0.814), (3, 0.809)])
def test_limits_at_the_word_wide(failures, lowest):
    low, _ = epoch_limits(18 + 8 * failures, failures, 18 + 9 * failures)
    assert low == pytest.approx(lowest, abs=6e-4)


def test_without_a_failure_it_is_a_power():
    """p^18 = .05; Clopper and Pearson's is the same, as nothing could have stopped before."""
    assert epoch_limits(18, 0, 18)[0] == pytest.approx(0.05 ** (1 / 18))
    assert epoch_limits(10, 0, 10) == pytest.approx((0.05 ** (1 / 10), 1.0))
    assert epoch_limits(0, 14, 14)[1] == pytest.approx(1 - 0.05 ** (1 / 14))


def test_ignoring_that_drawing_stopped_would_claim_too_much():
    """Clopper and Pearson say .837 after one failure in 27, and at a share of .83 err in 6%."""
    careless = stats.beta.ppf(0.05, 26, 2)
    assert epoch_limits(26, 1, 27)[0] < careless
    missed = sum(chance for (h, f), chance in ends(0.83, 0.17, 45).items() if stats.beta.ppf(0.05, h, f + 1) > 0.83)
    assert missed > 0.055


def ends(holds: float, fails: float, cap: int) -> dict[tuple[int, int], float]:
    """Chance of each end (held, not held) of an epoch without split draws, by recursion from the two simple bets."""
    alive, found = {(0, 0): 1.0}, {}
    for n in range(1, cap + 1):
        after: dict[tuple[int, int], float] = {}
        for (h, f), chance in alive.items():
            for key, step in (((h + 1, f), holds), ((h, f + 1), fails)):
                after[key] = after.get(key, 0.0) + chance * step
        alive = {}
        for (h, f), chance in after.items():
            wide = h * log(0.95 / 0.8) - f * log(4) >= log(20)
            narrow = f * log(2) - h * log(4 / 3) >= log(20)
            (found if n == cap or (n >= 14 and (wide or narrow)) else alive)[h, f] = chance
    return found


@pytest.mark.parametrize("cap", [20, 45])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.65, 0.75, 0.8, 0.82, 0.84, 0.9, 0.96])
def test_limits_cover_whatever_the_share(share, cap):
    found = ends(share, 1 - share, cap)
    assert sum(found.values()) == pytest.approx(1)
    low = sum(chance for (h, f), chance in found.items() if epoch_limits(h, f, h + f)[0] > share)
    high = sum(chance for (h, f), chance in found.items() if epoch_limits(h, f, h + f)[1] < share)
    assert max(low, high) <= 0.05


def test_limits_do_not_waste_their_error():
    """Somewhere between, they err in nearly 5%."""
    worst = max(
        sum(chance for (h, f), chance in ends(p, 1 - p, 45).items() if epoch_limits(h, f, h + f)[0] > p)
        for p in (0.8228, 0.8466)
    )
    assert 0.045 < worst <= 0.05


def test_on_the_other_side_of_a_word_limits_hold_at_any_time():
    """The number of draws was not planned: the word ended them."""
    assert epoch_limits(6, 8, 14)[0] == at_any_time(6, 8, 14, needed=20)[0]
    assert epoch_limits(26, 1, 27)[1] == at_any_time(26, 1, 27, needed=20)[1]


def test_split_draws_lie_between_the_limits():
    """The lower limit is about what holds, the upper one about what does not fail."""
    low, high = epoch_limits(20, 2, 30)
    assert low == epoch_limits(20, 10, 30)[0]
    assert high == epoch_limits(28, 2, 30)[1]
    assert low < 20 / 30 < 28 / 30 < high


def test_limits_at_any_time_are_where_the_bet_has_twenty():
    """By quadrature, with the alternatives that the module states."""
    held, others = 40, 5
    low, high = at_any_time(held, others, held + others, needed=20)

    def spread(share: float, start: float, stop: float) -> float:
        def ratio(p: float) -> float:
            return (p / share) ** held * ((1 - p) / (1 - share)) ** others

        return integrate.quad(ratio, start, stop, epsabs=0, epsrel=1e-9, limit=200)[0] / (stop - start)

    bet = ((1 - 0.25 * (1 - low)) / low) ** held * 0.25**others
    assert 0.97 * bet + 0.03 * spread(low, low, 1) == pytest.approx(20, rel=1e-5)
    bet = ((1 - 0.75 * high) / (1 - high)) ** others * 0.75**held
    assert 0.97 * bet + 0.03 * spread(high, 0, high) == pytest.approx(20, rel=1e-5)


def test_limits_at_any_time_agree_with_the_word():
    assert at_any_time(18, 0, 18, needed=20)[0] > 0.8 > at_any_time(17, 0, 17, needed=20)[0]
    assert at_any_time(26, 1, 27, needed=20)[0] > 0.8 > at_any_time(25, 1, 26, needed=20)[0]
    assert at_any_time(8, 8, 16, needed=20)[1] < 0.8 < at_any_time(9, 8, 17, needed=20)[1]


def test_limits_at_any_time_hold_at_all_times():
    """200 draws, looked at after each."""
    missing = cache(lambda held, n: at_any_time(held, n - held, n, needed=20)[0] > 0.9)
    generator = np.random.default_rng(0)
    missed = 0
    for _ in range(100):
        held = np.cumsum(generator.random(200) < 0.9)
        missed += any(missing(int(h), n) for n, h in enumerate(held, start=1))
    assert missed <= 11  # binomial(100, .05): more has a chance of .4%


def test_nothing_drawn_says_nothing():
    assert at_the_word(0, 0, 0, needed=20) == (0.0, 1.0)
    assert at_any_time(0, 0, 0, needed=20) == (0.0, 1.0)
