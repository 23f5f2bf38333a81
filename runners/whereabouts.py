"""Where in somebody's code something is or went wrong: file and line, without folders, as reports are published."""

from __future__ import annotations

import inspect
import os
import sys
import sysconfig
import traceback
from collections.abc import Callable
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_OWN = str(_ROOT / "predictions") + os.sep
_OTHERS = tuple(
    os.path.realpath(path) + os.sep
    for path in (*sysconfig.get_paths().values(), sys.prefix, sys.base_prefix, str(_ROOT / "runners"))
)


def place(error: BaseException) -> str:
    """Where an error was raised: the innermost frame in an experiment's or a theory's code, else the innermost."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if _is_theirs(frame.filename)]
    if not frames:
        return ""
    innermost = (theirs or frames)[-1]
    return f"{Path(innermost.filename).name}:{innermost.lineno}"


def definition(function: Callable) -> str:
    """Where a function is defined; empty if Python cannot tell."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{Path(code.co_filename).name}:{code.co_firstlineno}" if code else ""


def _is_theirs(file: str) -> bool:
    path = os.path.realpath(file)
    return path.startswith(_OWN) or not (path.startswith(_OTHERS) or file.startswith("<"))
