"""1 means that a verdict contradicts what is expected, and nothing else: whatever breaks down ends with 3."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from runners.commands import main
from tests.runners.conftest import WORLDS


@pytest.mark.parametrize("command", ["judge", "list", "why", "show"])
def test_an_uncaught_exception_is_no_verdict(command_line, monkeypatch, command):
    def broken(*arguments, **settings):
        raise ZeroDivisionError("it broke")

    monkeypatch.setattr("runners.registry.loader.load", broken)
    result = command_line(command, *(["law-holds"] if command in ("why", "show") else []))
    assert result.exit_code == 3
    assert "ZeroDivisionError: it broke" in result.output


def test_an_interrupt_is_no_verdict(command_line, monkeypatch):
    def interrupted(*arguments, **settings):
        raise KeyboardInterrupt

    monkeypatch.setattr("runners.registry.loader.load", interrupted)
    assert command_line("judge").exit_code == 130


def test_a_dead_cluster_is_no_verdict(command_line, monkeypatch):
    from runners.measuring import ray_tasks

    class Dead(Exception):
        pass

    class Lost:
        def __init__(self, *arguments, **settings):
            raise Dead("the head is gone")

    monkeypatch.setattr(ray_tasks, "RayTasks", Lost)
    result = command_line("run", "law-holds")
    assert result.exit_code == 3
    assert "the head is gone" in result.output


@pytest.mark.parametrize("encoding", ["cp1252", "ascii"])
def test_a_terminal_that_lacks_characters_changes_no_code(command_line, encoding):
    """The table has bars that cp1252 does not: they are replaced, the report is written, the code is the verdict's."""
    command_line("run", "law-holds", "--in-process")
    report = command_line.folder / "report.json"
    process = command_line.start("judge", "law-holds", "--json", str(report), PYTHONIOENCODING=encoding)
    out = process.stdout.buffer.read()
    assert process.wait(timeout=60) == 0, process.stderr.buffer.read()
    process.communicate()
    assert b"supported" in out
    assert json.loads(report.read_text())["claims"]


def test_a_reader_who_has_enough_is_no_verdict(command_line):
    """`tollens ... | head -c 0`"""
    code = "import sys; from runners.commands import main; sys.exit(main())"
    arguments = [sys.executable, "-c", code, "list", "--registry", str(WORLDS / "toy.yaml")]
    environment = os.environ | {"PYTHONPATH": str(WORLDS.parents[1]), "PYTHONUNBUFFERED": "1"}
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(arguments, env=environment, stdout=writing, stderr=subprocess.PIPE, timeout=60, check=False)
    os.close(writing)
    assert done.returncode == 3
    assert b"Traceback" not in done.stderr


def test_the_last_run_on_a_store_says_how_it_ended(tmp_path):
    """What deploy/rayjob.yaml asks: a summary of this run, not of one before it."""
    from runners.reporting.summary import ended_well

    def after(summary, *, since: float = 50.0) -> int:
        if summary is not None:
            (tmp_path / "summary.json").write_text(json.dumps(summary))
        return ended_well(str(tmp_path), since)

    assert after(None) == 3
    assert after({"exit_code": 0, "started": 100.0}) == 0
    assert after({"exit_code": 1, "started": 100.0}) == 0, "a verdict is a result"
    assert after({"exit_code": 3, "started": 100.0}) == 3
    assert after({"exit_code": None, "started": 100.0}) == 3, "it was killed"
    assert after({"exit_code": 0, "started": 10.0}) == 3, "that was another run"
    (tmp_path / "summary.json").write_text("[")
    assert ended_well(str(tmp_path), 50.0) == 3


def test_a_typing_slip_is_a_typing_slip():
    assert CliRunner().invoke(main, ["jugde"]).exit_code == 2
