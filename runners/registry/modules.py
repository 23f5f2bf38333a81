"""The own modules of a search path: where they lie, what they load, and in which order that is run."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

from runners.registry.names import (
    NOT_SEALED,
    PROJECT,
    UnresolvedName,
    folders_of,
    hiding_file,
    missing_module,
    own_file,
    source_of,
)
from runners.registry.parts import Module, Part
from runners.registry.syntax import modules_of


class Modules:
    """The modules of a project as they lie on a search path; each is read once."""

    def __init__(self, path: Sequence[str]):
        self.path = tuple(path)
        self._modules: dict[str, Module | None] = {}
        self._closures: dict[str, dict[str, Path]] = {}
        self._loaded: dict[str, list[str]] = {}
        self._imports: dict[str, set[str]] = {}
        self._run_order: dict[str, list[Part]] = {}

    def module(self, name: str) -> Module | None:
        """An own module, or None; one that hides a library's is none of the library's."""
        if name not in self._modules:
            top = name.partition(".")[0]
            hidden = name == top or self.module(top) is not None  # else it is a library's, like its top
            file = own_file(name, self.path) or (hiding_file(name) if hidden else None)
            self._modules[name] = None if file is None else Module(name, file)
        return self._modules[name]

    def closure(self, module: str) -> dict[str, Path]:
        """A module and every own module that importing and running it loads; raises UnresolvedName.

        What is not sealed is left out, with what only that loads.
        """
        if module not in self._closures:
            if self.module(module) is None:
                raise UnresolvedName(*missing_module(module, self.path))
            files: dict[str, Path] = {}
            waiting = [module]
            while waiting:
                name = waiting.pop()
                if name not in files and name not in NOT_SEALED and (found := self.module(name)):
                    files[name] = found.file
                    waiting += self._loads(found)
            self._closures[module] = dict(sorted(files.items()))
        return self._closures[module]

    def third_party(self, module: str) -> set[str]:
        """First names of what a module and its closure import from elsewhere; raises UnresolvedName."""
        return self.foreign({top for name in self.closure(module) for top in self._imports[name]})

    def foreign(self, tops: set[str]) -> set[str]:
        """Those of these first names that are neither the project's own nor the standard library's."""
        return {top for top in tops if top and self.module(top) is None} - PROJECT - set(sys.stdlib_module_names)

    def run_order(self, module: str) -> list[Part]:
        """The statements of all these modules in the order in which they are run; last, what functions import."""
        if module not in self._run_order:
            order: list[Part] = []
            begun: set[str] = set()
            for name in (module, *self.closure(module)):
                self._run(name, order, begun)
            self._run_order[module] = order
        return self._run_order[module]

    def is_bare_folder(self, name: str) -> bool:
        """Whether a name is an own package without an `__init__.py`."""
        parts = name.split(".")
        places = (Path(folder, *parts) for folder in folders_of(parts[0], self.path))
        return self.module(name) is None and any(place.is_dir() for place in places)

    def compiled(self, name: str) -> Path | None:
        """A compiled module of the project, such as Cython's."""
        parts = name.split(".")
        for folder in folders_of(parts[0], self.path):
            for suffix in EXTENSION_SUFFIXES:
                path = Path(folder, *parts[:-1], parts[-1] + suffix)
                if path.is_file():
                    return path
        return None

    def _loads(self, module: Module) -> list[str]:
        """Own modules that a module imports, anywhere in it; first names of all that it imports are noted."""
        if module.name not in self._loaded:
            named = [module.name.rpartition(".")[0]]
            imports = source_of(module.file).imports(module.name, is_package=module.is_package)
            for found in imports:
                named += [found.module, *(f"{found.module}.{part}" for part in found.names)]
            self._loaded[module.name] = [name for name in dict.fromkeys(named) if name and self.module(name)]
            self._imports[module.name] = {found.module.partition(".")[0] for found in imports}
        return self._loaded[module.name]

    def _run(self, name: str, order: list[Part], begun: set[str]) -> None:
        module = self.module(name)
        if module is None or name in begun:
            return
        begun.add(name)
        self._run(name.rpartition(".")[0], order, begun)
        for part in module.parts:
            for imported in modules_of(part.statement.node, module.package):
                self._run(imported, order, begun)
            order.append(part)
