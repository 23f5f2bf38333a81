"""Hooks of pre-commit: what they run exists, on the files that they are about."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest
import yaml
from click.testing import CliRunner

from runners.commands import COMMANDS, main
from runners.registry.names import ROOT

LOCAL = {
    hook["id"]: hook
    for repository in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    for hook in repository["hooks"]
}
OFFERED = {hook["id"]: hook for hook in yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())}


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("this is no checkout")
    return listed.stdout.split()


@pytest.mark.parametrize(
    "hook", [*LOCAL.values(), *OFFERED.values()], ids=[*LOCAL, *(f"offered-{it}" for it in OFFERED)]
)
def test_a_hook_runs_something_that_exists(hook):
    words = shlex.split(hook["entry"])
    if words[0] == "sh":
        words = shlex.split(words[2])
    assert words[0] in ("ruff", "tollens")
    if words[0] == "tollens":
        assert words[1] in COMMANDS


def test_the_registrys_hook_looks_at_registry_lock_and_science():
    files = re.compile(LOCAL["tollens-check"]["files"])
    seen = [file for file in tracked() if files.search(file)]
    assert {"registry.yaml", "registry.lock"} <= set(seen)
    assert all(file.startswith("predictions/") for file in seen if file.endswith(".py"))
    assert len(seen) > 50


def test_the_schemas_hook_finds_it_current():
    entry = LOCAL["registry-schema"]["entry"].replace("tollens", f"{sys.executable} -m runners")
    assert subprocess.run(shlex.split(entry), cwd=ROOT).returncode == 0


def test_an_offered_hook_gets_file_names(tmp_path, monkeypatch):
    """As pre-commit calls it in somebody else's repository."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    assert re.search(OFFERED["tollens-check"]["files"], "theories/claims.yaml")
    mine = tmp_path / "claims.yaml"
    mine.write_text("claims:\n  my-law: {statment: x}\n")
    words = shlex.split(OFFERED["tollens-check"]["entry"])
    told = CliRunner().invoke(main, [*words[1:], str(mine)])
    assert told.exit_code == 2
    assert f"{mine}:2:12: claims.my-law.statment: is no key here; did you mean statement?" in told.stderr
