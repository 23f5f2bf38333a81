"""Words for a domain: chances by a recursion over counts, one world by hand, what may and may not change a word."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from scipy import integrate, stats

from runners.calibration.reach_worlds import WORDS
from runners.rule import reach, reach_limits
from runners.rule.draw_outcomes import Draw
from runners.rule.reach import Counts, Cover, Word, decide, levels, pooled

H, F, S, B, A, U, P = Draw


def chances(holds: float, fails: float, *, aside: float = 0.0, cap: int = 45) -> tuple[float, float]:
    """Chances of a wide and of a narrow that is counted, by recursion over draws that held, failed, or neither.

    Written from the two simple bets; draws that are neither (or set aside, if there are any) are the third count.
    """
    held, failed, third = np.meshgrid(*[np.arange(cap + 1)] * 3, indexing="ij")
    split = np.zeros_like(third) if aside else third
    n, lost = held + failed + split, third - split
    enough = (n >= 14) & (lost <= 0.2 * (n + lost))
    wide = enough & (held * log(0.95 / 0.8) - (failed + split) * log(4) >= log(20))
    narrow = enough & (failed * log(2) - (held + split) * log(4 / 3) >= log(20))
    alive = np.zeros(held.shape)
    alive[0, 0, 0], found = 1.0, [0.0, 0.0]
    neither = max(0.0, 1 - holds - fails)
    for _ in range(cap):
        alive, before = neither * np.roll(alive, 1, axis=2), alive  # the last layer is empty until the last draw
        alive[1:] += holds * before[:-1]
        alive[:, 1:] += fails * before[:, :-1]
        for position, word in enumerate((wide, narrow)):
            found[position] += alive[word].sum()
            alive[word] = 0
    return found[0], found[1]


def of_medians(medians) -> tuple[float, float]:
    """Chances that a draw holds and fails: three normal trials around medians above T's edge, over the domain."""

    def above(u: float) -> float:
        return float(stats.norm.sf(-medians(np.array(u))))

    cuts = [0.5, 0.7, 0.8, 0.9, 0.95, 0.98]
    holds = integrate.quad(lambda u: stats.binom.cdf(1, 3, above(u)), 0, 1, points=cuts)[0]
    return holds, integrate.quad(lambda u: above(u) ** 3, 0, 1, points=cuts)[0]


@pytest.mark.parametrize(("world", "medians", "wide", "narrow"), WORDS, ids=[world for world, *_ in WORDS])
def test_chances_that_the_calibration_states(world, medians, wide, narrow):
    assert chances(*of_medians(medians)) == pytest.approx((wide, narrow), abs=6e-5)


def test_chances_of_a_law_that_fails_in_a_corner():
    """In the upper half of one axis and two of four levels of another."""
    assert chances(0.75, 0.25) == pytest.approx((0.0098, 0.1168), abs=6e-5)


def test_chances_of_worlds_with_set_aside_and_hidden_failures():
    holds = float(stats.binom.cdf(1, 3, 0.05))
    assert chances(0.9 * holds, 0.9 * (1 - holds), aside=0.1)[0] == pytest.approx(0.9927, abs=6e-5)
    assert chances(0.6, 0.04, aside=0.36)[0] == pytest.approx(0.0385, abs=6e-5)


def test_either_word_is_wrong_more_often_than_one_where_draws_split():
    """Just under 80% hold and just 20% fail: each word is wrong, at 5% each; together 6.6% (7.2% in 60 draws)."""
    wide, narrow = chances(0.8, 0.2)
    assert (wide, narrow) == pytest.approx((0.0391, 0.0266), abs=1e-4)
    assert 0.05 < sum(chances(0.8, 0.2, cap=60)) < 0.072


def test_many_worlds_are_what_the_rule_says_of_each():
    generator = np.random.default_rng(1)
    mixes = generator.dirichlet(np.ones(7) * 0.5, size=600) + np.eye(7)[generator.integers(0, 5, 600)]
    codes = np.array([generator.choice(7, size=50, p=mix / mix.sum()) for mix in mixes])
    word, used = decide(codes)
    for row, found, draws in zip(codes, word, used):
        assert (reach.WORDS[found], draws) == by_hand(row.tolist())
    assert len(set(word)) == 3


def by_hand(draws: list[int]) -> tuple[Word, int]:
    held = failed = applicable = aside = used = 0
    word = Word.OPEN
    for draw in draws:
        if draw == P:
            break
        used += 1
        held, failed, aside = held + (draw == H), failed + (draw == F), aside + (draw == A)
        applicable += draw in (H, F, S, B)
        word = Word.OPEN
        if applicable >= 14 and held * log(0.95 / 0.8) - (applicable - held) * log(4) >= log(20):
            word = Word.WIDE
        elif applicable >= 14 and failed * log(2) - (applicable - failed) * log(4 / 3) >= log(20):
            word = Word.NARROW
        if word is not Word.OPEN and aside <= 0.2 * (applicable + aside):
            break
    return word, used


def test_the_first_word_stands():
    """What is measured after it, for another claim of the domain, changes neither word nor limits."""
    first, later = reach.reach([H] * 18), reach.reach([H] * 18 + [F] * 27)
    assert later == first
    assert first.word is Word.WIDE
    assert first.limits == pytest.approx((0.8467, 1), abs=1e-4)


def test_draws_after_a_gap_do_not_count():
    """A budget that ends early must not select what is quick to measure."""
    assert reach.reach([H] * 10 + [P] + [H] * 20).word is Word.OPEN
    assert reach.reach([H] * 10 + [P] + [H] * 20).counts == Counts(held=10)
    assert reach.reach([H] * 10 + [U] + [H] * 8).word is Word.WIDE  # known before the run: no gap


@pytest.mark.parametrize("neither", [S, B])
def test_what_is_split_or_broken_counts_against_either_word(neither):
    assert reach.reach([H] * 18).word is Word.WIDE
    assert reach.reach([neither] + [H] * 17 + [H]).word is Word.OPEN
    assert reach.reach([neither] + [H] * 26).word is Word.WIDE
    assert reach.reach([F] * 8 + [H] * 6).word is Word.NARROW
    assert reach.reach([F] * 7 + [neither] * 7).word is Word.OPEN
    assert reach.reach([F] * 8 + [neither] * 6).word is Word.NARROW


def test_scatter_is_said():
    assert reach.reach([S] * 6 + [H] * 20).scattered
    assert not reach.reach([S] * 5 + [H] * 20).scattered


@pytest.mark.parametrize(
    ("draws", "word", "cover", "says"),
    [
        ([A] * 4 + [H] * 18, Word.WIDE, Cover.FULL, "wide"),
        ([A] * 14 + [H] * 18, Word.WIDE, Cover.PART, "wide where it applies (18 of 32)"),
        ([A] * 14 + [F] * 14, Word.NARROW, Cover.PART, "narrow where it applies (14 of 28)"),
        ([A] * 19 + [H] * 18, Word.WIDE, Cover.STRANGE, "the domain is not the law's: it applies to 18 of 37 draws"),
        ([A] + [H] * 3, Word.OPEN, Cover.PART, "open where it applies (3 of 4): it holds in between 37% and 100%"),
        ([A] * 3, Word.OPEN, Cover.PART, "open where it applies (0 of 3): it holds in between 0% and 100%"),
    ],
)
def test_how_much_is_set_aside_is_part_of_the_word(draws, word, cover, says):
    found = reach.reach(draws)
    assert (found.word, found.counts.cover, found.says) == (word, cover, says)
    assert found.counted == (cover is Cover.FULL)


def test_drawing_goes_on_while_too_many_are_set_aside():
    """18 held of 24 draws: a quarter is set aside by chance; six draws later it is a fifth."""
    draws = [A] * 6 + [H] * 24
    assert not reach.reach(draws[:24]).counted
    found = reach.reach([*draws, F, F])
    assert found.counted
    assert found.counts == Counts(held=24, aside=6)


def test_what_set_aside_draws_would_have_said_and_the_worst_case():
    """A requirement that hides failures."""
    draws, would = [A, A, *[H] * 18, A, A], [F, F, *[H] * 18, S, H]
    found = reach.reach(draws, would)
    assert found.says == "wide"
    assert found.aside == Counts(failed=2)  # at the draw that decided
    assert found.worst is Word.OPEN
    assert reach.reach([H] * 18).worst is Word.WIDE
    assert reach.reach([A] * 8 + [F] * 6 + [H] * 9).worst is Word.NARROW


def test_an_epoch_alone_and_pooled_says_the_same_word():
    generator = np.random.default_rng(2)
    for share in (0.5, 0.8, 1.0):
        for _ in range(20):
            draws = np.where(generator.random(45) < share, H, F).tolist()
            alone, whole = reach.reach(draws), pooled([draws])
            assert (whole.word, whole.counts) == (alone.word, alone.counts)
            assert whole.limits[0] <= alone.limits[0] + 1e-6
            assert whole.limits[1] >= alone.limits[1] - 1e-6


def test_epochs_are_pooled_and_may_take_a_word_back():
    opened = [F] * 5 + [H] * 40
    assert reach.reach(opened).word is Word.OPEN
    assert pooled([opened, [H] * 18]).word is Word.WIDE
    assert pooled([opened, [H] * 18]).counts == Counts(held=58, failed=5)
    another = [F] * 8 + [H] * 6
    assert reach.reach(another).word is Word.NARROW
    assert pooled([[H] * 18, another]).word is Word.OPEN
    assert pooled([[H] * 18, another, [F] * 14]).word is Word.NARROW
    assert pooled([]).word is Word.OPEN
    assert pooled([[H] * 17 + [A], [H]], [[H] * 17 + [F], [H]]).aside == Counts(failed=1)


def test_limits_over_epochs_hold_at_any_time():
    """Nobody plans how many epochs there will be: wider than those of one epoch that ended so."""
    epochs = [[F] * 5 + [H] * 40, [F] + [H] * 17]
    found = pooled(epochs)
    assert found.limits == reach_limits.at_any_time(57, 6, 63, needed=20)
    assert found.limits[0] < reach_limits.at_the_word(57, 6, 63, needed=20)[0]


def test_a_foreseeable_salt_costs_wealth():
    assert reach.reach([H] * 18, needed=40).word is Word.OPEN
    assert reach.reach([H] * 22, needed=40).word is Word.WIDE  # 22 ln(.95/.8) = 3.78 > ln 40 = 3.69


def test_levels_of_an_axis():
    found = levels(["tanh", "relu", "tanh", "elu", "relu"], [H, F, S, A, H])
    assert found == {"tanh": (1, 2), "relu": (1, 2)}
