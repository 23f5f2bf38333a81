"""Dotted names: to files and functions, without importing anything.

A project's *own* modules are those of `predictions` and those that lie in a registry's folder. A search path lists
the registries' folders and, last, the folder that holds `predictions`.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runners.registry.mistakes import suggestion
from runners.registry.syntax import BrokenSource, Definition, Source, source

ROOT = Path(__file__).resolve().parents[2]
"""The folder that holds `predictions` and `runners`."""
PACKAGE = "predictions"
PROJECT = {PACKAGE, "runners", "leaderboard", "tollens"}
NOT_SEALED = {"predictions.data.fetching"}
"""Own modules that no digest covers: readers state by SHA-256 what these hand over, however they come by it."""


class UnresolvedName(Exception):
    """A dotted name that leads nowhere: the problem, and a way out."""

    def __init__(self, problem: str, remedy: str = "", *, broken: bool = False):
        super().__init__(problem)
        self.problem, self.remedy = problem, remedy
        self.broken = broken
        """Whether there is such a module, but Python cannot read it."""


@dataclass(frozen=True)
class Resolved:
    """Where a dotted name leads."""

    module: str
    file: Path
    function: str | None = None
    definition: Definition | None = None
    """How the function is defined, followed through imports of own modules."""

    @property
    def unfinished(self) -> int | None:
        """The line where the function is still to be written, if it is."""
        return self.definition.unfinished if self.definition else None

    @property
    def line(self) -> int:
        """Where the function is still to be written, or else where it begins."""
        return self.unfinished or (self.definition.line if self.definition else 1)

    @property
    def place(self) -> str:
        """File and line, from the working folder if it lies there."""
        here = Path.cwd()
        file = self.file.relative_to(here) if self.file.is_relative_to(here) else self.file
        return f"{file}:{self.line}"

    def takes(self, arguments: int) -> bool:
        """Whether the function can be called with so many positional arguments, as far as its text tells."""
        if self.definition is None or self.definition.positional is None:
            return True
        fewest, most = self.definition.positional
        return fewest <= arguments <= most


def search_path(registries: Iterable[Path]) -> list[str]:
    """Folders in which a registry's dotted names are looked up: those of the registries, then the project's own."""
    folders = [Path(path).resolve().parent for path in registries]
    outside = [str(folder) for folder in folders if folder not in (ROOT, ROOT / "runners")]
    return [*dict.fromkeys(outside), str(ROOT)]


@contextmanager
def importable(path: Sequence[str]):
    """Modules of a search path can be imported meanwhile."""
    before = list(sys.path)
    sys.path[:0] = [folder for folder in path if folder not in before]
    try:
        yield
    finally:
        sys.path[:] = before


def resolve(dotted: str, path: Sequence[str]) -> Resolved:
    """File and definition of `module` or `module:function`; raises UnresolvedName."""
    module, colon, function = dotted.partition(":")
    if not all(part.isidentifier() for part in module.split(".")) or (colon and not function.isidentifier()):
        raise UnresolvedName(f"{dotted!r} is no dotted name", "write module:function, as in predictions.x.theory:law")
    file = own_file(module, path)
    if file is None:
        raise UnresolvedName(*missing_module(module, path))
    if not colon:
        return Resolved(module, file)
    definition = _definition(module, function, path, depth=0)
    if definition is None:
        known = [name for name, found in source_of(file).definitions().items() if found.positional]
        raise UnresolvedName(f"{module} defines no {function}", suggestion(function, known))
    return Resolved(module, file, function, definition)


def load_function(dotted: str) -> Callable:
    """Import `module:function` really and return the function."""
    module, _, function = dotted.partition(":")
    loaded = getattr(importlib.import_module(module), function)
    if not callable(loaded):
        raise TypeError(f"{dotted} is {type(loaded).__name__}, not a function")
    return loaded


def own_file(module: str, path: Sequence[str]) -> Path | None:
    """File of an own module (a package's is its `__init__.py`), or None."""
    return _file_in(folders_of(module.partition(".")[0], path), module)


def hiding_file(module: str) -> Path | None:
    """File in the project's own folder, which Python searches first, that hides a library's module of the same name."""
    return None if module.partition(".")[0] in PROJECT else _file_in([str(ROOT)], module)


def _file_in(folders: Sequence[str], module: str) -> Path | None:
    for folder in folders:
        place = Path(folder, *module.split("."))
        for file in (place / "__init__.py", place.parent / f"{place.name}.py"):
            if file.is_file():
                return file
    return None


def source_of(file: Path) -> Source:
    """The syntax of an own file; raises UnresolvedName if it is not Python."""
    try:
        return source(file)
    except BrokenSource as error:
        raise UnresolvedName(str(error), "mend the file", broken=True) from error


def folders_of(top: str, path: Sequence[str]) -> list[str]:
    """Where an own module with this first name may lie: only `predictions` is taken from the project's folder."""
    return [folder for folder in path if (folder == str(ROOT)) == (top == PACKAGE)]


def _definition(module: str, function: str, path: Sequence[str], *, depth: int) -> Definition | None:
    file = own_file(module, path)
    if file is None:
        return None
    found = source_of(file).definitions().get(function)
    if found is not None and found.origin is not None and depth < 10:
        origin, name = found.origin
        if own_file(origin, path) is not None:
            return _definition(origin, name, path, depth=depth + 1)
    return found


def missing_module(module: str, path: Sequence[str]) -> tuple[str, str]:
    """Walk down the name; where it ends, name what lies beside the missing step."""
    parts = module.split(".")
    best: tuple[int, list[str]] = (-1, [])
    for folder in folders_of(parts[0], path):
        depth = 0
        while depth < len(parts) - 1 and Path(folder, *parts[: depth + 1]).is_dir():
            depth += 1
        if depth > best[0]:
            best = depth, _modules_in(Path(folder, *parts[:depth]))
    depth, beside = best
    stem = parts[: max(depth, 0)]
    names = [".".join([*stem, name]) for name in beside]
    return f"there is no module {module}", suggestion(".".join(parts[: len(stem) + 1]), names)


def _modules_in(folder: Path) -> list[str]:
    if folder == ROOT:
        return [PACKAGE]
    inside = sorted(folder.iterdir()) if folder.is_dir() else []
    modules = [entry.stem for entry in inside if entry.suffix == ".py" and entry.stem != "__init__"]
    return modules + [entry.name for entry in inside if (entry / "__init__.py").is_file()]
