"""Packing: the records behind verdicts in one small file, so that anyone can judge again without measuring.

A packed record has what a report reads: `given`, and of the observables those that some claim measures, requires or,
unless pictures are left out, is drawn by; a picture stays where nothing else tells records apart. It says what the hash
of the whole one was. A large array that many of them share is there once, of symmetric matrices a triangle. A zip
archive of such records, of the locks that they cite and of challenges that came to an end is a store to read from, at
the address `zip://::FILE`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from runners.judging.judge import Judge
from runners.judging.results import ClaimResult
from runners.measuring.challenging import Challenge, challenges
from runners.records.store import Record, folded, payload_hash, shared_name
from runners.registry.lookup import observable
from runners.registry.schema import Claim
from runners.reporting.pictures import drawn


def pack(judge: Judge, claims: Iterable[str], file: Path, *, pictures: bool = True) -> int:
    """Write the records behind these claims' verdicts into a zip archive, beside what it has; how many they are."""
    used: dict[str, Record] = {}
    wanted: dict[str, set[str]] = {}
    seen: dict[str, set[str]] = {}
    searched: list[Challenge] = []
    experiments = judge.registry.experiments
    for name in claims:
        claim = judge.registry.claims[name]
        if not isinstance(claim, Claim):
            continue
        needed = {observable(claim), *(requirement.measured for requirement in claim.requires)}
        searched += [challenge for challenge in challenges(judge.samples.store, name) if challenge.finished]
        for record in records_of(judge, judge.judge(name)):
            used[record.identity] = record
            experiment = experiments[record.specification["experiment"]]
            wanted.setdefault(record.identity, set()).update(needed)
            shown = () if record.specification["draw"] else drawn(claim, experiment)
            seen.setdefault(record.identity, set()).update(shown)
    for identity in used if pictures else alike(used, wanted):
        wanted[identity] |= seen[identity]
    store = judge.samples.store
    entries = _entries(file)
    for identity, record in used.items():
        stem = f"records/{record.specification['experiment']}/{identity}"
        before = json.loads(entries.get(f"{stem}.json", "{}"))
        packed = set(before.get("payload", {}).get("observables", {}))
        document, arrays = _packed(record, wanted[identity] | packed)
        entries[f"{stem}.json"] = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        entries |= arrays
        entries.pop(f"{stem}.npz", None)  # of an earlier version, which gave each record a file of its own
    locks = {record.provenance.get("lock") for record in used.values()} & set(store.lock_names())
    named = [*(f"locks/{lock}.json" for lock in locks), *(challenge.name for challenge in searched)]
    entries |= {name: store.read(name) for name in named}
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(entries):
            _write(archive, name, entries[name])
    return len(used)


def records_of(judge: Judge, result: ClaimResult) -> list[Record]:
    """Every record that a claim's verdict and its reach rest on, and what confirms counterexamples."""
    cells = [*result.cells, *result.shown, *(cell for control in result.controls for cell in control.cells)]
    found: dict[str, Record] = {}
    for cell in (it.cell for it in cells):
        tier = judge.registry.experiments[cell.experiment].tiers[judge.tier]  # type: ignore[index]
        for point in cell.points:
            sample = judge.samples.sample(cell.experiment, point, tier.constants)
            found |= {record.identity: record for record in (sample.records if sample else ())}
    claim = judge.registry.claims[result.claim]
    if isinstance(claim, Claim):
        names = {name for draw in (result.reach.draws if result.reach else ()) for name in draw.records}
        names |= {
            name
            for challenge in challenges(judge.samples.store, result.claim)
            if challenge.finished
            for found in challenge.confirmations
            for name in found.records
        }
        found |= {name: judge.samples.store.get(claim.experiment, name) for name in names}
    return list(found.values())


def alike(records: dict[str, Record], observables: dict[str, set[str]]) -> list[str]:
    """Of these records those that would be copies of another one, with no more than these observables."""
    hashes = {name: payload_hash(_payload(record, observables[name])) for name, record in records.items()}
    times = Counter(hashes.values())
    return [name for name, found in hashes.items() if times[found] > 1]


def _payload(record: Record, observables: set[str]) -> dict[str, Any]:
    return {
        "given": dict(record.payload["given"]),
        "observables": {name: it for name, it in record.payload["observables"].items() if name in observables},
    }


def _packed(record: Record, observables: set[str]) -> tuple[dict[str, Any], dict[str, bytes]]:
    """A record's document with less in it, and the files of its large arrays: records on the same draws share them."""
    payload = _payload(record, observables)
    large = {
        shared_name(encoded): _written(getattr(record, part)[name])
        for part, arrays in payload.items()
        for name, encoded in arrays.items()
        if "data" not in encoded
    }
    provenance = dict(record.provenance)
    return {
        "identity": record.identity,
        "specification": dict(record.specification),
        "payload_sha256": payload_hash(payload),
        "whole_sha256": record.hashes[0],
        "payload": payload,
        "provenance": provenance,
        "provenance_sha256": payload_hash(provenance),
    }, large


def _written(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, folded(array), allow_pickle=False)
    return buffer.getvalue()


def _entries(file: Path) -> dict[str, bytes]:
    """What an archive has, by name: another tier's or epoch's records."""
    if not file.exists():
        return {}
    with zipfile.ZipFile(file) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _write(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    """The same bytes give the same archive, whenever it is made; arrays are small in LZMA, records are soon read."""
    kind = zipfile.ZIP_LZMA if name.startswith("arrays/") else zipfile.ZIP_DEFLATED
    archive.writestr(zipfile.ZipInfo(name, date_time=(2026, 1, 1, 0, 0, 0)), content, kind)
