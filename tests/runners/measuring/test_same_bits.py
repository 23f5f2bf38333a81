"""The same block gives the same bits: in this process, in a worker, and in a worker that did other things before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from runners.measuring.planning import Origin
from runners.measuring.ray_tasks import RayTasks
from runners.records.blocks import Block
from runners.records.store import Store
from runners.registry.coverage import Code

WORLDS = str(Path(__file__).parents[2] / "worlds")
ALONE = """
import pickle, sys
from runners.measuring.executors import InProcess
block, address = pickle.load(sys.stdin.buffer)
executor = InProcess(address, {})
executor.submit(block)
(_, result), = executor.completed(timeout=0)
assert result.status == "ok", result
"""


@pytest.fixture(scope="module")
def blocks() -> list[Block]:
    origin = Origin.of("trained_experiment", Code([WORLDS]))
    return [
        Block(
            experiment="trained",
            module="trained_experiment",
            condition={"backend": backend},
            constants={},
            repeats=range(2),
            purpose="explore",
            precision=precision,
            threads=1,
            code=origin.code,
            files={},
            libraries=origin.libraries,
            observables={"loss": None, "losses": ("step",)},
            search_path=(WORLDS,),
        )
        for precision in ("float32", "float64")
        for backend in ("jax", "torch")
    ]


def payloads(store: Store) -> dict[str, str]:
    names = sorted(store.recorded("trained"))
    return {name: json.loads(store.read(f"records/trained/{name}.json"))["payload_sha256"] for name in names}


def pids(store: Store) -> list[int]:
    return [record.provenance["pid"] for record in store.records("trained")]


def run(executor: RayTasks, blocks: list[Block]) -> None:
    """One after the other, so that a worker that is free is used again."""
    for block in blocks:
        executor.submit(block)
        ended = []
        while not ended:
            ended = executor.completed(timeout=5)
        assert [result.status for _, result in ended] == ["ok"], ended


@pytest.mark.slow
def test_alone_in_a_worker_and_in_a_used_worker(blocks, tmp_path):
    import pickle

    alone = Store(tmp_path / "alone")
    for block in blocks:  # each in a process that does nothing else
        environment = {**os.environ, "PYTHONPATH": str(Path(WORLDS).parents[1])}
        done = subprocess.run(
            [sys.executable, "-c", ALONE],
            input=pickle.dumps((block, alone.address)),
            env=environment,
            capture_output=True,
        )
        assert done.returncode == 0, done.stderr.decode()
    expected = payloads(alone)
    assert len(set(expected.values())) == len(blocks)  # precision and framework show in the bits

    stores = [Store(tmp_path / name) for name in ("there", "back", "again")]
    executor = RayTasks(stores[0].address, {}, cpus=1)
    try:
        for store, order in zip(stores, (blocks, blocks[::-1], blocks), strict=True):
            executor._store_address = store.address
            run(executor, order)
    finally:
        executor.close()
    for store in stores:
        assert payloads(store) == expected
    everywhere = [pid for store in stores for pid in pids(store)]
    assert len(set(everywhere)) < len(everywhere)  # workers were used again
