"""The summary of a run: its true exit code, its verdicts, what went wrong and what that cost.

`ray job submit` reports any failure as 1; whoever needs to know reads `summary.json` in the store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from runners.measuring.progress import Progress

MOST_SETBACKS = 1000


def summary(
    arguments: Mapping[str, Any],
    progress: Progress,
    *,
    exit_code: int | None = None,
    complete: bool = False,
    signal: int | None = None,
    verdicts: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """How a run ended, as JSON; without `verdicts` if a signal ended it, without exit code while it runs."""
    return {
        "exit_code": exit_code,
        "complete": complete,
        "signal": signal,
        "arguments": dict(arguments),
        "started": progress.started,
        "seconds": round(progress.seconds, 1),
        "blocks": {
            "measured": progress.blocks_done,
            "stored": progress.blocks_stored,
            "failed": progress.blocks_failed,
            "left": progress.blocks_waiting + progress.blocks_running,
        },
        "verdicts": dict(verdicts or {}),
        "costs": costs(progress),
        "setbacks": [vars(setback) for setback in progress.setbacks[:MOST_SETBACKS]],
    }


def costs(progress: Progress) -> dict[str, dict[str, float]]:
    """By kind of fault: how often, how often retried, seconds computed in vain."""
    found: dict[str, dict[str, float]] = {}
    for setback in progress.setbacks:
        entry = found.setdefault(setback.status, {"count": 0, "retried": 0, "seconds": 0.0})
        entry["count"] += 1
        entry["retried"] += setback.retried
        entry["seconds"] = round(entry["seconds"] + setback.seconds, 2)
    return found


def in_words(found: Mapping[str, Mapping[str, float]]) -> Sequence[str]:
    """The same, a line a kind."""
    return [
        f"{status}: {entry['count']:g} times, {entry['retried']:g} tried again, {entry['seconds']:.1f} s in vain"
        for status, entry in found.items()
    ]
