"""Verifying a store: whether every record is what was measured, all of it, once, and by this code.

Hashes are no signatures: they find accidents and careless edits. Whoever recomputes them has forged a record; measuring
it again, bit for bit, is the only answer to that.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import numpy as np

from runners.measuring.planning import Origin
from runners.records.blocks import DrawName, canonical, identity_of, trial_seeds
from runners.records.epochs import epoch
from runners.records.samples import lineage
from runners.records.seals import lock_hash
from runners.records.store import Record, Store, payload_hash
from runners.registry.files import ABSENT, digests
from runners.registry.loaded import LoadedRegistry
from runners.reporting.report_model import Report

ALTERED, CUT_OFF, DUPLICATED, MISSING = "altered", "cut off", "duplicated", "missing"
OTHER_CODE, OTHER_VERSIONS, VERDICT = "made by other code", "made with other versions", "another verdict"
HARMLESS = {OTHER_VERSIONS}
"""Findings that are told, but break nothing."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a store."""

    kind: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.kind}: {self.what}"


def verify(store: Store, registry: LoadedRegistry) -> list[Finding]:
    """Everything that is wrong with the records and locks of a store, by where it lies."""
    records: list[tuple[str, Record]] = []
    findings = list(_locks(store))
    for path, experiment in store.record_files():
        record, wrong = _read(store, path, experiment, registry)
        findings += wrong
        if record is not None and identity_of(record.specification) == record.identity and not record.earlier:
            records.append((path, record))  # one whose numbers changed is still there
    findings += _origins(records, registry)
    findings += _repeats(store, records, registry)
    return sorted(findings, key=lambda it: (it.where, it.kind))


def compare(judged: Report, published: Report, records: Iterable[str]) -> Iterator[Finding]:
    """What a published report says otherwise than judging the store's records again: verdicts, intervals, records."""
    now = {claim.id: claim for claim in judged.falsifiable}
    stored = set(records)
    for claim in published.falsifiable:
        again = now.get(claim.id)
        if again is None:
            yield Finding(VERDICT, claim.id, "the registry has no such claim any more")
            continue
        if lost := sorted(set(claim.records) - stored):
            yield Finding(MISSING, claim.id, f"the report rests on records that are not here: {', '.join(lost)}")
        if claim.verdict != again.verdict:
            yield Finding(VERDICT, claim.id, f"published {claim.verdict}, the records say {again.verdict}")
            continue
        for before, after in zip(claim.conditions, again.conditions, strict=False):
            if (before.status, before.interval) != (after.status, after.interval):
                told, found = (f"{it.status} {it.interval}" for it in (before, after))
                yield Finding(VERDICT, f"{claim.id} ({before.label})", f"published {told}, the records say {found}")


def breaks(findings: Iterable[Finding]) -> bool:
    """Whether any of them means that the store is not what it says."""
    return any(finding.kind not in HARMLESS for finding in findings)


# --- one record -----------------------------------------------------------------------------------------------------


def _read(store: Store, path: str, experiment: str, registry: LoadedRegistry) -> tuple[Record | None, list[Finding]]:
    name = path.rsplit("/", 1)[-1].removesuffix(".json")
    try:
        document = json.loads(store.read(path))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        return None, [Finding(CUT_OFF, path, f"is no JSON ({error})")]
    missing = {"identity", "specification", "payload_sha256", "payload", "provenance"} - document.keys()
    if missing:
        return None, [Finding(ALTERED, path, f"lacks {', '.join(sorted(missing))}")]
    record = Record(name, document["specification"], document["provenance"], document["payload"], store)
    try:
        if record.earlier:  # its seeds and names were made otherwise
            return record, []
        return record, list(_record(document, record, path, name, experiment, registry))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return None, [Finding(ALTERED, path, f"is not as a record is written ({type(error).__name__}: {error})")]


def _record(
    document: Mapping[str, Any], record: Record, path: str, name: str, experiment: str, registry: LoadedRegistry
) -> Iterator[Finding]:
    specification, identity = document["specification"], identity_of(document["specification"])
    if identity != document["identity"]:
        yield Finding(ALTERED, path, f"its specification hashes to {identity}, not to {document['identity']}")
    elif name != identity:
        yield Finding(DUPLICATED, path, f"is a copy of {identity} under another name")
    elif specification["experiment"] != experiment:
        yield Finding(DUPLICATED, path, f"belongs to {specification['experiment']}")
    if payload_hash(document["payload"]) != document["payload_sha256"]:
        yield Finding(ALTERED, path, "what was measured does not hash to what was recorded")
    if payload_hash(document["provenance"]) != document.get("provenance_sha256", payload_hash(document["provenance"])):
        yield Finding(ALTERED, path, "time, machine or lock do not hash to what was recorded")
    start, stop = specification["repeats"]
    named = specification["experiment"], specification["purpose"]
    try:
        salt = epoch(registry.files, specification["epoch"]).salt
    except ValueError as error:
        yield Finding(ALTERED, path, f"its seeds cannot be checked: {error}")
    else:
        draw = DrawName(*specification["draw"]) if specification["draw"] else None
        if specification["seeds"] != trial_seeds(*named, range(start, stop), salt=salt, draw=draw):
            yield Finding(ALTERED, path, "its seeds are not those of its epoch and its repeats")
    yield from _arrays(record, path, stop - start)


def _arrays(record: Record, path: str, trials: int) -> Iterator[Finding]:
    for part in ("given", "observables"):
        for name, encoded in record.payload[part].items():
            shape = encoded["shape"]
            if not shape or shape[0] != trials:
                yield Finding(ALTERED, path, f"{name} has shape {shape}, but the block has {trials} trials")
            if "data" in encoded:
                if len(encoded["data"]) != int(np.prod(shape)):
                    yield Finding(CUT_OFF, path, f"{name} has {len(encoded['data'])} numbers, not those of {shape}")
                continue
            beside = path.removesuffix(".json") + ".npz"
            try:
                array = getattr(record, part)[name]
            except FileNotFoundError:
                yield Finding(MISSING, beside, f"the arrays of {path} are gone")
                return
            except Exception as error:  # a zip archive breaks in many ways
                yield Finding(CUT_OFF, beside, f"cannot be read ({type(error).__name__}: {error})")
                return
            if sha256(np.ascontiguousarray(array).tobytes()).hexdigest() != encoded["sha256"]:
                yield Finding(ALTERED, beside, f"{name} does not hash to what was recorded")
            elif list(array.shape) != shape or str(array.dtype) != encoded["dtype"]:
                yield Finding(ALTERED, beside, f"{name} is {array.dtype} {array.shape}, recorded as {shape}")


# --- records together -----------------------------------------------------------------------------------------------


def _origins(records: Iterable[tuple[str, Record]], registry: LoadedRegistry) -> Iterator[Finding]:
    """Records of code that is not here, or of other versions of the libraries."""
    origins: dict[str, Origin] = {}
    for path, record in records:
        specification = record.specification
        experiment = registry.experiments.get(specification["experiment"])
        if experiment is None:
            yield Finding(OTHER_CODE, path, f"the registry has no experiment {specification['experiment']}")
            continue
        if experiment.module not in origins:
            origins[experiment.module] = Origin.of(experiment.module, registry.code)
        origin = origins[experiment.module]
        if specification["code"] != origin.code:
            yield Finding(OTHER_CODE, path, f"{experiment.module}, or what it reaches, has changed since")
        elif specification["libraries"] != origin.libraries:
            now, then = origin.libraries, specification["libraries"]
            changed = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
            told = ", ".join(f"{name} {then.get(name)} (here {now.get(name)})" for name in changed)
            yield Finding(OTHER_VERSIONS, path, told)
        else:
            files = specification["files"]
            here = digests(files, registry.search_path)
            changed = [name for name, digest in here.items() if digest not in (files[name], ABSENT)]
            if changed:
                yield Finding(OTHER_CODE, path, f"{', '.join(changed)}, which it reads, changed since")


def _repeats(store: Store, records: Iterable[tuple[str, Record]], registry: LoadedRegistry) -> Iterator[Finding]:
    """Trials of a condition that are there twice, or not at all."""
    failed = {_condition(error["specification"]) for error in store.errors()}
    groups: dict[tuple[str, str], list[tuple[str, Record]]] = defaultdict(list)
    for path, record in records:
        if record.specification["purpose"] == "record":
            series = canonical(
                [*(record.specification[key] for key in ("epoch", "draw")), lineage(record.specification)]
            )
            groups[_condition(record.specification), series].append((path, record))
    for (condition, _), members in groups.items():
        members.sort(key=lambda it: it[1].specification["repeats"])
        payloads: dict[str, str] = {}
        stop = 0
        for path, record in members:
            start, end = record.specification["repeats"]
            if start < stop and end <= stop and start != 0:
                yield Finding(DUPLICATED, path, f"trials {start} to {end - 1} are recorded already")
            if start > stop and condition not in failed:
                yield Finding(MISSING, path, f"trials {stop} to {start - 1} before it are gone")
            hashed = payload_hash(record.payload)
            if hashed in payloads:
                yield Finding(DUPLICATED, path, f"holds the same numbers as {payloads[hashed]}, for other trials")
            payloads.setdefault(hashed, path)
            stop = max(stop, end)
        yield from _unfinished(members[-1], stop, condition in failed, registry)


def _unfinished(last: tuple[str, Record], stop: int, failed: bool, registry: LoadedRegistry) -> Iterator[Finding]:
    """Trials short of a look: a run always ends at one, unless it was cut off."""
    path, record = last
    if record.specification["draw"]:
        return  # a draw has no looks
    experiment = registry.experiments.get(record.specification["experiment"])
    tiers = experiment.tiers.values() if experiment else ()
    looks = {look for tier in tiers if tier.constants == record.specification["constants"] for look in tier.trials}
    if looks and stop not in looks and not failed:
        after = min((look for look in looks if look > stop), default=None)
        if after is not None:
            what = f"{stop} of {after} trials of a look: the run was cut off, or a record was deleted"
            yield Finding(MISSING, path, what)


def _locks(store: Store) -> Iterator[Finding]:
    for name in store.lock_names():
        try:
            lock = store.lock(name)
        except json.JSONDecodeError as error:
            yield Finding(CUT_OFF, f"locks/{name}.json", f"is no JSON ({error})")
            continue
        if lock_hash(lock) != name:
            yield Finding(ALTERED, f"locks/{name}.json", f"hashes to {lock_hash(lock)}: seals were changed")


def _condition(specification: Mapping[str, Any]) -> str:
    return canonical([specification[key] for key in ("experiment", "condition", "constants")])
