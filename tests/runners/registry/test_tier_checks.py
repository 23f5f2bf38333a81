"""Tiers that cannot decide a claim."""

from __future__ import annotations

import pytest

from runners.registry.loader import load

# Text to replace, its replacement, text at whose first character the mistake is, end of its path, words of the message.
DECIDING = {
    "too few trials": (
        "smoke: {trials: [8], constants",
        "smoke: {trials: [4], block: 4, constants",
        "trials: [4]",
        "experiments.descent.tiers.smoke.trials",
        ["trials is [4]", "at least 7", "two sign tests", "set trials: [8]"],
        1,
    ),
    "not ascending": (
        "trials: [8, 16], constants",
        "trials: [16, 8], constants",
        "trials: [16, 8]",
        "trials",
        ["[8, 16]"],
    ),
    "uneven blocks": (
        "smoke: {trials: [8]}",
        "smoke: {trials: [12]}",
        "trials: [12]",
        "trials",
        ["blocks of 8", "[16]"],
    ),
    "share": (
        "because: rounding}",
        "because: rounding, share: 0.8}",
        "trials: [8], constants",
        "experiments.descent.tiers.smoke.trials",
        ["half-time-slope needs at least 14", "share of 0.8", "set trials: [16]"],
        1,
    ),
    "draws of a mean": (
        "because: rounding}",
        "because: rounding, target: mean}",
        "half_time: {means",
        "experiments.descent.observables.half_time",
        ["nothing says how many draws", "no honest test", "averages: 32"],
        2,
    ),
    "trials of a mean": (
        "because: rounding}",
        "because: rounding, target: mean}",
        "trials: [8, 16], constants",
        "experiments.descent.tiers.standard.trials",
        ["at least 16 at every look", "set trials: [16, 32]"],
        2,
    ),
    "number of clusters": (
        "    grid: [{height",
        "    replication: resamples\n    grid: [{height",
        "replication: resamples",
        "experiments.flat.replication",
        ["clusters is missing", "add clusters"],
        3,
    ),
    "few clusters": (
        "    grid: [{height",
        "    replication: resamples\n    clusters: 4\n    grid: [{height",
        "clusters: 4",
        "experiments.flat.clusters",
        ["4 clusters are too few", "at least 5"],
        3,
    ),
    "clusters without resamples": (
        "    grid: [{height",
        "    clusters: 40\n    grid: [{height",
        "clusters: 40",
        "experiments.flat.clusters",
        ["replication is seeds", "remove it"],
    ),
    "deterministic": (
        "    grid: [{height",
        "    replication: none\n    grid: [{height",
        "trials: [8]}",
        "experiments.flat.tiers.smoke.trials",
        ["replication is none", "[1]"],
        1,
    ),
    "resamples": (
        "    grid: [{height",
        "    replication: resamples\n    clusters: 40\n    grid: [{height",
        "trials: [8, 16]}",
        "experiments.flat.tiers.standard.trials",
        ["once", "keep one look"],
        2,
    ),
    "tier of a control": (
        "      smoke: {trials: [8]}\n",
        "",
        "experiment: flat,",
        "controls[0].experiment",
        ["no tier smoke"],
    ),
    "tier without a control": (
        "where: {rate: [0.1, 0.2, 0.8]}",
        "where: {momentum: 0}",
        "where: {momentum: 0.9}, truth: 0",
        "claims.half-time-slope.controls[0].where",
        ["tier smoke", "without conditions"],
    ),
    "tier without a fold": (
        "where: {rate: [0.1, 0.2, 0.8]}",
        "where: {rate: 0.1}",
        "along: {rate",
        "claims.half-time-slope.measured.along",
        ["tier smoke", "second rate"],
    ),
}


@pytest.mark.parametrize("case", DECIDING.values(), ids=DECIDING.keys())
def test_a_mistake_is_told_at_its_place(project, case):
    project.assert_mistake(*case)


@pytest.mark.parametrize(
    ("averages", "told"),
    [
        ("64", []),
        ("31", ["averages 31 draws in the tier smoke", "averages 31 draws in the tier standard"]),
        ("steps", ["averages 20 draws in the tier smoke"]),  # 20 in smoke, 200 in standard
        ("stepps", ["the tier smoke has no whole number", "the tier standard has no whole number"]),
    ],
)
def test_a_mean_needs_draws_and_trials(project, averages, told):
    """The claim is about the control's experiment, too, which has no constants: there the number is written out."""
    project.change("because: rounding}", "because: rounding, target: mean}")
    text = "half_time: {means: steps until the loss is halved, between: [0.01, 1.0e+4], scale: log"
    project.change(f"{text}}}\n      steps_up", f"{text}, averages: {averages}}}\n      steps_up")
    project.change(f"{text}}}\n    tiers", f"{text}, averages: 64}}\n    tiers")
    problems = [mistake.problem for mistake in project.mistakes()]
    draws = [problem for problem in problems if "trials is" not in problem]
    assert all(any(words in problem for problem in draws) for words in told)
    assert len(draws) == len(told)
    assert sum("at least 16 at every look" in problem for problem in problems) == len(problems) - len(draws) > 0


def test_resamples_cannot_refute_one_of_many_conditions(project):
    """The standard tier runs three of the claim's conditions, the smoke tier two."""
    project.change("    grid:\n", "    replication: resamples\n    clusters: 40\n    grid:\n")
    project.change("smoke: {trials: [8], constants", "smoke: {trials: [80], constants")
    project.change("standard: {trials: [8, 16], constants", "standard: {trials: [400], constants")
    (mistake,) = project.mistakes()
    assert mistake.where == "claims.half-time-inverse-rate.where"
    assert "judged on 3 conditions of resamples in the tier standard" in mistake.problem


def test_a_claim_that_no_tier_runs(project):
    project.change("constants: {steps: 200}}", "constants: {steps: 200}, where: {rate: [0.1, 0.2, 0.8]}}")
    project.change("momentum: 0, rate: [0.1, 0.2, 0.4]", "momentum: 0, rate: 0.4")
    (mistake,) = project.mistakes()
    assert str(mistake).startswith(project.place("where: {momentum: 0, rate: 0.4}"))
    assert mistake.where == "claims.half-time-inverse-rate.where"
    assert "no tier of descent runs any" in mistake.problem


def test_a_tier_that_is_not_judged_needs_no_more_than_one_block(project):
    project.change("smoke: {trials: [8], constants", "smoke: {judged: false, constants")
    assert project.mistakes() == []
    size = load([project.file]).experiments["descent"].tiers["smoke"]
    assert (size.trials, size.block) == ([2], 2)


def test_some_tier_judges_every_claim(project):
    project.change("smoke: {trials: [8], constants", "smoke: {judged: false, constants")
    project.change("standard: {trials: [8, 16], constants", "standard: {judged: false, constants")
    found = project.mistakes()
    assert {it.where for it in found} == {
        f"claims.{name}.experiment" for name in ("half-time-inverse-rate", "half-time-slope")
    }
    assert all("every tier of descent" in it.problem for it in found)


def test_a_control_is_judged_where_its_claim_is(project):
    """Else it could never fail, and would keep the claim from being judged without a word."""
    project.change("smoke: {trials: [8]}", "smoke: {judged: false}")
    (mistake,) = project.mistakes()
    assert mistake.where.endswith("controls[0].where")
    assert "is not judged in the tier smoke, in which the claim is" in mistake.problem


@pytest.mark.parametrize(("more", "words"), [("trials: [2, 4]", "2 looks"), ("draws: 3", "3 draws")])
def test_what_is_not_judged_has_one_look_and_no_draws(project, more, words):
    project.change("smoke: {trials: [8], constants", f"smoke: {{judged: false, {more}, constants")
    (mistake,) = project.mistakes()
    assert mistake.where == "experiments.descent.tiers.smoke.judged"
    assert words in mistake.problem


def test_a_tier_may_leave_a_claim_out_as_a_whole(project):
    project.change("momentum: 0, rate: [0.1, 0.2, 0.4]", "momentum: 0, rate: 0.4")  # smoke does not run 0.4
    assert project.mistakes() == []


def test_many_conditions_need_more_trials_to_refute_one(project):
    rates = [round(0.01 * n, 2) for n in range(1, 13)]
    project.change("rate: [0.1, 0.2, 0.4], momentum: [0, 0.9]", f"rate: {[*rates, 0.2, 0.4]}, momentum: [0, 0.9]")
    project.change("where: {rate: [0.1, 0.2, 0.8]}", f"where: {{rate: {rates}}}")
    project.change("momentum: 0, rate: [0.1, 0.2, 0.4]", f"momentum: 0, rate: {rates}")
    (mistake,) = project.mistakes()
    assert (
        "trials is [8], but half-time-inverse-rate needs at least 9 to refute one of 12 conditions" in mistake.problem
    )
    assert mistake.remedy == "set trials: [16]"


@pytest.mark.parametrize(
    ("replication", "trials", "agreement", "where", "words"),
    [
        ("none", "[1], block: 1", "because: rounding", "agreement", "numerical_error is missing"),
        ("none", "[1], block: 1", "because: x, numerical_error: 0.1, share: 0.5", "agreement.share", "independent"),
        ("resamples", "[200]", "because: rounding, target: mean", "agreement.target", "independent trials"),
        ("none", "[1], block: 1", "because: x, numerical_error: 0.1", None, None),
        ("resamples", "[200]", "because: rounding", None, None),
    ],
)
def test_the_source_of_evidence_fits_what_is_repeated(project, replication, trials, agreement, where, words):
    clusters = "    clusters: 40\n" if replication == "resamples" else ""
    project.change("momentum: 0, rate: [0.1, 0.2, 0.4]", "momentum: 0, rate: [0.1, 0.2]")
    project.change("    grid:\n", f"    replication: {replication}\n{clusters}    grid:\n")
    project.change("smoke: {trials: [8], constants", f"smoke: {{trials: {trials}, constants")
    project.change("standard: {trials: [8, 16], constants", f"standard: {{trials: {trials}, constants")
    project.change("because: rounding}", f"{agreement}}}")
    project.change(
        "because: one step of rounding", "because: one step" + ", numerical_error: 0.1" * (replication == "none")
    )
    found = [(it.where, it.problem) for it in project.mistakes()]
    if where is None:
        assert found == []
    else:
        ((path, problem),) = found
        assert path == f"claims.half-time-slope.{where}"
        assert words in problem
