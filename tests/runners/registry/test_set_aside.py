"""What is unfinished or broken is named, set aside with what needs it, and stops nothing else."""

from __future__ import annotations

import pytest

from runners.registry.loader import load
from runners.registry.mistakes import RegistryError


def aside(project, **options):
    return load([project.file], whole=False, **options)


def test_a_text_to_be_filled_in_is_told_with_its_meaning(project):
    project.assert_mistake(
        "statement: The loss halves in ln 2 / (2 rate) steps.",
        "statement: ???",
        "statement: ???",
        "half-time-inverse-rate.statement",
        ["still to be filled in", "the claim in one sentence"],
    )


@pytest.mark.parametrize(
    ("old", "new", "path"),
    [
        ("strand: solvable-settings", "strand: ???", "strand"),
        ("within: [0.9, 1.1]", "within: '???'", "agreement.within"),
        ("within: [0.9, 1.1]", "within: [0.9, '???']", "agreement.within[1]"),
        ("truth: 1.0e+3", "truth: '???'", "controls[0].truth"),
        ("where: {height: 1}", "where: '???'", "controls[0].where"),
        ("where: {height: 1}", "where: {height: '???'}", "controls[0].where.height"),
        ("measured: half_time\n    predicted", "measured: ???\n    predicted", "measured"),
        (
            "experiment: descent\n    where: {momentum: 0, rate",
            "experiment: ???\n    where: {momentum: 0, rate",
            "experiment",
        ),
        ("predicted: law:half_time", "predicted: ???  # the name", "predicted"),
    ],
)
def test_it_is_one_mistake_wherever_it_stands(project, old, new, path):
    project.change(old, new)
    (mistake,) = project.mistakes()
    assert mistake.where == f"claims.half-time-inverse-rate.{path}"
    assert mistake.sets_aside
    registry = aside(project)
    assert list(registry.aside) == [("claims", "half-time-inverse-rate")]
    assert list(registry.claims) == ["half-time-slope", "nothing-to-say"]


def test_between_braces_it_needs_quotes_and_that_is_said(project):
    project.change("within: [0.9, 1.1]", "within: ???")
    (mistake,) = project.mistakes()
    assert mistake.line == project.text[: project.text.index("???")].count("\n") + 1
    assert mistake.remedy == "between braces or brackets, write '???' in quotes"


def test_what_else_is_wrong_with_it_is_told_as_well(project):
    project.change("statement: The loss", "statement: ??? The loss")
    project.change("theory: quadratic", "theorie: quadratic")
    assert [mistake.sets_aside for mistake in project.mistakes()] == [True, False]
    with pytest.raises(RegistryError, match="did you mean theory"):
        aside(project)


def test_a_draft_keeps_what_a_trial_does_not_need(project):
    project.change("statement: The loss", "statement: ??? The loss")
    project.change("strand: solvable-settings", "strand: ???")
    project.change("truth: 1.0e+3", "truth: '???'")
    registry = aside(project, drafts=True)
    assert "half-time-inverse-rate" in registry.claims
    assert len(registry.aside["claims", "half-time-inverse-rate"]) == 3
    project.change("within: [0.9, 1.1]", "within: '???'")
    assert "half-time-inverse-rate" not in aside(project, drafts=True).claims


def test_a_theory_that_is_still_to_be_written_is_told_at_its_line(project):
    written = project.module("law.py", "def half_time(condition, given):\n    raise NotImplementedError('later')\n")
    project.change("predicted: law:inverse_square", "predicted: 3")
    (mistake,) = project.mistakes()
    assert mistake.where == "claims.half-time-inverse-rate.predicted"
    assert f"{written}:2 is still to be filled in" in str(mistake)
    project.change("within: [0.9, 1.1]", "within: '???'")  # and so it is if the entry is not valid for other reasons
    assert [it.where.rpartition(".")[2] for it in project.mistakes()] == ["predicted", "within"]


def test_an_unfinished_experiment_takes_its_claims_with_it(project):
    project.module(
        "bench.py", "def prepare(condition, seeds):\n    raise NotImplementedError\n\n\ndef measure(c, s):\n    ...\n"
    )
    registry = aside(project)
    assert set(registry.claims) == {"nothing-to-say"}
    assert not registry.experiments
    assert "needs descent, which is set aside" in str(registry.aside["claims", "half-time-slope"])


def test_of_two_experiments_a_control_needs_one(project):
    project.module("other.py", "def prepare(condition, seeds:\n")
    project.change("  flat:\n    module: bench", "  flat:\n    module: other")
    registry = aside(project)
    assert set(registry.claims) == {"half-time-slope", "nothing-to-say"}
    assert set(registry.experiments) == {"descent"}
    told = [str(mistake) for mistakes in registry.aside.values() for mistake in mistakes]
    assert any("other.py:1 is not Python" in line for line in told)
    assert any("needs flat, which is set aside" in line for line in told)


def test_a_module_that_a_theory_imports_may_be_the_broken_one(project):
    project.module("constants.py", "TWO = = 2\n")
    project.module(
        "law.py",
        "import constants\n\n\ndef half_time(c, g):\n    return 1\n\n\ndef inverse_square(c, g):\n    return 2\n",
    )
    assert {mistake.where.rpartition(".")[2] for mistake in project.mistakes()} == {"predicted"}
    assert all(mistake.sets_aside and "constants.py:1" in str(mistake) for mistake in project.mistakes())
    assert set(aside(project).claims) == {"half-time-slope", "nothing-to-say"}


def test_a_module_that_is_not_there_is_no_broken_one(project):
    project.change("predicted: law:half_time", "predicted: lwa:half_time")
    with pytest.raises(RegistryError, match="there is no module lwa"):
        aside(project)


def test_a_sound_registry_sets_nothing_aside(project):
    assert aside(project) == project.load()
    assert aside(project).aside == {}
