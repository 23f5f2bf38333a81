"""How often JAX compiles in an experiment, and how often for shapes that it has compiled before.

    python benchmarks/compilations.py [EXPERIMENT]...

Measures one trial of each condition of the smoke tier, in this process. A function that is compiled again for the same
shapes has something among its static arguments, or in its closure, that should be traced, or is made anew in each call.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import time
from collections import Counter

os.environ |= {"NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}

COMPILING = re.compile(r"Compiling (.+?) with global shapes and types (.*)\. Argument mapping", re.DOTALL)


class Compilations(logging.Handler):
    """Functions and the shapes that they were compiled for, from JAX's own log."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: Counter[tuple[str, str]] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        if found := COMPILING.search(record.getMessage()):
            self.seen[found.groups()] += 1

    def again(self) -> Counter[str]:
        """How often each function was compiled for shapes that it had been compiled for."""
        return Counter({name: 0 for name, _ in self.seen}) + Counter(
            name for (name, _), count in self.seen.items() for _ in range(count - 1)
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("experiments", nargs="*", metavar="EXPERIMENT")
    wanted = parser.parse_args().experiments

    import jax

    from runners.measuring.planning import Planner, Point
    from runners.measuring.worker import compute
    from runners.registry import grid
    from runners.registry.loader import load
    from runners.registry.names import ROOT

    jax.config.update("jax_log_compiles", True)
    registry = load([ROOT / "registry.yaml"], checked=False)
    planner = Planner(registry, "smoke")
    for name in wanted or registry.experiments:
        experiment = registry.experiments[name]
        if "smoke" not in experiment.tiers:
            continue
        counted = Compilations()
        logger = logging.getLogger("jax._src.interpreters.pxla")
        logger.addHandler(counted)
        logger.propagate = False
        conditions, began = grid.conditions(experiment, "smoke"), time.process_time()
        for condition in conditions:
            compute(planner.block(Point(name, condition), range(1, 2), purpose="explore"))
        logger.removeHandler(counted)
        again = ", ".join(f"{function} {count}" for function, count in counted.again().most_common(4))
        print(
            f"{name:32} {len(conditions):3} conditions  {sum(counted.seen.values()):4} compilations, "
            f"{sum(counted.again().values()):3} for shapes that were there: {again or 'none'}"
            f"  {time.process_time() - began:.1f} s",
            flush=True,
        )


if __name__ == "__main__":
    main()
