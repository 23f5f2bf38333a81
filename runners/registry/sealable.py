"""Checks that seals can cover what a module does: which modules it imports, and which files it reads."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from runners.registry.import_time import acts
from runners.registry.lookup import Lookup
from runners.registry.mistakes import KeyPath, Mistake
from runners.registry.statements import dotted
from runners.registry.syntax import Source, source

READS = frozenset(
    "open load loadtxt genfromtxt fromfile memmap loadmat imread read_text read_bytes read_csv read_table read_json "
    "read_parquet read_excel read_hdf urlopen".split()
)
"""Functions and methods that read files."""


def check_sealable(
    lookup: Lookup, path: KeyPath, module: str, *, theory: bool = False, declared: Collection[str] = ()
) -> Iterator[Mistake]:
    """What no seal can cover in a module and all that it loads; a theory may read no file when it is imported.

    Paths that an experiment has `declared` under `reads` are covered.
    """
    registry = lookup.registry
    for file in lookup.closure(module).values():
        for line in source(file).hidden_imports():
            problem = f"{file}:{line} imports a module under a computed name, which no seal can cover"
            yield registry.mistake(path, problem, "write the imports out, one statement for each module")
        for line, named in _from_working_folder(source(file)):
            if named in declared:
                continue
            problem = f"{file}:{line} reads {named!r} from wherever it is run, which no seal can cover"
            yield registry.mistake(path, problem, "lay it beside the module, and write Path(__file__).with_name(...)")
        for line, call in _read_at_import(file, source(file)) if theory else ():
            problem = f"{file}:{line} calls {call} when it is imported: a theory would depend on a file before a trial"
            remedy = "write its numbers down as constants, or let the experiment return them as given"
            yield registry.mistake(path, problem, remedy)


@lru_cache(maxsize=4096)
def _from_working_folder(read: Source) -> tuple[tuple[int, str], ...]:
    """Lines that read a file by a path that is written out, and that path."""
    return tuple((node.lineno, named) for node in read.calls if (named := _written_path(node)))


def _written_path(call: ast.Call) -> str | None:
    first, named = dotted(call.func)
    name = named[-1] if named else getattr(first, "id", None)
    if name not in READS:
        return None
    if isinstance(first, ast.Call):  # Path("...").read_text()
        made_by, attributes = dotted(first.func)
        return _text(first) if (attributes or (getattr(made_by, "id", None),))[-1] == "Path" else None
    return None if named and name == "open" else _text(call)  # the argument of path.open() is no path


def _text(call: ast.Call) -> str | None:
    """The text that is a call's first argument, if it can be a path."""
    match call.args:
        case [ast.Constant(value=str(path)), *_] if "\n" not in path and "://" not in path:
            return path
    return None


@lru_cache(maxsize=4096)
def _read_at_import(file: Path, read: Source) -> tuple[tuple[int, str], ...]:
    """Lines that read a file when the module is imported, and what they call."""
    found: list[tuple[int, Any]] = []
    for statement in read.statements(""):
        for act in acts(statement):
            if act.calls and (act.calls.attributes or (act.calls.name,))[-1] in READS:
                found.append((statement.line, str(act.calls).removeprefix(".")))
    return tuple(found)
