"""The machinery: registry -> blocks -> Ray -> records -> verdicts.

registry/    what is claimed: loading, checking, conditions
planning     the blocks of each condition          dispatch     measure, judge, draw more where undecided; progress
executors    blocks in this process                ray_tasks    blocks on Ray; capacity: what fits on its nodes
worker       one block: compute, check, record     profiles     precision and threads; limits: time
faults       what can go wrong, what is retried    stopping     signals; summary: how a run ended
waiting      the order of blocks                   durations    how long they are expected to take
store        records and errors; merging           samples      records as trials
judging      claims against trials                 verdicts     the rule; intervals: its four sources of evidence
scores       bits, severity                        report       verdicts as data
exploring    a few trials of a claim             courses      any condition, measured here and now
frames       trials as tables                    judgement    verdicts to read
notebook     the functions below, imported when they are first used
commands/    the command line                       pytest_plugin: claims as test items

In notebooks: `import runners as tollens`, then `tollens.measure`, `predict`, `judge`, `claims`, `experiments`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runners.notebook import claims, experiments, judge, measure, predict

__version__ = "0.1.0"
__all__ = ["claims", "experiments", "judge", "measure", "predict"]


def __getattr__(name: str) -> Any:
    """The functions for notebooks, without their libraries before they are used."""
    if name in __all__:
        from runners import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'runners' has no attribute {name!r}", name=name, obj=sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
