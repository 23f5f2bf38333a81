"""What JAX compiled is found again by the same kind of machine only, and computes the same bits."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from runners.measuring import compiled, machine
from runners.measuring.profiles import profile

ROOT = str(Path(__file__).parents[3])
WORLDS = str(Path(__file__).parents[2] / "worlds")
TRAINED = """
import hashlib, json, sys
from collections import Counter
import numpy as np
from jax import monitoring
from runners.measuring.profiles import profile
import trained_experiment
events = Counter()
monitoring.register_event_listener(lambda event, **_: events.update([event.rpartition("/")[2]]))
with profile("float32"):
    _, state = trained_experiment.prepare({"backend": "jax"}, np.arange(2, dtype=np.uint64))
    losses = trained_experiment.measure({"backend": "jax"}, state)["losses"]
print(json.dumps([hashlib.sha256(losses.tobytes()).hexdigest(), events["cache_hits"], events["cache_misses"]]))
"""


@pytest.fixture
def cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("TOLLENS_CACHE", str(tmp_path))
    return tmp_path / "jax-cache"


def entries(cache: Path) -> list[Path]:
    return sorted(cache.glob("*/*-cache"))


def compile_something(scale: float) -> None:
    with profile("float32"):
        jax.block_until_ready(jax.jit(lambda x: jnp.sin(scale * x) @ x)(np.ones(7, np.float32)))


@pytest.mark.slow
def test_the_same_bits_compiled_and_found_and_by_two_at_once(cache):
    """Two processes compile at the same time, into one folder; a third finds all of it."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([ROOT, WORLDS])}

    def start(**changes: str) -> subprocess.Popen:
        command = [sys.executable, "-c", TRAINED]
        return subprocess.Popen(command, env={**environment, **changes}, stdout=subprocess.PIPE, text=True)

    def ended(process: subprocess.Popen) -> list:
        output, _ = process.communicate(timeout=200)
        assert process.returncode == 0
        return json.loads(output)

    cold = [ended(process) for process in (start(), start())]
    kept = entries(cache)
    warm, without = ended(start()), ended(start(TOLLENS_CACHE="off"))
    assert len({bits for bits, *_ in (*cold, warm, without)}) == 1
    assert warm[1] > 0
    assert (warm[2], without[1]) == (0, 0)
    assert entries(cache) == kept


def test_it_lies_where_the_variable_says_or_in_the_users_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("TOLLENS_CACHE", str(tmp_path / "own"))
    assert compiled.folder().is_relative_to(tmp_path / "own" / "jax-cache")
    monkeypatch.setenv("TOLLENS_CACHE", "off")
    assert compiled.folder() is None
    monkeypatch.delenv("TOLLENS_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    if sys.platform == "linux":
        assert compiled.folder().is_relative_to(tmp_path / "user" / "tollens")


def test_other_machines_versions_and_threads_have_folders_of_their_own(cache, monkeypatch):
    found = {compiled.folder()}
    monkeypatch.setenv("NPROC", "7")
    found.add(compiled.folder())
    monkeypatch.setattr(compiled, "version", lambda name: "0.0.1")
    found.add(compiled.folder())
    monkeypatch.setattr(compiled, "processor", lambda: "another")
    found.add(compiled.folder())
    assert len(found) == 4


def test_two_processors_of_one_name_differ_by_what_they_can_do(tmp_path, monkeypatch):
    told = []
    for flags in ("sse avx2", "avx2 sse", "sse avx2 avx512f"):
        monkeypatch.setattr(machine, "CPU_INFO", tmp_path / flags)
        cores = f"processor\t: 0\nmodel name\t: Some CPU\nflags\t\t: {flags}\n\nprocessor\t: 1\n"
        (tmp_path / flags).write_text(cores)
        told.append(machine.processor.__wrapped__())
    assert told[0] == told[1] != told[2]
    assert all(it.startswith("Some CPU ") for it in told)


def test_it_is_on_while_a_block_runs_and_off_afterwards(cache):
    compile_something(0.123)
    assert jax.config.jax_compilation_cache_dir is None
    kept = entries(cache)
    assert kept
    jax.jit(lambda x: jnp.cos(x) * 0.77)(jnp.ones(11))
    assert entries(cache) == kept


def test_somebodys_own_setting_is_left_alone(cache, tmp_path):
    jax.config.update("jax_compilation_cache_dir", str(tmp_path / "theirs"))
    try:
        with profile("float32"):
            assert jax.config.jax_compilation_cache_dir == str(tmp_path / "theirs")
    finally:
        jax.config.update("jax_compilation_cache_dir", None)
    assert not cache.exists()


def test_its_size_is_bounded(cache, monkeypatch):
    compile_something(0.2)
    one = sum(entry.stat().st_size for entry in entries(cache))
    monkeypatch.setattr(compiled, "MOST_BYTES", 2 * one)
    for number in range(5):
        compile_something(0.3 + number)
    assert 0 < sum(entry.stat().st_size for entry in entries(cache)) <= 2 * one


def test_what_a_killed_process_left_half_written_is_removed(cache):
    compile_something(0.4)
    whole = entries(cache)
    half = whole[0].with_name("jit_half-cache")
    half.write_bytes(b"\0" * 10)
    compile_something(0.5)
    assert not half.exists()
    assert set(whole) <= set(entries(cache))


def test_a_folder_that_cannot_be_written_is_none(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TOLLENS_CACHE", str(tmp_path / "file"))
    with profile("float32"):
        assert jax.config.jax_compilation_cache_dir is None


def test_programs_are_counted_by_function_and_shapes():
    before = compiled.programs()
    scaled = jax.jit(lambda x: 3.0 * x)
    with profile("float32"):
        for size in (3, 4, 3):
            scaled(np.ones(size, np.float32))
    assert compiled.programs() - before == 2


def test_of_programs_that_take_very_many_memory_maps_a_process_lets_go(monkeypatch):
    compiled._count(jax)
    double = jax.jit(lambda x: 2 * x)
    double(np.ones(3))
    assert compiled._maps() > 100, "on Linux"
    compiled.forget_many()
    kept = double._cache_size()
    monkeypatch.setattr(compiled, "MOST_MAPS", 10)
    compiled.forget_many()
    assert (kept, double._cache_size()) == (1, 0)
    assert float(double(np.ones(3))[0]) == 2
