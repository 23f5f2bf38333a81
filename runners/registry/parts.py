"""The parts of which seals are made: statements of own modules, and what else code can reach."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from runners.registry.names import source_of
from runners.registry.statements import Statement


class External(NamedTuple):
    """Something that is not the project's own: `numpy.linalg.norm`."""

    name: str


class Whole(NamedTuple):
    """A module that counts whole, with all that it loads; without a name: everything that is loaded."""

    module: str
    reason: str


class DataFile(NamedTuple):
    """A file that code reads."""

    path: Path

    @property
    def digest(self) -> str:
        return sha256(self.path.read_bytes()).hexdigest() if self.path.is_file() else "absent"


@dataclass(eq=False)
class Part:
    """A statement of a module."""

    module: Module
    statement: Statement

    @property
    def place(self) -> str:
        """File and line, from the working folder if it lies there."""
        file, here = self.module.file, Path.cwd()
        return f"{file.relative_to(here) if file.is_relative_to(here) else file}:{self.statement.line}"


@dataclass(eq=False)
class Module:
    """An own module by its statements."""

    name: str
    file: Path

    @cached_property
    def parts(self) -> list[Part]:
        return [Part(self, statement) for statement in source_of(self.file).statements(self.package)]

    @cached_property
    def bindings(self) -> dict[str, list[Part]]:
        """By name, the statements that bind it."""
        found: dict[str, list[Part]] = {}
        for part in self.parts:
            for name in part.statement.binds:
                found.setdefault(name, []).append(part)
        return found

    @property
    def is_package(self) -> bool:
        return self.file.name == "__init__.py"

    @property
    def package(self) -> str:
        """The package from which its relative imports start."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


Target = Part | External | Whole | DataFile
