"""The summary of a run: its true exit code, its verdicts, what went wrong and what that cost.

`ray job submit` reports any failure as 1, and so does a Python that cannot even start; whoever needs to know reads
`summary.json` in the store: `python -m runners.reporting.summary STORE SINCE` ends with 0 if a run that began since
then came to its verdicts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import fsspec

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
        "compiled": {name: count for name, count in progress.compiled.most_common() if count},
        "verdicts": dict(verdicts or {}),
        "costs": costs(progress),
        "setbacks": [vars(setback) for setback in progress.setbacks[:MOST_SETBACKS]],
    }


def ended_well(store: str, since: float) -> int:
    """0 if the last run on a store began after `since` (Unix seconds) and came to verdicts, expected or not; else 3."""
    files, root = fsspec.core.url_to_fs(store)
    try:
        last = json.loads(files.cat_file(f"{root}/summary.json"))
        return 0 if last["exit_code"] in (0, 1) and last["started"] >= since else 3
    except (OSError, ValueError, KeyError, TypeError):
        return 3


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


if __name__ == "__main__":
    sys.exit(ended_well(sys.argv[1], float(sys.argv[2])))
