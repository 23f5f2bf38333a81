"""How long the board takes: 150 claims and 20 runs of history, from nothing and again after one claim changed.

    python benchmarks/board_building.py [--claims 150] [--runs 20] [--json FILE]

The claims are those of the published report, copied under further names until there are enough; the runs are its own,
with every interval shifted a little and a verdict in twenty flipped.
"""

from __future__ import annotations

import argparse
import copy
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from leaderboard.board import build
from runners.reporting.history import in_short

PUBLISHED = Path(__file__).resolve().parents[1] / "leaderboard" / "published"


def many_claims(report: dict[str, Any], count: int) -> dict[str, Any]:
    """The report with its claims copied, and some renamed theories, until there are this many."""
    claims: list[dict[str, Any]] = []
    for number in range(count):
        claim = copy.deepcopy(report["claims"][number % len(report["claims"])])
        if number >= len(report["claims"]):
            claim["id"] += f"-{number}"
            claim["theory"] += f"-{number // len(report['claims'])}"
        claims.append(claim)
    return report | {"claims": claims}


def earlier_runs(report: dict[str, Any], count: int, *, seed: int = 0) -> list[dict[str, Any]]:
    """Runs in short as they might have been published on the days before this report."""
    rng, found = np.random.default_rng(seed), []
    for day in range(count):
        run = copy.deepcopy(in_short(report))
        run["created"] = f"2025-{1 + day // 28:02d}-{1 + day % 28:02d}T00:00:00Z"
        for entry in run["claims"].values():
            if rng.random() < 0.05 and entry["verdict"] == "supported":
                entry["verdict"] = "refuted"
            for limits in entry.get("conditions", {}).values():
                limits[:] = [float(limit) * (1 + 0.001 * rng.standard_normal()) for limit in limits]
        found.append(run)
    return found


def measure(claims: int, runs: int) -> dict[str, float]:
    """Seconds from nothing and after a change of one claim, files rewritten by it, and bytes of the largest pages."""
    report = many_claims(json.loads((PUBLISHED / "standard.json").read_text()), claims)
    calibration = json.loads((PUBLISHED / "calibration.json").read_text())
    history = earlier_runs(report, runs)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        began = time.perf_counter()
        pages = build(report, out, calibration=calibration, history=history)
        first = time.perf_counter() - began
        before = {path: path.stat().st_mtime_ns for path in pages}
        report["claims"][0]["about"] += " Changed."
        began = time.perf_counter()
        build(report, out, calibration=calibration, history=history)
        second = time.perf_counter() - began
        return {
            "claims": claims,
            "runs": runs,
            "seconds_from_nothing": round(first, 2),
            "seconds_after_a_change": round(second, 2),
            "files": len(pages),
            "files_rewritten": sum(path.stat().st_mtime_ns != before[path] for path in pages),
            "front_page_kilobytes": round((out / "index.html").stat().st_size / 1000, 1),
            "largest_claim_page_kilobytes": round(max(p.stat().st_size for p in (out / "claims").iterdir()) / 1000, 1),
            "history_kilobytes_a_run": round(len(json.dumps(history[0])) / 1000, 1),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", type=int, default=150)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = measure(arguments.claims, arguments.runs)
    for name, value in found.items():
        print(f"{name.replace('_', ' '):32} {value:g}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
