"""How often a watch looks, by what a look costs."""

from __future__ import annotations

import pytest

from tollens.watching import Watching


class Clock:
    """Seconds that pass as they are told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@pytest.mark.parametrize(("budget", "distance"), [(0.25, 100), (0.5, 50), (25.0, 1)])
def test_a_look_that_costs_25_steps_is_taken_as_often_as_the_budget_allows(budget, distance):
    clock = Clock()

    def sharpness():
        clock.pass_by(25)
        return {"sharpness": 1.0}

    watch = Watching({"sharpness": sharpness}, budget=budget, clock=clock)
    for _ in range(1000):
        clock.pass_by(1)
        watch.step()
    steps = watch.frame()["step"].diff().dropna()
    assert set(steps[2:]) == {distance}
    costs = watch.costs().loc["sharpness"]
    assert (costs["steps"], costs["every"]) == (25, distance)
    assert costs["seconds"] * costs["looks"] < (budget + 0.15) * 1000 + 25


def test_each_observable_has_its_own_time():
    watch = Watching({"cheap": lambda: {"a": 1.0}, "dear": lambda: {"b": 2.0}}, every=3)
    rows = [watch.step() for _ in range(6)]
    assert [bool(row) for row in rows] == [False, False, True] * 2
    assert list(watch.frame()["step"]) == [0, 3, 6]


@pytest.mark.parametrize("wrong", [{"every": 0}, {"budget": 0.0}])
def test_what_is_no_budget_is_answered(wrong):
    with pytest.raises(ValueError, match=r"every is 0|budget is 0"):
        Watching({}, **wrong)
