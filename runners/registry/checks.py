"""What no single entry can know: whether experiments, claims and code fit together. Nothing is run or imported."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from runners.registry.claim_checks import check_claim, check_theory_function
from runners.registry.experiment_checks import check_experiment, check_folders
from runners.registry.foresight import foresee
from runners.registry.loaded import LoadedRegistry
from runners.registry.lookup import Lookup
from runners.registry.mistakes import KeyPath, Mistake, in_order

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def check(registry: LoadedRegistry, *, deep: bool = False, claims: Collection[str] | None = None) -> list[Mistake]:
    """All mistakes between entries, in the order of the files.

    `deep` also imports every module and calls the theory functions that need nothing but the condition, so that their
    predictions are known before anything is measured. A module that cannot be imported is a mistake, too. Of `claims`,
    if any are named, only these are looked into so far; what can be seen without importing is checked of all.
    """
    return in_order(_mistakes(registry, deep=deep, claims=claims), registry.sources)


def check_written(registry: LoadedRegistry, path: KeyPath, data: Any) -> list[Mistake]:
    """What is wrong with the theory function of a claim that is not valid for other reasons."""
    predicted = data.get("predicted") if path[0] == "claims" and isinstance(data, dict) else None
    if not isinstance(predicted, str) or ":" not in predicted:
        return []
    return list(check_theory_function(Lookup(registry), (*path, "predicted"), predicted))


def _mistakes(registry: LoadedRegistry, *, deep: bool, claims: Collection[str] | None) -> Iterator[Mistake]:
    lookup = Lookup(registry)
    yield from check_folders(lookup)
    yield from _check_names(registry)
    for name, experiment in registry.experiments.items():
        yield from check_experiment(lookup, name, experiment)
    for name, claim in registry.falsifiable.items():
        yield from check_claim(lookup, name, claim)
    yield from foresee(lookup if claims is None else Lookup(registry.only(claims)), deep=deep)


def _check_names(registry: LoadedRegistry) -> Iterator[Mistake]:
    for section, entries in (("experiments", registry.experiments), ("claims", registry.claims)):
        for name in entries:
            if not _NAME.fullmatch(name):
                words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
                remedy = f"use lower case letters, digits and hyphens{f': {words}' if words else ''}"
                yield registry.mistake((section, name), f"{name!r} is no name", remedy)
