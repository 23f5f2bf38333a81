"""The machine that computes, as far as the last bits of a number, or compiled code, depend on it."""

from __future__ import annotations

import platform
from functools import cache
from hashlib import sha256
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")


@cache
def machine() -> dict[str, str]:
    """Host, processor, system and Python, in words."""
    return {
        "host": platform.node(),
        "cpu": processor(),
        "platform": platform.platform(),
        "python": platform.python_version(),
    }


@cache
def processor() -> str:
    """The processor's name, and a hash of what it can do: two of one name may differ in their instructions."""
    described: dict[str, str] = {}
    if CPU_INFO.exists():
        first = CPU_INFO.read_text(errors="replace").partition("\n\n")[0]
        described = {key.strip(): value.strip() for key, _, value in (it.partition(":") for it in first.splitlines())}
    name = described.get("model name") or platform.processor() or platform.machine()
    abilities = " ".join(sorted(described.get("flags", described.get("Features", "")).split()))
    model = [described.get(key, "") for key in ("vendor_id", "cpu family", "model", "stepping")]
    return f"{name} {sha256(' '.join([*model, abilities]).encode()).hexdigest()[:8]}"
