"""What a block opens: a file that is no part of its record must not decide its numbers.

A record is identified by the SHA-256 of what its experiment declares to read, and by its code. Whatever else is opened
while the numbers are made could change without anybody noticing, so that such a block is an error.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import local
from typing import Any

from runners.judging.isolation import CODE, LIBRARIES

SYSTEM = tuple(f"/{name}/" for name in "bin dev etc lib lib64 opt proc run sbin sys usr var/lib".split())
OWN = (str(Path(__file__).parents[2] / "predictions" / "data"),)  # the catalogue, which says what is verified
_state = local()


@dataclass
class Openings:
    """Files that one thread opened for reading, other than code, libraries, caches and what it wrote itself."""

    opened: dict[str, None] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)

    def undeclared(self, declared: Iterable[Path]) -> list[Path]:
        """Those of them that are not declared, in the order in which they were opened."""
        known = {os.path.realpath(path) for path in declared}
        return [Path(path) for path in self.opened if path not in known and not _of_a_library(path)]


@contextmanager
def watched() -> Iterator[Openings]:
    """Within, this thread's openings are written down."""
    _install()
    outer, _state.openings = getattr(_state, "openings", None), Openings()
    try:
        yield _state.openings
    finally:
        _state.openings = outer


def _install() -> None:
    """Python keeps audit hooks for good, so there is one, and it looks at this thread's state."""
    if not getattr(sys, "_tollens_openings", False):
        sys._tollens_openings = True  # type: ignore[attr-defined]
        sys.addaudithook(_audit)


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    openings = getattr(_state, "openings", None) if event == "open" else None
    if openings is None or not isinstance(arguments[0], str | bytes | os.PathLike):
        return
    name, mode, flags = os.fsdecode(arguments[0]), arguments[1], arguments[2]
    if name.endswith(CODE) or name.startswith(LIBRARIES):
        return
    path = os.path.realpath(name)
    if path.startswith((*LIBRARIES, *SYSTEM, *OWN)) or any(_is_cache(part) for part in path.split(os.sep)):
        return
    if _writes(mode, flags):
        openings.written.add(path)
    elif path not in openings.written and os.path.isfile(path):
        openings.opened[path] = None


def _writes(mode: str | None, flags: int) -> bool:
    """Whether a file is opened to be made or emptied: what is read from it later is the block's own."""
    return any(letter in mode for letter in "wxa") if mode else bool(flags & (os.O_CREAT | os.O_TRUNC))


def _is_cache(part: str) -> bool:
    """A folder of settings or of a library's own results: `~/.config`, `~/.cache/jax`, `/tmp/torchinductor_me`."""
    return part.startswith((".", "torchinductor")) or "cache" in part.lower()


def _of_a_library(path: str) -> bool:
    """Whether a file lies in an imported package of somebody else's, wherever that is installed."""
    folders = (
        folder
        for name, module in list(sys.modules.items())
        if "." not in name and name != "predictions"
        for folder in getattr(module, "__path__", ())
    )
    return any(path.startswith(os.path.join(os.path.realpath(folder), "")) for folder in folders)
