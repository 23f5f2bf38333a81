"""Source code of theories and experiments as pages of the board, so that a claim's link works offline too."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from runners.reporting.report_model import ClaimReport

ROOT = Path(__file__).resolve().parents[1]


def module_file(module: str) -> Path | None:
    """A module's file in the project's tree; None for modules from outside of it."""
    path = ROOT / (module.replace(".", "/") + ".py")
    return path if module.startswith("predictions.") and path.is_file() else None


def source_page(module: str) -> str | None:
    """Address of a module's page below the board's root."""
    return f"source/{module}.html" if module_file(module) else None


def source_link(name: str | float | None) -> str | None:
    """Address of a dotted name, `package.module:function` at the function's line."""
    if not isinstance(name, str):
        return None
    module, _, function = name.partition(":")
    page = source_page(module)
    if page is None:
        return None
    line = _line_of(module, function)
    return f"{page}#L{line}" if line else page


def modules_of(claims: Iterable[ClaimReport]) -> list[str]:
    """Modules that these claims name: theories, rivals, truths of controls, folds and experiments."""
    names: list[float | str] = []
    for claim in claims:
        names += [claim.predicted, claim.experiment_module, *(claim.measured.along or {}).values()]
        names += [rival.predicted for rival in claim.rivals] + [control.truth for control in claim.controls]
    found = {name.partition(":")[0] for name in names if isinstance(name, str)}
    return sorted(module for module in found if module_file(module))


def lines(module: str) -> list[str]:
    """The module's text, a line each."""
    path = module_file(module)
    assert path is not None, module
    return path.read_text(encoding="utf-8").splitlines()


@cache
def _lines_of_functions(module: str) -> dict[str, int]:
    path = module_file(module)
    tree = ast.parse(path.read_text(encoding="utf-8")) if path else ast.Module([], [])
    return {node.name: node.lineno for node in tree.body if isinstance(node, ast.FunctionDef)}


def _line_of(module: str, function: str) -> int | None:
    return _lines_of_functions(module).get(function) if function else None
