"""Syntax as text, the same for the same computation: no comments, layout, docstrings, nor Python's version."""

from __future__ import annotations

import ast
from typing import Any

SKIPPED = frozenset({"kind", "type_comment", "ctx", "type_ignores"})
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
BLIND = frozenset(
    "jit vmap pmap grad partial cache lru_cache cached_property property setter staticmethod classmethod no_grad "
    "inference_mode contextmanager custom_jvp custom_vjp checkpoint override overload abstractmethod".split()
)
"""Decorators that do not look at annotations."""


def text_of(node: ast.AST, *, deferred: bool = False, verbatim: bool = False) -> str:
    """A tree as text. Left out is what computes nothing.

    That is docstrings (and other statements that are only a string) and, where annotations are `deferred` by
    `from __future__ import annotations`, those of functions and variables; those of a class's fields stay. With
    `verbatim` all of it stays: for code that reads it.
    """
    return _Writer(deferred and not verbatim, verbatim).node(node)


def annotations_count(function: Any, *, deferred: bool) -> bool:
    """Whether a function's annotations may decide what it does: they are evaluated, or a decorator may read them."""
    return not deferred or any(_last_name(decorator) not in BLIND for decorator in function.decorator_list)


def _last_name(decorator: ast.expr) -> str | None:
    named = decorator.func if isinstance(decorator, ast.Call) else decorator
    return named.attr if isinstance(named, ast.Attribute) else getattr(named, "id", None)


class _Writer:
    def __init__(self, deferred: bool, verbatim: bool):
        self.deferred, self.verbatim = deferred, verbatim
        self.in_class = self.bare = False
        """Whether a statement is a class's, and whether arguments are written without their annotations."""

    def node(self, node: Any) -> str:
        """Kind and fields of a node; empty fields are left out, as newer versions of Python add and omit them."""
        kind = type(node)
        if kind is ast.Name:
            return f"Name({node.id})"
        if kind is ast.Constant:
            return f"Constant({type(node.value).__name__}:{node.value!r})"
        before = self.in_class, self.bare
        omitted = None
        if kind in FUNCTIONS:
            self.in_class, self.bare = False, self.deferred and not annotations_count(node, deferred=True)
            omitted = "returns" if self.bare else None
        elif kind is ast.ClassDef:
            self.in_class = True
        elif (kind is ast.arg and self.bare) or (kind is ast.AnnAssign and self.deferred and not self.in_class):
            omitted = "annotation"
        fields = []
        for name in kind._fields:
            value = getattr(node, name, None)
            if value is None or value == [] or name in SKIPPED or name == omitted:
                continue
            if type(value) is list:
                inside = ",".join(map(self._item, self._meaningful(node, name, value)))
                fields.append(f"{name}=[{inside}]")
            else:
                fields.append(f"{name}={self._item(value)}")
        self.in_class, self.bare = before
        return f"{kind.__name__}({','.join(fields)})"

    def _item(self, value: object) -> str:
        return self.node(value) if isinstance(value, ast.AST) else f"{type(value).__name__}:{value!r}"

    def _meaningful(self, node: ast.AST, name: str, values: list) -> list:
        """A list without what computes nothing; in an f-string, without the empty parts that some versions add."""
        if isinstance(node, ast.JoinedStr):
            return [part for part in values if not (isinstance(part, ast.Constant) and part.value == "")]
        if self.verbatim or name not in ("body", "orelse", "finalbody"):
            return values
        return [item for item in values if not (isinstance(item, ast.Expr) and is_text(item.value))]


def is_text(node: ast.expr) -> bool:
    """Whether an expression is a plain string, as a docstring is."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
