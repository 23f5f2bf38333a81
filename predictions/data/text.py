"""Texts to learn from: tiny Shakespeare, fetched once, and the sources of Python's standard library, always here."""

from __future__ import annotations

import os
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from predictions.data.fetching import verified_file

SHAKESPEARE_SHA256 = "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed"
NOT_LIBRARY = {"__pycache__", "idlelib", "lib-dynload", "lib2to3", "site-packages", "dist-packages", "test", "tests"}


@cache
def tiny_shakespeare() -> str:
    """1,115,394 characters of Shakespeare's plays, one after the other (Karpathy 2015).

    Raises `Unavailable` where the file is absent and cannot be fetched.
    """
    return verified_file("tiny-shakespeare", sha256=SHAKESPEARE_SHA256).read_text(encoding="utf-8")


@cache
def standard_library_text() -> str:
    """The running Python's library modules, code and comments, in the order of their paths: about 1e7 characters.

    It differs from one version of Python to the next: `fingerprint` says which text it was.
    """
    root = Path(os.__file__).parent
    paths = []
    for folder, below, files in os.walk(root):
        below[:] = [name for name in below if name not in NOT_LIBRARY and not name.startswith("config-")]
        paths += [Path(folder) / file for file in files if file.endswith(".py") and not file.startswith("_sysconfig")]
    paths.sort(key=lambda path: path.relative_to(root).as_posix())
    return "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in paths)


def text(name: str) -> str:
    """The text of that name."""
    if name not in TEXTS:
        raise ValueError(f"no text {name!r}; there are: {', '.join(sorted(TEXTS))}")
    return TEXTS[name]()


def fingerprint(written: str) -> np.ndarray:
    """The first 12 hexadecimal digits of a text's SHA-256, as a number () that float64 holds exactly."""
    return np.array(int(sha256(written.encode()).hexdigest()[:12], 16), dtype=float)


def encoded(written: str) -> tuple[np.ndarray, str]:
    """Each character's index (characters,) in the sorted alphabet of this text, and the alphabet."""
    points = np.frombuffer(written.encode("utf-32-le"), dtype="<u4")
    alphabet, indices = np.unique(points, return_inverse=True)
    return indices.astype(np.int32), "".join(map(chr, alphabet))


def words(written: str) -> list[str]:
    """Maximal runs of letters a-z and apostrophes of the text in lower case, in order."""
    return re.findall("[a-z']+", written.lower())


TEXTS = {"standard-library": standard_library_text, "tiny-shakespeare": tiny_shakespeare}
