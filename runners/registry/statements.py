"""The statements at the top of a module: what each binds, which names it uses from outside itself, and its text.

They are the parts of which seals are made. A compound statement (`if`, `try`, `for`, ...) is one part with all its
branches. Scopes are Python's: a parameter or a local variable hides what the module calls the same.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any, NamedTuple

from runners.registry.code_text import FUNCTIONS, annotations_count, is_text, text_of

NO_NODES = frozenset({"ctx", "op"})
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Origin(NamedTuple):
    """What an import binds: a module, or what a module calls `name`."""

    module: str
    name: str | None = None


class Use(NamedTuple):
    """A name that a statement looks up outside of itself, with the attributes that it takes from it."""

    name: str
    attributes: tuple[str, ...] = ()
    origin: Origin | None = None
    """Where it was imported from, if the statement itself imports it, in a function."""

    def __str__(self) -> str:
        return ".".join((self.name, *self.attributes))


@dataclass(eq=False)
class Statement:
    """One statement at the top of a module."""

    node: Any
    package: str
    """The package that its relative imports start from."""
    deferred: bool
    """Whether annotations are not evaluated (`from __future__ import annotations`)."""
    binds: tuple[str, ...] = field(init=False)
    imports: dict[str, list[Origin]] = field(init=False)
    """Names that it binds by importing."""

    def __post_init__(self):
        names = _bound([self.node], self.package)
        self.binds = tuple(names)
        self.imports = {name: origins for name, origins in names.items() if origins}

    @property
    def line(self) -> int:
        decorators = getattr(self.node, "decorator_list", ())
        return min([self.node.lineno, *(decorator.lineno for decorator in decorators)])

    @property
    def is_import(self) -> bool:
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def is_inert(self) -> bool:
        """Whether it does nothing: a docstring, `pass`."""
        return isinstance(self.node, ast.Pass) or (isinstance(self.node, ast.Expr) and is_text(self.node.value))

    @property
    def label(self) -> str:
        """What a reader calls it."""
        if isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return f"{self.node.name}()"
        if isinstance(self.node, ast.ClassDef):
            return f"class {self.node.name}"
        return ", ".join(self.binds) or ast.unparse(self.node).partition("\n")[0]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what it computes."""
        return sha256(text_of(self.node, deferred=self.deferred).encode()).hexdigest()

    @cached_property
    def verbatim_digest(self) -> str:
        """The same with docstrings and annotations."""
        return sha256(text_of(self.node, verbatim=True).encode()).hexdigest()

    @cached_property
    def uses(self) -> tuple[Use, ...]:
        """Names that it looks up in its module or imports within, each once, in the order of the text."""
        return self._found[0]

    @cached_property
    def attributes(self) -> frozenset[str]:
        """Every attribute that it takes from anything, and texts that name one of Python's own."""
        return self._found[1]

    @cached_property
    def _found(self) -> tuple[tuple[Use, ...], frozenset[str]]:
        search = _Search(self.package, self.deferred)
        search.visit(self.node, None)
        return tuple(dict.fromkeys(search.uses)), frozenset(search.attributes)


def statements(tree: ast.Module, package: str) -> list[Statement]:
    """The statements of a module, in order."""
    deferred = any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )
    return [Statement(node, package, deferred) for node in tree.body]


def imported(node: ast.Import | ast.ImportFrom, package: str) -> Iterator[tuple[str, Origin]]:
    """Names that an import statement binds, with what they are; relative modules made absolute."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            if alias.asname:
                yield alias.asname, Origin(alias.name)
            else:
                top = alias.name.partition(".")[0]
                yield top, Origin(top)
        return
    module = absolute(node, package)
    for alias in node.names:
        yield alias.asname or alias.name, Origin(module, alias.name)


def absolute(node: ast.ImportFrom, package: str) -> str:
    """The module that `from ... import` names."""
    parts = package.split(".")
    base = parts[: len(parts) - node.level + 1] if node.level else []
    return ".".join(filter(None, [*base, node.module]))


def dotted(node: ast.expr) -> tuple[ast.expr, tuple[str, ...]]:
    """`a.b.c` as its first expression and the attributes taken from it."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return node, tuple(reversed(attributes))


# --- scopes -----------------------------------------------------------------------------------------------------------


class _Scope(NamedTuple):
    """A function or a class: its own names, with what those are that it imports."""

    names: dict[str, list[Origin]]
    is_class: bool
    outer: _Scope | None


def _bound(nodes: Iterable[Any], package: str) -> dict[str, list[Origin]]:
    """Names that statements bind in their own scope, not in functions and classes within; less those of `global`."""
    names: dict[str, list[Origin]] = {}
    elsewhere: set[str] = set()
    waiting = [*nodes][::-1]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind is ast.Name:
            if type(node.ctx) is not ast.Load:
                names.setdefault(node.id, [])
        elif kind in FUNCTIONS or kind is ast.ClassDef:
            names.setdefault(node.name, [])
        elif kind is ast.Import or kind is ast.ImportFrom:
            for name, origin in imported(node, package):
                names.setdefault(name, []).append(origin)
        elif kind is ast.Global or kind is ast.Nonlocal:
            elsewhere.update(node.names)
        elif kind in COMPREHENSIONS:  # its variables are its own, but not what := binds
            inside = [it.target for it in ast.walk(node) if isinstance(it, ast.NamedExpr)]
            waiting += inside
        elif kind is not ast.Lambda:
            if kind in (ast.ExceptHandler, ast.MatchAs, ast.MatchStar) and node.name:
                names.setdefault(node.name, [])
            elif kind is ast.MatchMapping and node.rest:
                names.setdefault(node.rest, [])
            waiting += below(node)[::-1]
    return {name: origins for name, origins in names.items() if name not in elsewhere}


class _Search:
    """Collects the names that a statement uses from outside itself."""

    def __init__(self, package: str, deferred: bool):
        self.package, self.deferred = package, deferred
        self.uses: list[Use] = []
        self.attributes: list[str] = []

    def visit(self, node: Any, scope: _Scope | None) -> None:
        kind = type(node)
        if kind is ast.Attribute:
            first, attributes = dotted(node)
            self.attributes += attributes
            if type(first) is ast.Name:
                self._look_up(first.id, attributes, scope)
            else:
                self.visit(first, scope)
        elif kind is ast.Name:
            if type(node.ctx) is ast.Load:
                self._look_up(node.id, (), scope)
        elif kind is ast.Constant:
            if type(node.value) is str and node.value.startswith("__"):  # getattr(function, "__globals__")
                self.attributes.append(node.value)
        elif kind in FUNCTIONS:
            self._function(node, scope)
        elif kind is ast.Lambda:
            self._all([*node.args.defaults, *node.args.kw_defaults], scope)
            self.visit(node.body, self._inner(_arguments(node.args), [node.body], scope))
        elif kind is ast.ClassDef:
            scope = self._with_type_parameters(node, scope)
            self._all([*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)], scope)
            self._all(node.body, _Scope(_bound(node.body, self.package), True, scope))
        elif kind in COMPREHENSIONS:
            self._comprehension(node, scope)
        elif kind is ast.AnnAssign:
            evaluated = scope.is_class if scope else not self.deferred
            parts = [node.target, node.value, *([node.annotation] if evaluated else [])]
            self._all(parts, scope)
        elif kind is ast.AugAssign and type(node.target) is ast.Name:
            self._look_up(node.target.id, (), scope)
            self.visit(node.value, scope)
        else:
            self._all(below(node), scope)

    def _all(self, nodes: Iterable[Any], scope: _Scope | None) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node, scope)

    def _inner(self, arguments: Iterable[str], body: list, scope: _Scope | None) -> _Scope:
        return _Scope({name: [] for name in arguments} | _bound(body, self.package), False, scope)

    def _function(self, node: Any, scope: _Scope | None) -> None:
        scope = self._with_type_parameters(node, scope)
        self._all([*node.decorator_list, *node.args.defaults, *node.args.kw_defaults], scope)
        if annotations_count(node, deferred=self.deferred):
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
            self._all([*(argument.annotation for argument in every if argument), node.returns], scope)
        self._all(node.body, self._inner(_arguments(node.args), node.body, scope))

    def _with_type_parameters(self, node: Any, scope: _Scope | None) -> _Scope | None:
        names: dict[str, list[Origin]] = {it.name: [] for it in getattr(node, "type_params", ())}
        return _Scope(names, False, scope) if names else scope

    def _comprehension(self, node: Any, scope: _Scope | None) -> None:
        first, *others = node.generators
        self.visit(first.iter, scope)
        inner = _Scope(_bound([it.target for it in node.generators], self.package), False, scope)
        self._all([first.target, *first.ifs], inner)
        for generator in others:
            self._all([generator.iter, generator.target, *generator.ifs], inner)
        self._all([node.key, node.value] if type(node) is ast.DictComp else [node.elt], inner)

    def _look_up(self, name: str, attributes: tuple[str, ...], scope: _Scope | None) -> None:
        here = scope
        while scope is not None:
            if name in scope.names and (not scope.is_class or scope is here):
                self.uses += [Use(name, attributes, origin) for origin in scope.names[name]]
                if not scope.is_class:  # a class's name may be read before it is bound: then it is the module's
                    return
            scope = scope.outer
        self.uses.append(Use(name, attributes))


def _arguments(arguments: ast.arguments) -> list[str]:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    return [argument.arg for argument in every if argument]


def below(node: Any) -> list[Any]:
    """The nodes directly below one, but for operators and the like, which hold nothing."""
    found = []
    for name in node._fields:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [item for item in value if isinstance(item, ast.AST)]
        elif name not in NO_NODES and isinstance(value, ast.AST):
            found.append(value)
    return found
