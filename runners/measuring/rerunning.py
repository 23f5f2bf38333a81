"""Measuring a recorded block again, in this process, and holding its bits against the record's.

Trials of a block are computed together, so it is measured again as a whole: a trial alone may have other last bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from runners.judging.predicting import predict
from runners.measuring.planning import Origin
from runners.records.blocks import Block, DrawName
from runners.records.epochs import epoch
from runners.records.store import Record, Store
from runners.registry import grid
from runners.registry.files import ABSENT, digests
from runners.registry.loaded import LoadedRegistry
from runners.registry.names import load_function
from runners.registry.schema import Claim
from runners.rule.comparison import Incomparable, agreement
from runners.rule.intervals import in_region


class NoSuchRecord(Exception):
    """No record, or more than one, has such a name."""


@dataclass(frozen=True)
class Found:
    """What a store holds of a block: its specification, and its record unless it failed."""

    specification: Mapping[str, Any]
    record: Record | None
    failure: str | None = None
    """What it failed with, as logged."""


def find(store: Store, name: str) -> Found:
    """The block whose identity begins so, among the records or else among the logged failures."""
    records = [(path, experiment) for path, experiment in store.record_files() if Path(path).stem.startswith(name)]
    if len(records) == 1:
        path, experiment = records[0]
        record = store.get(experiment, Path(path).stem)
        if record.earlier:
            raise NoSuchRecord(f"{name} was measured by an earlier version of Tollens; only that can measure it again")
        return Found(record.specification, record)
    failures = [error for error in store.errors() if error["identity"].startswith(name)]
    if len(failures) == 1 and not records:
        return Found(failures[0]["specification"], None, failures[0]["message"])
    if records or failures:
        names = [Path(path).stem for path, _ in records] + [error["identity"] for error in failures]
        raise NoSuchRecord(f"{name} begins the names of {len(names)} records: {', '.join(names[:5])}; write more of it")
    raise NoSuchRecord(f"{store} holds no record {name}; `tollens show CLAIM` and reports list those of a claim")


def block_of(found: Found, registry: LoadedRegistry) -> Block:
    """The block as it was specified, to be computed by the code that is here now."""
    specification = found.specification
    experiment = registry.experiments.get(specification["experiment"])
    if experiment is not None:
        declared = {name: None if it.shape is None else tuple(it.shape) for name, it in experiment.observables.items()}
    else:
        assert found.record is not None
        declared = {name: tuple("." * (array.ndim - 1)) or None for name, array in found.record.observables.items()}
    origin = Origin.of(specification["module"], registry.code)
    return Block(
        experiment=specification["experiment"],
        module=specification["module"],
        condition=specification["condition"],
        constants=specification["constants"],
        repeats=range(*specification["repeats"]),
        purpose=specification["purpose"],
        epoch=specification["epoch"],
        salt=epoch(registry.files, specification["epoch"]).salt,
        draw=DrawName(*specification["draw"]) if specification["draw"] else None,
        precision=specification["precision"],
        threads=specification["threads"],
        code=origin.code,
        libraries=origin.libraries,
        files=digests(specification["files"], registry.search_path),
        observables=declared,
        search_path=tuple(registry.search_path),
    )


def changes(found: Found, block: Block) -> Iterator[str]:
    """What is not as it was when the block was measured."""
    if block.code != found.specification["code"]:
        yield f"{block.module}, or what it reaches, has changed since"
    then = found.specification["libraries"]
    for name in sorted({*then, *block.libraries}):
        if then.get(name) != block.libraries.get(name):
            yield f"{name} was {then.get(name)}, here it is {block.libraries.get(name)}"
    for name, digest in block.files.items():
        if digest != found.specification["files"][name]:
            yield f"{name}, which it reads, is {'not here' if digest == ABSENT else 'another one here'}"


def differing(
    record: Record, given: Mapping[str, np.ndarray], observables: Mapping[str, np.ndarray], trial: int | None = None
) -> list[str]:
    """Names of the arrays whose bits differ from the record's, in one trial (counted from the block's first) or all."""
    return [
        name
        for recorded, now in ((record.given, given), (record.observables, observables))
        for name in sorted({*recorded, *now})
        if name not in recorded or name not in now or not _same(recorded[name], now[name], trial)
    ]


def claims_on(registry: LoadedRegistry, block: Block) -> list[str]:
    """Claims that look at a block's condition by itself (not along a fold)."""
    return [
        name
        for name, claim in registry.falsifiable.items()
        if isinstance(claim.measured, str)
        and claim.experiment == block.experiment
        and grid.matches(block.condition, claim.where)
        and claim.measured in block.observables
    ]


def compared(
    claim: Claim, block: Block, given: Mapping[str, np.ndarray], observables: Mapping[str, np.ndarray], trial: int
) -> str:
    """One trial's prediction beside its measurement, in words."""
    assert isinstance(claim.measured, str)
    theory = load_function(claim.predicted) if isinstance(claim.predicted, str) else claim.predicted
    measured = np.asarray(observables[claim.measured][trial], dtype=float)
    by = claim.agreement.by
    try:
        alone = {name: array[trial] for name, array in given.items()}
        predicted = predict(theory, block.setting, alone, name=str(claim.predicted))  # type: ignore[arg-type]
        value = agreement(by, measured, predicted, name=str(claim.predicted))
    except Incomparable as error:
        return str(error)
    side = "inside" if in_region(np.array([value]), claim.agreement.within)[0] else "outside"
    numbers = f"predicted {float(predicted):.6g}, measured {float(measured):.6g}, " if measured.ndim == 0 else ""
    return f"{numbers}{by} {value:.6g}, {side}"


def _same(recorded: np.ndarray, now: np.ndarray, trial: int | None) -> bool:
    if recorded.dtype != now.dtype or recorded.shape != now.shape:
        return False
    if trial is not None:
        recorded, now = recorded[trial], now[trial]
    return np.ascontiguousarray(recorded).tobytes() == np.ascontiguousarray(now).tobytes()
