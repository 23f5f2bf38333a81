"""Blocks that compute in parts: killed and gone on with they give the same bits, elsewhere they start anew."""

from __future__ import annotations

import functools
import json
import os
import pickle
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from runners.measuring import parts
from runners.measuring.parts import Parts
from runners.measuring.planning import Origin
from runners.measuring.worker import compute, run_block
from runners.records import checkpoints
from runners.records.blocks import Block
from runners.records.checkpoints import Reached
from runners.records.store import Store
from runners.registry.coverage import Code

WORLDS = str(Path(__file__).parents[2] / "worlds")
COUNT = 4
"""Parts in each of the experiment's two reductions."""
ALONE = """
import pickle, sys
from runners.measuring import parts
from runners.measuring.worker import run_block
parts.EVERY = 0
block, address = pickle.load(sys.stdin.buffer)
result = run_block(block, address, {})
assert result.status == "ok", result
"""


@pytest.fixture
def block(monkeypatch) -> Block:
    monkeypatch.setattr(sys, "path", [WORLDS, *sys.path])
    origin = Origin.of("stepping_experiment", Code([WORLDS]))
    return Block(
        experiment="stepping",
        module="stepping_experiment",
        condition={"parts": COUNT},
        constants={},
        repeats=range(2),
        purpose="explore",
        precision="float64",
        threads=1,
        code=origin.code,
        files={},
        libraries=origin.libraries,
        observables={"last": None, "means": ("part",)},
        search_path=(WORLDS,),
    )


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def trace(tmp_path, monkeypatch):
    """The numbers of the parts that were computed since the last call."""
    file = tmp_path / "trace"
    monkeypatch.setenv("STEPPING_TRACE", str(file))
    monkeypatch.setattr(parts, "EVERY", 0)

    def computed() -> list[int]:
        numbers = [int(line) for line in file.read_text().split()] if file.exists() else []
        file.unlink(missing_ok=True)
        return numbers

    return computed


def kept_files(store: Store) -> list[str]:
    return sorted(file.name for file in Path(store.address, "checkpoints").glob("*"))


def payload(store: Store, block: Block) -> str:
    return json.loads(store.read(f"records/stepping/{block.identity}.json"))["payload_sha256"]


def ends_at(block: Block, store: Store, number: int) -> None:
    """An attempt that ends when it comes to this part, as an interrupted run does."""

    class Ended(BaseException):
        pass

    ours = Parts(store, block)

    def until(advance, pieces, carry):
        def checked(carry, piece):
            if piece == number:
                raise Ended
            return advance(carry, piece)

        return ours.reduce(checked, pieces, carry)

    with pytest.raises(Ended):
        compute(block, reduce=until)


def test_killed_three_times_it_has_the_bits_of_an_undisturbed_run(block, store, trace, tmp_path):
    kills = tmp_path / "kills"
    kills.mkdir()
    for number in (1, 3, 6):  # in the first reduction twice, in the second once
        (kills / str(number)).touch()
    environment = {**os.environ, "PYTHONPATH": str(Path(WORLDS).parents[1]), "STEPPING_KILLS": str(kills)}
    codes = []
    while not codes or codes[-1] == -signal.SIGKILL:
        done = subprocess.run(
            [sys.executable, "-c", ALONE],
            input=pickle.dumps((block, store.address)),
            env=environment,
            capture_output=True,
            check=False,
        )
        codes.append(done.returncode)
    assert codes == [-signal.SIGKILL] * 3 + [0], done.stderr.decode()
    assert trace() == [0, 1, 1, 2, 3, 3, 4, 5, 6, 6, 7]  # a part that was completed is not computed again
    undisturbed = Store(tmp_path / "undisturbed")
    assert run_block(block, undisturbed.address, {}).message == ""
    assert payload(store, block) == payload(undisturbed, block)
    assert kept_files(store) == kept_files(undisturbed) == []
    (told,) = store.get("stepping", block.identity).provenance["checkpoints"]
    assert "went on after 2 of 4 parts" in told  # of the second reduction


def test_seconds_are_those_of_all_attempts(block, store, trace):
    clock = iter(range(0, 10_000, 100))
    ours = Parts(store, block, clock=lambda: next(clock))
    carry = ours.reduce(lambda carry, _: carry + 1, range(3), np.zeros(2))
    np.testing.assert_array_equal(carry, 3)
    (reached,) = checkpoints.under_way(store).values()
    assert (reached.done, reached.of) == (3, 3)
    again = Parts(store, block)
    again.reduce(lambda carry, _: carry + 1, range(3), np.zeros(2))
    assert again.spent == reached.seconds > 100
    assert Reached(done=1, of=4, seconds=10.0).seconds_left == 30.0


def test_a_carry_is_kept_once_a_minute_and_no_more_often(block, store):
    now = [0.0]
    ours = Parts(store, block, clock=lambda: now[0])
    kept = []

    def advance(carry, number):
        now[0] += 25
        kept.append({name: it.done for name, it in checkpoints.under_way(store).items()})
        return carry

    ours.reduce(advance, range(7), ())
    assert [it.get(block.identity) for it in kept] == [None, None, None, 3, 3, 3, 6]


def test_without_an_interruption_nothing_is_another(block, store, trace):
    _, undisturbed = compute(block)
    _, observed = compute(block, reduce=Parts(store, block).reduce)
    for name, values in undisturbed.items():
        np.testing.assert_array_equal(observed[name], values)


def test_a_checkpoint_of_another_machine_is_not_used(block, store, trace, monkeypatch):
    ends_at(block, store, 3)
    there = {**parts.machine(), "host": "elsewhere"}
    monkeypatch.setattr(parts, "machine", lambda: there)
    trace()
    result = run_block(block, store.address, {})
    assert trace() == list(range(2 * COUNT))
    assert "another machine" in result.message
    assert "anew" in result.message


def test_a_checkpoint_of_other_versions_or_threads_belongs_to_another_block(block, store, trace):
    ends_at(block, store, 3)
    for other in (replace(block, threads=2), replace(block, libraries={"numpy": "0"}), replace(block, code="other")):
        assert checkpoints.kept(store, other) is None


@pytest.mark.parametrize("damage", ["cut off", "a bit flipped", "empty", "another block's"])
def test_a_damaged_checkpoint_is_not_used_and_said(block, store, trace, damage):
    ends_at(block, store, 3)
    trace()
    file = Path(store.address, "checkpoints", f"{block.identity}.npz")
    content = file.read_bytes()
    if damage == "a bit flipped":
        middle = content.index(b"array0.npy") + 200  # within the numbers
        content = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    elif damage == "another block's":
        other = replace(block, code="other")
        ends_at(other, store, 3)
        trace()
        content = Path(store.address, "checkpoints", f"{other.identity}.npz").read_bytes()
    else:
        content = content[: len(content) // 2] if damage == "cut off" else b""
    file.write_bytes(content)
    result = run_block(block, store.address, {})
    assert result.status == "ok"
    assert trace() == list(range(2 * COUNT))
    assert ("belongs to the block" if damage == "another block's" else "cannot be read") in result.message
    assert not file.exists()


def test_a_full_disk_is_no_fault_of_the_block(block, store, trace, monkeypatch):
    def full(self, name, content):
        raise OSError("no space left on device")

    ours = Parts(store, block)
    with monkeypatch.context() as broken:
        broken.setattr(Store, "write", full)
        assert ours.reduce(lambda carry, number: carry + number, range(4), 0) == 6
    assert "not kept" in ours.told[0]


def test_what_cannot_be_kept_is_refused_at_the_first_part(block, store):
    with pytest.raises(TypeError, match="a carry has a Generator"):
        Parts(store, block).reduce(lambda carry, _: carry, range(9), np.random.default_rng(0))


def test_reduce_is_that_of_functools(block, store):
    ours = Parts(store, block).reduce
    for pieces in ([], [3], range(5)):
        assert ours(lambda a, b: 2 * a + b, pieces, 1) == functools.reduce(lambda a, b: 2 * a + b, pieces, 1)
