"""Reports and runs that lie in files: read strictly, whichever version of Tollens wrote them."""

from __future__ import annotations

import json
import lzma
from collections import defaultdict
from pathlib import Path
from statistics import median

from pydantic import ValidationError

from runners.records.damage import UnreadableReport
from runners.reporting import earlier
from runners.reporting.report_model import SCHEMA, Report
from runners.reporting.run_model import Run

PUBLISHED = Path(__file__).parents[2] / "leaderboard" / "published"
"""Where the reports of the project's own runs lie, `TIER.json`."""
MOST_BYTES = 500 * 2**20
ENDING = ".json.xz"
"""Of a report that is kept compressed."""


def read(path: Path) -> Report | Run:
    """The report in a file, or the run in short that it is."""
    if not path.is_file() or path.stat().st_size > MOST_BYTES:
        raise UnreadableReport(path, f"is no report: it is no file, or larger than {MOST_BYTES // 2**20} MiB")
    try:
        document = json.loads(_text(path))
        schema, short = document["schema"], document.get("in_short", False)
    except (OSError, lzma.LZMAError, EOFError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise UnreadableReport(path, "is no report: it is not JSON with a schema") from None
    if schema == 1:
        try:
            document = earlier.run(document) if short else earlier.report(document)
        except (KeyError, TypeError, AttributeError) as error:
            problem = f"is not as version 0.1 wrote a report ({type(error).__name__}: {error})"
            raise UnreadableReport(path, problem) from None
    elif schema != SCHEMA:
        problem = f"is a report of schema {schema}, and this version of Tollens reads schema 1 and {SCHEMA}"
        raise UnreadableReport(path, problem)
    try:
        return (Run if short else Report).model_validate_json(json.dumps(document), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UnreadableReport(path, f"is not as a report is written: {where}: {first['msg']}") from None


def _text(path: Path) -> str:
    """A file's text, taken out of its compression: as much of it as a report may be long."""
    if not path.name.endswith(ENDING):
        return path.read_text(encoding="utf-8")
    with lzma.open(path) as file:
        text = file.read(MOST_BYTES + 1)
    if len(text) > MOST_BYTES:
        raise ValueError("longer than any report")
    return text.decode("utf-8")


def read_report(path: Path) -> Report:
    """The report in a file, whole."""
    found = read(path)
    if isinstance(found, Run):
        raise UnreadableReport(path, "is a run in short, not a report")
    return found


def seconds_a_trial(tier: str) -> dict[str, float]:
    """By experiment: what a trial took in the published run of a tier, controls included, in the median of its claims.

    Empty where no such run is published.
    """
    path = PUBLISHED / f"{tier}.json"
    found: dict[str, list[float]] = defaultdict(list)
    for claim in read_report(path).falsifiable if path.is_file() else ():
        if claim.cost.trials:
            found[claim.experiment].append(claim.cost.seconds / claim.cost.trials)
    return {experiment: median(seconds) for experiment, seconds in found.items()}
