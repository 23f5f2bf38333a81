"""What can be known before measuring."""

from __future__ import annotations

import math
import sys
from textwrap import dedent

import pytest

from runners.registry.checks import check
from runners.registry.foresight import far_controls, nearest_controls
from runners.registry.lookup import Lookup

# Text to replace, its replacement, text at whose first character the mistake is, end of its path, words of the message.
FORESEEN = {
    "control that follows the theory": (
        "truth: 0,",
        "truth: -1.05,",
        "truth: -1.05",
        "controls[0].truth",
        ["cannot fail"],
    ),
    "rival inside the region": (
        "    expect: supported\n  nothing",
        "    rivals: {near: {predicted: -0.95, held_by: folklore, because: rounder}}\n    expect: supported\n  nothing",
        "predicted: -0.95",
        "rivals.near.predicted",
        ["inside the claim's region"],
    ),
    "region as wide as the range": (
        "between: [-4, 4]",
        "between: [-1.05, -0.95]",
        "within: [-0.1",
        "agreement.within",
        ["contradict"],
    ),
    "region beside the range": (
        "between: [-4, 4]",
        "between: [0, 4]",
        "within: [-0.1",
        "agreement.within",
        ["outside"],
    ),
    "rival of zero, compared by ratio": (
        "predicted: law:inverse_square",
        "predicted: 0",
        "predicted: 0",
        "rivals.inverse-square.predicted",
        ["could never be judged", "difference"],
    ),
    "ratio to zero": (
        "predicted: -1\n    agreement: {by: difference, within: [-0.1, 0.1]",
        "predicted: 0\n    agreement: {by: ratio, within: [0.9, 1.1]",
        "by: ratio, within: [0.9, 1.1], because: rounding",
        "agreement.by",
        ["ratio", "difference"],
    ),
}


@pytest.mark.parametrize("case", FORESEEN.values(), ids=FORESEEN.keys())
def test_a_mistake_is_told_at_its_place(project, case):
    project.assert_mistake(*case)


def deep(project):
    return [(it.where, it.problem) for it in check(project.load(), deep=True)]


@pytest.fixture(autouse=True)
def _fresh_modules(monkeypatch):
    """Each test imports its own `law` and `bench`."""
    for name in ("law", "bench", "folding"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield
    for name in ("law", "bench", "folding"):
        sys.modules.pop(name, None)


def add_to_law(project, text: str) -> None:
    law = project.folder / "law.py"
    law.write_text(law.read_text() + dedent(text))


def test_a_sound_registry_is_sound_in_depth(project):
    assert deep(project) == []
    assert str(project.folder) not in sys.path


def test_a_rival_that_is_computed_and_coincides(project):
    add_to_law(project, "def exact(condition, given): return 0.5 / condition['rate']\n")
    project.change("predicted: law:half_time", "predicted: law:exact")
    project.change("predicted: law:inverse_square", "predicted: law:exact")
    ((where, problem),) = deep(project)
    assert where == "claims.half-time-inverse-rate.rivals.inverse-square.predicted"
    assert "nothing could tell them apart" in problem


def test_a_rival_may_coincide_at_some_conditions(project):
    add_to_law(project, "def exact(condition, given): return 0.5 / condition['rate']\n")
    add_to_law(project, "def near(condition, given): return 0.05 / condition['rate'] ** 2\n")  # equal at rate 0.1
    project.change("predicted: law:half_time", "predicted: law:exact")
    project.change("predicted: law:inverse_square", "predicted: law:near")
    assert deep(project) == []


def test_a_control_whose_truth_is_what_the_theory_says(project):
    add_to_law(project, "def high(condition, given): return 1000.0 + condition['rate']\n")
    project.change("predicted: law:half_time", "predicted: law:high")
    project.change(
        "experiment: descent\n    where: {momentum: 0, rate: [0.1, 0.2, 0.4]}",
        "experiment: flat\n    where: {height: 2}",
    )
    project.change("requires: [{measured: steps_up, within: [0, 0.5], because: descent}]\n    ", "")
    project.change(project.shown, "")
    ((where, problem),) = deep(project)
    assert where == "claims.half-time-inverse-rate.controls[0].truth"
    assert "the truth at height = 1, rate = 0.1 lies in the claim's region: this control cannot fail" in problem


def test_a_hold_control_whose_truth_contradicts_the_theory(project):
    project.change("expect: supported\n  nothing", "expect: refuted\n  nothing")
    project.change(
        "truth: 0, because: a constant has no slope}",
        "truth: 0, because: none}\n      - {must: hold, experiment: descent, where: {momentum: 0.9},"
        " truth: -2, because: x}",
    )
    ((where, problem),) = [(it.where, it.problem) for it in project.mistakes()]
    assert where == "claims.half-time-slope.controls[1].truth"
    assert "lies outside the claim's region: this control cannot hold" in problem


def test_a_theory_sees_condition_and_constants_of_every_tier(project):
    add_to_law(
        project,
        """
        def picky(condition, given):
            return {20: 1.0}[condition["steps"]] / condition["rate"]
        """,
    )
    project.change("predicted: law:half_time", "predicted: law:picky")
    found = deep(project)
    ((where, problem),) = found
    assert where == "claims.half-time-inverse-rate.predicted"
    assert problem == "law:picky fails at rate = 0.1, momentum = 0, backend = numpy (KeyError: 200)"


def test_a_theory_that_fails_at_many_conditions_is_one_mistake(project):
    add_to_law(project, "def lost(condition, given): return condition['no_such_axis']\n")
    project.change("predicted: law:half_time", "predicted: law:lost")
    project.change("predicted: law:inverse_square", "predicted: law:lost")
    ((where, problem),) = deep(project)
    assert where == "claims.half-time-inverse-rate.predicted"
    assert "law:lost fails at" in problem
    assert "KeyError: 'no_such_axis'" in problem


def test_a_theory_that_reads_a_file_is_told_before_anything_is_measured(project):
    (project.folder / "measured.txt").write_text("3.0")
    add_to_law(
        project,
        """
        def peek(condition, given):
            from pathlib import Path
            return float(Path(__file__).with_name("measured.txt").read_text())
        """,
    )
    project.change("predicted: law:inverse_square", "predicted: law:peek")
    ((where, problem),) = deep(project)
    assert where == "claims.half-time-inverse-rate.rivals.inverse-square.predicted"
    assert problem.startswith("law:peek opens measured.txt; a theory sees the condition and one trial's given only")


@pytest.mark.parametrize("number", ["nan", "inf"])
def test_a_theory_that_predicts_no_number_is_told_so(project, number):
    """Not that it lies outside of a region, or that a control cannot fail."""
    add_to_law(project, f"def endless(condition, given): return float('{number}')\n")
    project.change("predicted: law:half_time", "predicted: law:endless")
    ((where, problem),) = deep(project)
    assert where == "claims.half-time-inverse-rate.predicted"
    assert problem.startswith(f"law:endless predicts {number} at rate = ")


@pytest.mark.parametrize(
    "body", ["given['a']", "len(given)", "given.get('a', 1)", "1 if 'a' in given else 2", "list(given.items())[0]"]
)
def test_a_theory_that_needs_the_trial_is_passed_over(project, body):
    add_to_law(project, f"def needy(condition, given): return {body}\n")
    project.change("predicted: law:inverse_square", "predicted: law:needy")
    assert deep(project) == []


def test_a_module_that_cannot_be_imported_is_a_mistake(project):
    project.module("bench.py", "import not_installed_anywhere\ndef prepare(c, s): pass\ndef measure(c, s): pass\n")
    found = deep(project)
    assert [where for where, _ in found] == ["experiments.descent.module"]  # once, though flat runs it, too
    assert "ModuleNotFoundError: No module named 'not_installed_anywhere'" in found[0][1]


def test_a_module_that_exits_is_a_mistake(project):
    law = project.folder / "law.py"
    law.write_text(f"raise SystemExit(3)\n{law.read_text()}")
    assert {where for where, _ in deep(project)} == {
        "claims.half-time-inverse-rate.predicted",
        "claims.half-time-inverse-rate.rivals.inverse-square.predicted",
    }


@pytest.mark.parametrize(
    ("fold", "expected"),
    [("slope", -2.0), ("folding:last", 1 / 0.8**2)],
)
def test_a_folded_prediction_is_folded_as_the_measurement_is(project, fold, expected):
    """inverse-square has slope -2; a rival number inside the region around it is told."""
    project.module("folding.py", "def last(axis_values, measured):\n    return measured[-1]\n")
    add_to_law(project, "def square(condition, given): return condition['rate'] ** -2.0\n")
    along = f"along: {{rate: {fold!r}}}"
    project.change("along: {rate: slope}", along)
    project.change("predicted: -1", f"predicted: {{of: law:square, {along}}}")
    rival = f"rivals: {{near: {{predicted: {expected + 0.05}, held_by: folklore, because: x}}}}\n    "
    project.change("expect: supported\n  nothing", f"{rival}expect: supported\n  nothing")
    assert [where for where, _ in deep(project)] == ["claims.half-time-slope.rivals.near.predicted"]
    project.change(f"{expected + 0.05}", f"{expected + 0.15}")
    assert deep(project) == []


def test_a_function_of_a_fold_sees_all_values_of_the_axis(project):
    add_to_law(project, "def count(condition, given): return -float(len(condition['rate'])) / 4\n")
    project.change("predicted: -1", "predicted: law:count")
    project.change("truth: 0,", "truth: -1,")  # standard: 4 rates, a quarter each: -1 for the claim; the control has 3
    assert deep(project) == []
    project.change("truth: -1,", "truth: -0.75,")
    assert [where for where, _ in deep(project)] == ["claims.half-time-slope.controls[0].truth"]


def test_how_far_a_control_lies_is_known_before_measuring(project):
    """The slope -1 with T = +-0.1: a slope of 0 is 0.9 beyond an edge, 4.5 widths of 0.2."""
    lookup = Lookup(project.load())
    assert nearest_controls(lookup, deep=False) == {"half-time-slope": pytest.approx(4.5)}
    assert list(far_controls(project.load(), deep=False)) == []
    project.change("within: [-0.1, 0.1]", "within: [-0.04, 0.04]")
    (far,) = far_controls(project.load(), deep=False)
    assert "claims.half-time-slope.controls: the nearest control that must fail lies 12 widths of T away" in str(far)
    end = "expect: supported\n  nothing"
    project.change(end, f"none_nearer: nothing else fails\n    {end}")
    assert list(far_controls(project.load(), deep=False)) == []
    project.change("none_nearer: nothing else fails\n    ", "")
    project.change("truth: 0,", "truth: -0.9,")
    assert list(far_controls(project.load(), deep=False)) == []


def test_with_code_the_distance_of_a_computed_control_is_known(project):
    """ln 2 / (2 rate) at 0.1 is 3.47; a truth of 1000 lies ln(288.5 / 1.1) beyond, in widths of ln(1.1 / 0.9)."""
    law = "import math\n\n\ndef half_time(setting, given):\n    return math.log(2) / (2 * setting['rate'])\n"
    project.module("law.py", law + "\n\ndef inverse_square(setting, given):\n    return 1.0\n")
    found = nearest_controls(Lookup(project.load()), deep=True)
    away = math.log(1000 / (math.log(2) / 0.2) / 1.1) / math.log(1.1 / 0.9)
    assert found["half-time-inverse-rate"] == pytest.approx(away)


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("twice", "setting['steps'] * 2", None),
        (
            "width",
            "setting['width']",
            "fails at steps = 20, rate = 0.1, momentum = 0, backend = numpy (KeyEr",
        ),
        ("half", "0.5", "says 0.5 at steps = 20"),
        ("none", "20 - setting['steps']", "says 0 at steps = 20"),
        ("some", "1 if setting['rate'] < 0.4 else None", "says None at steps = 20, rate = 0.8"),
    ],
)
def test_a_size_is_a_number_of_parameters_at_every_condition(project, name, body, problem):
    project.module(f"size_{name}.py", f"def count(setting):\n    return {body}\n")
    project.change("about: Gradient descent on a quadratic.", f"about: Descent.\n    size: size_{name}:count")
    found = deep(project)
    assert len(found) == (problem is not None)
    for where, told in found:
        assert where == "experiments.descent.size"
        assert told.startswith(f"size_{name}:count {problem}")
