"""What a store holds that no claim uses: records of conditions that nobody looks at, or of other code."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import PurePosixPath
from typing import Any

from runners.judging.judge import Judge
from runners.measuring.planning import Planner
from runners.records import checkpoints
from runners.records.blocks import canonical
from runners.records.epochs import Epoch
from runners.records.samples import Samples, lineage
from runners.records.store import Store
from runners.registry.loaded import LoadedRegistry
from runners.registry.tiers import TIERS
from runners.upkeep.drawn_settings import CHALLENGE, DrawnSettings

EARLIER = "of an earlier version, no trial of which is used"
UNKNOWN = "of experiments that this registry does not have"
UNSEEN = "of conditions that no claim looks at"
OUTDATED = "of other code or versions than those that are judged"
EXPLORED = "of seeds of exploration"
LEFTOVER = "left over from writing that was cut off"
MEASURED = "checkpoints of blocks that are recorded"


@dataclass(frozen=True)
class Size:
    """How much of something a store holds."""

    what: str
    files: int
    bytes: int


@dataclass(frozen=True)
class Unused:
    """A file that no claim uses, and why."""

    path: str
    reason: str
    bytes: int


def sizes(store: Store) -> list[Size]:
    """By experiment, what an earlier version measured apart, then failures, locks and the rest."""
    groups: dict[str, list[int]] = defaultdict(list)
    earlier = {path.removesuffix(".json") for path in store.earlier()}
    for path, size in _files(store):
        parts = PurePosixPath(path).parts
        of = f" ({EARLIER})" if path.rpartition(".")[0] in earlier else ""
        groups["/".join(parts[:2]) + of if parts[0] == "records" else parts[0]].append(size)
    return [Size(what, len(found), sum(found)) for what, found in sorted(groups.items())]


def unused(store: Store, registry: LoadedRegistry) -> list[Unused]:
    """Files that no claim of this registry uses at any tier, with the code and the versions that are here."""
    all_files, kept = dict(_files(store)), checkpoints.described(store)
    recorded = {PurePosixPath(path).stem: (path, experiment) for path, experiment in store.record_files()}
    records = {name: store.get(experiment, name) for name, (_, experiment) in recorded.items()}
    measured = {name: record.specification for name, record in records.items() if not record.earlier}
    begun = {name: seen["specification"] for name, seen in kept.items()}
    used = _used(store, registry, {it["epoch"] for it in (*measured.values(), *begun.values())})

    domains = {it[0] for claim in registry.falsifiable if (it := registry.domain(claim))}
    settings = DrawnSettings(registry)

    def reason(specification: Mapping[str, Any]) -> str | None:
        experiment = specification["experiment"]
        condition = canonical(
            [specification["epoch"], experiment, specification["condition"], specification["constants"]]
        )
        if experiment not in registry.experiments:
            return UNKNOWN
        if specification["purpose"] == "explore":
            return EXPLORED
        if specification["draw"]:  # of a domain, or confirming what a challenge of it found
            drawn = specification["draw"][0].partition(CHALLENGE)[0] in domains
            return None if drawn and not any(settings.problems(specification)) else UNSEEN
        if condition not in used:
            return UNSEEN
        return OUTDATED if lineage(specification) not in used[condition] else None

    stems = {
        recorded[name][0].removesuffix(".json"): reason(measured[name]) if name in measured else EARLIER
        for name in records
    }
    stems |= {f"checkpoints/{name}": MEASURED if name in recorded else reason(it) for name, it in begun.items()}
    found = []
    for path, size in all_files.items():
        stem, _, ending = path.rpartition(".")
        if ending == "tmp" or (ending == "npz" and stem not in stems and f"{stem}.json" not in all_files):
            found.append(Unused(path, LEFTOVER, size))
        elif why := stems.get(stem):
            found.append(Unused(path, why, size))
    return sorted(found, key=lambda it: (it.reason, it.path))


def remove(store: Store, files: Iterable[Unused]) -> None:
    """Delete files; a record's own file first, so that what is left over is no record without its arrays."""
    for file in sorted(files, key=lambda it: not it.path.endswith(".json")):
        store.files.rm_file(f"{store.root}/{file.path}")


def _used(store: Store, registry: LoadedRegistry, epochs: Iterable[str]) -> dict[str, set[str | None]]:
    """Conditions that claims look at, at some tier, and the lineages whose records are judged there."""
    used: dict[str, set[str | None]] = defaultdict(set)
    for tier, name in product(TIERS, sorted(epochs)):
        lineages = Planner(registry, tier).lineages(registry.experiments)
        samples = Samples(store, lineages, epoch=Epoch(name, ""))
        judge = Judge(registry, tier, samples)
        for use in (use for claim in registry.falsifiable for use in judge.uses(claim)):
            experiment = use.cell.experiment
            constants = registry.experiments[experiment].tiers[tier].constants  # type: ignore[index]
            for point in use.cell.points:
                used[canonical([name, experiment, dict(point), dict(constants)])].add(samples.lineage_of(experiment))
    return used


def _files(store: Store) -> Iterator[tuple[str, int]]:
    """Every file of a store, with its size."""
    if not store.files.exists(store.root):
        return
    for path, details in store.files.find(store.root, detail=True).items():
        yield path[len(store.root.rstrip("/")) + 1 :], int(details["size"] or 0)
