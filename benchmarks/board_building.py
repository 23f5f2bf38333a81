"""How long the board takes: 150 claims and 20 runs of history, from nothing and again after one claim changed.

    python benchmarks/board_building.py [--claims 150] [--runs 20] [--json FILE]

The claims are those of the published report, copied under further names until there are enough; the runs are its own,
with every interval shifted a little and a verdict in twenty flipped.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import numpy as np

from leaderboard.board import build
from runners.reporting.history import in_short
from runners.reporting.published import read_report
from runners.reporting.report_model import Report
from runners.reporting.report_parts import Limits
from runners.reporting.run_model import Run, RunClaim

PUBLISHED = Path(__file__).resolve().parents[1] / "leaderboard" / "published"


def many_claims(report: Report, count: int) -> Report:
    """The report with its claims copied, and some renamed theories, until there are this many."""
    claims = list(report.claims[:count])
    for number in range(len(claims), count):
        claim = report.claims[number % len(report.claims)]
        renamed = {"id": f"{claim.id}-{number}", "theory": f"{claim.theory}-{number // len(report.claims)}"}
        claims.append(claim.model_copy(update=renamed))
    return report.model_copy(update={"claims": tuple(claims)})


def earlier_runs(report: Report, count: int, *, seed: int = 0) -> list[Run]:
    """Runs in short as they might have been published on the days before this report."""
    rng, run = np.random.default_rng(seed), in_short(report)

    def shifted(limits: Limits) -> Limits:
        low, high = limits
        return low * (1 + 0.001 * rng.standard_normal()), high * (1 + 0.001 * rng.standard_normal())

    def another(entry: RunClaim) -> RunClaim:
        verdict = "refuted" if rng.random() < 0.05 and entry.verdict == "supported" else entry.verdict
        intervals = {key: shifted(limits) for key, limits in entry.conditions.items()}
        return entry.model_copy(update={"verdict": verdict, "conditions": intervals})

    days = [f"2025-{1 + day // 28:02d}-{1 + day % 28:02d}T00:00:00Z" for day in range(count)]
    claims = [{name: another(entry) for name, entry in run.claims.items()} for _ in days]
    return [run.model_copy(update={"created": day, "claims": found}) for day, found in zip(days, claims, strict=True)]


def measure(claims: int, runs: int) -> dict[str, float]:
    """Seconds from nothing and after a change of one claim, files rewritten by it, and bytes of the largest pages."""
    report = many_claims(read_report(PUBLISHED / "standard.json"), claims)
    calibration = json.loads((PUBLISHED / "calibration.json").read_text())
    history = earlier_runs(report, runs)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        began = time.process_time()
        pages = build(report, out, calibration=calibration, history=history)
        first = time.process_time() - began
        before = {path: path.stat().st_mtime_ns for path in pages}
        first_law = report.falsifiable[0]
        rewritten = first_law.model_copy(update={"about": "Changed."})
        changed = report.model_copy(
            update={"claims": tuple(rewritten if claim is first_law else claim for claim in report.claims)}
        )
        began = time.process_time()
        build(changed, out, calibration=calibration, history=history)
        second = time.process_time() - began
        claim_pages = (out / "claims").glob("*.html")
        return {
            "claims": claims,
            "runs": runs,
            "seconds_from_nothing": round(first, 2),
            "seconds_after_a_change": round(second, 2),
            "files": len(pages),
            "files_rewritten": sum(path.stat().st_mtime_ns != before[path] for path in pages),
            "front_page_kilobytes": round((out / "index.html").stat().st_size / 1000, 1),
            "largest_claim_page_kilobytes": round(max(p.stat().st_size for p in claim_pages) / 1000, 1),
            "history_kilobytes_a_run": round(len(history[0].written()) / 1000, 1),
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
