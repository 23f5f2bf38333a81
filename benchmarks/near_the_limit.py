"""How near to its limit an experiment computes: its products alone, at the rate that this core multiplies at.

    python benchmarks/near_the_limit.py [EXPERIMENT]... [--tier standard] [--of 10] [--report REPORT]

For the most expensive experiments of a report: block-seconds of the whole tier there, then of one block here, on fresh
seeds, with everything compiled: seconds, the time that its matrix products and convolutions would take at the measured
rate of the core (of square products of 512, in the experiment's precision), and the ratio. A product of small matrices
cannot reach that rate, and what is no product (a nonlinearity, an eigenvalue problem, random numbers) is not in it: a
low ratio says where to look, not that something is wrong.

Of JAX every call of a compiled function is counted by its jaxpr: a loop of known length by its length; of one that ends
when it will, one round only, which a > marks. Of torch, as its own counter has them; what numpy multiplies is not seen.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

os.environ |= {"NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}

import numpy as np

SQUARE, TRIES = 512, 20


def rate(precision: str) -> float:
    """Floating-point operations a second of a square product on one thread: the best of some tries."""
    left = np.random.default_rng(0).standard_normal((SQUARE, SQUARE)).astype(precision)
    seconds = []
    for _ in range(TRIES):
        began = time.perf_counter()
        left @ left
        seconds.append(time.perf_counter() - began)
    return 2 * SQUARE**3 / min(seconds)


def operations(jaxpr: Any) -> tuple[float, bool]:
    """Operations in the products of a jaxpr, and whether all its loops have a known length."""
    total, exact = 0.0, True
    for equation in jaxpr.eqns:
        name, inside = equation.primitive.name, 0.0
        if name == "dot_general":
            ((contracted, _), _) = equation.params["dimension_numbers"]
            inside = 2 * equation.outvars[0].aval.size * math.prod(equation.invars[0].aval.shape[i] for i in contracted)
        elif name == "conv_general_dilated":
            kernel, outputs = equation.invars[1].aval, equation.params["dimension_numbers"].rhs_spec[0]
            inside = 2 * equation.outvars[0].aval.size * kernel.size / kernel.shape[outputs]
        for part in _inside(equation.params):
            found, known = operations(part)
            inside += found * (equation.params["length"] if name == "scan" else 1)
            exact &= known and name != "while"
        total += inside
    return total, exact


def _inside(parameters: dict[str, Any]) -> Iterator[Any]:
    """The jaxprs among an equation's parameters."""
    for value in parameters.values():
        for part in value if isinstance(value, tuple | list) else [value]:
            closed = getattr(part, "jaxpr", part)
            if hasattr(closed, "eqns"):
                yield closed


@contextmanager
def products() -> Iterator[Counter[str]]:
    """Counts operations of what is called within: `jax` and `torch`, and `open` loops, whose length is not known."""
    from jax._src import pjit
    from torch.utils.flop_counter import FlopCounterMode

    counted: Counter[str] = Counter()
    known: dict[int, tuple[float, bool]] = {}
    kept = []
    call, fast = pjit._pjit_call_impl_python, pjit._get_fastpath_data

    def counting(*arguments: Any, jaxpr: Any, **parameters: Any) -> Any:
        if id(jaxpr) not in known:
            known[id(jaxpr)] = operations(jaxpr.jaxpr)
            kept.append(jaxpr)  # so that no other gets its id
        found, exact = known[id(jaxpr)]
        counted["jax"] += found
        counted["open"] += not exact
        return call(*arguments, jaxpr=jaxpr, **parameters)

    pjit._get_fastpath_data = lambda *arguments, **parameters: None  # a call that C++ makes is not seen
    pjit._pjit_call_impl_python = counting
    try:
        with FlopCounterMode(display=False) as torch_counter:
            yield counted
        counted["torch"] += torch_counter.get_total_flops()
    finally:
        pjit._pjit_call_impl_python, pjit._get_fastpath_data = call, fast


def most_expensive(report: Path, most: int) -> dict[str, float]:
    """Block-seconds of a report's experiments, the most expensive first."""
    seconds: dict[str, float] = {}
    for claim in json.loads(report.read_text())["claims"]:
        if "cost" in claim:  # claims share blocks
            seconds[claim["experiment"]] = max(seconds.get(claim["experiment"], 0.0), claim["cost"]["seconds"])
    return dict(sorted(seconds.items(), key=lambda it: -it[1])[:most])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT")
    parser.add_argument("--tier", default="standard")
    parser.add_argument("--of", type=int, default=10)
    parser.add_argument("--report", type=Path, default=Path("leaderboard/published/standard.json"))
    arguments = parser.parse_args()

    from runners.measuring.planning import Planner, Point
    from runners.measuring.worker import compute
    from runners.registry import grid
    from runners.registry.loader import load
    from runners.registry.names import ROOT

    registry = load([ROOT / "registry.yaml"], checked=False)
    planner = Planner(registry, arguments.tier)
    costs = most_expensive(arguments.report, len(registry.experiments))
    rates = {precision: rate(precision) for precision in ("float32", "float64")}
    print(", ".join(f"{precision} {it / 1e9:.0f} GFLOP/s" for precision, it in rates.items()))
    print("experiment                        tier, s  block, s  GFLOP  products, s  ratio")
    for name in arguments.experiments or list(costs)[: arguments.of]:
        experiment = registry.experiments[name]
        condition = grid.conditions(experiment, arguments.tier)[0]
        size = experiment.tiers[arguments.tier].block
        blocks = [
            planner.block(Point(name, condition), range(n * size, (n + 1) * size), purpose="explore") for n in (1, 2)
        ]
        with products() as counted:
            compute(blocks[0])  # compiles, and counts
        began = time.process_time()
        compute(blocks[1])
        seconds = time.process_time() - began
        done = counted["jax"] + counted["torch"]
        limit, more = done / rates[experiment.precision], ">" if counted["open"] else " "
        print(
            f"{name:32} {costs.get(name, math.nan):8.0f} {seconds:9.2f} {more}{done / 1e9:6.1f} {limit:12.2f}"
            f" {more}{limit / seconds:5.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
