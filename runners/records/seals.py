"""Seals: what was claimed before it was measured.

`registry.lock` holds a seal a claim: SHA-256 over what decides its verdict, that is its own fields, what it selects of
its experiments' entries, and the definitions that its theories, folds and experiments reach. Each tier has a digest of
its own beside it, so that another size breaks no seal. The verdict that is expected, with its date, stands there, too:
it decides nothing. Every record names the lock in force when it was measured.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from runners.records.blocks import canonical, plain
from runners.records.damage import DamagedLock
from runners.registry import grid
from runners.registry.coverage import Coverage
from runners.registry.files import sealed_digests
from runners.registry.loaded import LoadedRegistry
from runners.registry.lookup import Lookup, observable
from runners.registry.schema import Claim, Folded, FoldedPrediction, Tier, Unfalsifiable, Where

SCHEMA = 2
PROSE: dict[str, Any] = {
    **dict.fromkeys(("about", "why", "expect", "expect_reach", "beyond", "source", "theory", "corollary_of"), True),
    **dict.fromkeys(("changed", "none_nearer", "objections", "review"), True),
    "agreement": {"because"},
    "requires": {"__all__": {"because"}},
    "controls": {"__all__": {"because", "where"}},
    "rivals": {"__all__": {"because", "source"}},
}
"""Fields of a claim that decide nothing."""
BY_VALUE = {"where", "shown", "domain"}
"""Fields of which counts what they select, however they are written."""
DOMAIN_PROSE: dict[str, Any] = {"because": True, "at": True, "within": {"__all__": {"because"}}}
BY_DEFINITION = "what it reaches"
"""Stands for the name of a function: its definition counts, wherever it lies."""

DATED = {"seal", "sealed", "resealed"}
"""What a lock says of a seal: itself, the date since which it holds, how often another one stood in its place."""

Lock = dict[str, Any]


class Sealing:
    """Seals of a registry's claims as they stand."""

    def __init__(self, registry: LoadedRegistry):
        self.registry = registry
        self._lookup = Lookup(registry)
        self._conditions_of: dict[tuple[str, str], list[grid.Condition]] = {}

    def seal(self, name: str) -> str:
        """The seal of one claim."""
        claim = self.registry.claims[name]
        if isinstance(claim, Unfalsifiable):
            return _hash(claim.model_dump(exclude={"source", "theory", "because"}))
        written = claim.model_dump(exclude={**PROSE, **dict.fromkeys(BY_VALUE, True)}, exclude_defaults=True)
        domain = self.registry.domain(name)
        if domain:  # the draws derive from its name
            written["domain"] = [domain[0], domain[1].model_dump(exclude=DOMAIN_PROSE, exclude_defaults=True)]
        return _hash(
            {
                "claim": _named_by_definition(written, set(self.functions(name).values())),
                "conditions": self._conditions(claim, None),
                "experiments": {experiment: self._measured(claim, experiment) for experiment in experiments_of(claim)},
                "code": self.coverage(name).digest,
            }
        )

    def tiers(self, name: str) -> dict[str, str]:
        """The digest of each size at which a claim can be judged."""
        claim = self.registry.claims[name]
        if isinstance(claim, Unfalsifiable):
            return {}
        return {tier: self._tier(claim, tier) for tier in self.registry.experiments[claim.experiment].tiers}

    def coverage(self, name: str) -> Coverage:
        """The definitions that a claim reaches."""
        claim = self.registry.claims[name]
        assert isinstance(claim, Claim)
        named = self.functions(name)
        for experiment in experiments_of(claim):
            module = self.registry.experiments[experiment].module
            named |= {f"{part} of {experiment}": f"{module}:{part}" for part in ("prepare", "measure")}
        return self.registry.code.coverage(named)

    def functions(self, name: str) -> dict[str, str]:
        """The functions that judge a claim, `module:function` by the part that each plays."""
        claim, domain = self.registry.claims[name], self.registry.domain(name)
        assert isinstance(claim, Claim)
        limits = enumerate(domain[1].within if domain else (), start=1)
        return functions(claim) | {f"limit {number} of the domain": limit.value for number, limit in limits}

    def _measured(self, claim: Claim, name: str) -> dict[str, Any]:
        """What counts of an experiment's entry at every size."""
        experiment = self.registry.experiments[name]
        wanted = {observable(claim), *(requirement.measured for requirement in claim.requires)}
        return {
            **experiment.model_dump(exclude={"module", "about", "grid", "observables", "tiers", "size"}),
            "files": sealed_digests(experiment.reads, self.registry.search_path),
            "observables": {
                it: found.model_dump(exclude={"means", "quantity"})
                for it, found in experiment.observables.items()
                if it in wanted
            },
        }

    def _tier(self, claim: Claim, tier: str) -> str:
        sizes = {
            name: _size(entry.tiers[tier])
            for name in experiments_of(claim)
            if tier in (entry := self.registry.experiments[name]).tiers
        }
        return _hash({"sizes": sizes, "conditions": self._conditions(claim, tier)})[:20]

    def _conditions(self, claim: Claim, tier: str | None) -> list[Any]:
        """What a claim selects of its grids: judged, shown, and for each control."""
        shown = claim.shown.where if claim.shown else None
        wheres: list[tuple[str, Where | None]] = [(claim.experiment, claim.where), (claim.experiment, shown)]
        wheres += [(control.experiment or claim.experiment, control.where) for control in claim.controls]
        return [None if where is None else self._selected(experiment, where, tier) for experiment, where in wheres]

    def _selected(self, experiment: str, where: Where, tier: str | None) -> list[grid.Condition]:
        key = experiment, canonical(where)
        if key not in self._conditions_of:
            self._conditions_of[key] = self._lookup.conditions(experiment, None, where)
        found, tiers = self._conditions_of[key], self.registry.experiments[experiment].tiers
        if tier is None:
            return found
        return [condition for condition in found if grid.matches(condition, tiers[tier].where)] if tier in tiers else []


def _size(tier: Tier) -> dict[str, Any]:
    """What counts of an experiment's size; that it is judged goes without saying."""
    size = tier.model_dump(exclude={"where", "time_limit", "resources"})
    return {key: value for key, value in size.items() if key != "judged" or not value}


def experiments_of(claim: Claim) -> list[str]:
    """The experiments that a claim and its controls look at."""
    return sorted({claim.experiment, *(control.experiment or claim.experiment for control in claim.controls)})


def functions(claim: Claim) -> dict[str, str]:
    """The functions of a claim's own entry, `module:function` by the part that each plays."""
    named: dict[str, Any] = {"predicted": claim.predicted}
    named |= {f"rival {name}": rival.predicted for name, rival in claim.rivals.items()}
    named |= {f"truth of control {number}": control.truth for number, control in enumerate(claim.controls, start=1)}
    if isinstance(claim.measured, Folded):
        named |= {f"fold along {axis}": fold for axis, fold in claim.measured.along.items()}
    plain_names = {part: it.of if isinstance(it, FoldedPrediction) else it for part, it in named.items()}
    return {part: name for part, name in plain_names.items() if isinstance(name, str) and ":" in name}


def expectation(claim: Claim) -> str:
    """What a claim is expected to be: its verdict, and its reach if that is said."""
    return claim.expect if claim.expect_reach is None else f"{claim.expect} and {claim.expect_reach}"


# --- locks ------------------------------------------------------------------------------------------------------------


def sealed(registry: LoadedRegistry, names: Iterable[str], before: Lock, *, today: date) -> Lock:
    """The lock of these claims as they stand: seals that still fit keep their date, changed ones are counted.

    A seal of version 0.1 covers whole modules: nobody can tell whether it fits. Its date and count are kept.
    """
    sealing, claims = Sealing(registry), {}
    for name in names:
        claim, old = registry.claims[name], before["claims"].get(name, {})
        entry = _dated(sealing.seal(name), old, today)
        anew = entry["resealed"] > old.get("resealed", 0)
        if isinstance(claim, Claim):
            sizes = old.get("tiers", {})
            stood = old.get("expect") == expectation(claim)
            entry |= {
                "tiers": {
                    tier: _dated(size, sizes.get(tier, {}), today, counted=not anew)
                    for tier, size in sealing.tiers(name).items()
                },
                "within": plain(claim.agreement.within),
                "expect": expectation(claim),
                "expected": old["expected"] if stood else today.isoformat(),
            }
            if mark := claim.changed.model_dump(mode="json") if claim.changed else old.get("changed"):
                entry["changed"] = mark
        claims[name] = entry
    return {"schema": SCHEMA, "claims": claims}


def _dated(seal: str, old: Mapping[str, Any], today: date, *, counted: bool = True) -> dict[str, Any]:
    """A seal with the date since which it holds, and how often another one stood in its place.

    A size that changes together with its claim is one change, which the claim has `counted`.
    """
    if not old:
        return {"seal": seal, "sealed": today.isoformat(), "resealed": 0}
    if old["seal"] in (seal, None):
        return {"seal": seal, "sealed": old["sealed"], "resealed": old["resealed"]}
    return {"seal": seal, "sealed": today.isoformat(), "resealed": old["resealed"] + counted}


def size_of(entry: Mapping[str, Any] | None, tier: str) -> Mapping[str, Any]:
    """What a lock's entry says of a claim's size at a tier; empty if nothing."""
    return (entry or {}).get("tiers", {}).get(tier, {})


def times_resealed(entry: Mapping[str, Any], tier: str) -> int:
    """How often a claim was sealed anew, or its size at a tier."""
    return entry["resealed"] + size_of(entry, tier).get("resealed", 0)


def broken(
    registry: LoadedRegistry, lock: Lock, names: Iterable[str] | None = None, *, tiers: Sequence[str] | None = None
) -> dict[str, str]:
    """Which of these claims (all by default) the lock does not hold as they stand, with what happened to them.

    Looked at are all sizes, or those of these `tiers`.
    """
    sealing, found = Sealing(registry), {}
    for name in registry.claims if names is None else names:
        entry = lock["claims"].get(name)
        if entry is None:
            found[name] = "is not sealed"
        elif entry["seal"] is None:
            found[name] = f"was sealed on {entry['sealed']} by version 0.1, whose seals cover whole modules"
        elif entry["seal"] != sealing.seal(name):
            found[name] = f"changed since it was sealed on {entry['sealed']}"
        else:
            now = sealing.tiers(name)
            changed = [tier for tier in now if tier in (tiers or now) and now[tier] != size_of(entry, tier).get("seal")]
            if changed:
                since = max(size_of(entry, tier).get("sealed", entry["sealed"]) for tier in changed)
                found[name] = f"changed at the {' and '.join(changed)} tier since it was sealed on {since}"
    return found


def other_expectations(registry: LoadedRegistry, lock: Lock, names: Iterable[str] | None = None) -> dict[str, str]:
    """Which claims are expected to end otherwise than the lock says."""
    found = {}
    for name in registry.claims if names is None else names:
        claim, entry = registry.claims[name], lock["claims"].get(name) or {}
        if isinstance(claim, Claim) and entry.get("expect") not in (None, expectation(claim)):
            found[name] = f"was expected to be {entry['expect']} since {entry['expected']}, now {expectation(claim)}"
    return found


def marks_taken_off(registry: LoadedRegistry, lock: Lock) -> dict[str, str]:
    """Claims that no longer say what of them was changed after their record seeds had been seen."""
    found = {}
    for name, claim in registry.claims.items():
        mark = (lock["claims"].get(name) or {}).get("changed")
        if isinstance(claim, Claim) and claim.changed is None and mark:
            seen = f"was changed after record seeds of {mark['epoch']} were seen"
            found[name] = f"says no longer that {mark['what']} {seen}; say so again (changed)"
    return found


def moved_regions(registry: LoadedRegistry, lock: Lock) -> dict[str, str]:
    """Claims whose region T is not the one that the lock was written with: `T was [0.95, 1.05] and is [0.9, 1.1]`."""
    found = {}
    for name, claim in registry.claims.items():
        was = (lock["claims"].get(name) or {}).get("within")
        if isinstance(claim, Claim) and was not in (None, now := plain(claim.agreement.within)):
            found[name] = f"T was [{was[0]}, {was[1]}] and is [{now[0]}, {now[1]}]"
    return found


def lock_file(registry_file: Path) -> Path:
    """The lock beside a registry file."""
    return registry_file.with_suffix(".lock")


def read_lock(path: Path) -> Lock:
    """A lock file's content; without the file, a lock that seals nothing."""
    if not path.exists():
        return {"schema": SCHEMA, "claims": {}}
    try:
        return understood(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedLock(str(path), f"{type(error).__name__}: {error}") from error


def understood(lock: Mapping[str, Any]) -> Lock:
    """A lock of this version's schema; of an older one's, without the seals, which covered something else."""
    if lock["schema"] == SCHEMA:
        for name, entry in lock["claims"].items():
            expected = {"expect", "expected"} if "tiers" in entry else set()
            for needed, of in [(expected, entry), *((DATED, it) for it in (entry, *entry.get("tiers", {}).values()))]:
                if missing := needed - of.keys():
                    raise KeyError(f"{name} lacks {', '.join(sorted(missing))}")
        return dict(lock)
    if lock["schema"] > SCHEMA:
        raise ValueError(f"schema {lock['schema']} is of a later version of Tollens; this one knows {SCHEMA}")
    claims = {
        name: {"seal": None, "sealed": entry["sealed"], "resealed": entry["resealed"]}
        for name, entry in lock["claims"].items()
    }
    return {"schema": SCHEMA, "claims": claims}


def lock_in_force(registry_files: Iterable[Path]) -> Lock:
    """The seals of all these files."""
    claims: dict[str, Any] = {}
    for file in registry_files:
        claims |= read_lock(lock_file(file))["claims"]
    return {"schema": SCHEMA, "claims": claims}


def write_lock(path: Path, lock: Lock) -> None:
    """Write a lock file, one claim a line."""
    lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(lock['claims'][name])}" for name in sorted(lock["claims"]))
    path.write_text(f'{{"schema": {lock["schema"]}, "claims": {{\n{lines}\n}}}}\n', encoding="utf-8")


def lock_hash(lock: Mapping[str, Any]) -> str:
    """The name under which records cite a lock."""
    return _hash(lock)[:20]


def _named_by_definition(value: Any, names: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: _named_by_definition(inside, names) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [_named_by_definition(inside, names) for inside in value]
    return BY_DEFINITION if isinstance(value, str) and value in names else value


def _hash(value: Any) -> str:
    try:
        written = canonical(value)
    except ValueError:  # an open side of a region is infinite, which JSON does not have
        written = canonical(plain(value))
    return sha256(written.encode()).hexdigest()
