"""What a seal covers: the definitions that functions reach, followed through the modules of a project.

A definition reaches what its text names: functions, classes, constants, and what is imported under these names. Where
something is looked up in a module only when the code runs (the module is passed on, `globals()`, `eval`, a star
import), the whole module counts, with all that it loads. What a module does when it is imported (`import_time`) counts
for everybody who loads it, and a file beside the code by its SHA-256, if the code names its own place (`data_files`).

The digest knows definitions by how they hang together, not by where they lie: what is moved stays what it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from runners.registry.acting import Acting
from runners.registry.parts import DataFile, External, Part, Target
from runners.registry.statements import Statement

READ_AS_TEXT = frozenset("__doc__ __annotations__ getdoc getsource get_annotations get_type_hints".split())
"""Where one of these is named, docstrings and annotations count."""


@dataclass(frozen=True)
class Coverage:
    """What functions reach."""

    digest: str
    """SHA-256 of all of it."""
    parts: tuple[Part, ...]
    """The statements that count."""
    acting: frozenset[Part]
    """Those of them that count because whoever loads their modules runs them."""
    whole: Mapping[str, str]
    """Modules that count whole, with the reason."""
    files: Mapping[Path, str]
    """Files that are read, with their SHA-256."""
    libraries: frozenset[str]
    """First names of the modules from elsewhere that are used."""


class Code(Acting):
    """The code of a project, and what functions of it reach."""

    def __init__(self, path: Sequence[str]):
        super().__init__(path)
        self._coverages: dict[tuple[tuple[str, str], ...], Coverage] = {}

    def coverage(self, functions: Mapping[str, str]) -> Coverage:
        """What these functions, `module:function` by the role of each, reach; raises UnresolvedName."""
        key = tuple(sorted(functions.items()))
        if key not in self._coverages:
            self._coverages[key] = _Walk(self).coverage(key)
        return self._coverages[key]


class _Walk:
    """From functions to all that they reach."""

    def __init__(self, code: Code):
        self.code = code
        self.loaded: set[str] = set()
        self.order: list[Part] = []
        self.numbers: dict[Part, int] = {}
        self.whole: dict[str, str] = {}
        self.files: dict[Path, str] = {}
        self.foreign: set[str] = set()

    def coverage(self, functions: Sequence[tuple[str, str]]) -> Coverage:
        parted = [(role, *function.partition(":")[::2]) for role, function in functions]
        modules = tuple(dict.fromkeys(module for _, module, _ in parted))
        self.loaded = {name for module in modules for name in self.code.closure(module)}
        roots = [[role, list(map(self._met, self.code.named(module, name)))] for role, module, name in parted]
        acting = {part for name in self.loaded for part in self.code.acting(name)}
        run = dict.fromkeys(part for module in modules for part in self.code.run_order(module)) if acting else {}
        run_at_import = [self._met(part) for part in run if part in acting]
        edges = []
        for part in self.order:  # grows meanwhile
            edges.append([[name, self._met(target)] for name, target in self.code.reached(part)])
        verbatim = any(_reads_text(part.statement) for part in self.order)
        texts = [part.statement.verbatim_digest if verbatim else part.statement.digest for part in self.order]
        order = [self.numbers[part] for part in run if part in self.numbers] if acting else self._rebinding()
        whole = [[name, [self.numbers[part] for part in self._parts(name)]] for name in sorted(self.whole)]
        told = [roots, run_at_import, texts, edges, order, whole]
        return Coverage(
            sha256(json.dumps(told, separators=(",", ":")).encode()).hexdigest(),
            tuple(self.order),
            frozenset(acting),
            self.whole,
            self.files,
            frozenset(self.code.foreign({name.partition(".")[0] for name in self.foreign})),
        )

    def _met(self, target: Target) -> int | str:
        """What stands for a target in the digest; what it is, is noted."""
        if isinstance(target, Part):
            if target not in self.numbers:
                self.numbers[target] = len(self.order)
                self.order.append(target)
            return self.numbers[target]
        if isinstance(target, External):
            self.foreign.add(target.name)
            return target.name
        if isinstance(target, DataFile):
            self.files[target.path] = target.digest
            return f"{target.path.name} {target.digest}"
        for name in sorted(self.code.closure(target.module) if target.module else self.loaded):
            if name not in self.whole:
                self.whole[name] = target.reason if name == (target.module or name) else f"loaded by {target.module}"
                for part in self._parts(name):
                    self._met(part)
        return "whole"

    def _parts(self, name: str) -> list[Part]:
        module = self.code.module(name)
        return [part for part in module.parts if not part.statement.is_inert] if module else []

    def _rebinding(self) -> list[int]:
        """Statements of modules in which a name that counts is bound more than once, in their order."""
        modules = {
            part.module: None
            for part in self.order
            if any(len(part.module.bindings[name]) > 1 for name in part.statement.binds)
        }
        return [self.numbers[part] for module in modules for part in module.parts if part in self.numbers]


def _reads_text(statement: Statement) -> bool:
    return bool(READ_AS_TEXT & statement.attributes) or any(use.name in READ_AS_TEXT for use in statement.uses)
