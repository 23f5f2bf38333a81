"""From registry files to one registry, or to all the mistakes in them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from runners.collecting import uncollected
from runners.registry.checks import check, check_written
from runners.registry.contents import read_all
from runners.registry.document import Document
from runners.registry.loaded import LoadedRegistry, Room
from runners.registry.mistakes import KeyPath, Mistake, RegistryError, dotted, in_order, suggestion
from runners.registry.schema import SHARED, Claim, Domain, Entry, Experiment, Observable, RegistryFile, Unfalsifiable
from runners.registry.validation import choices, meaning, validate

KINDS = ["law", "bound", "theorem", "unfalsifiable"]


@uncollected()
def load(
    paths: Sequence[Path],
    *,
    whole: bool = True,
    drafts: bool = False,
    checked: bool = True,
    needed: Collection[str] | None = None,
) -> LoadedRegistry:
    """Read, validate, merge and check registry files; raises RegistryError with all mistakes of all files.

    If it need not be `whole`, entries that are unfinished, or whose modules Python cannot read, are set aside, and so
    is what needs them; `drafts` stay, as far as only texts and functions are still to be filled in. If it is not
    `checked`, its entries are valid one by one, which is enough to list them.
    """
    files = tuple(map(Path, paths))
    rooms, documents, mistakes = read_all(files, needed)
    entries: dict[KeyPath, Entry] = {}
    written: dict[KeyPath, Any] = {}
    places: dict[KeyPath, Document] = {}
    unfinished: set[str] = set()
    for document in documents:
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
    registry = _assembled(files, rooms, entries, places)
    if needed is not None and (elsewhere := _looked_at(registry) - {str(name) for _, name in places} - set(needed)):
        wanted = {*needed, *elsewhere}
        return load(files, whole=whole, drafts=drafts, checked=checked, needed=wanted)
    if checked:
        mistakes += [mistake for mistake in check(registry) if mistake.where not in unfinished]
        for path in registry.invalid:  # its other fields may be filled in before its theory is written
            mistakes += check_written(registry, path, written[path])
    mistakes = in_order(mistakes, registry.sources)
    if any(whole or not mistake.sets_aside for mistake in mistakes):
        raise RegistryError(mistakes)
    return _without(registry, mistakes, drafts=drafts) if mistakes else registry


def _looked_at(registry: LoadedRegistry) -> set[str]:
    """The experiments of a registry's claims and controls."""
    return {
        experiment
        for claim in registry.falsifiable.values()
        for experiment in (claim.experiment, *(control.experiment or claim.experiment for control in claim.controls))
    }


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
    shared = _shared_observables(document, mistakes)
    for section, inside in document.data.items():
        if section in ("phenomena", "observables"):
            continue  # read before
        if section not in RegistryFile.model_fields:
            remedy = suggestion(section, RegistryFile.model_fields)
            mistakes.append(document.mistake((section,), "is no key here", remedy))
        elif not isinstance(inside, dict | None):
            mistakes.append(document.mistake((section,), "is no mapping", "give each entry a name and indent it"))
        else:
            for name, data in (inside or {}).items():
                path = (section, name)
                yield path, _with_shared(document, path, data, shared, mistakes) if section == "experiments" else data


def _shared_observables(document: Document, mistakes: list[Mistake]) -> dict[str, Any]:
    """The observables that a file declares for several experiments; one that is not valid is told of here, once."""
    declared = document.data.get("observables") or {}
    if not isinstance(declared, dict):
        mistakes.append(document.mistake(("observables",), "is no mapping", "give each a name and indent it"))
        return {}
    sound = {}
    for name, data in declared.items():
        observable, wrong = validate(Observable, document, ("observables", name), data)
        mistakes += wrong
        kind = {"shape": data["shape"]} if isinstance(data, dict) and "shape" in data else {"between": [0, 1]}
        sound[name] = data if observable is not None else {"means": "not valid", **kind}
    return sound


def _with_shared(
    document: Document, path: KeyPath, data: Any, shared: Mapping[str, Any], mistakes: list[Mistake]
) -> Any:
    """An experiment with the observables written out that it shares with others; they keep their lines."""
    written = data.get("observables") if isinstance(data, dict) else None
    if not isinstance(written, dict):
        return data
    observables = dict(written)
    for name in [name for name, value in written.items() if value == SHARED]:
        if name not in shared:
            remedy = f"declare it under observables: at the top of the file; {suggestion(name, shared)}"
            mistakes.append(document.mistake((*path, "observables", name), "is not shared in this file", remedy))
            del observables[name]
            continue
        observables[name] = shared[name]
        for place, at in list(document.positions.items()):
            if place[:2] == ("observables", name):
                document.positions[(*path, *place)] = at
    return {**data, "observables": observables}


def _validated(document: Document, path: KeyPath, data: Any) -> tuple[Entry | None, list[Mistake]]:
    model: type[Entry] = Domain if path[0] == "domains" else Experiment
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
    files: tuple[Path, ...], rooms: tuple[Room, ...], entries: dict[KeyPath, Entry], places: dict[KeyPath, Document]
) -> LoadedRegistry:
    sections: dict[str, dict[str, Any]] = {"domains": {}, "experiments": {}, "claims": {}}
    for (section, name), entry in entries.items():
        sections[str(section)][str(name)] = entry
    documents = {id(document): document for document in places.values()}.values()
    # A name that a second file repeats keeps the first file's place.
    positions = {
        path: at
        for document in reversed(list(documents))
        for path, at in document.positions.items()
        if path[0] != "observables"  # of one file alone
    }
    return LoadedRegistry(
        domains=sections["domains"],
        experiments=sections["experiments"],
        claims=sections["claims"],
        files=files,
        positions=positions,
        rooms=rooms,
        invalid=frozenset(places) - frozenset(entries),
    )
