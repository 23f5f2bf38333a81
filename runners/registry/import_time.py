"""What a module may do when it is imported, besides binding names: set an option, fill a table, draw from a generator.

Such statements decide numbers although no name leads to them. A call counts as harmless only if it is known to be: of
Python's own types, of functions that make arrays and constants, of decorators that only wrap.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator
from typing import Any, NamedTuple

from runners.registry.code_text import FUNCTIONS
from runners.registry.statements import Statement, Use, dotted

ARRAYS = frozenset(
    "array asarray arange linspace logspace geomspace zeros ones full empty eye identity diag sqrt exp exp2 expm1 log "
    "log2 log10 log1p sin cos tan tanh abs power prod sum cumsum cumprod diff concatenate stack hstack vstack outer "
    "dot meshgrid float32 float64 int8 int16 int32 int64 uint8 uint32 uint64 bool_ complex64 complex128 dtype finfo "
    "iinfo round rint floor ceil sort unique tile repeat triu tril".split()
)
HARMLESS: dict[str, frozenset[str] | None] = {
    "builtins": frozenset(
        "abs all any bool bytes classmethod complex dict divmod enumerate float frozenset int isinstance issubclass "
        "len list max min object pow property range repr reversed round set slice sorted staticmethod str sum super "
        "tuple type zip".split()
    ),
    "abc": None,
    "collections": None,
    "contextlib": frozenset({"contextmanager"}),
    "dataclasses": None,
    "decimal": frozenset({"Decimal"}),
    "enum": None,
    "fractions": None,
    "functools": frozenset("cache cached_property lru_cache partial total_ordering wraps".split()),
    "itertools": None,
    "jax": frozenset("checkpoint custom_jvp custom_vjp grad hessian jacfwd jacrev jit value_and_grad vmap".split()),
    "jax.numpy": ARRAYS,
    "math": None,
    "numpy": ARRAYS,
    "pathlib": None,
    "re": frozenset({"compile"}),
    "torch": frozenset({"inference_mode", "no_grad"}),
    "types": None,
    "typing": None,
}
"""Functions by module, all of a module's if none are listed."""
PURE = ("numpy.polynomial", "scipy.special")
"""Modules of which all functions are harmless, with those below."""
METHODS = frozenset(
    "astype copy cumsum encode endswith format fromkeys get intersection item items join joinpath keys lower max mean "
    "min partition prod ravel removeprefix removesuffix replace reshape resolve rpartition rsplit split splitlines "
    "startswith std strip sum title tolist transpose union upper values var with_name with_suffix".split()
)
"""Methods that change nothing, of arrays, texts, mappings, sets and paths."""


def is_harmless(dotted_name: str) -> bool:
    """Whether calling a function from elsewhere, `numpy.linspace`, does nothing but return."""
    module, _, name = dotted_name.rpartition(".")
    if module not in HARMLESS:
        return module.startswith(PURE)
    known = HARMLESS[module]
    return known is None or name in known


def is_builtin(name: str) -> bool:
    """Whether Python itself binds a name."""
    return hasattr(builtins, name) or name == "__class__"


def is_record(node: Any) -> bool:
    """Whether a class only declares fields and plain methods (a NamedTuple, say): making one does nothing else."""
    return isinstance(node, ast.ClassDef) and all(map(_is_plain, node.body))


def _is_plain(node: ast.stmt) -> bool:
    if isinstance(node, ast.FunctionDef):
        return not (node.decorator_list or node.name.startswith("__") or node.name in METHODS)
    return isinstance(node, ast.AnnAssign | ast.Assign | ast.Expr | ast.Pass)


def is_fresh(node: Any) -> bool:
    """Whether a statement binds something of its own, which nobody else can hold: a number, a new table."""
    values = (ast.Constant, ast.Dict, ast.List, ast.Set, ast.Tuple, ast.BinOp, ast.DictComp, ast.ListComp, ast.SetComp)
    return isinstance(node, ast.AugAssign) or (
        isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, values)
    )


def customises(node: Any) -> bool:
    """Whether inheriting from a class may do something."""
    return not isinstance(node, ast.ClassDef) or any(
        isinstance(it, ast.FunctionDef) and it.name in ("__init_subclass__", "__set_name__") for it in node.body
    )


class Act(NamedTuple):
    """Something that a statement does when its module is imported."""

    calls: Use | None = None
    """What it calls; None if that has no name, or if it changes something itself."""
    inherits: bool = False
    """Whether it makes a class of it instead."""
    changes: str | None = None
    """A name of its module that it changes in place, by `+=` and the like."""


def acts(statement: Statement) -> Iterator[Act]:
    """What a statement does when its module is imported, but for binding names."""
    yield from _acts(statement.node, statement.deferred)


def _acts(node: Any, deferred: bool) -> Iterator[Act]:
    kind = type(node)
    if kind is ast.Import or kind is ast.ImportFrom or kind is ast.Name or kind is ast.Constant:
        return
    inside: list[Any] = []
    if kind in FUNCTIONS:
        inside = [*node.args.defaults, *node.args.kw_defaults]
        if not deferred:
            every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
            inside += [*(argument.annotation for argument in every if argument), node.returns]
    elif kind is ast.Lambda:
        inside = [*node.args.defaults, *node.args.kw_defaults]
    elif kind is ast.ClassDef:
        inside = [*node.bases, *node.body]
        yield from (Act(_named(base), inherits=True) for base in node.bases)
        if node.keywords:  # a metaclass, or arguments of __init_subclass__
            yield Act()
    elif kind is ast.Call:
        yield Act(_named(node.func))
        if any(keyword.arg == "key" for keyword in node.keywords):  # a function that is called
            yield Act()
        first, _ = dotted(node.func)
        inside = [first, *node.args, *(keyword.value for keyword in node.keywords)]
    elif kind is ast.AnnAssign and deferred:
        inside = [node.target, node.value]
    elif kind is ast.AugAssign and type(node.target) is ast.Name:
        yield Act(changes=node.target.id)
        inside = [node.value]
    else:
        if kind in (ast.AugAssign, ast.Delete, ast.With, ast.AsyncWith, ast.Await) or (
            kind in (ast.Attribute, ast.Subscript) and type(node.ctx) is not ast.Load
        ):
            yield Act()
        inside = list(ast.iter_child_nodes(node))
    for decorator in getattr(node, "decorator_list", ()):
        called = [decorator.func, *decorator.args] if isinstance(decorator, ast.Call) else [decorator]
        yield from (Act(_named(it)) for it in called if not isinstance(it, ast.Constant))
        inside.append(decorator)
    for part in inside:
        if part is not None:
            yield from _acts(part, deferred)


def _named(function: ast.expr) -> Use | None:
    """A function that is called, or a class that is inherited from; a method of a value by its attribute alone."""
    first, attributes = dotted(function.value if isinstance(function, ast.Subscript) else function)
    if isinstance(first, ast.Name):
        return Use(first.id, attributes)
    is_value = isinstance(first, ast.Call | ast.Constant | ast.JoinedStr | ast.List | ast.Tuple | ast.Dict)
    return Use("", attributes) if attributes and is_value else None
