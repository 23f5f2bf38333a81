"""The machinery: registry -> blocks -> Ray -> records -> verdicts.

registry/    what is claimed: loading, checking, conditions
measuring/   planning: the blocks of each condition; dispatch: measure, judge, draw more where undecided; executors,
             ray_tasks: where blocks run; worker: one block; faults, limits, stopping: what can become of it
records/     blocks and their identity, the store, trials as judging reads them, seals
judging/     judge: claims against trials; verdicts: the rule; intervals: its four sources of evidence; contests, scores
reporting/   verdicts as data and text
upkeep/      joining, verifying and pruning stores
calibration/ the rule on synthetic trials
authoring/   drafts of claims, trials on exploring seeds, notebooks
commands/    the command line             pytest_plugin  claims as test items

In notebooks: `import runners as tollens`, then `tollens.measure`, `predict`, `judge`, `claims`, `experiments`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runners.authoring.notebook import claims, experiments, judge, measure, predict

__version__ = "0.1.0"
__all__ = ["claims", "experiments", "judge", "measure", "predict"]


def __getattr__(name: str) -> Any:
    """The functions for notebooks, without their libraries before they are used."""
    if name in __all__:
        from runners.authoring import notebook

        return getattr(notebook, name)
    raise AttributeError(f"module 'runners' has no attribute {name!r}", name=name, obj=sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
