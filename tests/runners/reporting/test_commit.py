"""The commit that records name, and what is said where git does not tell it."""

from __future__ import annotations

import subprocess
from types import SimpleNamespace

import pytest

from runners.reporting import commit as module
from runners.reporting.commit import Untold, commit


def test_a_clone_of_another_user_is_told(tmp_path, monkeypatch):
    """Git refuses by `detected dubious ownership`; nothing may become of it in silence."""
    (tmp_path / ".git").mkdir()
    monkeypatch.delenv("TOLLENS_COMMIT", raising=False)
    said = f"fatal: detected dubious ownership in repository at '{tmp_path}'\nTo add an exception ..."

    def refusing(arguments, **settings):
        raise subprocess.CalledProcessError(128, arguments, stderr=said)

    monkeypatch.setattr(module, "subprocess", SimpleNamespace(**vars(subprocess) | {"run": refusing}))
    with pytest.raises(Untold, match=rf"dubious ownership.*; git config --global --add safe.directory {tmp_path}"):
        commit(tmp_path)


def test_without_a_history_there_is_no_commit_and_one_that_is_handed_in_counts(tmp_path, monkeypatch):
    monkeypatch.delenv("TOLLENS_COMMIT", raising=False)
    assert commit(tmp_path) is None
    monkeypatch.setenv("TOLLENS_COMMIT", "abc")
    assert commit(tmp_path) == "abc"


def test_a_run_says_that_its_records_name_no_commit(command_line, monkeypatch):
    def refusing():
        raise Untold("records name no commit, for git refuses (it does); set TOLLENS_COMMIT")

    monkeypatch.setattr(module, "commit", refusing)
    assert "warning: records name no commit" in command_line("run", "law-holds", "--in-process").output
