"""Seals: what was claimed before it was measured.

`registry.lock` holds a seal a claim: SHA-256 over what decides its verdict, that is its own fields, its experiments'
entries, and the syntax trees (without docstrings) of its theories' and experiments' modules and of what these import
from their own project. Every record names the lock in force when it was measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from runners.records.blocks import canonical, plain
from runners.registry.loaded import LoadedRegistry
from runners.registry.names import closure, digest
from runners.registry.schema import Claim, Folded, FoldedPrediction, Unfalsifiable

SCHEMA = 1
PROSE = {"about", "why", "expect", "beyond"}
"""Fields that decide nothing."""

Lock = dict[str, Any]


def seal(registry: LoadedRegistry, name: str) -> str:
    """The seal of one claim as it stands."""
    claim = registry.claims[name]
    if isinstance(claim, Unfalsifiable):
        return _hash(claim.model_dump())
    experiments = sorted({claim.experiment, *(c.experiment for c in claim.controls if c.experiment)})
    modules = {registry.experiments[experiment].module for experiment in experiments}
    modules |= {theory.partition(":")[0] for theory in theories(claim)}
    files = {module: path for start in modules for module, path in closure(start, registry.search_path).items()}
    return _hash(
        {
            "claim": claim.model_dump(exclude=PROSE, exclude_defaults=True),
            "experiments": {
                e: registry.experiments[e].model_dump(exclude=PROSE, exclude_defaults=True) for e in experiments
            },
            "code": digest(files),
        }
    )


def theories(claim: Claim) -> Iterator[str]:
    """Dotted names of all functions that a claim's verdict depends on."""
    predictions = [claim.predicted, *(rival.predicted for rival in claim.rivals.values())]
    named = [p.of if isinstance(p, FoldedPrediction) else p for p in predictions]
    named += [control.truth for control in claim.controls]
    if isinstance(claim.measured, Folded):
        named += claim.measured.along.values()
    yield from (name for name in named if isinstance(name, str) and ":" in name)


def sealed(registry: LoadedRegistry, names: Iterable[str], before: Lock, *, today: date) -> Lock:
    """The lock of these claims as they stand: seals that still fit keep their date, changed ones are counted."""
    claims = {}
    for name in names:
        now, old = seal(registry, name), before["claims"].get(name)
        if old and old["seal"] == now:
            claims[name] = old
        else:
            claims[name] = {"seal": now, "sealed": today.isoformat(), "resealed": old["resealed"] + 1 if old else 0}
    return {"schema": SCHEMA, "claims": claims}


def broken(registry: LoadedRegistry, lock: Lock, names: Iterable[str] | None = None) -> dict[str, str]:
    """Which of these claims (all by default) the lock does not hold as they stand, with what happened to them."""
    found = {}
    for name in registry.claims if names is None else names:
        entry = lock["claims"].get(name)
        if entry is None:
            found[name] = "is not sealed"
        elif entry["seal"] != seal(registry, name):
            found[name] = f"changed since it was sealed on {entry['sealed']}"
    return found


def lock_file(registry_file: Path) -> Path:
    """The lock beside a registry file."""
    return registry_file.with_suffix(".lock")


def read_lock(path: Path) -> Lock:
    """A lock file's content; without the file, a lock that seals nothing."""
    return json.loads(path.read_text()) if path.exists() else {"schema": SCHEMA, "claims": {}}


def lock_in_force(registry_files: Iterable[Path]) -> Lock:
    """The seals of all these files."""
    claims: dict[str, Any] = {}
    for file in registry_files:
        claims |= read_lock(lock_file(file))["claims"]
    return {"schema": SCHEMA, "claims": claims}


def write_lock(path: Path, lock: Lock) -> None:
    """Write a lock file, one claim a line."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(lock['claims'][name])}" for name in sorted(lock["claims"]))
    path.write_text(f'{{"schema": {lock["schema"]}, "claims": {{\n{lines}\n}}}}\n')


def lock_hash(lock: Mapping[str, Any]) -> str:
    """The name under which records cite a lock."""
    return _hash(lock)[:20]


def _hash(value: Any) -> str:
    return sha256(canonical(plain(value)).encode()).hexdigest()
