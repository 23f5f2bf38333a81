"""A network of its own for a program that starts a cluster: Ray listens on all interfaces, and its jobs run code."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence

ENTER = ["unshare", "--map-root-user", "--net", "--pid", "--fork", "--mount-proc", "--kill-child"]
"""Also processes of its own: whatever is left of them ends with the first one."""


def refused() -> str | None:
    """Why this machine does not allow it; None if it does."""
    for program in ("unshare", "ip"):
        if shutil.which(program) is None:
            return f"needs `{program}` for a private network"
    tried = subprocess.run([*ENTER, "ip", "link", "set", "lo", "up"], capture_output=True, text=True)
    return f"a private network is not allowed here: {tried.stderr.strip()}" if tried.returncode else None


def inside(command: Sequence[str]) -> list[str]:
    """The command, run where nothing but its own loopback can be reached, and by nobody."""
    return [*ENTER, "sh", "-c", 'ip link set lo up && exec "$@"', "sh", *command]
