"""`tollens try`: predicted beside measured on seeds of exploration, and what becomes of controls."""

from __future__ import annotations

import re
import shutil

import numpy as np
import pytest

from runners.authoring.exploring import explore, explored_given, smallest_tier
from runners.authoring.settings import beyond_domain, parsed
from runners.records.seeds import derive_seeds
from runners.registry.loader import load
from tests.runners.conftest import WORLDS


@pytest.fixture
def changed(command_line, tmp_path):
    """Try `law-holds` with these texts of the toys' registry changed, each (old, new), first occurrence."""
    original = command_line.toys
    shutil.copytree(original.parent, tmp_path / "worlds")
    command_line.toys = tmp_path / "worlds" / "toy.yaml"

    def attempt(*changes: tuple[str, str]):
        text = original.read_text()
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        command_line.toys.write_text(text)
        return command_line("try", "law-holds")

    return attempt


def first_numbers(seeds: np.ndarray) -> np.ndarray:
    """The toy's strengths under these seeds."""
    return np.exp([0.3 * np.random.default_rng(int(seed)).standard_normal() for seed in seeds])


def test_trials_are_made_of_seeds_that_no_record_uses(world):
    found = explore(world.registry, "law-holds", "smoke")
    (control, result, conditions), *_ = found.controls
    assert conditions == 1
    assert control.must == "fail"
    explored, recorded = (first_numbers(derive_seeds("toy", purpose, range(8))) for purpose in ("explore", "record"))
    assert result.truth == pytest.approx(explored[:2])
    assert not set(explored) & set(recorded)
    given = explored_given(world.registry, "toy", {"kind": "lawful", "width": 2}, "smoke")
    assert given["strength"] == pytest.approx(explored[:1])
    assert not list(world.store.records("toy"))


def test_it_shows_the_first_and_the_last_condition_and_the_first_of_each_control(world):
    name = world.claim("wide", where={"kind": "lawful", "width": [2, 4, 8]})
    found = explore(world.registry, name, "smoke", trials=3)
    assert [result.cell.condition["width"] for result in found.main] == [2, 8]
    assert [len(result.values) for result in found.results] == [3, 3]
    assert smallest_tier(world.registry, name) == "smoke"


def test_what_is_printed_are_the_trials_the_controls_and_a_picture(command_line):
    done = command_line("try", "law-holds")
    assert done.exit_code == 0, done.output
    rows = re.findall(r"^ +(\d) +([\d.]+) +([\d.]+) +([\d.]+) +inside", done.output, re.MULTILINE)
    assert [trial for trial, *_ in rows] == ["0", "1", "0", "1"]
    for _, predicted, measured, ratio in rows:
        assert float(measured) / float(predicted) == pytest.approx(float(ratio), rel=2e-3)
    assert "it fails as it must: 2 of 2 trials outside" in done.output
    assert done.output.count("━") >= 3  # a region a row
    assert not command_line.store.exists()


def test_a_control_that_does_not_fail_is_named(command_line):
    done = command_line("try", "law-vacuous")
    assert done.exit_code == 0
    assert "it does NOT fail" in done.output
    assert "vacuous" in done.output


def test_how_many_conditions_a_control_has_is_said_if_only_one_of_them_is_tried(changed):
    one = changed()
    assert one.exit_code == 0, one.output
    assert "Control, must fail: it ignores the width" in one.output
    three = changed(("{must: fail, where: {kind: constant, width: 4}", "{must: fail, where: {kind: constant}"))
    assert "Control, must fail (1 of 3 conditions is tried): it ignores the width" in three.output


def test_trials_that_miss_a_requirement_are_neither_inside_nor_outside(changed):
    """A run would set them aside; the toy's `steady` is between 0 and 1."""
    done = changed(("within: [0.5, 1], because: it has", "within: [2, 3], because: it has"))
    assert done.exit_code == 0, done.output
    assert (
        "  0 of 2 trials inside\n  2 would be set aside, for want of steady within [2, 3], which is 1 in" in done.output
    )
    assert re.search(r"set aside$", done.output, re.MULTILINE)


def test_a_control_that_measures_something_else_than_its_truth_is_noted(changed):
    right = changed()
    assert "it fails as it must" in right.output
    assert "expected there" not in right.output
    wrong = changed(("truth: 'toy_theory:strength'", "truth: 'toy_theory:inverse_square'"))  # 16 times too small
    assert "it fails as it must" in wrong.output
    measured, truth = map(float, re.search(r"measured (\S+), expected there (\S+): is", wrong.output).groups())
    assert measured / truth == pytest.approx(16, rel=0.05)


def test_curves_are_drawn(command_line):
    done = command_line("try", "ramp")
    assert "● measured   × predicted" in done.output
    assert "profile by place" in done.output


def test_what_is_not_there_is_said(command_line):
    assert "unfalsifiable" in command_line("try", "toys-are-good").output
    assert "did you mean" in command_line("try", "law-hold").output
    assert command_line("try", "law-holds", "--tier", "full").exit_code == 2


def test_a_setting_of_ones_own_needs_no_file_edited(command_line):
    done = command_line("try", "law-holds", "--with", "width=16", "--with", "length=7")
    assert done.exit_code == 0, done.output
    assert "width = 16" in done.output
    assert "2 of 2 trials inside" in done.output
    assert "it fails as it must" in done.output  # the control stays where it is


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("wdth=16", "did you mean 'width'"),
        ("width=wide", "takes a number"),
        ("width", "is no setting"),
        ("width=64:8", "is no range"),
        ("length=1,2", "is a constant of the tier"),
    ],
)
def test_a_setting_that_is_none_is_answered(command_line, setting, told):
    done = command_line("try", "law-holds", "--with", setting)
    assert done.exit_code == 2
    assert told in done.output


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("width=32:256", [32, 64, 128, 256]),
        ("width=32:200", [32, 64, 128]),
        ("rate=0.1:0.9:3", [0.1, 0.3, 0.9]),
        ("rate=1e-3,2", [0.001, 2]),
        ("loss=mse,ce", ["mse", "ce"]),
        ("decay=true", [True]),
    ],
)
def test_how_values_are_written(text, values):
    assert parsed(text)[1] == pytest.approx(values) if values[0] not in ("mse", True) else parsed(text)[1] == values


def test_a_setting_beyond_the_domain_is_said(tmp_path):
    registry = load([WORLDS / "box.yaml"])
    assert beyond_domain(registry, "half", {"x": [0.5], "flavour": ["a"]}) == []
    told = beyond_domain(registry, "half", {"x": [0.5, 2.0], "flavour": ["c"]})
    assert [line.split(" lies")[0] for line in told] == ["x = 2.0", "flavour = c"]


def test_a_sweep_says_where_a_law_breaks(command_line):
    done = command_line("sweep", "law-holds", "law-fails", "width=2:8")
    assert done.exit_code == 0, done.output
    rows = re.findall(r"width = (\d) .* (\d) of 3 inside +(\w+)", done.output)
    assert [width for width, *_ in rows] == ["2", "4", "8"] * 2
    assert {word for *_, word in rows[:3]} == {"inside"}
    assert "OUTSIDE" in {word for *_, word in rows[3:]}
    assert not command_line.store.exists()


def test_a_sweep_goes_along_its_values_whatever_the_grid_has(command_line):
    """The toys' grid begins at width 2."""
    told = command_line("sweep", "law-holds", "width=8,1,4,2").output
    assert re.findall(r"width = (\d)", told) == ["8", "1", "4", "2"]


def test_claims_without_such_an_axis_are_left_out_of_a_sweep(command_line):
    done = command_line("sweep", "law-holds", "ramp", "depth=2")
    assert done.exit_code == 2
    assert "law-holds is left out" in done.output
