"""Published records beside a store: what the project measured, to be judged again, or gone on from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from runners.records.store import Record, Store

PUBLISHED = Path(__file__).parents[2] / "leaderboard" / "published" / "records.zip"
"""Records behind the published reports (`runners.upkeep.packing`)."""


class WithPublished(Store):
    """A store that also reads what is published; whatever is written goes into the store alone."""

    def __init__(self, address: str, published: Path = PUBLISHED):
        super().__init__(address)
        self.published = Store(f"zip://::{published}")

    def has(self, experiment: str, identity: str) -> bool:
        return super().has(experiment, identity) or self.published.has(experiment, identity)

    def recorded(self, experiment: str) -> set[str]:
        return super().recorded(experiment) | self.published.recorded(experiment)

    def get(self, experiment: str, identity: str) -> Record:
        own = super().has(experiment, identity)
        return super().get(experiment, identity) if own else self.published.get(experiment, identity)

    def records(self, experiment: str) -> Iterator[Record]:
        own = super().recorded(experiment)
        yield from self._read_all(experiment, sorted(own))
        yield from self.published._read_all(experiment, sorted(self.published.recorded(experiment) - own))

    def names(self, folder: str) -> list[str]:
        """Documents of the store; of challenges those that are published, too."""
        own = super().names(folder)
        return sorted({*own, *self.published.names(folder)}) if folder.startswith("challenges/") else own

    def read(self, name: str) -> bytes:
        published = name.startswith(("challenges/", "locks/")) and not self.exists(name)
        return self.published.read(name) if published else super().read(name)

    def lock_names(self) -> list[str]:
        return sorted({*super().lock_names(), *self.published.lock_names()})

    def lock(self, name: str) -> dict[str, Any]:
        return super().lock(name) if name in super().lock_names() else self.published.lock(name)
