"""How often a watch looks, by what a look costs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from predictions.edge_of_stability.descent import Curves
from predictions.edge_of_stability.descent import observables as of_curves
from tollens.watching import Watching, observables


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


def seen(sharpness, *, steps=None, loss=1.0) -> pd.DataFrame:
    """A watch's frame."""
    steps = np.arange(len(sharpness)) * 25 if steps is None else steps
    return pd.DataFrame({"step": steps, "loss": loss, "sharpness": sharpness})


def test_a_frame_says_what_the_experiments_say_of_the_same_curve():
    """60 records as in the registry's runs: there by the record's number, here by the step."""
    generator = np.random.default_rng(2)
    curve = 10 + np.minimum(np.arange(60) / 3, 10) + generator.standard_normal(60)
    losses = np.linspace(2, 1, 60)
    theirs = of_curves(Curves(losses[None], curve[None], curve[None], np.full((1, 60), np.nan)))
    ours = observables(seen(curve, loss=losses))
    for name in ("late_sharpness", "late_drift", "crest_sharpness", "end_sharpness", "end_over_crest", "final_loss"):
        assert ours[name] == pytest.approx(theirs[name][0]), name


def test_what_is_late_is_told_by_the_step_and_not_by_the_number_of_looks():
    steps = [*range(0, 100, 2), *range(100, 1001, 50)]  # fifty looks at the first tenth
    found = observables(seen(np.where(np.array(steps) < 500, 1.0, 3.0), steps=steps))
    assert (found["late_sharpness"], found["late_drift"]) == (3.0, 1.0)


def test_looks_at_other_times_are_left_out_and_batches_have_medians_of_their_own():
    frame = seen(np.r_[np.full(20, 2.0), np.full(20, 4.0)])
    frame["batch_sharpness"] = np.where(np.arange(40) < 30, 5.0, 6.0)
    frame.loc[1::2, "sharpness"] = np.nan
    found = observables(frame)
    assert (found["late_sharpness"], found["late_batch_sharpness"], found["late_batch_drift"]) == (4.0, 5.5, 1.2)


def test_a_twin_says_whether_the_step_held_the_sharpness_down():
    twin = seen(np.r_[90.0, np.linspace(2, 8, 39)])  # the first tenth does not count
    assert observables(seen(np.full(40, 4.0)), twin=twin)["held_down"] == pytest.approx(2)


def test_a_run_that_diverged_counts_against_and_too_few_looks_are_answered():
    found = observables(seen(np.r_[np.ones(10), np.full(30, np.inf)]))
    assert found["late_sharpness"] == np.inf
    assert np.isnan(found["late_drift"])  # no finite number: it misses no requirement
    with pytest.raises(ValueError, match="19 times, and 20 are the fewest; watch with every="):
        observables(seen(np.ones(19)))
    with pytest.raises(ValueError, match="no column 'sharpness'; it has step, loss"):
        observables(seen(np.ones(40)).drop(columns="sharpness"))
