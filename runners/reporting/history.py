"""A run in short: what a report said of each claim, small enough to keep for every run that was ever published."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

from runners.reporting.terminal import widest

SCHEMA = 1
Run = Mapping[str, Any]


def in_short(report: Mapping[str, Any]) -> dict[str, Any]:
    """The run behind a report: where it was made, its blind injections, and of each claim verdict, seal and intervals.

    A run that is already in short is returned as it is.
    """
    if report.get("in_short"):
        return dict(report)
    head = {key: report.get(key) for key in ("tier", "created", "version", "commit", "lock", "environment")}
    copies = (report.get("injections") or {}).get("copies", ())
    head["injections"] = [
        [copy["claim"], _key(copy["condition"]), _short(copy["factor"]), _short(copy["shift"]), copy["caught"]]
        for copy in copies
    ]
    claims = {claim["id"]: _claim(claim) for claim in report["claims"] if claim["verdict"] != "unfalsifiable"}
    return {"schema": SCHEMA, "in_short": True, **head, "claims": claims}


def name_of(run: Run) -> str:
    """File name of a run: when it was made, and its tier."""
    return f"{run['created'].replace(':', '')}-{run['tier']}.json"


def keep(run: Run, folder: Path) -> Path:
    """Write a run into a history's folder, a claim a line; the file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    head = {key: value for key, value in run.items() if key != "claims"}
    lines = (f"{json.dumps(name)}:{_text(entry)}" for name, entry in run["claims"].items())
    path = folder / name_of(run)
    path.write_text(f'{_text(head)[:-1]},"claims":{{\n' + ",\n".join(lines) + "\n}}\n")
    return path


def runs(folder: Path) -> list[dict[str, Any]]:
    """All kept runs of a folder, oldest first; none where there is no such folder."""
    found = [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))] if folder.is_dir() else []
    return sorted(found, key=lambda run: run["created"])


def with_run(kept: Iterable[Run], run: Run) -> list[Run]:
    """These runs and this one, each once, oldest first."""
    return sorted({name_of(one): one for one in (*kept, run)}.values(), key=lambda one: one["created"])


def _claim(claim: Mapping[str, Any]) -> dict[str, Any]:
    entry = {"verdict": claim["verdict"], "seal": (claim.get("seal") or "")[:16] or None}
    conditions = [cell for cell in claim.get("conditions", ()) if cell.get("interval")]
    if not conditions:
        return entry
    worst = widest(conditions)
    assert worst is not None
    agreement = claim["agreement"]
    return entry | {
        "by": "share" if agreement["share"] is not None else agreement["by"],
        "within": [agreement["share"], 1.0] if agreement["share"] is not None else agreement["within"],
        "predicted": _short(worst["predicted"]),
        "measured": _short(worst["measured"]),
        "agreement": _short(worst["agreement"]),
        "interval": [_short(limit) for limit in worst["interval"]],
        "bits": _short(claim["bits"]),
        "libraries": claim.get("libraries"),
        "conditions": {_key(cell["label"]): [_short(limit) for limit in cell["interval"]] for cell in conditions},
    }


def _key(label: str) -> str:
    return sha256(label.encode()).hexdigest()[:8]


def _short(value: float | str | None) -> float | str | None:
    return float(f"{value:.4g}") if isinstance(value, int | float) else value


def _text(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
