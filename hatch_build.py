"""Build hook: a wheel carries the registry and the schemas beside the package that reads them."""

from __future__ import annotations

from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILES = ("registry.yaml", "registry.lock", "registry.schema.json", "report.schema.json")


class RegistryInRunners(BuildHookInterface):
    """Copies the registry from the top of the tree to `runners/`; an editable installation reads the tree's own."""

    def initialize(self, version: str, build_data: dict) -> None:
        if version == "standard":
            build_data["force_include"] |= {str(Path(self.root, name)): f"runners/{name}" for name in FILES}
