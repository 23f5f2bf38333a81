"""Data that come with Python or a library and differ between its editions: their SHA-256 on this machine."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from hashlib import sha256

from predictions.data import photographs, text


@cache
def digest(name: str) -> str:
    """SHA-256 of what this machine has under that name; raises `Unavailable` where it is not installed."""
    return sha256(EMBEDDED[name]()).hexdigest()


def _standard_library() -> bytes:
    return text.standard_library_text().encode()


def _photographs() -> bytes:
    return b"".join(photographs.file_of(name).read_bytes() for name in sorted(photographs.PHOTOGRAPHS))


EMBEDDED: dict[str, Callable[[], bytes]] = {"photographs": _photographs, "standard-library": _standard_library}
