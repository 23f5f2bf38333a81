"""What JAX compiles, kept for the next process: in the user's cache, or in the folder that TOLLENS_CACHE names.

Code is kept apart for each version of jaxlib, kind of processor and number of threads: another machine never loads what
it could not execute, and none computes with what was compiled for other threads. `TOLLENS_CACHE=off` keeps nothing.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType

from runners.measuring.machine import processor

VARIABLE = "TOLLENS_CACHE"
MOST_BYTES = 512 * 2**20
"""Of each folder; what was not used for longest goes first."""

MOST_MAPS = 25_000
"""Of a process that goes on: a large program takes a hundred, and a block may compile twenty."""


_programs: list[float] = []
"""Seconds for each program that JAX compiled in this process, or found compiled."""


def programs() -> int:
    """How many programs JAX has compiled in this process or found compiled: one a function and shapes."""
    return len(_programs)


def forget_many() -> None:
    """Let go of all programs if they take very many memory maps: Linux lets a process have 65,530."""
    if programs() and _maps() > MOST_MAPS:
        import jax

        jax.clear_caches()


def _maps() -> int:
    try:
        return Path("/proc/self/maps").read_bytes().count(b"\n")
    except OSError:  # not Linux: no such limit
        return 0


def _note(event: str, seconds: float, **told: object) -> None:
    if event == "/jax/core/compile/backend_compile_duration":
        _programs.append(seconds)


def folder() -> Path | None:
    """Where compiled code is kept; None if it is not."""
    named = os.environ.get(VARIABLE, "")
    if named == "off":
        return None
    import pooch

    threads = os.environ.get("NPROC") or os.cpu_count()  # as XLA sizes its pool
    kind = re.sub(r"[^A-Za-z0-9.]+", "-", f"jaxlib {version('jaxlib')} {processor()} {threads}")
    return Path(named or pooch.os_cache("tollens")).expanduser().resolve() / "jax-cache" / kind


def keep_compiled() -> Callable[[], None]:
    """Have JAX keep and find there what it compiles; comes back with what ends that.

    Somebody's own setting is left alone, and a folder that cannot be written is none.
    """
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    _count(jax)
    place = folder()
    if place is None or jax.config.jax_compilation_cache_dir or not _ready(place):  # type: ignore[attr-defined]
        return lambda: None
    settings = {
        "jax_compilation_cache_dir": str(place),
        "jax_compilation_cache_max_size": MOST_BYTES,
        "jax_persistent_cache_min_compile_time_secs": 0.0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in settings}

    def configure(values: dict[str, object]) -> None:
        for name, value in values.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()  # JAX looks at its settings once

    configure(settings)
    return lambda: configure(before)


@cache
def _count(jax: ModuleType) -> None:
    """From now on programs are counted; listeners stay for good, so there is one."""
    jax.monitoring.register_event_duration_secs_listener(_note)


def _ready(place: Path) -> bool:
    """Make the folder, without entries of which a killed process left a part."""
    import filelock

    try:
        place.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(place / ".lockfile", timeout=10):  # the one that JAX takes
            for entry in place.glob("*-cache"):
                if not entry.with_name(entry.name.removesuffix("-cache") + "-atime").exists():
                    entry.unlink()
        return True
    except (OSError, filelock.Timeout):
        return False
