"""What fits on which node, and why nothing does."""

from __future__ import annotations

import pytest

from runners.measuring.capacity import Node, lacking, matches, slots
from runners.registry.schema import Resources

GIB = 2**30


def node(labels=None, **resources) -> Node:
    return Node(resources, labels or {})


def test_only_living_nodes_count():
    there = [
        {"Alive": True, "Resources": {"CPU": 2.0}, "Labels": {"zone": "a"}},
        {"Alive": False, "Resources": {"CPU": 8.0}, "Labels": {}},
    ]
    assert Node.alive(there) == [Node({"CPU": 2.0}, {"zone": "a"})]


@pytest.mark.parametrize(
    ("wanted", "fit"),
    [
        ({"num_cpus": 1}, 4 + 2),
        ({"num_cpus": 4}, 1),
        ({"num_cpus": 3}, 1),
        ({"num_cpus": 0.5}, 8 + 4),
        ({"num_gpus": 1}, 2),
        ({"num_gpus": 0.25, "num_cpus": 0.1}, 8),
        ({"num_gpus": 0.6, "num_cpus": 0.1}, 2),  # two fractions do not share a GPU that holds one
        ({"num_gpus": 1 / 3, "num_cpus": 0.1}, 6),
        ({"num_cpus": 1, "memory": 6 * GIB}, 1),
        ({"num_cpus": 1, "labels": {"accel": "h100"}}, 4),
        ({"num_cpus": 1, "labels": {"accel": "!h100"}}, 2),
        ({"num_cpus": 0, "labels": {"accel": "h100"}}, 4),
        ({"num_cpus": 5}, 0),
        ({"num_gpus": 3}, 0),
    ],
)
def test_how_many_fit(wanted, fit):
    nodes = [node({"accel": "h100"}, CPU=4.0, GPU=2.0, memory=8.0 * GIB), node(CPU=2.0, memory=4.0 * GIB)]
    assert slots(nodes, Resources(**wanted)) == fit
    assert (lacking(nodes, Resources(**wanted)) is None) == (fit > 0)


def test_the_reason_names_what_is_asked_for_and_what_there_is():
    nodes = [node(CPU=4.0, memory=8.0 * GIB), node(CPU=2.0)]
    wanted = Resources(num_cpus=1, num_gpus=0.5, memory=16.0 * GIB, labels={"accel": "h100"})
    assert lacking(nodes, wanted) == (
        "it needs 1 CPU and 0.5 GPU and 16.0 GiB of memory and the label accel: h100 on one node; "
        "the most that one of 2 has is 4 CPU, 0 GPU, 8.0 GiB of memory"
    )
    assert "one of 0 has" in lacking([], Resources())


@pytest.mark.parametrize(
    ("label", "selector", "meets"),
    [
        ("h100", "h100", True),
        ("h200", "h100", False),
        (None, "h100", False),
        (None, "!h100", True),
        ("h100", "!h100", False),
        ("h200", "in(h100, h200)", True),
        ("a10", "in(h100, h200)", False),
        ("a10", "!in(h100, h200)", True),
        ("h100", "!in(h100, h200)", False),
    ],
)
def test_labels(label, selector, meets):
    assert matches(label, selector) is meets
