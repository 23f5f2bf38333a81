"""The sentence about where a law fails: its p-value by enumeration, its words, and when it is not said."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from scipy import stats

from runners.rule.where_it_fails import NOT_EXPLAINED, Part, sentence, where_it_fails


def widths(count: int) -> list[int]:
    return [32 + 3 * position for position in range(count)]


def test_p_is_that_of_all_placements():
    """Five failures among nine draws on the left: the largest standardised deviation of all 126 placements."""
    values, marks = list(range(9)), [True, True, True, True, False, True, False, False, False]

    def largest(failures: tuple[int, ...]) -> float:
        deviations = []
        for cut in range(3, 7):
            mean, spread = stats.hypergeom.stats(9, 5, cut, moments="mv")
            deviations.append(abs(sum(it < cut for it in failures) - float(mean)) / float(spread) ** 0.5)
        return max(deviations)

    observed = largest((0, 1, 2, 3, 5))
    exact = np.mean([largest(it) >= observed - 1e-9 for it in combinations(range(9), 5)])
    assert exact > 0.05  # two of the 126 placements are better still, and as many mirrored
    assert where_it_fails({"x": values}, marks, name="law") == ()
    clear = [True] * 5 + [False] * 4
    exact = np.mean([largest(it) >= largest((0, 1, 2, 3, 4)) - 1e-9 for it in combinations(range(9), 5)])
    (part,) = where_it_fails({"x": values}, clear, name="law")
    assert part.p == pytest.approx(exact, abs=4 * np.sqrt(exact / 999))


def test_the_sentence():
    """8 of 10 below 48, 1 of 20 above."""
    small, large = [33, 34, 35, 37, 38, 40, 41, 44, 45, 46], [50 + 3 * it for it in range(20)]
    marks = [it not in (34, 44) for it in small] + [it == 71 for it in large]
    parts = where_it_fails({"depth": [1, 2, 3] * 10, "width": small + large}, marks, name="law", log=["width"])
    (part,) = parts
    assert (part.failed_inside, part.drawn_inside, part.failed_outside, part.drawn_outside) == (8, 10, 1, 20)
    assert part.inside.tolist() == [True] * 10 + [False] * 20
    assert part.p <= 0.002
    said = f"Of 9 failures 8 had width < 50 (8 of 10 failed there, 1 of 20 elsewhere; p = {part.p:.2g})"
    assert sentence(parts) == f"{said}: a conjecture, which the next epoch tests."


def test_the_side_on_which_it_fails_is_named():
    marks = [False] * 20 + [True] * 8
    (part,) = where_it_fails({"width": widths(28)}, marks, name="law")
    assert (part.where, part.elsewhere) == ("width >= 92", "width < 92")
    assert (part.failed_inside, part.drawn_inside) == (8, 8)


@pytest.mark.parametrize("levels", [("tanh", "relu"), ("tanh", "relu", "elu"), (True, False)])
def test_levels_are_taken_one_by_one(levels):
    values = [levels[position % len(levels)] for position in range(36)]
    marks = [value == levels[0] and position < 30 for position, value in enumerate(values)]
    (part,) = where_it_fails({"activation": values, "width": widths(36)[::-1]}, marks, name="law")
    assert part.where == f"activation = {levels[0]}"


def test_all_but_one_level():
    values = ["tanh", "relu", "elu"] * 12
    marks = [value != "relu" for value in values]
    (part,) = where_it_fails({"activation": values}, marks, name="law")
    assert (part.where, part.elsewhere) == ("activation other than relu", "activation = relu")


def test_cuts_are_short_and_lie_between_their_neighbours():
    for low, high, log, cut in (
        (0.0712345, 0.0823456, (), "0.08"),
        (0.1, 0.9, (), "0.5"),
        (0.1, 0.9, ("rate",), "0.3"),
        (1e-7, 1e-5, ("rate",), "1e-06"),
        (2.0e6, 3.0e6, (), "3000000"),
        (64, 96, (), "96"),
    ):
        values = [low * (1 - it / 1000) for it in range(10)] + [high * (1 + it / 1000) for it in range(10)]
        values = [round(it) for it in values] if low == 64 else values
        (part,) = where_it_fails({"rate": values}, [True] * 10 + [False] * 10, name="law", log=log)
        assert part.where == f"rate < {cut}"
        assert max(values[:10]) < float(cut) <= min(values[10:])


def test_nothing_is_said_of_few_failures():
    assert where_it_fails({"width": widths(30)}, [True] * 4 + [False] * 26, name="law") == ()
    assert len(where_it_fails({"width": widths(30)}, [True] * 5 + [False] * 25, name="law")) == 1
    assert sentence(()) == NOT_EXPLAINED


def test_nothing_is_said_of_a_side_with_few_draws():
    """The only level that explains the failures was drawn twice; or everything failed."""
    values, marks = ["relu"] * 2 + ["tanh"] * 60, [True] * 2 + [True] * 3 + [False] * 57
    assert stats.hypergeom.pmf(2, 62, 5, 2) < 0.01
    assert where_it_fails({"activation": values}, marks, name="law") == ()
    assert len(where_it_fails({"activation": ["relu", *values]}, [True, *marks], name="law")) == 1
    assert where_it_fails({"width": widths(20)}, [True] * 20, name="law") == ()
    assert where_it_fails({"width": [64] * 20}, [True] * 10 + [False] * 10, name="law") == ()


def test_the_search_over_axes_is_paid_for():
    """One cut with p = .01 by itself; among sixty axes it is nothing."""
    generator = np.random.default_rng(0)
    marks = np.arange(30) < 10
    axis = {"width": np.r_[np.arange(10) < 7, np.arange(20) < 5].tolist()}
    assert stats.fisher_exact([[7, 3], [5, 15]]).pvalue < 0.05
    assert len(where_it_fails(axis, marks, name="law")) == 1
    noise = {f"noise {it}": generator.random(30).tolist() for it in range(60)}
    assert where_it_fails(axis | noise, marks, name="law") == ()


def two_axes(count: int) -> tuple[dict[str, list], list[bool]]:
    generator = np.random.default_rng(3)
    settings = {"width": generator.permutation(count).tolist(), "rate": generator.permutation(count).tolist()}
    corner = [w < count * 0.5 and r < count * 0.4 for w, r in zip(settings["width"], settings["rate"])]
    return settings, corner


def test_a_second_cut_refines_a_side_of_the_first_from_sixty_draws_on():
    settings, corner = two_axes(60)
    first, second = where_it_fails(settings, corner, name="law")
    assert {first.where.split()[0], second.where.split()[0]} == {"width", "rate"}
    assert second.within == first.where
    assert not np.any(second.inside & ~first.inside)
    assert second.drawn_inside + second.drawn_outside == np.count_nonzero(first.inside)
    assert f"of {first.failed_inside} failures with {first.where} " in sentence((first, second))
    settings, corner = two_axes(59)
    assert len(where_it_fails(settings, corner, name="law")) == 1


def test_a_single_axis_gets_no_second_cut():
    settings, _ = two_axes(80)
    failed = [value < 30 for value in settings["width"]]
    (part,) = where_it_fails(settings, failed, name="law")
    assert isinstance(part, Part)
    assert part.where == "width < 30"


def test_the_placements_are_the_claims_own():
    settings, corner = two_axes(40)
    assert where_it_fails(settings, corner, name="law")[0].p == where_it_fails(settings, corner, name="law")[0].p
