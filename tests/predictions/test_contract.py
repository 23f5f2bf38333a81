"""Every experiment of the registry keeps the contract, in small: each word of its grid once, three trials at a time.

What is declared comes back; trials are the same bits alone, beside others and in another call, and other seeds make
others (`runners.measuring.contract`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from predictions.data.unavailable import Unavailable
from runners.measuring.contract import TRIALS
from runners.measuring.planning import Planner, Point
from runners.measuring.worker import check_contract
from runners.records.blocks import Block
from runners.registry import grid
from runners.registry.loader import load
from runners.registry.names import ROOT

REGISTRY = load([Path(ROOT, "registry.yaml")])
SMALL = {
    "age": 8,
    "ascent_steps": 5,
    "chains": 8,
    "channels": 4,
    "draws": 2,
    "every": 2,
    "examples_per_input": 4,
    "fewest_samples": 500,
    "flow_steps": 20,
    "half": 50,
    "items": 512,
    "iterations": 10,
    "max_examples": 2000,
    "max_steps": 3000,
    "modes": 64,
    "most_samples": 200,
    "most_steps": 100,
    "networks": 3,
    "neurons": 16,
    "octaves": 2,
    "orders": 2,
    "permutations": 5,
    "probes": 16,
    "rows": 64,
    "runs": 2,
    "seen": 32,
    "splits": 2,
    "starts": 2,
    "steps": 20,
    "streams": 3,
    "test_rows": 64,
    "test_samples": 64,
    "time": 1,
    "time_per_layer": 2,
    "warmup": 2,
    "width": 8,
    "windows": 9,
}
"""Constants are made no larger than this, whatever the experiment."""


def _blocks() -> Iterator[Block]:
    for name, experiment in REGISTRY.experiments.items():
        tier = next(iter(experiment.tiers))
        planner = Planner(REGISTRY, tier)
        trials = 1 if experiment.replication == "none" else TRIALS
        for condition in _covering(grid.conditions(experiment, None)):
            block = planner.block(Point(name, condition), range(trials), purpose="explore")
            yield _smaller(block)


def _covering(conditions: list[grid.Condition]) -> Iterator[grid.Condition]:
    """So many of the conditions that each word of each axis occurs; of numbers the smallest."""
    met: set[tuple[str, str]] = set()
    for condition in sorted(conditions, key=lambda it: [value for value in it.values() if not isinstance(value, str)]):
        words = {(axis, value) for axis, value in condition.items() if isinstance(value, str)}
        if not met or words - met:
            met |= words or {("", "")}
            yield condition


def _smaller(block: Block) -> Block:
    from dataclasses import replace

    constants = {
        name: min(value, SMALL[name]) if name in SMALL else value for name, value in block.constants.items()
    }
    return replace(block, constants=constants)


@pytest.mark.parametrize("block", [pytest.param(block, id=block.label) for block in _blocks()])
def test_contract(block):
    try:
        check_contract(block, exact=True)
    except Unavailable as absent:
        pytest.skip(str(absent))
