"""Conditions of a grid: expansion, selection, groups along a fold."""

from __future__ import annotations

import pytest

from runners.registry import grid
from runners.registry.schema import Experiment


def experiment(*products, **tiers) -> Experiment:
    return Experiment.model_validate(
        {
            "module": "x",
            "about": "x",
            "grid": list(products),
            "observables": {"y": {"means": "y"}},
            "tiers": {"smoke": {"trials": [8], **tiers.get("smoke", {})}, "standard": {"trials": [8]}},
        }
    )


def test_products_in_order_each_condition_once():
    subject = experiment({"a": [1, 2], "b": ["x", "y"]}, {"b": ["y", "z"], "a": [2.0]})
    assert grid.conditions(subject, "standard") == [
        {"a": 1, "b": "x"},
        {"a": 1, "b": "y"},
        {"a": 2, "b": "x"},
        {"a": 2, "b": "y"},
        {"a": 2.0, "b": "z"},
    ]


def test_true_is_not_one_and_a_word_is_no_number():
    subject = experiment({"a": [1, True, "1", 0, False, 0.5]})
    assert len(grid.conditions(subject, None)) == 6
    assert grid.conditions(subject, None, {"a": True}) == [{"a": True}]
    assert [type(c["a"]) for c in grid.conditions(subject, None, {"a": 1.0})] == [int]
    assert grid.conditions(subject, None, {"a": ["1", 0]}) == [{"a": "1"}, {"a": 0}]


def test_selection_needs_the_axis():
    subject = experiment({"a": [1, 2]}, {"a": [1], "b": [5]})
    assert grid.conditions(subject, None, {"b": 5}) == [{"a": 1, "b": 5}]
    assert grid.conditions(subject, None, {"a": [1, 7]}) == [{"a": 1}, {"a": 1, "b": 5}]
    assert grid.conditions(subject, None, {"c": 1}) == []


def test_a_tier_runs_its_part():
    subject = experiment({"a": [1, 2, 3]}, smoke={"where": {"a": [1, 3]}})
    assert grid.conditions(subject, "smoke", {"a": [2, 3]}) == [{"a": 3}]
    assert grid.conditions(subject, "standard", {"a": [2, 3]}) == [{"a": 2}, {"a": 3}]
    assert grid.conditions(subject, "full") == []


def test_a_grid_without_axes_has_one_condition():
    assert grid.conditions(experiment({}), "smoke") == [{}]
    assert grid.conditions(experiment({"a": []}), "smoke") == []


def test_axes_collect_values_of_all_products():
    assert grid.axes(experiment({"a": [1, 2]}, {"a": [2.0, 3], "b": ["x"]})) == {"a": [1, 2, 3], "b": ["x"]}


def test_groups_lie_along_an_axis_in_its_order():
    subject = experiment({"width": [64, 8, 16.5], "depth": [2, 3]}, {"depth": [4], "width": [8]}, {"depth": [5]})
    groups = grid.folded_groups(grid.conditions(subject, None), "width")
    assert [(rest, [value for value, _ in along]) for rest, along in groups] == [
        ({"depth": 2}, [8, 16.5, 64]),
        ({"depth": 3}, [8, 16.5, 64]),
    ]
    assert groups[1][1][0] == (8, {"width": 8, "depth": 3})


@pytest.mark.parametrize("values", [["torch", "jax"], [True, False], ["9", "10"]])
def test_an_axis_that_is_not_of_numbers_keeps_the_order_of_the_grid(values):
    ((rest, along),) = grid.folded_groups(grid.conditions(experiment({"a": values}), None), "a")
    assert rest == {}
    assert [value for value, _ in along] == values


def test_a_condition_in_words():
    assert grid.described({"learning_rate": 0.1, "data": "digits"}) == "learning_rate = 0.1, data = digits"
