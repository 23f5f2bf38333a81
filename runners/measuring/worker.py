"""In the worker: compute one block, check what came out against the contract, and record it.

The same function runs in a Ray task and in the driver's own process. It never raises: what went wrong is logged in the
store and reported.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from predictions.data.unavailable import Unavailable
from runners.measuring import compiled, contract, offspring
from runners.measuring.contract import ContractError
from runners.measuring.faults import Fault, raised
from runners.measuring.limits import TimeLimit, TimeLimitReached
from runners.measuring.machine import machine
from runners.measuring.openings import watched
from runners.measuring.parts import Parts, takes_parts
from runners.measuring.profiles import frameworks_of, profile
from runners.printable import printable
from runners.records.blocks import Block, Result
from runners.records.store import Store
from runners.registry.files import ABSENT, data_set_of, digests, files_of, is_path, located
from runners.whereabouts import place


def run_block(block: Block, store_address: str, provenance: Mapping[str, Any], *, fatal: bool = False) -> Result:
    """Compute a block and record it; report how it went. `fatal`: past its time limit, this process may be ended."""
    store = Store(store_address)
    if store.has(block.experiment, block.identity):  # by another run on this store, or by an attempt that died late
        return Result(block.identity, "ok")
    started, began, parts = time.time(), time.monotonic(), Parts(store, block)
    programs, processor = compiled.programs(), time.process_time()
    limit = TimeLimit(block.time_limit, fatal=fatal)
    before = offspring.descendants()
    try:
        with limit:
            given, observables = compute(block, reduce=parts.reduce)
    except (Exception, SystemExit, TimeLimitReached) as error:
        offspring.end(offspring.descendants() - before)
        return _failed(store, block, error, time.monotonic() - began, late=limit.reached)
    seconds = parts.spent + time.monotonic() - began
    provenance = {**provenance, **machine(), "pid": os.getpid(), "started": started, "seconds": seconds}
    provenance["processor_seconds"] = round(time.process_time() - processor, 3)  # whoever else was at work there
    if made := compiled.programs() - programs:
        provenance["compiled"] = made
    if parts.told:
        provenance["checkpoints"] = parts.told
    try:
        store.put(block.identity, block.specification, given, observables, provenance)
    except Exception as error:
        message = f"the store does not take the record: {type(error).__name__}: {error}"
        return Result(block.identity, Fault.NOT_STORED.word, seconds, message, traceback.format_exc(limit=-12))
    parts.end()
    return Result(block.identity, "ok", seconds, "; ".join(parts.told))


def _failed(store: Store, block: Block, error: BaseException, seconds: float, *, late: bool) -> Result:
    """Log what a computation raised, and report it."""
    if late:
        fault, message = Fault.TIMEOUT, f"no result after {block.time_limit:g} seconds, its tier's time_limit"
    elif isinstance(error, Unavailable):
        fault, message = Fault.UNAVAILABLE, str(error)
    elif isinstance(error, ContractError):
        fault, message = raised(error), str(error)
    else:
        fault, message = raised(error), f"{type(error).__name__}: {error} ({place(error)})"
    message = printable(message)
    trace = "".join(traceback.format_exception(error, limit=-12))
    try:
        log_failure(store, block, fault.word, message, trace)
        logged = True
    except Exception:
        logged = False  # whoever started the block tries it once more
    return Result(block.identity, fault.word, seconds, message, trace, logged)


def compute(
    block: Block, *, reduce: Callable[..., Any] | None = None
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """A block's `given` and observables, each (trials, ...), as the contract has them.

    A condition's first block is prepared once more, in part: whether its trials are independent shows there. An
    experiment that computes in parts does so by `reduce`, if one is given (`runners.measuring.parts`).
    """
    with _at_work(block) as module, _reading_what_is_declared(block):
        prepared = module.prepare(block.setting, np.array(block.seeds, dtype=np.uint64))
        given, state = contract.two_parts(block, module, prepared)
        contract.check_given(block, module, given)
        if block.repeats.start == 0:
            contract.check_prepared(block, module, (given, state))
        by_parts = {"reduce": reduce} if reduce and takes_parts(module.measure) else {}
        measured = module.measure(block.setting, state, **by_parts)
        contract.check_measured(block, module, measured)
        return _arrays(given), _arrays(measured)


def prepare(block: Block) -> dict[str, np.ndarray]:
    """A block's `given` alone, each (trials, ...); nothing is trained."""
    with _at_work(block) as module, _reading_what_is_declared(block):
        prepared = module.prepare(block.setting, np.array(block.seeds, dtype=np.uint64))
        given, _ = contract.two_parts(block, module, prepared)
        return _arrays(given)


def check_contract(block: Block) -> tuple[Mapping[str, np.ndarray], list[str]]:
    """What a block measures, if the experiment keeps its contract there; raises ContractError, or what it raises.

    Beside it where rounding alone tells a trial alone from the same in a block.
    """
    with _at_work(block) as module, _reading_what_is_declared(block):
        return contract.check(block, module)


def check_trial(block: Block, measured: Mapping[str, np.ndarray]) -> list[str]:
    """Whether one of the trials that a block has measured is the same alone; raises ContractError.

    What comes back: where rounding alone tells a trial alone from the same in a block.
    """
    with _at_work(block) as module:
        return contract.check_trial(block, module, measured)


def _arrays(values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(array) for name, array in values.items()}


@contextmanager
def _at_work(block: Block) -> Iterator[Any]:
    """The experiment's module, with the block's precision and threads in force."""
    for folder in reversed(block.search_path):
        if folder not in sys.path:
            sys.path.insert(0, folder)
    compiled.forget_many()
    module = importlib.import_module(block.module)
    frameworks = frameworks_of(block.condition.get("backend"), block.libraries)
    with profile(block.precision, block.threads, frameworks=frameworks):
        yield module


@contextmanager
def _reading_what_is_declared(block: Block) -> Iterator[None]:
    """What the block declares to read is here as it was when it was planned, and nothing else is read."""
    here = digests(block.files, block.search_path)
    for name, digest in block.files.items():
        if is_path(name) and here[name] == ABSENT:
            place = located(name, block.search_path)
            raise Unavailable(f"{name}, which {block.experiment} reads, is not here; put it at {place}")
        if here[name] != digest:
            raise ContractError(f"{name}, which {block.experiment} reads, is not what it was when the run was planned")
    with watched() as openings:
        yield
    declared = [path for name in block.files for path in files_of(name, block.search_path)]
    for path in openings.undeclared(declared):
        data_set = data_set_of(path)
        what = f"the data set {data_set}" if data_set else str(path)
        raise ContractError(
            f"{block.module} reads {what}, which its records do not name: a change would go unnoticed; "
            f"add it to `reads` of {block.experiment}: reads: [{data_set or path.name}]"
        )


def log_failure(store: Store, block: Block, status: str, message: str, trace: str = "") -> None:
    """Leave a failure in the store's log, beside the records."""
    store.put_error(
        block.identity,
        {
            "identity": block.identity,
            "block": block.label,
            "status": status,
            "message": message[:4000],
            "traceback": trace[-8000:],
            "specification": block.specification,
            "time": time.time(),
        },
    )
