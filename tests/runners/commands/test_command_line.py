"""The command line: exit codes, reports, interruption and resume, and what an import costs."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from runners.commands.run import duration
from runners.printable import counted
from runners.records.seals import Sealing
from runners.reporting import published
from runners.reporting.report import report
from tests.made_up import claim, report_of
from tests.runners.conftest import WORLDS

pytestmark = pytest.mark.xdist_group("ray")

TOYS = ["law-holds", "law-partly", "exponent"]


def strict(text: str):
    """Parsed as JSON proper: no NaN, no Infinity."""

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    return json.loads(text, parse_constant=refuse)


def verdicts(document) -> dict[str, str]:
    return {claim["id"]: claim["verdict"] for claim in document["claims"]}


# --- what an import costs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["--version"], ["list", "--help"]])
def test_help_imports_nothing_heavy(arguments):
    heavy = {"torch", "jax", "ray", "scipy", "pandas", "numpy", "pydantic", "fsspec"}
    code = (
        "import sys; from runners.commands import main; main(sys.argv[1:], standalone_mode=False);"
        f"print(*sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""
    assert done.stdout


@pytest.mark.parametrize("arguments", [["check"], ["list"], ["new", "--help"], ["try", "--help"], ["rerun", "--help"]])
def test_looking_at_the_registry_imports_no_framework(arguments):
    """Half a second more each: check has two seconds for a hundred claims."""
    heavy = {"torch", "jax", "ray", "pandas", "sklearn", "scipy.stats", "scipy.optimize"}
    code = (
        "import sys; from runners.commands import main; main(sys.argv[1:], standalone_mode=False);"
        f"print('heavy:', *sorted({heavy} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr.strip().splitlines()[-1] == "heavy:"


def test_a_misspelt_command_is_answered_with_a_suggestion(command_line):
    result = command_line("jugde")
    assert result.exit_code == 2
    assert "'judge'" in result.output


# --- exit codes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        (["law-holds", "law-refuted", "law-partly", "law-fails"], 0),
        (["law-absent"], 0),
        (["law-vacuous"], 1),
        (["law-holds", "law-crashing"], 3),
        (["law-crashing", "law-vacuous"], 3),
        (["--strict", "law-holds", "law-refuted"], 0),
        (["--strict", "law-absent"], 3),
        (["--strict", "law-fails"], 3),
        (["--strict", "toys-are-good"], 0),
        (["no-such-claim"], 2),
        (["--tier", "full", "law-holds"], 0),
    ],
)
def test_exit_codes_of_run_and_judge(command_line, claims, code):
    assert command_line("run", "--in-process", *claims).exit_code == code
    assert command_line("judge", *claims).exit_code == code


def test_a_verdict_against_what_was_expected_is_one(command_line):
    """law-refuted's prediction, expected to hold: same world, another expectation."""
    copy = Path(shutil.copytree(command_line.toys.parent, command_line.folder / "worlds"), "toy.yaml")
    copy.write_text(copy.read_text().replace("expect: refuted", "expect: supported"))
    command_line.toys = copy
    result = command_line("run", "--in-process", "law-refuted")
    assert result.exit_code == 1
    assert "expected" in result.output


def test_mistakes_in_a_registry_are_two(command_line):
    command_line.own.write_text("claims: {}\nexperimants: {}\n")
    result = command_line("run", "--in-process")
    assert result.exit_code == 2
    assert "registry.yaml:2:1" in result.output
    assert "experiments" in result.output


# --- reports ----------------------------------------------------------------------------------------------------


def test_judge_reproduces_the_run_to_the_digit(command_line, tmp_path):
    names = [*TOYS, "law-noisy", "law-absent", "law-crashing", "ramp", "toys-are-good"]
    reports = []
    for command, options in (("run", ["--in-process"]), ("judge", [])):
        file = tmp_path / "new" / f"{command}.json"
        command_line(command, *options, "--tier", "standard", "--json", str(file), *names)
        document = strict(file.read_text())
        document.pop("created")
        reports.append(document)
    assert reports[0] == reports[1]
    assert verdicts(reports[0]).keys() == set(names)
    assert reports[0]["counts"]["supported"] == 3


def test_a_report_is_json_even_of_an_open_bound_that_diverged(command_line, tmp_path, world):
    agreement = {"by": "ratio", "within": (0.5, float("inf")), "because": "x"}
    for kind in ("infinite", "undefined"):
        world.claim(kind, kind="bound", where={"kind": kind, "width": 2}, agreement=agreement)
    for kind in ("infinite", "undefined"):
        assert Sealing(world.registry).seal(kind)
    world.claim("curve", like="ramp", where={"kind": "infinite", "width": 2})
    names = ["infinite", "undefined", "curve"]
    world.run(*names)
    judge = world.stored_judge()
    document = strict(report(judge, [judge.judge(name) for name in names]).written())
    assert set(verdicts(document).values()) == {"refuted"}


def test_dry_run_measures_nothing(command_line):
    result = command_line("run", "--in-process", "--dry-run", "law-holds")
    assert result.exit_code == 0
    assert "12 blocks would run, 0 are stored; no duration of such blocks is recorded yet." in result.output
    assert not command_line.measured()
    assert not command_line.store.exists()
    command_line("run", "--in-process", "law-holds")
    result = command_line("run", "--in-process", "--dry-run", "law-holds")
    assert "0 blocks would run, 12 are stored; nothing to measure" in result.output
    assert counted(1, "block") == "1 block"
    result = command_line("run", "--in-process", "--dry-run", "law-refuted")  # its experiment is known
    assert "less than a second of compute" in result.output
    assert [duration(seconds) for seconds in (0.9, 12.4, 150)] == [
        "less than a second",
        "about 12 seconds",
        "about 2.5 minutes",
    ]


def test_list_show_and_check(command_line):
    assert "law-holds" in command_line("list", "solvable-settings").output
    assert command_line("check").exit_code == 0
    shown = command_line("show", "law-holds").output
    assert "not run" in shown
    assert "a reading     nobody has looked up" in shown
    assert "Nothing is measured yet" in command_line("show", "law-holds", "--plot").output
    command_line("run", "--in-process", "law-holds")
    shown = command_line("show", "law-holds").output
    assert "supported" in shown
    assert "square (toy_theory:inverse_square): refuted" in shown
    assert "●" not in shown
    drawn = command_line("show", "law-holds", "--plot").output
    assert drawn.startswith(shown.rstrip())
    assert "measured / predicted, a mark a trial over the region" in drawn
    assert "(must fail)" in drawn
    assert "profile against place, one trial" in drawn
    assert "nobody says what good means" in command_line("show", "toys-are-good").output


def test_list_has_heads_and_lists_experiments(command_line):
    claims = command_line("list").output.splitlines()
    assert claims[0].split() == ["claim", "strand", "held", "by", "expected", "statement"]
    at = claims[0].index("expected")
    row = next(line for line in claims if line.startswith("law-refuted "))
    assert row[at:].split()[0] == "refuted"
    assert row[claims[0].index("held by") :].startswith("reading ")  # its source names no place
    everything = command_line("list", "--experiments").output.splitlines()
    assert everything[0].split() == ["experiment", "axes", "observables"]
    assert [line.split()[0] for line in everything[1:]] == ["toy", "toy-crowd", "toy-resampled", "toy-once"]
    toy = everything[1].split("  ")
    assert [cell.strip() for cell in toy if cell] == ["toy", "kind, width", "response, steady, profile"]
    some = command_line("list", "--experiments", "law-*", "exponent").output.splitlines()
    assert [line.split()[0] for line in some[1:]] == ["toy"]


def test_show_describes_an_experiment(command_line):
    shown = command_line("show", "toy")
    assert shown.exit_code == 0, shown.output
    told = " ".join(shown.output.split())
    assert "Responses that obey a law, break it, diverge, or never come." in told
    assert "module toy_experiment" in told
    assert "kind: eigenvalues; width: 1" in told
    assert "response: how the toy responds" in told
    assert "profile (place): response by place" in told
    assert "standard: 8, 16, 32 trials, 40 conditions; length 10" in told
    assert "law-holds, law-fails" in told
    assert "none looks at it" in command_line("show", "toy-once").output


# --- interruption -----------------------------------------------------------------------------------------------


def assert_resumed(command_line, recorded: set[str], in_flight: int) -> None:
    """Everything is recorded now, and nothing that was recorded before was measured again."""
    measured = command_line.measured()
    again = {label for label, times in measured.items() if times > 1}
    assert len(again) <= in_flight
    assert not again & recorded


def labels(command_line) -> set[str]:
    """Of the recorded blocks, as the toy writes them when it is measured."""
    found = set()
    for file in command_line.records():
        specification = json.loads(file.read_text())["specification"]
        setting = specification["constants"] | specification["condition"]
        axes = ",".join(f"{axis}={setting[axis]}" for axis in ("kind", "width", "length"))
        found.add(f"{axes},{specification['seeds'][0]}")
    return found


@pytest.mark.parametrize("executor", [["--in-process"], ["--cpus", "2"]], ids=["in-process", "ray"])
def test_a_killed_driver_repeats_at_most_what_was_in_flight(command_line, executor):
    process = command_line.start("run", *executor, *TOYS, TOY_SECONDS="0.3")
    command_line.wait_for_records(process, 3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    recorded = labels(command_line)
    assert 3 <= len(recorded) < 18
    process = command_line.start("run", *executor, *TOYS)
    output, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors
    assert "supported" in output
    assert_resumed(command_line, recorded, in_flight=3)
    assert len(labels(command_line)) == 18


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_a_run_and_the_same_command_goes_on(command_line, number):
    process = command_line.start("run", "--in-process", *TOYS, TOY_SECONDS="0.3")
    command_line.wait_for_records(process, 2)
    process.send_signal(number)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert "the same command continues" in errors
    recorded = labels(command_line)
    assert command_line("run", "--in-process", *TOYS).exit_code == 0
    assert_resumed(command_line, recorded, in_flight=1)


def test_the_budgets_end_is_three_and_judges_what_there_is(command_line, tmp_path, monkeypatch):
    monkeypatch.setenv("TOY_SECONDS", "0.2")
    file = tmp_path / "report.json"
    budget = ["--max-minutes", "0.02", "--json", str(file)]
    result = command_line("run", "--in-process", *budget, "law-partly", "law-holds")
    assert result.exit_code == 3
    assert "budget of 0.02 minutes" in result.output
    assert set(verdicts(strict(file.read_text())).values()) & {"not run", "inconclusive"}
    monkeypatch.delenv("TOY_SECONDS")
    recorded = labels(command_line)
    assert 0 < len(recorded) < 16
    assert command_line("run", "--in-process", "law-partly", "law-holds").exit_code == 0
    assert_resumed(command_line, recorded, in_flight=0)


def test_threads_are_fixed_before_numpy_is_loaded(command_line, world):
    """Eigenvalues in a process that nobody told to use one thread are those of one that was."""
    world.claim("new", like="ramp", where={"kind": "eigenvalues"})
    world.run("new")
    alone = set(world.payloads("toy").values())
    assert len(alone) == 2
    process = command_line.start("run", "--in-process", "ramp")  # its control looks at the same eigenvalues
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    there = {json.loads(file.read_text())["payload_sha256"] for file in command_line.records()}
    assert alone <= there


def test_check_names_a_claim_that_changed_since_it_was_sealed(command_line, tmp_path):
    shutil.copytree(command_line.toys.parent, tmp_path / "worlds")
    command_line.toys = tmp_path / "worlds" / "toy.yaml"

    def told() -> str:
        return command_line("check").output

    assert "law-holds is not sealed" in told()
    assert command_line("lock").exit_code == 0
    assert "law-holds is not sealed" not in told()
    text = command_line.toys.read_text()
    at = text.index("within:", text.index("  law-holds:"))
    end = text.index("]", at) + 1
    command_line.toys.write_text(f"{text[:at]}within: [0.8, 1.3]{text[end:]}")
    assert "law-holds changed since it was sealed" in told()


@pytest.fixture
def checked(command_line, tmp_path):
    """Check the toys with these lines changed, each (old, new), first occurrence."""
    shutil.copytree(command_line.toys.parent, tmp_path / "worlds")
    command_line.toys = tmp_path / "worlds" / "toy.yaml"

    def check(*arguments: str, changed: Sequence[tuple[str, str]] = ()):
        text = (WORLDS / "toy.yaml").read_text()
        for old, new in changed:
            assert old in text
            text = text.replace(old, new, 1)
        command_line.toys.write_text(text)
        return command_line("check", *arguments)

    return check


def test_check_tells_of_the_claims_that_are_named(checked):
    everything = checked()
    assert len(everything.stdout.splitlines()) == 1
    assert "law-refuted is not sealed" in everything.stderr
    powers = [line.split()[0] for line in checked("--verbose").stdout.splitlines()[:-1]]
    assert {"law-holds", "law-refuted", "exponent"} < set(powers)
    some = checked("law-h*", "exponent")
    assert {line.split()[0] for line in some.stdout.splitlines()[:-1]} == {"law-holds", "exponent"}
    assert "catches" in some.stdout
    assert {line.split(": ")[2].split()[0] for line in some.stderr.splitlines()} == {"law-holds", "exponent"}
    assert {line.split()[0] for line in checked("toys").stdout.splitlines()[:-1]} == set(powers)
    wrong = checked("law-hold")
    assert wrong.exit_code == 2
    assert "did you mean 'law-holds'?" in wrong.stderr


def test_check_names_the_mistakes_of_claims_that_are_not_named(checked):
    changed = [("where: {kind: constant, width: [2, 8]}", "where: {kind: constnt, width: [2, 8]}")]
    done = checked("law-holds", changed=changed)
    assert done.exit_code == 2
    assert "claims.law-refuted.where" in done.stderr


def test_check_deep_imports_what_the_named_claims_need(checked, tmp_path):
    changed = [("predicted: -1", "predicted: 'toy_missing:exponent'")]
    (tmp_path / "worlds" / "toy_missing.py").write_text(
        "import nothing_that_exists\n\n\ndef exponent(setting, given):\n    return -1\n"
    )
    assert checked("--deep", "law-holds", changed=changed).exit_code == 0
    done = checked("--deep", "exponent", changed=changed)
    assert done.exit_code == 2
    assert "toy_missing cannot be imported" in done.stderr
    assert "toy_missing cannot be imported" in checked("--deep", changed=changed).stderr


@pytest.mark.parametrize("command", [("check", "--deep", "law-holds"), ("try", "law-holds")])
def test_check_deep_and_try_warn_of_a_rounding_between_a_block_and_a_trial_alone(command_line, monkeypatch, command):
    """By one unit in the last place."""
    monkeypatch.setattr(sys, "path", [str(command_line.toys.parent), *sys.path])
    import toy_experiment

    measure = toy_experiment.measure

    def batched(setting, state):
        measured = measure(setting, state)
        upwards = np.inf if len(measured["response"]) > 1 else measured["response"]
        return measured | {"response": np.nextafter(measured["response"], upwards)}

    monkeypatch.setattr(toy_experiment, "measure", batched)
    done = command_line(*command)
    assert done.exit_code == 0, done.output
    (warning,) = (line for line in done.stderr.splitlines() if "rounded" in line)
    assert warning.startswith("warning: ")
    assert ": toy: toy_experiment." in warning
    assert "response of a trial is rounded otherwise in a block than alone" in warning


def test_check_deep_of_everything_asks_each_theory_about_a_trial(checked):
    """A theory that reads what was measured is told of, also where no claim is named and no trial measured."""
    changed = [("predicted: toy_theory:inverse_width", "predicted: toy_theory:raises")]
    done = checked("--deep", changed=changed)
    assert done.exit_code == 2
    (message,) = done.stderr.strip().splitlines()
    assert "predicted: toy_theory:raises (toy_theory.py:" in message
    assert "asks given for 'no_such_array', which is not there" in message


def test_a_dry_run_knows_durations_from_the_published_report(command_line, monkeypatch):
    monkeypatch.setattr(published, "PUBLISHED", command_line.folder)
    laws = [
        claim(name, "supported", experiment="toy", cost={"trials": 10, "blocks": 1, "seconds": 300.0}) for name in "ab"
    ]
    (command_line.folder / "smoke.json").write_text(report_of(laws).written())
    assert published.seconds_a_trial("smoke") == {"toy": 30.0}
    result = command_line("run", "--in-process", "--dry-run", "law-holds")
    trials = sum(int(stop) - int(start) for start, stop in re.findall(r"\[(\d+):(\d+)\]", result.output))
    assert f"{duration(30.0 * trials)} of compute (of 12 blocks by the published report" in result.output


def test_a_file_is_no_store_and_an_absent_one_is_named(command_line, monkeypatch):
    (command_line.folder / "notes").write_text("no store")
    monkeypatch.setattr(command_line, "store", command_line.folder / "notes")
    for command in (
        ["judge", "law-holds"],
        ["run", "--in-process", "law-holds"],
        ["verify", "--store", str(command_line.store)],
    ):
        result = command_line(*command)
        assert result.exit_code == 2
        assert f"--store {command_line.folder / 'notes'} is a file; a store is a folder" in result.output
    monkeypatch.setattr(command_line, "store", command_line.folder / "elsewhere")
    absent = f"There is no store {command_line.folder / 'elsewhere'} here, in {Path.cwd()}"
    for archive, instead in (("absent.zip", "name it with --store"), ("notes", "the published records are read")):
        monkeypatch.setattr("runners.records.published.PUBLISHED", command_line.folder / archive)
        assert f"{absent}; {instead}." in command_line("judge", "law-holds").output
