"""What the command line says of seals: what one covers, what changed, what a damaged lock needs."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from runners.commands import main
from runners.records.epochs import week


@pytest.fixture
def toys(command_line, tmp_path):
    """The toys in a folder of their own, sealed; `change(file, old, new)` edits a file of theirs."""
    folder = tmp_path / "worlds"
    shutil.copytree(command_line.toys.parent, folder, ignore=shutil.ignore_patterns("__pycache__", "*.lock"))
    command_line.toys = folder / "toy.yaml"
    assert command_line("lock").exit_code == 0

    def change(file: str, old: str, new: str) -> None:
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1))

    command_line.change = change
    return command_line


def test_show_code_lists_what_a_seal_covers_with_file_and_line(toys):
    shown = toys("show", "law-holds", "--code").output
    theory = (toys.folder / "worlds" / "toy_theory.py").read_text().splitlines()
    line = next(number for number, text in enumerate(theory, start=1) if text.startswith("def inverse_width"))
    assert f"toy_theory.py:{line}: inverse_width()" in shown
    assert "predicted: toy_theory:inverse_width" in shown
    assert "rival square: toy_theory:inverse_square" in shown
    assert "as the lock has it, sealed on" in shown
    assert "toy_experiment.py" in shown
    assert "_eigenvalues()" in shown
    assert "the whole module" not in shown
    toys.change("toy_theory.py", "def inverse_width", "def unused():\n    pass\n\n\ndef inverse_width")
    after = toys("show", "law-holds", "--code").output
    assert f"toy_theory.py:{line + 4}: inverse_width()" in after
    assert "unused" not in after
    assert "as the lock has it" in after


def test_show_code_tells_why_a_module_counts_whole_and_what_runs_on_import(toys):
    toys.change("toy_experiment.py", "NOISE =", 'np.seterr(all="warn")\nNOISE =')
    toys.change("toy_experiment.py", "def measure(setting, state):\n", "def measure(setting, state):\n    globals()\n")
    shown = toys("show", "law-holds", "--code").output
    assert "toy_experiment, the whole module: globals at line" in shown
    toys.change("toy_experiment.py", "    globals()\n", "")
    shown = toys("show", "law-holds", "--code").output
    assert "np.seterr(all='warn') (runs when its module is imported)" in shown
    assert "not as the lock has it" in shown


def test_lock_says_what_became_of_seals_sizes_and_expectations(toys):
    toys.change("toy.yaml", "standard: {trials: [8, 16, 32], block: 4", "standard: {trials: [8, 16], block: 4")
    toys.change("toy.yaml", "    expect: supported\n", "    expect: open\n")
    checked = toys("lock", "--check")
    assert checked.exit_code == 3
    assert "law-holds changed at the standard tier since it was sealed" in checked.stderr
    assert "law-holds was expected to be supported since" in checked.stderr
    before = json.loads(toys.toys.with_suffix(".lock").read_text())["claims"]["law-holds"]
    assert "law-holds was expected to be supported" in toys("lock").stdout
    after = json.loads(toys.toys.with_suffix(".lock").read_text())["claims"]["law-holds"]
    assert after["seal"] == before["seal"]
    assert after["resealed"] == 0
    assert (before["expect"], after["expect"]) == ("supported", "open")
    assert toys("lock", "--check").exit_code == 0


def test_a_region_that_moves_on_measured_records_is_told(toys, monkeypatch):
    region, wider = (f"agreement: {{by: ratio, within: [{low}, 1.1], because: the noise" for low in (0.9, 0.85))
    monkeypatch.setenv("TOLLENS_STORE", str(toys.store))
    toys.change("toy.yaml", region, wider)
    assert "its sealed region moved" not in toys("check", str(toys.toys)).output  # nothing is measured yet
    toys.change("toy.yaml", wider, region)
    toys("run", "law-holds", "--in-process")
    assert "its sealed region moved" not in toys("check", str(toys.toys)).output
    toys.change("toy.yaml", region, wider)
    for command in (["check", str(toys.toys)], ["lock"]):
        said = toys(*command).output
        assert "law-holds: T was [0.9, 1.1] and is [0.85, 1.1]" in said
        assert f"its sealed region moved, and 12 records of toy in {toys.store} can have told where to" in said
    assert "its sealed region moved" not in toys("lock").output  # sealed anew: a postdiction, as its records say


def test_a_run_warns_of_its_own_tier_alone(toys):
    toys.change("toy.yaml", "standard: {trials: [8, 16, 32], block: 4", "standard: {trials: [8, 16], block: 4")
    assert "postdiction" not in toys("run", "law-holds", "--in-process").output
    assert (
        "law-holds changed at the standard tier"
        in toys("run", "law-holds", "--in-process", "--tier", "standard").stderr
    )


def test_a_claim_that_is_younger_than_the_open_epoch_is_told_the_way_out(toys, monkeypatch):
    """By `lock` and by `run`; on this week's seeds it is no postdiction."""
    monkeypatch.chdir(toys.folder)
    for act in ("announce", "open"):
        assert CliRunner().invoke(main, ["epoch", act, "first", "--registry", str(toys.toys)]).exit_code == 0
    here = week(datetime.now(UTC).date())
    told = "law-holds: sealed after the epoch first was announced, and so no more than a postdiction in it"
    assert "epoch" not in toys("run", "law-holds", "--in-process").stderr  # sealed in time
    toys.change("toy.yaml", "agreement: {by: ratio, within: [0.9, 1.1]", "agreement: {by: ratio, within: [0.91, 1.1]")
    for command in (["lock"], ["run", "law-holds", "--in-process", "--tier", "standard"]):
        said = toys(*command).stderr
        assert told in said
        assert f"`--epoch {here}`" in said
    assert "epoch" not in toys("lock").stderr  # nothing is sealed anew
    report = toys.folder / "report.json"
    assert "epoch" not in toys("run", "law-holds", "--in-process", "--epoch", here, "--json", str(report)).stderr
    (claim,) = json.loads(report.read_text())["claims"]
    assert claim["status"] == "replication"
    for shown in ("show", "why"):
        said = toys(shown, "law-holds", "--epoch", here).output
        assert "supported" in said
        assert "another bar" not in said
        assert "another bar" in toys(shown, "law-holds").output  # in the open epoch it was measured before the change


def test_an_expectation_that_follows_the_verdict_is_shown(toys):
    assert toys("run", "law-holds", "--in-process").exit_code == 0
    toys.change("toy.yaml", "    expect: supported\n", "    expect: open\n")
    assert toys("lock").exit_code == 0
    assert "when it was measured, it was expected to be supported" in toys("show", "law-holds").output.replace(
        "\n" + " " * 15, ""
    )


def test_a_lock_with_the_marks_of_a_merge_is_told(toys):
    lock = toys.toys.with_suffix(".lock")
    lock.write_text(f"<<<<<<< ours\n{lock.read_text()}")
    for command in ("check", "lock"):
        done = toys(command)
        assert done.exit_code == 2
        assert f"{lock} cannot be read" in done.stderr
        assert "git checkout --ours" in done.stderr


def test_a_lock_of_version_0_1_is_told_in_a_line_and_converted(toys):
    lock = toys.toys.with_suffix(".lock")
    names = json.loads(lock.read_text())["claims"]
    old = {name: {"seal": "0" * 64, "sealed": "2025-01-01", "resealed": 2} for name in names}
    lock.write_text(json.dumps({"schema": 1, "claims": old}))
    told = [line for line in toys("check").stderr.splitlines() if "version 0.1" in line]
    assert len(told) == 1
    assert f"and {len(names) - 1} more like it" in told[0]
    assert toys("lock").exit_code == 0
    converted = json.loads(lock.read_text())
    assert converted["schema"] == 2
    assert {(entry["sealed"], entry["resealed"]) for entry in converted["claims"].values()} == {("2025-01-01", 2)}
    assert toys("lock", "--check").exit_code == 0
