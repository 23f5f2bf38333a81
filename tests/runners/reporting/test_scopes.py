"""For what a verdict speaks is what was measured, and nothing that is hoped for."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np

from runners.records.samples import Sample
from runners.reporting.report import report
from runners.reporting.scopes import _parameters, _values, scope_of, tiers_without_records


def test_a_scope_is_told_from_the_trials_that_were_judged(world):
    """The grid has more kinds and widths, and the tier that was not run other lengths."""
    found = world.run("law-holds")["law-holds"]
    judge = world.stored_judge()
    assert scope_of(judge, found).words == "length 150; kind lawful; width 2, 4"
    assert tiers_without_records(judge, world.registry.claims["law-holds"]) == ("standard",)
    document = report(judge, [found]).claims[0]
    assert (document.scope, document.not_measured) == ("length 150; kind lawful; width 2, 4", ("standard",))


def test_what_was_not_measured_has_no_scope(world):
    judge = world.stored_judge()
    assert scope_of(judge, judge.judge("law-holds")) == ("", None)
    assert tiers_without_records(judge, world.registry.claims["law-holds"]) == ("smoke", "standard")


def test_conditions_that_carried_nothing_are_left_out(world):
    """Those that were absent, crashed, or did not apply."""
    needs = [{"measured": "steady", "within": (0.5, 1.0), "because": "x"}]
    name = world.claim("new", where={"kind": ["lawful", "unsteady", "absent"], "width": 2}, requires=needs)
    found = world.run(name)[name]
    assert [cell.verdict.status.word for cell in found.cells] == ["agrees", "not applicable", "unavailable"]
    assert scope_of(world.stored_judge(), found).words == "length 150; kind lawful; width 2"


def test_a_fold_speaks_for_all_its_points(world):
    found = world.run("exponent")["exponent"]
    assert scope_of(world.stored_judge(), found).words == "length 150; kind lawful; width 2, 4, 8"


def test_many_numbers_are_told_by_their_ends():
    assert _values([3000, 1, 2, 3, 4, 2]) == "1 to 3,000 (5 values)"
    assert _values([0.3, 0.1, 0.1]) == "0.1, 0.3"
    assert _values(["tanh", "relu", "tanh"]) == "tanh, relu"
    assert _values([True, False]) == "True, False"


def test_parameters_are_counted_where_a_trial_says_them():
    def trials(given, observables):
        return Sample((SimpleNamespace(given=given, observables=observables, specification={"repeats": (0, 4)}),), {})

    loss, counts = {"loss": np.ones(4)}, {"parameters": np.full(4, 13130.0)}
    assert _parameters(trials(counts, loss), None) == 13130
    assert _parameters(trials({}, loss | counts), None) == 13130
    assert _parameters(trials({}, loss), None) is None
    assert _parameters(trials(counts, loss), f"{__name__}:of_width") == 13130  # a record knows better


def of_width(setting) -> int:
    return setting["width"] ** 2


def test_without_parameters_on_record_the_size_of_the_setting_counts(world):
    entry = world.registry.experiments["toy"]
    result = world.run("law-holds")["law-holds"]
    for size, words, ends in (
        (f"{__name__}:of_width", "; parameters 4, 16", (4, 16)),
        (f"{__name__}:nobody", "", None),
    ):
        sized = world.registry.experiments | {"toy": entry.model_copy(update={"size": size})}
        judge = world.stored_judge()
        judge.registry = replace(judge.registry, experiments=sized)
        assert scope_of(judge, result) == (f"length 150; kind lawful; width 2, 4{words}", ends)
        assert report(judge, [result]).claims[0].parameters == ends
