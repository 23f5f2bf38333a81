"""Ten classes of mistakes: each gives one message, with file and line, that says what to do (docs/mistakes.md)."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from runners.commands import main
from runners.registry.loader import load
from runners.registry.names import ROOT

REGISTRY = """\
experiments:
  decay:
    module: my_experiment
    about: A quantity that decays in time.
    precision: float64
    grid: [{rate: [0.5, 1], kind: [free, stopped]}]
    observables:
      amount: {between: [1.0e-3, 10], scale: log, means: what is left in the end}
    tiers:
      smoke: {trials: [8], constants: {time: 2}}
claims:
  exponential-decay:
    statement: What is left falls exponentially.
    about: An example.
    theory: decay
    strand: limits
    held_by: authors
    source: {cite: Nobody 1900}
    formula: 'a e^{-r t}'
    experiment: decay
    where: {kind: free}
    measured: amount
    predicted: my_theory:exponential
    agreement: {by: ratio, within: [0.9, 1.1], because: the noise is 1%}
    controls:
      - {must: fail, where: {kind: stopped}, truth: 'my_theory:all', because: nothing decays there}
    expect: supported
"""
EXPERIMENT = '''\
"""A quantity that decays."""

import numpy as np

from predictions.data.unavailable import Unavailable


def prepare(setting, seeds):
    generators = [np.random.default_rng(int(seed)) for seed in seeds]
    start = np.array([1 + generator.random() for generator in generators])
    return {"start": start}, (start, np.array([generator.standard_normal() for generator in generators]))


def measure(setting, state):
    start, noise = state
    decays = setting["kind"] == "free"
    return {"amount": start * np.exp(0.01 * noise - decays * setting["rate"] * setting["time"])}
'''
THEORY = '''\
"""Exponential decay."""

import numpy as np


def exponential(setting, given):
    return given["start"] * np.exp(-setting["rate"] * setting["time"])


def all(setting, given):
    return given["start"]
'''

FILES = {"my.yaml": REGISTRY, "my_experiment.py": EXPERIMENT, "my_theory.py": THEORY}
CHECK, TRY = ("check", "--registry", "my.yaml"), ("try", "exponential-decay", "--registry", "my.yaml")
LAW = 'return given["start"] * np.exp'

CASES = [
    ("a misspelt key", "my.yaml", "statement:", "statment:", CHECK, "statment:"),
    ("a wrong dotted name", "my.yaml", "my_theory:exponential", "my_theory:exponental", CHECK, "predicted:"),
    ("a region upside down", "my.yaml", "[0.9, 1.1]", "[1.1, 0.9]", CHECK, "agreement:"),
    (
        "a theory that returns another shape",
        "my_theory.py",
        LAW,
        'return np.ones(3) * given["start"] * np.exp',
        TRY,
        "def exponential",
    ),
    ("a theory that returns no number", "my_theory.py", LAW, "return np.nan * np.exp", TRY, "def exponential"),
    (
        "a theory that reads the measurement",
        "my_theory.py",
        LAW,
        'return given["amount"] * np.exp',
        TRY,
        'given["amount"]',
    ),
    ("an observable that nobody declared", "my_experiment.py", '{"amount":', '{"amounts":', TRY, "def measure"),
    ("a control that matches nothing", "my.yaml", "where: {kind: stopped}", "where: {kind: stoped}", CHECK, "- {must"),
    (
        "data that are missing",
        "my_experiment.py",
        "start, noise = state",
        'raise Unavailable("decay.csv is not here; run `tollens data fetch decay`")',
        TRY,
        "",
    ),
    ("a seed that is ignored", "my_experiment.py", "int(seed)", "7", TRY, "def prepare"),
    ("a draw that trials share", "my_experiment.py", "int(seed)", "int(seeds[0])", TRY, "def prepare"),
    (
        "randomness in measure",
        "my_experiment.py",
        "0.01 * noise",
        "0.01 * np.random.default_rng().standard_normal(len(noise))",
        TRY,
        "def measure",
    ),
    (
        "a name that exists twice",
        "my.yaml",
        "claims:\n",
        REGISTRY[REGISTRY.index("claims:") :],
        CHECK,
        "  exponential-decay:",
    ),
    (
        "an exception inside measure",
        "my_experiment.py",
        "start, noise = state",
        "start, noise, rest = state",
        TRY,
        "rest = state",
    ),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    for name, text in FILES.items():
        Path(name).write_text(text)
    yield tmp_path
    for name in ("my_experiment", "my_theory"):
        sys.modules.pop(name, None)


def test_without_a_mistake_there_is_no_message(folder):
    assert CliRunner().invoke(main, CHECK).exit_code == 0
    tried = CliRunner().invoke(main, TRY)
    assert tried.exit_code == 0
    assert "it fails as it must" in tried.output
    assert tried.stderr == ""


def test_in_depth_trials_are_measured_as_well(folder):
    """In a registry of one's own, or of claims that are named: the same words as of a try."""
    assert CliRunner().invoke(main, [*CHECK, "--deep"]).exit_code == 0
    for mistake, file, old, new, command, _ in CASES:
        if command == TRY and file == "my_experiment.py" and mistake != "data that are missing":
            Path(file).write_text(FILES[file].replace(old, new, 1))
            sys.modules.pop("my_experiment", None)
            tried = CliRunner().invoke(main, TRY).stderr.partition("decay: ")[2]
            sys.modules.pop("my_experiment", None)
            checked = CliRunner().invoke(main, [*CHECK, "--deep"])
            assert checked.exit_code == 2, mistake
            (message,) = checked.stderr.strip().splitlines()
            assert message.startswith("my.yaml:3:5: experiments.decay.module: ")
            assert re.sub(r"[\d.-]+", "#", message.partition("module: ")[2]) == re.sub(r"[\d.-]+", "#", tried.strip())


@pytest.mark.parametrize("mistake", ["a theory that reads the measurement", "a theory that returns no number"])
def test_in_depth_theories_are_asked_about_a_trial(folder, mistake):
    file, old, new = next((file, old, new) for name, file, old, new, *_ in CASES if name == mistake)
    Path(file).write_text(FILES[file].replace(old, new, 1))
    told = CliRunner().invoke(main, TRY).stderr.strip().partition("exponential-decay: ")[2]
    sys.modules.pop("my_theory", None)
    checked = CliRunner().invoke(main, [*CHECK, "--deep"])
    assert checked.exit_code == 2
    (message,) = checked.stderr.strip().splitlines()
    assert message.startswith("my.yaml:23:5: claims.exponential-decay.predicted: ")
    assert message.endswith(told) or "my_theory:exponential predicts nan at rate = 0.5" in message


def test_a_module_that_is_not_python_is_one_mistake_however_many_entries_name_it(folder):
    Path("my_theory.py").write_text(THEORY.replace("def all(setting, given):", "def all(setting, given:"))
    again = REGISTRY.partition("claims:\n")[2].replace("exponential-decay", "exponential-growth")
    Path("my.yaml").write_text(REGISTRY + again)
    told = CliRunner().invoke(main, CHECK)
    assert told.exit_code == 2
    (message,) = told.stderr.strip().splitlines()
    assert message.startswith("my.yaml:23:5: claims.exponential-decay.predicted: ")
    assert "my_theory.py:10 is not Python" in message
    assert message.endswith("mend the file (so for 3 more that name it)")


def test_a_mistake_in_code_is_told_once_however_many_claims_reach_it(folder):
    unsealable = "def exponential(setting, given):\n    open('/etc/hostname').close()"
    Path("my_theory.py").write_text(THEORY.replace("def exponential(setting, given):", unsealable))
    again = REGISTRY.partition("claims:\n")[2].replace("exponential-decay", "exponential-growth")
    Path("my.yaml").write_text(REGISTRY + again)
    told = CliRunner().invoke(main, CHECK)
    assert told.exit_code == 2
    (message,) = told.stderr.strip().splitlines()
    assert "which no seal can cover" in message
    assert message.endswith("(so for 3 more that name it)")


def test_a_control_that_must_hold_expects_what_is_predicted(folder):
    holds = "    expect: supported\n"
    Path("my.yaml").write_text(
        REGISTRY.replace("where: {kind: free}", "where: {kind: free, rate: 0.5}").replace(
            holds, "      - {must: hold, where: {kind: free, rate: 1}, because: it is the same law}\n" + holds
        )
    )
    done = CliRunner().invoke(main, CHECK)
    assert done.exit_code == 0, done.output
    claim = load([Path("my.yaml")]).claims["exponential-decay"]
    assert claim.controls[1].truth == claim.predicted
    Path("my.yaml").write_text(REGISTRY.replace(", truth: 'my_theory:all'", ""))
    missing = CliRunner().invoke(main, CHECK)
    assert "exponential-decay.controls[0].truth: is missing" in missing.output


def test_in_depth_what_is_absent_is_no_mistake(folder):
    change = next((old, new) for mistake, _, old, new, *_ in CASES if mistake == "data that are missing")
    Path("my_experiment.py").write_text(EXPERIMENT.replace(*change))
    checked = CliRunner().invoke(main, [*CHECK, "--deep"])
    assert checked.exit_code == 0
    assert "decay is not measured: decay.csv is not here" in checked.stderr


@pytest.mark.parametrize(("mistake", "file", "old", "new", "command", "at"), CASES, ids=[case[0] for case in CASES])
def test_each_mistake_is_one_message_that_says_where_and_what_to_do(folder, mistake, file, old, new, command, at):
    text = FILES[file]
    assert text.count(old) >= 1
    Path(file).write_text(text.replace(old, new, 1))
    told = CliRunner().invoke(main, command)
    assert told.exit_code in (2, 3)
    (message,) = told.stderr.strip().splitlines()
    places = dict(re.findall(r"(my\w*\.\w+):(\d+)", message))
    assert places
    if at:  # the line that is wrong, or that holds what is wrong
        changed = Path(file).read_text().splitlines()
        assert at.strip("\n") in changed[int(places[file]) - 1]
    assert f"| {mistake} | `{message.replace('`', chr(39))}` |" in (ROOT / "docs" / "mistakes.md").read_text()


def test_a_name_in_two_files_names_both(folder):
    Path("other.yaml").write_text(REGISTRY.partition("claims:")[0])
    told = CliRunner().invoke(main, [*CHECK, "--registry", "other.yaml"])
    (message,) = told.stderr.strip().splitlines()
    assert message == "other.yaml:2:3: experiments.decay: exists already at my.yaml:2; rename or remove one of them"


def test_a_broken_module_does_not_stop_the_rest(folder):
    Path("other.py").write_text("def half(setting, given:\n")
    entry = REGISTRY.partition("claims:\n")[2]
    again = entry.replace("exponential-decay", "exponential-growth").replace("my_theory:exponential", "other:half")
    Path("my.yaml").write_text(REGISTRY + again)
    told = CliRunner().invoke(main, CHECK)
    assert told.exit_code == 2
    assert "claims.exponential-growth.predicted: " in told.stderr
    assert "other.py:1 is not Python" in told.stderr
    run = ["run", "--in-process", "--registry", "my.yaml", "--store", "store"]
    named = CliRunner().invoke(main, [*run, "exponential-decay"])
    assert named.exit_code == 0
    assert "exponential-growth" not in named.output  # nobody asked for it
    alone = CliRunner().invoke(main, [*run, "exponential-growth"])
    assert alone.exit_code == 2
    assert "exponential-growth cannot be run as it stands" in alone.stderr
    both = CliRunner().invoke(main, [*run, "exponential-*"])
    assert both.exit_code == 3
    assert "claims.exponential-growth is set aside" in both.stderr
    assert "exponential-decay: 2 of 2 conditions agree" in both.output
