"""Setting up: which build of torch is asked for, with a pip that only writes down what it was asked."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PIP = """#!/bin/sh
echo "$@" >> asked
case "$*" in *whl/cpu*) exit "${CPU_BUILDS_REACHED:-0}";; esac
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What `make setup` reads, and a virtual environment whose Python installs nothing."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path)
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PIP)
    python.chmod(0o755)
    return tmp_path


def set_up(project: Path, *arguments: str, **environment: str) -> tuple[list[str], str]:
    """What pip was asked to install, and what was said."""
    done = subprocess.run(
        ["make", "setup", *arguments],
        cwd=project,
        env={name: value for name, value in os.environ.items() if not name.startswith("MAKE")} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    asked = (project / "asked").read_text().splitlines()
    return [line for line in asked if "install" in line], done.stderr


def test_a_machine_without_a_gpu_gets_the_cpu_build_and_then_everything_else(project):
    (torch, rest), _ = set_up(project, "GPU=")
    assert "-c constraints.txt torch --index-url" in torch  # the version that is pinned
    assert "--no-deps" in torch  # what torch needs comes from the package index
    assert rest.endswith("-c constraints.txt -e .[test]")


def test_where_the_cpu_builds_are_out_of_reach_the_package_index_serves(project):
    asked, said = set_up(project, "GPU=", CPU_BUILDS_REACHED="1")
    assert asked[-1].endswith("-c constraints.txt -e .[test]")
    assert "cannot be reached" in said


@pytest.mark.parametrize("arguments", [["GPU=yes"], ["GPU=", "EXTRAS=test,gpu"]])
def test_a_gpu_gets_the_package_index_s_build(project, arguments):
    (only,), _ = set_up(project, *arguments)
    assert "index-url" not in only


def test_a_choice_of_ones_own_goes_first_and_is_remembered(project):
    asked, _ = set_up(project, "GPU=", "TORCH=./torch.whl")
    assert asked[0].endswith("install -c .venv/constraints.txt ./torch.whl")
    assert "whl/cpu" not in " ".join(asked)
    assert (project / ".venv" / "torch-requirement").read_text() == "./torch.whl\n"
    assert "torch==" not in (project / ".venv" / "constraints.txt").read_text()
