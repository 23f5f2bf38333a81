"""Verifying a store: whether every record is what was measured, all of it, once, and by this code.

Hashes are no signatures: they find accidents and careless edits. Whoever recomputes them has forged a record; measuring
it again, bit for bit, is the only answer to that (`runners.upkeep.remeasuring`).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from sys import intern
from typing import Any

import numpy as np

from runners.measuring.planning import Origin
from runners.records import documents
from runners.records.blocks import DrawName, canonical, identity_of, payload_hash, trial_seeds
from runners.records.damage import Damaged
from runners.records.epochs import epoch
from runners.records.samples import lineage
from runners.records.seals import understood
from runners.records.store import Record, Store, record_of
from runners.registry.files import ABSENT, digests
from runners.registry.loaded import LoadedRegistry
from runners.upkeep.drawn_settings import DrawnSettings
from runners.upkeep.findings import (
    ALTERED,
    CUT_OFF,
    DUPLICATED,
    EXCUSED,
    MISSING,
    OTHER_CODE,
    OTHER_VERSIONS,
    TWIN,
    Finding,
)

PARTS = {"identity", "specification", "payload_sha256", "payload", "provenance", "provenance_sha256"}
SLACK = timedelta(days=1)
"""Dates of a lock are days somewhere on the globe, a record's time is in seconds."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept of a record to compare it with others."""

    path: str
    identity: str
    experiment: str
    condition: str
    series: str
    """Epoch, draw, lineage: whose trials belong together."""
    purpose: str
    drawn: bool
    constants: str
    start: int
    stop: int
    measured: str
    """Hash of its numbers."""


def verify(store: Store, registry: LoadedRegistry, settings: DrawnSettings | None = None) -> list[Finding]:
    """Everything that is wrong with the records, logs and locks of a store, and what its reader has to know."""
    locks, findings = _locks(store)
    settings, origins = settings or DrawnSettings(registry), _Origins(registry)
    salt = cache(lambda name: epoch(registry.files, name).salt)
    records: list[_Kept] = []
    for path, experiment in store.record_files():
        record, wrong = _read(store, path, experiment, salt)
        findings += wrong
        if record is None or identity_of(record.specification) != record.identity or record.earlier:
            continue
        findings += _lock_of(record, path, locks)
        findings += origins.of(record, path)
        findings += (Finding(ALTERED, path, problem) for problem in _setting(record, settings, path))
        records.append(_kept(path, record))  # one whose numbers changed is still there
    failed, logged = _failures(store, {record.identity for record in records})
    findings += logged
    findings += _repeats(records, registry, failed)
    findings += _twins(records)
    return sorted(findings, key=lambda it: (it.where, it.kind))


def twins(store: Store) -> set[str]:
    """Names of records that hold the same numbers as one of another condition."""
    return {it.identity for group in _alike(_every(store)) for it in group}


def _every(store: Store) -> Iterator[_Kept]:
    for path, experiment in store.record_files():
        record = store.get(experiment, path.rsplit("/", 1)[-1].removesuffix(".json"))
        if not record.earlier:
            yield _kept(path, record)


def _kept(path: str, record: Record) -> _Kept:
    spec = record.specification
    start, stop = spec["repeats"]
    return _Kept(
        path,
        record.identity,
        intern(spec["experiment"]),
        condition=intern(_condition(spec)),
        series=intern(canonical([spec["epoch"], spec["draw"], lineage(spec)])),
        purpose=spec["purpose"],
        drawn=bool(spec["draw"]),
        constants=intern(canonical(spec["constants"])),
        start=start,
        stop=stop,
        measured=payload_hash(record.payload),
    )


def _setting(record: Record, settings: DrawnSettings, path: str) -> Iterator[str]:
    if not record.specification["draw"]:
        return
    try:
        given = record.given
    except Exception:  # arrays that are gone or broken, as is told elsewhere
        given = None
    yield from settings.problems(record.specification, given, path)


# --- one record -----------------------------------------------------------------------------------------------------


def _read(store: Store, path: str, experiment: str, salt: Callable[[str], str]) -> tuple[Record | None, list[Finding]]:
    name = path.rsplit("/", 1)[-1].removesuffix(".json")
    try:
        document = json.loads(store.read(path))
    except (ValueError, RecursionError) as error:
        return None, [Finding(CUT_OFF, path, f"is no JSON ({error})")]
    except OSError as error:
        return None, [Finding(CUT_OFF, path, f"cannot be read ({error})")]
    if not isinstance(document, dict):
        return None, [Finding(ALTERED, path, "is no record, but a list, a number or a word")]
    missing = PARTS - document.keys()
    if missing - {"provenance_sha256"}:
        return None, [Finding(ALTERED, path, f"lacks {', '.join(sorted(missing))}")]
    try:
        record = record_of({**document, "identity": name}, store)
        if record.earlier:  # its seeds and names were made otherwise
            return record, []
        return record, list(_record(document, record, path, name, experiment, salt))
    except Exception as error:  # in how many ways a document can be odd, nobody can list
        return None, [Finding(ALTERED, path, f"is not as a record is written ({type(error).__name__}: {error})")]


def _record(
    document: Mapping[str, Any], record: Record, path: str, name: str, experiment: str, salt: Callable[[str], str]
) -> Iterator[Finding]:
    specification, identity = document["specification"], identity_of(document["specification"])
    if "provenance_sha256" not in document:
        yield Finding(ALTERED, path, "lacks provenance_sha256: time, machine and lock are nobody's word")
    elif problem := documents.altered(document):
        yield Finding(ALTERED, path, problem)
    if identity == document["identity"]:
        if name != identity:
            yield Finding(DUPLICATED, path, f"is a copy of {identity} under another name")
        elif specification["experiment"] != experiment:
            yield Finding(DUPLICATED, path, f"belongs to {specification['experiment']}")
    start, stop = specification["repeats"]
    named = specification["experiment"], specification["purpose"]
    try:
        of_epoch = salt(specification["epoch"])
    except ValueError as error:
        yield Finding(ALTERED, path, f"its seeds cannot be checked: {error}")
    else:
        draw = DrawName(*specification["draw"]) if specification["draw"] else None
        if specification["seeds"] != trial_seeds(*named, range(start, stop), salt=of_epoch, draw=draw):
            yield Finding(ALTERED, path, "its seeds are not those of its epoch and its repeats")
    yield from _arrays(record, path, stop - start)


def _arrays(record: Record, path: str, trials: int) -> Iterator[Finding]:
    for part in ("given", "observables"):
        for name, encoded in record.payload[part].items():
            shape = encoded["shape"]
            if not shape or shape[0] != trials:
                yield Finding(ALTERED, path, f"{name} has shape {shape}, but the block has {trials} trials")
            if encoded.get("data") is not None:
                if len(encoded["data"]) != int(np.prod(shape)):
                    yield Finding(CUT_OFF, path, f"{name} has {len(encoded['data'])} numbers, not those of {shape}")
                continue
            beside = path.removesuffix(".json") + ".npz"
            try:
                array = record.arrays[f"{part}.{name}"]
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


def _lock_of(record: Record, path: str, locks: Mapping[str, str]) -> Iterator[Finding]:
    """Whether a record cites a lock that is here, and that could be there when it was measured."""
    lock = record.provenance.get("lock")
    if record.specification["purpose"] != "record":
        return  # what is explored is no prediction
    if lock is None:
        yield Finding(MISSING, path, "cites no lock: nobody can tell what was sealed when it was measured")
    elif lock not in locks:
        yield Finding(MISSING, path, f"cites the lock {lock}, which is not here")
    else:
        measured = datetime.fromtimestamp(record.provenance["started"], UTC)
        if (measured + SLACK).date().isoformat() < locks[lock]:
            told = f"cites a lock of {locks[lock]}, but was measured on {measured.date().isoformat()}"
            yield Finding(ALTERED, path, told)


class _Origins:
    """Which code, versions and files records were made with, beside those that are here."""

    def __init__(self, registry: LoadedRegistry):
        self._registry = registry
        self._origins: dict[str, Origin] = {}
        self._files: dict[str, dict[str, str]] = {}

    def of(self, record: Record, path: str) -> Iterator[Finding]:
        """What is other code here, or other versions of the libraries."""
        specification = record.specification
        experiment = self._registry.experiments.get(specification["experiment"])
        if experiment is None:
            yield Finding(OTHER_CODE, path, f"the registry has no experiment {specification['experiment']}")
            return
        if experiment.module not in self._origins:
            self._origins[experiment.module] = Origin.of(experiment.module, self._registry.code)
        origin = self._origins[experiment.module]
        if specification["code"] != origin.code:
            yield Finding(OTHER_CODE, path, f"{experiment.module}, or what it reaches, has changed since")
        elif specification["libraries"] != origin.libraries:
            now, then = origin.libraries, specification["libraries"]
            changed = sorted(name for name in {*now, *then} if now.get(name) != then.get(name))
            told = ", ".join(f"{name} {then.get(name)} (here {now.get(name)})" for name in changed)
            yield Finding(OTHER_VERSIONS, path, told)
        else:
            files = specification["files"]
            key = canonical(sorted(files))
            if key not in self._files:
                self._files[key] = digests(files, self._registry.search_path)
            changed = [name for name, digest in self._files[key].items() if digest not in (files[name], ABSENT)]
            if changed:
                yield Finding(OTHER_CODE, path, f"{', '.join(changed)}, which it reads, changed since")


# --- records together -----------------------------------------------------------------------------------------------


def _failures(store: Store, recorded: set[str]) -> tuple[set[str], list[Finding]]:
    """Conditions of which a failure is logged, and what that log excuses: trials that are not there."""
    failed: set[str] = set()
    findings = []
    for name in store.names("errors"):
        file = f"errors/{name}"
        try:
            content = store.read(file)
            error = documents.read_failure(content, file)
        except (Damaged, OSError) as damage:
            findings.append(Finding(ALTERED, file, str(damage)))
            continue
        if error is None:
            continue
        failed.add(_condition(error["specification"]))
        if "sha256" not in json.loads(content):
            findings.append(Finding(ALTERED, file, "lacks its sha256: what it excuses is nobody's word"))
        if error["specification"]["purpose"] != "explore" and error["identity"] not in recorded:
            start, stop = error["specification"]["repeats"]
            why = f"{error['status']}: {error['message'].splitlines()[0] if error['message'] else ''}"
            told = f"{error.get('block', error['identity'])}: {stop - start} trials are not here; the log says {why}"
            findings.append(Finding(EXCUSED, file, told))
    return failed, findings


def _repeats(records: Iterable[_Kept], registry: LoadedRegistry, failed: set[str]) -> Iterator[Finding]:
    """Trials of a condition that are there twice, or not at all."""
    groups: dict[tuple[str, str], list[_Kept]] = defaultdict(list)
    for record in records:
        if record.purpose == "record":
            groups[record.condition, record.series].append(record)
    for (condition, _), members in groups.items():
        members.sort(key=lambda it: (it.start, it.stop))
        measured: dict[str, str] = {}
        stop = 0
        for record in members:
            if record.start < stop and record.stop <= stop and record.start != 0:
                yield Finding(
                    DUPLICATED, record.path, f"trials {record.start} to {record.stop - 1} are recorded already"
                )
            if record.start > stop and condition not in failed:
                yield Finding(MISSING, record.path, f"trials {stop} to {record.start - 1} before it are gone")
            if record.measured in measured:
                told = f"holds the same numbers as {measured[record.measured]}, for other trials"
                yield Finding(DUPLICATED, record.path, told)
            measured.setdefault(record.measured, record.path)
            stop = max(stop, record.stop)
        yield from _unfinished(members[-1], stop, condition in failed, registry)


def _unfinished(last: _Kept, stop: int, failed: bool, registry: LoadedRegistry) -> Iterator[Finding]:
    """Trials short of a look: a run always ends at one, unless it was cut off."""
    if last.drawn:
        return  # a draw has no looks
    experiment = registry.experiments.get(last.experiment)
    tiers = experiment.tiers.values() if experiment else ()
    looks = {look for tier in tiers if canonical(tier.constants) == last.constants for look in tier.trials}
    if looks and stop not in looks and not failed:
        after = min((look for look in looks if look > stop), default=None)
        if after is not None:
            what = f"{stop} of {after} trials of a look: the run was cut off, or a record was deleted"
            yield Finding(MISSING, last.path, what)


def _twins(records: Iterable[_Kept]) -> Iterator[Finding]:
    """Records that hold the same numbers as those of another condition: right where the axis changes nothing."""
    for first, *others in _alike(records):
        for other in others:
            told = f"as {first.path}: right if the condition changes nothing; --remeasure looks at both"
            yield Finding(TWIN, other.path, told)


def _alike(records: Iterable[_Kept]) -> Iterator[list[_Kept]]:
    groups: dict[tuple[str, str], list[_Kept]] = defaultdict(list)
    for record in records:
        groups[record.experiment, record.measured].append(record)
    for group in groups.values():
        if len({(it.condition, it.series) for it in group}) > 1:
            yield group


def _locks(store: Store) -> tuple[dict[str, str], list[Finding]]:
    """The locks of a store with the latest date in each, and which of them are not what they were."""
    found, findings = {}, []
    for name in store.lock_names():
        try:
            lock = store.lock(name)
            claims = understood(lock)["claims"].values()
            entries = [it for claim in claims for it in (claim, *claim.get("tiers", {}).values())]
            found[name] = max((str(it["sealed"]) for it in entries), default="")
        except Damaged as damage:
            findings.append(Finding(ALTERED, f"locks/{name}.json", str(damage)))
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            findings.append(Finding(ALTERED, f"locks/{name}.json", f"is no lock ({type(error).__name__}: {error})"))
    return found, findings


def _condition(specification: Mapping[str, Any]) -> str:
    return canonical([specification[key] for key in ("experiment", "condition", "constants")])
