"""From registry files to one registry, or to all the mistakes in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from runners.registry.checks import check
from runners.registry.document import Document, read
from runners.registry.loaded import LoadedRegistry
from runners.registry.mistakes import KeyPath, Mistake, RegistryError, in_order, suggestion
from runners.registry.schema import Claim, Entry, Experiment, RegistryFile, Unfalsifiable
from runners.registry.validation import validate

KINDS = ["law", "bound", "identity", "unfalsifiable"]


def load(paths: Sequence[Path]) -> LoadedRegistry:
    """Read, validate, merge and check registry files; raises RegistryError with all mistakes of all files."""
    files = tuple(map(Path, paths))
    entries: dict[KeyPath, Entry] = {}
    places: dict[KeyPath, Document] = {}
    mistakes: list[Mistake] = []
    for document in map(read, files):
        mistakes += document.mistakes
        for path, data in _entries(document, mistakes):
            if path in places:
                first = places[path].positions[path]
                mistakes.append(document.mistake(path, f"exists already at {first}", "rename or remove one of them"))
                continue
            places[path] = document
            entry, wrong = _validated(document, path, data)
            mistakes += wrong
            if entry is not None:
                entries[path] = entry
    registry = _assembled(files, entries, places)
    mistakes += check(registry)
    if mistakes:
        raise RegistryError(in_order(mistakes, files))
    return registry


def _entries(document: Document, mistakes: list[Mistake]) -> Iterator[tuple[KeyPath, Any]]:
    """Path and data of every experiment and claim of a file."""
    if document.data is None:
        return
    if not isinstance(document.data, dict):
        mistakes.append(document.mistake((), "holds no mapping", "write experiments: and claims:"))
        return
    for section, inside in document.data.items():
        if section not in RegistryFile.model_fields:
            remedy = suggestion(section, RegistryFile.model_fields)
            mistakes.append(document.mistake((section,), "is no key here", remedy))
        elif not isinstance(inside, dict | None):
            mistakes.append(document.mistake((section,), "is no mapping", "give each entry a name and indent it"))
        else:
            yield from (((section, name), data) for name, data in (inside or {}).items())


def _validated(document: Document, path: KeyPath, data: Any) -> tuple[Entry | None, list[Mistake]]:
    model: type[Entry] = Experiment
    if path[0] == "claims":
        # Chosen by its kind, so that mistakes are told of the one model that was meant.
        kind = data.get("kind", "law") if isinstance(data, dict) else "law"
        if kind not in KINDS:
            return None, [document.mistake((*path, "kind"), f"is {kind!r}", suggestion(kind, KINDS))]
        model = Unfalsifiable if kind == "unfalsifiable" else Claim
    entry, wrong = validate(model, document, path, data)
    told = {mistake.where for mistake in document.mistakes}
    return entry, [mistake for mistake in wrong if mistake.where not in told]


def _assembled(
    files: tuple[Path, ...], entries: dict[KeyPath, Entry], places: dict[KeyPath, Document]
) -> LoadedRegistry:
    sections: dict[str, dict[str, Any]] = {"experiments": {}, "claims": {}}
    for (section, name), entry in entries.items():
        sections[str(section)][str(name)] = entry
    documents = {id(document): document for document in places.values()}.values()
    # A name that a second file repeats keeps the first file's place.
    positions = {path: at for document in reversed(list(documents)) for path, at in document.positions.items()}
    return LoadedRegistry(**sections, files=files, positions=positions, invalid=frozenset(places) - frozenset(entries))
