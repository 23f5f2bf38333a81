"""A block that overruns its time, or breaks, takes what it started with it."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest

from runners.measuring import offspring
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
