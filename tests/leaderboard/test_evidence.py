"""On what verdicts rest: a proof, a toy, networks trained or drawn here, public runs."""

from __future__ import annotations

import pytest

from leaderboard.evidence import evidence_of, is_public, kind_of, kinds, on_real_data, scale_of
from leaderboard.overview import overview
from tests.made_up import claim, condition, report_of

JUDGED = {"conditions": [condition({"width": 32}, 2.0, [1.0] * 8)]}
LARGE = {"experiment_module": "predictions.large_runs.over_trained", "scope": "data published"}


def law(name: str, scope: str = "width 32", **fields):
    return claim(name, "supported", **JUDGED | {"scope": scope} | fields)


def test_each_verdict_rests_on_one_kind_of_evidence():
    told = [
        law("a", parameters=(300, 500)),
        law("b", parameters=(500, 50_000)),
        law("c", parameters=(5_000_000, 5_000_000)),
        law("d"),
        law("e", **LARGE),
        law("f", kind="theorem"),
        claim("g", "not run", **LARGE),
    ]
    assert [scale_of(it) for it in told] == [1, 2, 3, 0, 4, 0, 0]
    assert kind_of(told[0]) == "a toy trained or drawn here"
    assert kind_of(told[5]) == "theorem"
    assert kind_of(told[6]) == ""
    assert kinds(told)[0] == ("public large runs", 1)
    assert sum(count for _, count in kinds(told)) == 6


def test_public_runs_are_known_by_room_data_or_words():
    assert is_public(law("a", data={"porian": "c0de" * 16}))
    assert is_public(law("a", experiment_about="Losses of 240 published language-model runs. No training."))
    assert not is_public(law("a", data={"cifar10": "c0de" * 16}, experiment_about="Losses of planted runs."))


def test_evidence_is_said_in_a_clause():
    about = "Losses of 104 language models of 11M to 6.9B parameters. No training."
    public = law("a", **LARGE, experiment_about=about)
    assert evidence_of(public) == "public large runs, 11M to 6.9B; nothing was trained here"
    assert evidence_of(law("b", parameters=(500, 50_000))) == "networks trained or drawn here, up to 50,000 parameters"


def test_public_runs_have_a_tile_of_their_own_and_the_legend_says_so():
    assert "public large runs" in overview(report_of([law("a", **LARGE)]))
    assert 's4"' in overview(report_of([law("a", **LARGE)]))
    assert "public large runs" not in overview(report_of([law("a", parameters=(500, 500))]))


@pytest.mark.parametrize(
    ("axes", "scope", "data", "real"),
    [
        ({"data": "digits"}, "width 64", {}, True),
        ({"width": 64}, "width 64; data mnist1d", {}, False),  # made by a formula
        ({"width": 64}, "width 64; data cifar10", {}, True),
        ({"width": 64}, "width 64", {"tiny-shakespeare": "0" * 64}, True),
    ],
)
def test_data_is_real_if_nobody_made_it_up(axes, scope, data, real):
    found = law("a", scope, data=data, conditions=[condition(axes, 2.0, [1.0] * 8)])
    assert on_real_data(found) is real
