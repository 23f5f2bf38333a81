"""Statements that count for whoever loads their module, as importing it runs them and they may do something."""

from __future__ import annotations

from collections.abc import Sequence

from runners.registry.import_time import METHODS, Act, acts, customises, is_builtin, is_fresh, is_harmless, is_record
from runners.registry.meanings import Meanings
from runners.registry.names import source_of
from runners.registry.parts import External, Part, Target
from runners.registry.statements import Use


class Acting(Meanings):
    """Modules, and what importing them does."""

    def __init__(self, path: Sequence[str]):
        super().__init__(path)
        self._acts: dict[Part, bool] = {}
        self._acting: dict[str, list[Part]] = {}

    def acting(self, name: str) -> list[Part]:
        """Statements of a module that may do something when it is imported, besides binding names."""
        if name not in self._acting:
            module = self.module(name)
            self._acting[name] = [part for part in module.parts if self._may_act(part)] if module else []
        return self._acting[name]

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
            meant = [target for target in self.meant(part.module, use) if target is not part]
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
