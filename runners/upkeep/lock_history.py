"""Whether git bears out the dates of a lock: a seal is not in it long before a commit has it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from runners.records.seals import read_lock
from runners.upkeep.findings import BACKDATED, Finding

SLACK = timedelta(days=2)
"""Between sealing and committing."""


class NoHistory(Exception):
    """Git cannot tell: no repository, a shallow one, or one that belongs to somebody else."""


def backdated(lock: Path, *, now: datetime | None = None) -> Iterator[Finding]:
    """Seals whose date is earlier than the first commit that has them. Raises NoHistory."""
    first = _first_commits(lock)
    present = now or datetime.now(UTC)
    for name, entry in read_lock(lock)["claims"].items():
        since = first.get((name, entry["seal"]), present)
        if datetime.fromisoformat(entry["sealed"]).replace(tzinfo=UTC) < since - SLACK:
            told = f"sealed on {entry['sealed']} by the lock; git has that seal since {since.date().isoformat()}"
            yield Finding(BACKDATED, name, told)


def _first_commits(lock: Path) -> dict[tuple[str, str], datetime]:
    """When each seal of each claim was first committed."""
    folder, name = lock.resolve().parent, lock.name
    if _git(folder, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise NoHistory("the clone is shallow; `git fetch --unshallow` brings its history")
    found: dict[tuple[str, str], datetime] = {}
    for line in reversed(_git(folder, "log", "--full-history", "--format=%H %ct", "--", name).splitlines()):
        commit, seconds = line.split()
        try:
            content = _git(folder, "show", f"{commit}:./{name}")
            claims: dict[str, Any] = json.loads(content)["claims"]
        except (ValueError, KeyError, NoHistory):  # removed there, or broken
            continue
        for claim, entry in claims.items():
            found.setdefault((claim, entry.get("seal")), datetime.fromtimestamp(int(seconds), UTC))
    if not found:
        raise NoHistory(f"{name} is in no commit")
    return found


def _git(folder: Path, *arguments: str) -> str:
    try:
        found = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=60, check=True
        )
    except subprocess.CalledProcessError as error:
        raise NoHistory(error.stderr.strip().partition("\n")[0] or f"git ends with {error.returncode}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise NoHistory(str(error)) from error
    return found.stdout
