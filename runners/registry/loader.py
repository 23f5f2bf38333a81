"""From registry files to one registry, or to all the mistakes in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runners.registry.checks import check, check_written
from runners.registry.document import Document, read
from runners.registry.loaded import LoadedRegistry
from runners.registry.mistakes import KeyPath, Mistake, RegistryError, dotted, in_order, suggestion
from runners.registry.schema import Claim, Entry, Experiment, RegistryFile, Unfalsifiable
from runners.registry.validation import choices, meaning, validate

KINDS = ["law", "bound", "theorem", "unfalsifiable"]


def load(paths: Sequence[Path], *, whole: bool = True, drafts: bool = False, checked: bool = True) -> LoadedRegistry:
    """Read, validate, merge and check registry files; raises RegistryError with all mistakes of all files.

    If it need not be `whole`, entries that are unfinished, or whose modules Python cannot read, are set aside, and so
    is what needs them; `drafts` stay, as far as only texts and functions are still to be filled in. If it is not
    `checked`, its entries are valid one by one, which is enough to list them.
    """
    files = tuple(map(Path, paths))
    entries: dict[KeyPath, Entry] = {}
    written: dict[KeyPath, Any] = {}
    places: dict[KeyPath, Document] = {}
    mistakes: list[Mistake] = []
    unfinished: set[str] = set()
    for document in map(read, files):
        mistakes += document.mistakes
        for path, data in _entries(document, mistakes):
            if path in places:
                first = places[path].positions[path]
                mistakes.append(document.mistake(path, f"exists already at {first}", "rename or remove one of them"))
                continue
            places[path], written[path] = document, data
            entry, wrong = _validated(document, path, data)
            mistakes += wrong
            unfinished |= {dotted(place) for place in document.unfinished}
            if entry is not None:
                entries[path] = entry
    registry = _assembled(files, entries, places)
    if checked:
        mistakes += [mistake for mistake in check(registry) if mistake.where not in unfinished]
        for path in registry.invalid:  # its other fields may be filled in before its theory is written
            mistakes += check_written(registry, path, written[path])
    mistakes = in_order(mistakes, files)
    if any(whole or not mistake.sets_aside for mistake in mistakes):
        raise RegistryError(mistakes)
    return _without(registry, mistakes, drafts=drafts) if mistakes else registry


def _without(registry: LoadedRegistry, mistakes: Sequence[Mistake], *, drafts: bool) -> LoadedRegistry:
    """The registry less the entries that mistakes set aside, and what needs them."""
    aside: dict[KeyPath, list[Mistake]] = {}
    for mistake in mistakes:
        aside.setdefault(mistake.entry, []).append(mistake)
    for name, claim in registry.falsifiable.items():
        for experiment in {claim.experiment, *(control.experiment or claim.experiment for control in claim.controls)}:
            if ("experiments", experiment) in aside:
                problem = f"needs {experiment}, which is set aside"
                mistake = registry.mistake(("claims", name), problem, "finish or mend the experiment", sets_aside=True)
                aside.setdefault(("claims", name), []).append(mistake)

    def kept(section: str, entries: Mapping[str, Any]) -> dict[str, Any]:
        return {name: entry for name, entry in entries.items() if drafts or (section, name) not in aside}

    experiments = kept("experiments", registry.experiments)
    claims = {
        name: claim
        for name, claim in kept("claims", registry.claims).items()
        if isinstance(claim, Unfalsifiable) or claim.experiment in experiments
    }
    return replace(
        registry,
        experiments=experiments,
        claims=claims,
        aside={entry: tuple(found) for entry, found in aside.items()},
    )


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
            remedy = "did you mean theorem? It was renamed in 0.2" if kind == "identity" else suggestion(kind, KINDS)
            return None, [document.mistake((*path, "kind"), f"is {kind!r}", remedy)]
        model = Unfalsifiable if kind == "unfalsifiable" else Claim
    for place in document.unfinished:  # one of a few words: any of them stands in, so that the rest can be checked
        if place[:2] == path and len(place) == 3 and (words := choices(model, place[2:])):
            data = {**data, place[2]: words[0]}
    entry, wrong = validate(model, document, path, data)
    unfinished = [place for place in document.unfinished if place[:2] == path]
    told = {*(mistake.where for mistake in document.mistakes), *map(dotted, unfinished)}
    wrong = [mistake for mistake in wrong if mistake.where not in told]
    for place in unfinished:
        described = meaning(model, place[2:])
        remedy = f"write it: {described[:1].lower()}{described[1:]}".rstrip(": ")
        wrong.append(document.mistake(place, "is still to be filled in", remedy, sets_aside=True))
    return entry, wrong


def _assembled(
    files: tuple[Path, ...], entries: dict[KeyPath, Entry], places: dict[KeyPath, Document]
) -> LoadedRegistry:
    sections: dict[str, dict[str, Any]] = {"experiments": {}, "claims": {}}
    for (section, name), entry in entries.items():
        sections[str(section)][str(name)] = entry
    documents = {id(document): document for document in places.values()}.values()
    # A name that a second file repeats keeps the first file's place.
    positions = {path: at for document in reversed(list(documents)) for path, at in document.positions.items()}
    return LoadedRegistry(
        experiments=sections["experiments"],
        claims=sections["claims"],
        files=files,
        positions=positions,
        invalid=frozenset(places) - frozenset(entries),
    )
