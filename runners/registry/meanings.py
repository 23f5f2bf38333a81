"""What names mean: the statements, modules and files that a statement reaches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runners.registry.data_files import data_files, files_in
from runners.registry.import_time import is_builtin
from runners.registry.modules import Modules
from runners.registry.names import NOT_SEALED
from runners.registry.parts import DataFile, External, Module, Part, Target, Whole
from runners.registry.statements import Origin, Statement, Use

OF_MODULE = frozenset({"__name__", "__file__", "__package__", "__path__", "__spec__", "__loader__", "__doc__"})
IN_THIS_MODULE = frozenset({"globals", "eval", "exec", "__import__", "compile"})
"""Builtins that look names up in the module that calls them."""
ANYWHERE = frozenset({"__subclasses__", "__globals__", "f_globals", "f_back"})
"""Attributes that lead to what no name leads to, in any module."""
STATIC = ("importlib.resources", "importlib.metadata", "importlib.util.find_spec")


class Meanings(Modules):
    """Modules, and what the names in them mean."""

    def __init__(self, path: Sequence[str]):
        super().__init__(path)
        self._reached: dict[Part, list[tuple[str, Target]]] = {}
        self._asked: set[tuple[str, tuple[str, ...]]] = set()

    def reached(self, part: Part) -> list[tuple[str, Target]]:
        """What a statement reaches, by the names that it uses, in their order."""
        if part not in self._reached:
            self._reached[part] = list(self._reach(part))
        return self._reached[part]

    def named(self, module: str, *names: str) -> list[Target]:
        """What is meant by a name of a module, and attributes of that; by none, the module."""
        if (module, names) in self._asked:  # two modules that import it from each other
            return []
        self._asked.add((module, names))
        try:
            return self._attribute(module, names)
        finally:
            self._asked.remove((module, names))

    def meant(self, module: Module, use: Use) -> list[Target]:
        """What a statement of a module means by a name that it uses."""
        if use.origin is None:
            return self._bound(module, use.name, use.attributes)
        return self._imported(use.origin, use.attributes)

    def _reach(self, part: Part) -> Iterator[tuple[str, Target]]:
        module, statement = part.module, part.statement
        used: list[str] = []
        for use in statement.uses:
            for target in self.meant(module, use):
                yield str(use), target
                if isinstance(target, External):
                    used.append(target.name)
        for origin in (origin for origins in statement.imports.values() for origin in origins):
            if self.module(origin.module) is None:
                used.append(".".join(filter(None, origin)))
                yield origin.module, External(used[-1])
        for reason in self._looks_up(module, statement, used):
            yield "", Whole(module.name, f"{reason} at line {statement.line}")
        for reason in [*sorted(ANYWHERE & statement.attributes), *_within(used, "sys.modules", "sys._getframe", "gc")]:
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
        if attributes and self.is_bare_folder(name):
            return self.named(f"{name}.{attributes[0]}", *attributes[1:])
        if module is None or name in NOT_SEALED:
            compiled = None if module else self.compiled(name)
            return [DataFile(compiled) if compiled else External(".".join((name, *attributes)))]
        if not attributes:
            reason = f"{name} is passed on as an object"
            return [Whole("" if module.is_package else name, reason)]
        first, below = attributes[0], f"{name}.{attributes[0]}"
        known = first in module.bindings or first in OF_MODULE
        found = self._bound(module, first, attributes[1:]) if known else []
        is_submodule = module.is_package and (self.module(below) or self.is_bare_folder(below) or self.compiled(below))
        if is_submodule and not _takes_from(module, first, below):
            found += self.named(below, *attributes[1:])
        return found or [Whole(name, f"{first} is looked up in it when the code runs")]


def _within(names: list[str], *modules: str) -> list[str]:
    """Those of the names that are one of the modules, or in one."""
    return [name for name in names if any(name == module or name.startswith(f"{module}.") for module in modules)]


def _takes_from(module: Module, name: str, below: str) -> bool:
    """Whether a package calls so what it imports from its submodule of the same name."""
    found = module.bindings.get(name, [])
    sources = {origin.module for part in found for origin in part.statement.imports.get(name, ())}
    return sources == {below} and all(part.statement.is_import for part in found)
