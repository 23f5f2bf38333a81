"""What a cluster can run: how many blocks of one kind fit on its nodes at once, and why none does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runners.registry.schema import Resources


@dataclass(frozen=True)
class Node:
    """One node: what it has in all, and its labels."""

    resources: Mapping[str, float]
    labels: Mapping[str, str]

    @classmethod
    def alive(cls, nodes: Iterable[Mapping[str, Any]]) -> list[Node]:
        """The living ones of `ray.nodes()`."""
        return [cls(node["Resources"], node.get("Labels") or {}) for node in nodes if node["Alive"]]

    def holds(self, wanted: Resources) -> int:
        """How many blocks with these resources run on it at once."""
        if not all(matches(self.labels.get(key), selector) for key, selector in wanted.labels.items()):
            return 0
        asked = {name: amount for name, amount in amounts(wanted).items() if amount}
        if not asked:  # nothing but labels: as many as there are cores
            return max(1, int(self.resources.get("CPU", 1)))
        return min(_times(name, self.resources.get(name, 0.0), amount) for name, amount in asked.items())


def slots(nodes: Iterable[Node], wanted: Resources) -> int:
    """How many blocks with these resources run at once on all nodes, if nothing else does."""
    return sum(node.holds(wanted) for node in nodes)


def lacking(nodes: Iterable[Node], wanted: Resources) -> str | None:
    """Why no node can ever run a block with these resources; None if one can."""
    nodes = list(nodes)
    if slots(nodes, wanted):
        return None
    asked = [_amount(name, amount) for name, amount in amounts(wanted).items() if amount]
    asked += [f"the label {key}: {selector}" for key, selector in wanted.labels.items()]
    most = [
        _amount(name, max((node.resources.get(name, 0.0) for node in nodes), default=0.0))
        for name, amount in amounts(wanted).items()
        if amount
    ]
    return f"it needs {' and '.join(asked)} on one node; the most that one of {len(nodes)} has is {', '.join(most)}"


def amounts(wanted: Resources) -> dict[str, float]:
    """What a block asks for, by Ray's names."""
    return {"CPU": wanted.num_cpus, "GPU": wanted.num_gpus, "memory": wanted.memory or 0.0}


def matches(label: str | None, selector: str) -> bool:
    """Whether a node's label (None without it) meets a selector: `a`, `!a`, `in(a, b)` or `!in(a, b)`."""
    negated, body = selector.startswith("!"), selector.removeprefix("!").strip()
    inside = body.startswith("in(") and body.endswith(")")
    values = [value.strip() for value in body[3:-1].split(",")] if inside else [body]
    return (label in values) != negated


def _times(name: str, available: float, amount: float) -> int:
    if name == "GPU" and amount < 1:  # a fraction lies on one GPU; 1e-6: a third fits three times
        return int(available) * int(1 / amount + 1e-6)
    return int(available / amount + 1e-6)


def _amount(name: str, amount: float) -> str:
    return f"{amount / 2**30:.1f} GiB of memory" if name == "memory" else f"{amount:g} {name}"
