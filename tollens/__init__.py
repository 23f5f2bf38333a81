"""Tollens in Python and in notebooks: `tollens.measure`, `predict`, `judge`, `claims`, `experiments`, `advise`.

No framework is imported before something is measured with it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runners.authoring.advising import advise
    from runners.authoring.notebook import claims, experiments, judge, measure, predict

__version__ = "0.2.0"
__all__ = ["advise", "claims", "experiments", "judge", "measure", "predict"]

_MODULES = ("scaling", "schedules")
"""Modules that need no framework: there without an import of their own."""
_HOME = Path(__file__).resolve().parents[1]


def _check_neighbours() -> None:
    """Raise ImportError if another package has the name of one that Tollens brings: Python would load that one."""
    for name in ("predictions", "runners", "leaderboard"):
        found = find_spec(name)
        places = [found.origin, *(found.submodule_search_locations or ())] if found else []
        origin = next(filter(None, places), None)
        if origin is None or not Path(origin).resolve().is_relative_to(_HOME):
            problem = f"{origin} is in the way" if origin else f"{name} is not there"
            remedy = "rename that folder, or work elsewhere" if origin else "install Tollens again"
            raise ImportError(f"Tollens needs its own package {name}, in {_HOME}, but {problem}; {remedy}")


_check_neighbours()


def __getattr__(name: str) -> Any:
    """The functions for notebooks, without their libraries before they are used."""
    if name == "advise":
        from runners.authoring.advising import advise

        return advise
    if name in __all__:
        from runners.authoring import notebook

        return getattr(notebook, name)
    if name in _MODULES:
        return import_module(f"tollens.{name}")
    raise AttributeError(f"module 'tollens' has no attribute {name!r}", name=name, obj=sys.modules[__name__])


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
