"""Arms that want a GPU: those of a figure's claims and controls, each once; small ones leave nothing for the record."""

from __future__ import annotations

from pathlib import Path

from benchmarks.gpu_figures import SMALL, arms, block_of
from runners.measuring.planning import Planner
from runners.registry.loader import load
from runners.registry.names import ROOT


def test_arms_are_a_figure_s_conditions_and_controls_each_once():
    registry = load([Path(ROOT, "registry.yaml")])
    found = list(arms(registry, ["4"]))
    architectures = {p.condition["architecture"] for _, p in found if p.experiment == "photograph-descent"}
    assert architectures == {"tanh", "relu", "linear"}  # linear is the control
    assert len({point.key for _, point in found}) == len(found)
    assert {figure for figure, _ in found} == {"4"}
    assert not list(arms(registry, ["6b"]))  # nothing there wants a GPU
    planner = Planner(registry, "full")
    point = next(p for _, p in found if p.experiment == "photograph-descent")
    small, whole = (block_of(planner, point, 2, small=small) for small in (True, False))
    assert small.purpose == "explore"
    assert small.constants["pixels"] == SMALL["pixels"] < whole.constants["pixels"] == 32
    assert (whole.purpose, list(whole.repeats)) == ("record", [2])
