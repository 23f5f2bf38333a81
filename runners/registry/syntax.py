"""What a Python file defines and imports, read from its syntax tree without running it."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import inf
from pathlib import Path
from typing import Any

from runners.registry.statements import Statement, absolute, below, statements


class BrokenSource(Exception):
    """A file that cannot be read as Python; the message says where and why."""


@dataclass(frozen=True)
class Definition:
    """A name that a module has at its top level."""

    line: int
    positional: tuple[float, float] | None = None
    """Fewest and most positional arguments, if it is a function defined here; most is infinite with `*args`."""
    origin: tuple[str, str] | None = None
    """Module and name from which it was imported."""
    unfinished: int | None = None
    """The line of its body that raises NotImplementedError, for a function that is still to be written."""


@dataclass(frozen=True)
class Import:
    """Modules that an import statement may load, relative ones made absolute."""

    module: str
    names: tuple[str, ...] = ()
    """What `from module import ...` names: submodules, perhaps."""


@dataclass(frozen=True, eq=False)
class Source:
    """The syntax of one file."""

    tree: ast.Module

    def definitions(self) -> dict[str, Definition]:
        """Names at the top level, those within `if` and `try` included."""
        return dict(_definitions(self.tree.body))

    def imports(self, module: str, *, is_package: bool) -> list[Import]:
        """All imports, also within functions and as `import_module("literal")`."""
        package = module if is_package else module.rpartition(".")[0]
        statements = [found for node in self._importing[0] for found in _imported(node, package)]
        return statements + [Import(name) for call in self._importing[1] if (name := _literal(call))]

    def hidden_imports(self) -> list[int]:
        """Lines that import a module whose name is computed, so that nobody can say which."""
        return [call.lineno for call in self._importing[1] if _literal(call) is None]

    def lines_importing(self, packages: set[str]) -> list[tuple[int, str]]:
        """Lines that import one of these top-level packages, and which."""
        return [
            (node.lineno, top)
            for node in self._importing[0]
            for found in _imported(node, "")
            if (top := found.module.partition(".")[0]) in packages
        ]

    def statements(self, package: str) -> list[Statement]:
        """The statements at the top level, for a module of this package."""
        if package not in self._statements:
            self._statements[package] = statements(self.tree, package)
        return self._statements[package]

    @cached_property
    def names(self) -> frozenset[str]:
        """Every name that is written anywhere but in an import."""
        return frozenset(self._found[0])

    @cached_property
    def calls(self) -> list[ast.Call]:
        """Every call that is written anywhere."""
        return self._found[1]

    # A tree is walked once: a check asks of every module, for every claim that needs it.

    @cached_property
    def _found(self) -> tuple[set[str], list[ast.Call], list[ast.Import | ast.ImportFrom]]:
        """Names, calls and import statements."""
        names: set[str] = set()
        calls: list[ast.Call] = []
        imports: list[ast.Import | ast.ImportFrom] = []
        waiting: list[Any] = [self.tree]
        while waiting:
            node = waiting.pop()
            kind = type(node)
            if kind is ast.Name:
                names.add(node.id)
            elif kind is ast.Import or kind is ast.ImportFrom:
                imports.append(node)
            elif kind is not ast.Constant:
                if kind is ast.Call:
                    calls.append(node)
                waiting += below(node)
        return names, calls, imports

    @cached_property
    def _importing(self) -> tuple[list[ast.Import | ast.ImportFrom], list[ast.Call]]:
        """Import statements, and calls that import."""
        return self._found[2], [call for call in self.calls if _imports_by_name(call)]

    @cached_property
    def _statements(self) -> dict[str, list[Statement]]:
        return {}


def source(file: Path) -> Source:
    """The syntax of a file; parsed once as long as the file does not change."""
    try:
        stat = file.stat()
    except OSError as error:
        raise BrokenSource(f"{file} cannot be read ({error.strerror})") from error
    return _parse(file, stat.st_mtime_ns, stat.st_size)


@lru_cache(maxsize=4096)
def _parse(file: Path, modified: int, size: int) -> Source:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # of a doubtful escape sequence, say: not ours to judge
            warnings.simplefilter("ignore", DeprecationWarning)
            return Source(ast.parse(file.read_bytes(), filename=str(file)))
    except SyntaxError as error:
        raise BrokenSource(f"{file}:{error.lineno} is not Python ({error.msg})") from error
    except ValueError as error:
        raise BrokenSource(f"{file} is not Python ({error})") from error


def _definitions(body: list[ast.stmt]) -> Iterator[tuple[str, Definition]]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                # A decorator may change the signature: then only the name is known.
                positional = None if node.decorator_list else _positional(node.args)
                yield node.name, Definition(node.lineno, positional, unfinished=_unfinished(node.body))
            case ast.ClassDef():
                yield node.name, Definition(node.lineno)
            case ast.Assign():
                for target in node.targets:
                    for name in ast.walk(target):
                        if isinstance(name, ast.Name):
                            yield name.id, Definition(node.lineno)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr()):
                yield name, Definition(node.lineno)
            case ast.Import():
                for alias in node.names:
                    yield alias.asname or alias.name.partition(".")[0], Definition(node.lineno)
            case ast.ImportFrom():
                for alias in node.names:
                    origin = (node.module, alias.name) if node.module and not node.level else None
                    yield alias.asname or alias.name, Definition(node.lineno, origin=origin)
            case ast.If():
                yield from _definitions([*node.body, *node.orelse])
            case ast.Try():
                handled = [statement for handler in node.handlers for statement in handler.body]
                yield from _definitions([*node.body, *handled, *node.orelse, *node.finalbody])
            case ast.With():
                yield from _definitions(node.body)


def _unfinished(body: list[ast.stmt]) -> int | None:
    for statement in body:
        if isinstance(statement, ast.Raise) and isinstance(raised := statement.exc, ast.Call | ast.Name):
            name = raised.func if isinstance(raised, ast.Call) else raised
            if isinstance(name, ast.Name) and name.id == "NotImplementedError":
                return statement.lineno
    return None


def _positional(arguments: ast.arguments) -> tuple[float, float]:
    most = len(arguments.posonlyargs) + len(arguments.args)
    if any(default is None for default in arguments.kw_defaults):
        return inf, inf  # a keyword-only argument without a default: no positional call can satisfy it
    return most - len(arguments.defaults), inf if arguments.vararg else most


def modules_of(node: ast.stmt, package: str) -> Iterator[str]:
    """Modules that a statement imports where it stands, submodules that it may name included."""
    for inside in [node] if isinstance(node, ast.Import | ast.ImportFrom) else _importing_below(node):
        for found in _imported(inside, package):
            yield found.module
            yield from (f"{found.module}.{name}" for name in found.names)


def _importing_below(node: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Imports within `if`, `try` and the like."""
    if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While | ast.ClassDef | ast.ExceptHandler):
        for inside in ast.iter_child_nodes(node):
            if isinstance(inside, ast.Import | ast.ImportFrom):
                yield inside
            else:
                yield from _importing_below(inside)


def _imported(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        yield from (Import(alias.name) for alias in node.names)
        return
    yield Import(absolute(node, package), tuple(alias.name for alias in node.names))


def _imports_by_name(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", None)
    return name in ("import_module", "__import__", "run_module", "run_path")


def _literal(call: ast.Call) -> str | None:
    """The module that a call imports, if it is written out and absolute."""
    match call.args:
        case [ast.Constant(value=str(name)), *_] if not name.startswith("."):
            return name
    return None
