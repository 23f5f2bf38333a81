"""The code's commit, for records and reports."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class Untold(Exception):
    """Git has a commit here and does not tell it; says why, and what to do."""


def commit(folder: Path = ROOT) -> str | None:
    """`TOLLENS_COMMIT` where it is handed in (as to a job, which has no history), else git's; None without history.

    Raises Untold where git refuses, as in a clone that belongs to another user.
    """
    if handed := os.environ.get("TOLLENS_COMMIT"):
        return handed
    if not (folder / ".git").exists():
        return None
    try:
        found = subprocess.run(
            ["git", "-C", str(folder), "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=True
        )
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().partition("\n")[0] or f"it ends with {error.returncode}"
        owner = f"git config --global --add safe.directory {folder}"
        remedy = owner if "dubious ownership" in error.stderr else "set TOLLENS_COMMIT"
        raise Untold(f"records name no commit, for git refuses ({said}); {remedy}") from error
    except (OSError, subprocess.SubprocessError) as error:
        raise Untold(f"records name no commit, for git does not answer ({error}); set TOLLENS_COMMIT") from error
    return found.stdout.strip() or None
