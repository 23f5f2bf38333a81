"""Fragility against the hypergeometric distribution of two epochs, and what must not count as fragile."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from runners.rule.draw_outcomes import Draw
from runners.rule.fragility import is_fragile, unlike

H, F, A, P = Draw.HOLDS, Draw.FAILS, Draw.ASIDE, Draw.PENDING


def epoch(held: int, *, after: int = 0) -> list[Draw]:
    """Fourteen draws, so many of them held, and failures after these."""
    return [H] * held + [F] * (14 - held) + [F] * after


@pytest.mark.parametrize(("one", "other"), [(14, 6), (14, 9), (12, 10), (3, 11), (14, 14)])
def test_two_epochs_are_a_hypergeometric_test(one, other):
    """As far from the middle, on either side: Fisher's exact test of two equal groups."""
    total, counts = one + other, np.arange(15)
    chance = stats.hypergeom.pmf(counts, 28, total, 14)
    as_far = np.abs(counts - total / 2) >= abs(one - total / 2)
    exact = chance[as_far].sum()
    assert exact == pytest.approx(stats.fisher_exact([[one, 14 - one], [other, 14 - other]]).pvalue)
    found = unlike([epoch(one), epoch(other)], name="law")
    assert found == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 9999) + 2e-4)


def test_one_epoch_among_many_stands_out():
    assert is_fragile([epoch(14)] * 3 + [epoch(4)], name="law")
    assert not is_fragile([epoch(12), epoch(10), epoch(13), epoch(11)], name="law")


def test_only_the_first_fourteen_applicable_draws_count():
    """An epoch that stopped at its word and one that went on are told from each other by nothing else."""
    assert unlike([epoch(14), epoch(6, after=20)], name="law") == unlike([epoch(14), epoch(6)], name="law") < 0.01
    assert unlike([epoch(14), [A] * 9 + epoch(6)], name="law") == unlike([epoch(14), epoch(6)], name="law")


def test_an_epoch_without_fourteen_draws_does_not_take_part():
    short = epoch(0)[:13]
    assert unlike([epoch(14), short], name="law") == 1
    assert unlike([epoch(14), [*short, P, F, F]], name="law") == 1
    assert unlike([epoch(14)], name="law") == 1


def test_the_permutations_are_the_claims_own():
    epochs = [epoch(14), epoch(9)]
    assert unlike(epochs, name="law") == unlike(epochs, name="law")
    assert len({unlike(epochs, name=name) for name in "abcdef"}) > 1
