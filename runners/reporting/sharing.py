"""Work on claims that processes share: each takes the claims of an experiment at a time, and reads its records.

Processes are forks of this one, so that the registry is read once. What fails in one of them is done again here, where
it says why.
"""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from itertools import groupby
from typing import Any, TypeVar

from runners.judging.alone import Alone, end_with_parent
from runners.judging.judge import Judge

FEWEST = 50
"""Claims for which another process is worth its start."""
Work = TypeVar("Work")
Worker = Callable[[Sequence[str]], Work]
"""Works on some claims."""

_judge: Judge | None = None
_worker: Worker[Any] | None = None
"""Of a process that shares the work."""


def shared(judge: Judge, claims: Sequence[str], make: Callable[[Judge], Worker[Work]]) -> Iterator[Work]:
    """What a worker that is made of a judge makes of the claims of one experiment after another, in their order.

    What other processes learnt of the records, the judge knows afterwards.
    """
    shares = [list(share) for _, share in groupby(claims, key=lambda name: _experiment(judge, name))]
    processes = min(_cores(), len(claims) // FEWEST, len(shares))
    here = make(judge)
    if processes < 2 or "fork" not in multiprocessing.get_all_start_methods():
        yield from map(here, shares)
        return
    fork = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(
        processes, mp_context=fork, initializer=_start, initargs=(os.getpid(), judge, make)
    ) as pool:
        with warnings.catch_warnings():  # threads of numerical libraries, which no child uses
            warnings.simplefilter("ignore", DeprecationWarning)
            futures = deque(pool.submit(_done, share) for share in shares)
        for share in shares:
            future = futures.popleft()
            if future.exception():
                yield here(share)
                continue
            done, known = future.result()
            judge.samples.take_in(known)
            yield done


def _experiment(judge: Judge, claim: str) -> str:
    return getattr(judge.registry.claims[claim], "experiment", "")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _start(parent: int, judge: Judge, make: Callable[[Judge], Worker[Any]]) -> None:
    global _judge, _worker
    end_with_parent(parent)
    judge.alone = Alone() if judge.alone else None  # whom this process asks
    _judge, _worker = judge, make(judge)


def _done(share: Sequence[str]) -> tuple[Any, dict[str, bytes]]:
    """What is made of some claims, and what is known now of the records of their experiments."""
    assert _judge is not None
    assert _worker is not None
    return _worker(share), _judge.samples.known({_experiment(_judge, name) for name in share})
