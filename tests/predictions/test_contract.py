"""Every experiment of the registry keeps the contract, in small: each word of its grid once, three trials at a time.

What is declared comes back; trials are the same bits alone, beside others and in another call, and other seeds make
others (`runners.measuring.contract`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from predictions.data.unavailable import Unavailable
from runners.measuring.contract import TRIALS
from runners.measuring.planning import Planner, Point
from runners.measuring.worker import check_contract
from runners.records.blocks import Block
from runners.registry import grid
from runners.registry.loader import load
from runners.registry.names import ROOT

pytestmark = pytest.mark.usefixtures("hastily_compiled")
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


FEW = {"rows": 16, "steps": 6}
"""Of full-batch descent with three looks at its curvature: most of what is left is to compile."""
SMALLER = {
    "adam-descent": FEW,
    "cross-entropy-descent": FEW,
    "full-batch-descent": FEW,
    "least-squares-descent": FEW,
    "minibatch-descent": FEW,
    "near-miss-descent": FEW,
    "nesterov-descent": FEW,
    "adam-batch-and-rate": {"samples": 1280},
    "batch-and-rate": {"samples": 1280},
    "batch-and-rate-limit": {"samples": 1280, "most_times": 4},
    "character-isoflop": {"compute": 1e6, "tokens_per_parameter": 0.2, "context": 8},
    "least-squares-sgd-chains": {"time": 20},
    "linear-attention": {"dimension": 4, "batch_size": 8, "test_prompts": 100},
    "memorisation-capacity": {"most_steps": 3000},
    "photograph-descent": {"pixels": 8, "rows": 20, "width": 2, "steps": 8},
    "photograph-network-descent": {"pixels": 8, "rows": 20, "width": 2, "steps": 8},
    "projected-features-flow": {"modes": 512, "smallest": 8, "largest": 64},
    "sparse-target-regression": {"dimension": 8, "samples": 16, "width": 32},
    "transformer-rate-sweep": {"context": 8, "width": 8},
}
"""Constants of single experiments, where those above would not do."""
SLOW = {
    "adam-descent",
    "character-isoflop",
    "batch-and-rate",
    "batch-and-rate-limit",
    "colour-image-descent",
    "cross-entropy-descent",
    "full-batch-descent",
    "gradient-penalty-fit",
    "manifold-students",
    "minibatch-descent",
    "minibatch-steps",
    "near-miss-descent",
    "nesterov-descent",
    "network-families",
    "network-grid",
    "network-widths",
    "noisy-label-networks",
    "ntk-width-sweep",
    "stationary-training",
    "transformer-rate-sweep",
    "twin-networks",
}
"""Experiments that take long, most of it to compile."""


@dataclass(frozen=True)
class Planned:
    """A point of the registry and how many trials are measured there; whoever tests it makes its block."""

    planner: Planner
    point: Point
    trials: int

    @property
    def label(self) -> str:
        inside = ", ".join(f"{axis}={value}" for axis, value in self.point.condition.items())
        return f"{self.point.experiment}({inside})[0:{self.trials}]"

    def block(self) -> Block:
        block = self.planner.block(self.point, range(self.trials), purpose="explore")
        small = {key: min(value, SMALL.get(key, value)) for key, value in block.constants.items()}
        return replace(block, constants={**small, **SMALLER.get(self.point.experiment, {})})


def _planned() -> Iterator[Planned]:
    """Of each experiment the smallest condition, and one for each further word that its module has not met."""
    met: set[tuple[str, str, str]] = set()
    for name, experiment in REGISTRY.experiments.items():
        planner = Planner(REGISTRY, next(iter(experiment.tiers)))
        trials = 1 if experiment.replication == "none" else TRIALS
        for number, condition in enumerate(sorted(grid.conditions(experiment, None), key=_numbers)):
            words = {(experiment.module, axis, word) for axis, word in condition.items() if isinstance(word, str)}
            if number == 0 or words - met:
                met |= words
                yield Planned(planner, Point(name, condition), trials)


def _numbers(condition: grid.Condition) -> list[float]:
    return [value for value in condition.values() if not isinstance(value, str)]


@pytest.mark.parametrize(
    "planned",
    [
        pytest.param(
            planned,
            id=planned.label,
            marks=[
                pytest.mark.xdist_group(planned.point.experiment),
                *[pytest.mark.slow][: planned.point.experiment in SLOW],
            ],
        )
        for planned in _planned()
    ],
)
def test_the_contract_is_kept(planned):
    block = planned.block()
    try:
        measured, _ = check_contract(block)  # how a trial alone is rounded is the processor's affair
    except Unavailable as absent:
        pytest.skip(str(absent))
    if len(block.repeats) > 1:  # at this size something was measured, or all would be alike whatever happens
        numbers = [[row for row in values if np.any(np.isfinite(row))] for values in measured.values()]
        assert any(found and len({row.tobytes() for row in found}) == len(found) for found in numbers)
