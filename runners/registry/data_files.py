"""Files that code names by its own place: `Path(__file__).with_name("runs.csv")`, `files(__package__) / "runs.csv"`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SAME = frozenset({"Path", "PurePath", "fspath", "str", "abspath", "realpath", "resolve", "absolute", "as_file"})
"""Functions and methods that return the place that they are given, or called on."""
NO_DATA = frozenset({"claims.yaml"})


def data_files(statement: ast.stmt, module: Path) -> list[Path]:
    """Files whose place a statement of a module works out from its own; a folder stands for all that lies in it.

    So does the module's own file, from which code goes on in ways that cannot be read off. A file that is not there
    counts, too: once it is there, something else is read.
    """
    found: dict[Path, None] = {}
    for place in _places(statement, module):
        folder = module.parent if place == module else place
        if folder.is_dir():
            found.update(dict.fromkeys(files_in(folder)))
        else:
            found[place] = None
    return list(found)


def files_in(folder: Path) -> list[Path]:
    """All data in a folder, and below it."""
    return list(filter(_is_data, sorted(folder.rglob("*"))))


def _is_data(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    return path.is_file() and path.suffix != ".py" and path.name not in NO_DATA and not hidden


def _places(node: ast.AST, module: Path) -> Iterator[Path]:
    """The largest expressions of a tree that are places."""
    place = _place(node, module)
    if place is not None:
        yield place
        return
    for part in ast.iter_child_nodes(node):
        yield from _places(part, module)


def _place(node: Any, module: Path) -> Path | None:
    """What an expression is, if it is a place that can be worked out from the module's own."""
    match node:
        case ast.Name(id="__file__"):
            return module
        case ast.Attribute(value=inside, attr="parent"):
            place = _place(inside, module)
            return place and place.parent
        case ast.Subscript(value=ast.Attribute(value=inside, attr="parents"), slice=ast.Constant(value=int(above))):
            place = _place(inside, module)
            return place and place.parents[above]
        case ast.BinOp(left=inside, op=ast.Div(), right=ast.Constant(value=str(name))):
            place = _place(inside, module)
            return place and place / name
        case ast.Call(func=called, args=arguments, keywords=[]):
            return _called(called, arguments, module)
    return None


def _called(called: ast.expr, arguments: list[ast.expr], module: Path) -> Path | None:
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
    inside = called.value if isinstance(called, ast.Attribute) else None
    if name == "files":
        return module.parent if not arguments or _is_here(arguments[0]) else None
    place = _place(inside, module) if inside is not None else None
    if place is None and arguments:  # a function of the place: os.path.join(place, ...)
        place, arguments = _place(arguments[0], module), arguments[1:]
    names = [it.value for it in arguments if isinstance(it, ast.Constant) and isinstance(it.value, str)]
    if place is None or len(names) < len(arguments):
        return None
    if name in SAME and not names:
        return place
    if name == "dirname":
        return place.parent
    if name == "with_name" and len(names) == 1:
        return place.with_name(*names)
    if name in ("joinpath", "join"):
        return place.joinpath(*names)
    return None


def _is_here(package: ast.expr) -> bool:
    return isinstance(package, ast.Name) and package.id in ("__package__", "__name__")
