"""Dates of seals against git's."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime

import pytest

from runners.upkeep.lock_history import NoHistory, backdated

NOW = datetime(2026, 11, 29, tzinfo=UTC)


@pytest.fixture
def commit(tmp_path):
    """Commits what the lock says, on a day."""

    def git(*arguments: str, day: str = "2026-11-01") -> None:
        dates = {"GIT_AUTHOR_DATE": f"{day}T12:00:00Z", "GIT_COMMITTER_DATE": f"{day}T12:00:00Z"}
        who = ["-c", "user.name=nobody", "-c", "user.email=nobody@nowhere"]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, env=os.environ | dates, capture_output=True)

    git("init")

    def commit(seals: dict[str, tuple[str, str]], day: str) -> None:
        write(tmp_path, seals)
        git("add", "registry.lock")
        git("commit", "-m", "seals", day=day)

    return commit


def write(folder, seals: dict[str, tuple[str, str]]) -> None:
    claims = {name: {"seal": seal, "sealed": day, "resealed": 0} for name, (seal, day) in seals.items()}
    (folder / "registry.lock").write_text(json.dumps({"schema": 2, "claims": claims}))


def test_a_date_before_any_commit_that_has_the_seal_is_found(commit, tmp_path):
    commit({"old": ("a", "2026-11-01")}, "2026-11-02")
    commit({"old": ("a", "2026-11-01"), "new": ("b", "2026-11-19")}, "2026-11-20")
    assert list(backdated(tmp_path / "registry.lock", now=NOW)) == []
    commit({"old": ("c", "2026-11-01"), "new": ("b", "2026-11-19")}, "2026-11-25")
    (finding,) = backdated(tmp_path / "registry.lock", now=NOW)
    assert str(finding) == (
        "old: dated earlier than git bears out: sealed on 2026-11-01 by the lock; git has that seal since 2026-11-25"
    )


def test_a_seal_that_is_in_no_commit_is_of_today(commit, tmp_path):
    commit({"old": ("a", "2026-11-01")}, "2026-11-02")
    write(tmp_path, {"old": ("a", "2026-11-01"), "fresh": ("b", "2026-11-28"), "stale": ("c", "2026-11-03")})
    assert [finding.where for finding in backdated(tmp_path / "registry.lock", now=NOW)] == ["stale"]


def test_without_history_it_says_so(tmp_path):
    write(tmp_path, {"old": ("a", "2026-11-01")})
    with pytest.raises(NoHistory):
        list(backdated(tmp_path / "registry.lock"))
