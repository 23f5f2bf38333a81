"""What a seal covers: the definitions that functions reach, followed through the modules of a project.

A definition reaches what its text names: functions, classes, constants, and what is imported under these names. Where
something is looked up in a module only when the code runs (the module is passed on, `globals()`, `eval`, a star
import), the whole module counts, with all that it loads. What a module does when it is imported (`import_time`) counts
for everybody who loads it, and a file beside the code by its SHA-256, if the code names its own place (`data_files`).

The digest knows definitions by how they hang together, not by where they lie: what is moved stays what it is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import NamedTuple

from runners.registry.data_files import data_files, files_in
from runners.registry.import_time import METHODS, Act, acts, customises, is_builtin, is_fresh, is_harmless, is_record
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
from runners.registry.statements import Origin, Statement, Use
from runners.registry.syntax import modules_of

OF_MODULE = frozenset({"__name__", "__file__", "__package__", "__path__", "__spec__", "__loader__", "__doc__"})
READ_AS_TEXT = frozenset("__doc__ __annotations__ getdoc getsource get_annotations get_type_hints".split())
"""Where one of these is named, docstrings and annotations count."""
IN_THIS_MODULE = frozenset({"globals", "eval", "exec", "__import__", "compile"})
"""Builtins that look names up in the module that calls them."""
ANYWHERE = frozenset({"__subclasses__", "__globals__", "f_globals", "f_back"})
"""Attributes that lead to what no name leads to, in any module."""
STATIC = ("importlib.resources", "importlib.metadata", "importlib.util.find_spec")


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


Target = Part | External | Whole | DataFile


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


class Code:
    """The modules of a project as they lie on a search path; each is read once."""

    def __init__(self, path: Sequence[str]):
        self.path = tuple(path)
        self._modules: dict[str, Module | None] = {}
        self._closures: dict[str, dict[str, Path]] = {}
        self._loaded: dict[str, list[str]] = {}
        self._imports: dict[str, set[str]] = {}
        self._run_order: dict[str, list[Part]] = {}
        self._reached: dict[Part, list[tuple[str, Target]]] = {}
        self._acts: dict[Part, bool] = {}
        self._acting: dict[str, list[Part]] = {}
        self._asked: set[tuple[str, tuple[str, ...]]] = set()
        self._coverages: dict[tuple[tuple[str, str], ...], Coverage] = {}

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

    def run_order(self, module: str) -> list[Part]:
        """The statements of all these modules in the order in which they are run; last, what functions import."""
        if module not in self._run_order:
            order: list[Part] = []
            begun: set[str] = set()
            for name in (module, *self.closure(module)):
                self._run(name, order, begun)
            self._run_order[module] = order
        return self._run_order[module]

    def module(self, name: str) -> Module | None:
        """An own module, or None; one that hides a library's is none of the library's."""
        if name not in self._modules:
            top = name.partition(".")[0]
            hidden = name == top or self.module(top) is not None  # else it is a library's, like its top
            file = own_file(name, self.path) or (hiding_file(name) if hidden else None)
            self._modules[name] = None if file is None else Module(name, file)
        return self._modules[name]

    def coverage(self, functions: Mapping[str, str]) -> Coverage:
        """What these functions, `module:function` by the role of each, reach; raises UnresolvedName."""
        key = tuple(sorted(functions.items()))
        if key not in self._coverages:
            self._coverages[key] = _Walk(self).coverage(key)
        return self._coverages[key]

    def named(self, module: str, *names: str) -> list[Target]:
        """What is meant by a name of a module, and attributes of that; by none, the module."""
        if (module, names) in self._asked:  # two modules that import it from each other
            return []
        self._asked.add((module, names))
        try:
            return self._attribute(module, names)
        finally:
            self._asked.remove((module, names))

    def reached(self, part: Part) -> list[tuple[str, Target]]:
        """What a statement reaches, by the names that it uses, in their order."""
        if part not in self._reached:
            self._reached[part] = list(self._reach(part))
        return self._reached[part]

    def acting(self, name: str) -> list[Part]:
        """Statements of a module that may do something when it is imported, besides binding names."""
        if name not in self._acting:
            module = self.module(name)
            self._acting[name] = [part for part in module.parts if self._may_act(part)] if module else []
        return self._acting[name]

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

    def foreign(self, tops: set[str]) -> set[str]:
        """Those of these first names that are neither the project's own nor the standard library's."""
        return {top for top in tops if top and self.module(top) is None} - PROJECT - set(sys.stdlib_module_names)

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

    # --- what a statement reaches -------------------------------------------------------------------------------------

    def _reach(self, part: Part) -> Iterator[tuple[str, Target]]:
        module, statement = part.module, part.statement
        used: list[str] = []
        for use in statement.uses:
            for target in self._meant(module, use):
                yield str(use), target
                if isinstance(target, External):
                    used.append(target.name)
        for origin in (origin for origins in statement.imports.values() for origin in origins):
            if self.module(origin.module) is None:
                used.append(".".join(filter(None, origin)))
                yield origin.module, External(used[-1])
        for reason in self._looks_up(module, statement, used):
            yield "", Whole(module.name, f"{reason} at line {statement.line}")
        for reason in [*(ANYWHERE & statement.attributes), *_within(used, "sys.modules", "sys._getframe", "gc")]:
            yield "", Whole("", f"{module.name} looks into any of them ({reason} at line {statement.line})")
        if f"{module.name}.__file__" in used or _within(used, "importlib.resources"):
            yield from (("", DataFile(path)) for path in data_files(statement.node, module.file))
        for name in used:  # the place of another module
            other, _, attribute = name.rpartition(".")
            if attribute in ("__file__", "__path__") and other != module.name and (place := self.module(other)):
                yield from (("", DataFile(path)) for path in files_in(place.file.parent))

    def _looks_up(self, module: Module, statement: Statement, used: list[str]) -> Iterator[str]:
        """Why names of its module may be looked up when a statement runs."""
        if "*" in module.bindings:
            yield "a star import"
        plain = {use.name for use in statement.uses if use.origin is None} - module.bindings.keys()
        is_definition = hasattr(statement.node, "name")  # in which these are of local variables
        yield from sorted(plain & (IN_THIS_MODULE if is_definition else IN_THIS_MODULE | {"vars", "locals"}))
        found = _within(used, "importlib", "runpy", "pkgutil", "imp", "builtins", "inspect", "ctypes")
        yield from (name for name in found if not _within([name], *STATIC))

    def _meant(self, module: Module, use: Use) -> list[Target]:
        if use.origin is None:
            return self._bound(module, use.name, use.attributes)
        return self._imported(use.origin, use.attributes)

    def _imported(self, origin: Origin, attributes: tuple[str, ...]) -> list[Target]:
        return self.named(origin.module, *([origin.name] if origin.name else []), *attributes)

    def _bound(self, module: Module, name: str, attributes: tuple[str, ...]) -> list[Target]:
        """What a name means in a module: every statement that binds it, and what those import under it."""
        if name not in module.bindings:
            if name in OF_MODULE:
                return [External(f"{module.name}.{name}"), *(module.parts[:1] if name == "__doc__" else [])]
            return [] if is_builtin(name) else [Whole(module.name, f"nothing in it visibly binds {name}")]
        found: list[Target] = []
        for part in module.bindings[name]:
            if not part.statement.is_import:
                found.append(part)
            for origin in part.statement.imports.get(name, ()):
                found += self._imported(origin, attributes)
        return found

    def _attribute(self, name: str, attributes: tuple[str, ...]) -> list[Target]:
        module = self.module(name)
        if attributes and self._is_bare_folder(name):
            return self.named(f"{name}.{attributes[0]}", *attributes[1:])
        if module is None or name in NOT_SEALED:
            compiled = None if module else self._compiled(name)
            return [compiled or External(".".join((name, *attributes)))]
        if not attributes:
            reason = f"{name} is passed on as an object"
            return [Whole("" if module.is_package else name, reason)]
        first, below = attributes[0], f"{name}.{attributes[0]}"
        known = first in module.bindings or first in OF_MODULE
        found = self._bound(module, first, attributes[1:]) if known else []
        is_submodule = module.is_package and (
            self.module(below) or self._is_bare_folder(below) or self._compiled(below)
        )
        if is_submodule and not _takes_from(module, first, below):
            found += self.named(below, *attributes[1:])
        return found or [Whole(name, f"{first} is looked up in it when the code runs")]

    def _is_bare_folder(self, name: str) -> bool:
        """Whether a name is an own package without an `__init__.py`."""
        parts = name.split(".")
        places = (Path(folder, *parts) for folder in folders_of(parts[0], self.path))
        return self.module(name) is None and any(place.is_dir() for place in places)

    def _compiled(self, name: str) -> DataFile | None:
        """A compiled module of the project, such as Cython's."""
        parts = name.split(".")
        for folder in folders_of(parts[0], self.path):
            for suffix in EXTENSION_SUFFIXES:
                path = Path(folder, *parts[:-1], parts[-1] + suffix)
                if path.is_file():
                    return DataFile(path)
        return None

    # --- what importing does ------------------------------------------------------------------------------------------

    def _may_act(self, part: Part) -> bool:
        if part not in self._acts:
            self._acts[part] = True  # meanwhile, for one that asks about itself
            if part.statement.is_import:
                self._acts[part] = self._imports_to_act(part)
            else:
                self._acts[part] = not all(self._harmless(part, act) for act in acts(part.statement))
        return self._acts[part]

    def _imports_to_act(self, part: Part) -> bool:
        """Whether nothing of what a statement imports from elsewhere is used: then it is there for what it does."""
        named = source_of(part.module.file).names
        return not part.module.is_package and any(
            name not in named and origins[0].module != "__future__" and self.module(origins[0].module) is None
            for name, origins in part.statement.imports.items()
        )

    def _harmless(self, part: Part, act: Act) -> bool:
        use = act.calls
        if act.changes:
            return all(map(is_fresh, (it.statement.node for it in part.module.bindings[act.changes])))
        if use is None:
            return False
        if use.name in part.module.bindings:
            meant = [target for target in self._meant(part.module, use) if target is not part]
            return bool(meant) and all(self._does_nothing(target, use, inherits=act.inherits) for target in meant)
        if use.name and not is_builtin(use.name):  # a variable of a comprehension, say
            return False
        if use.attributes:  # a method of a value, or of a builtin type
            return use.attributes[-1] in METHODS
        return act.inherits or is_harmless(f"builtins.{use.name}")

    def _does_nothing(self, target: Target, use: Use, *, inherits: bool) -> bool:
        """Whether it does nothing to call, or to inherit from, what a name means."""
        if isinstance(target, External):
            return inherits or is_harmless(target.name)
        if not isinstance(target, Part) or self._may_act(target):
            return False
        if inherits:
            return not customises(target.statement.node)
        if use.attributes and not hasattr(target.statement.node, "body"):  # a method of a constant
            return use.attributes[-1] in METHODS
        return is_record(target.statement.node)


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


def _within(names: list[str], *modules: str) -> list[str]:
    """Those of the names that are one of the modules, or in one."""
    return [name for name in names if any(name == module or name.startswith(f"{module}.") for module in modules)]


def _takes_from(module: Module, name: str, below: str) -> bool:
    """Whether a package calls so what it imports from its submodule of the same name."""
    found = module.bindings.get(name, [])
    sources = {origin.module for part in found for origin in part.statement.imports.get(name, ())}
    return sources == {below} and all(part.statement.is_import for part in found)
