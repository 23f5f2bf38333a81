"""A block that overruns its time, or breaks, takes what it started with it."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import replace

import pytest

from runners.measuring import offspring
from runners.measuring.ray_tasks import RayTasks
from runners.measuring.worker import run_block

STARTS_ONE = """
import subprocess, sys, time
from toy_experiment import *

def measure(setting, state):
    left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    left.returncode = 0  # nobody waits for it: no warning
    {ending}
"""


@pytest.mark.skipif(not offspring.PROC.exists(), reason="needs /proc")
@pytest.mark.parametrize(("ending", "status"), [("time.sleep(60)", "timeout"), ("raise ValueError", "error")])
def test_what_a_block_started_ends_with_it(world, tmp_path, monkeypatch, ending, status):
    (tmp_path / "starting_experiment.py").write_text(STARTS_ONE.format(ending=ending))
    monkeypatch.syspath_prepend(str(tmp_path))
    sys.modules.pop("starting_experiment", None)
    run, _ = world.planned("law-holds")
    block = replace(run.plan()[0], module="starting_experiment", time_limit=1.0)
    before = offspring.descendants()
    assert run_block(block, world.address, {}).status == status
    assert offspring.descendants() <= before


@pytest.mark.slow
@pytest.mark.xdist_group("ray")
@pytest.mark.skipif(not offspring.PROC.exists(), reason="needs /proc")
def test_what_a_killed_worker_started_ends_with_it(world, tmp_path, monkeypatch):
    """A worker that is killed outright ends nothing by itself: Ray does."""
    told = tmp_path / "started"
    ending = f"open({str(told)!r}, 'w').write(str(left.pid)); import os; os.kill(os.getpid(), 9)"
    (tmp_path / "starting_experiment.py").write_text(STARTS_ONE.format(ending=ending))
    monkeypatch.syspath_prepend(str(tmp_path))
    run, _ = world.planned("law-holds")
    block = replace(run.plan()[0], module="starting_experiment", search_path=(str(tmp_path), str(world.WORLDS)))
    executor = RayTasks(world.address, {}, cpus=1)
    try:
        executor.submit(block)
        end = time.monotonic() + 60
        while not (done := executor.completed(1.0)) and time.monotonic() < end:
            pass
        assert done[0][1].status == "crashed", done
        while os.path.exists(f"/proc/{told.read_text()}") and time.monotonic() < end:
            time.sleep(0.1)
        assert not os.path.exists(f"/proc/{told.read_text()}")
    finally:
        executor.close(cancel=True)
