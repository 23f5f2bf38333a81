"""How long the front page of many claims takes in Chromium: to load until it can be used, and to filter.

    python benchmarks/board_loading.py [--claims 1000] [--repeats 5] [--json FILE]

Claims as in `board_building`: those of the published report, copied under further names. The same page of 100 claims is
measured beside it in the same browser. Medians over the repeats; of both, what passes on the wall and what the page's
main thread computes, which a loaded machine does not lengthen; the load average is told with them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import CDPSession, sync_playwright

from benchmarks.board_building import PUBLISHED, many_claims
from leaderboard.board import Board
from leaderboard.example_claim import REGION, outcomes
from leaderboard.front import front_context
from leaderboard.marks import symbol_styles
from leaderboard.overview import overview
from leaderboard.templating import HERE
from runners.reporting.history import in_short
from runners.reporting.published import read_report

FEW = 100
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
FILTERED = """async (text) => {
  const input = document.querySelector('.filters input'), began = performance.now();
  input.value = text;
  input.dispatchEvent(new Event('input', { bubbles: true }));
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  return performance.now() - began;
}"""
SHOWN = "[...document.querySelectorAll('table[data-name=claims] tr[data-f]')].filter(row => !row.hidden).length"


def front_page(count: int, out: Path) -> Path:
    """The front page of so many claims, with its style and script."""
    report = many_claims(read_report(PUBLISHED / "standard.json"), count)
    board = Board(report, [in_short(report)], None)
    told = {"overview": overview(report), "outcomes": outcomes(), "outcomes_region": REGION}
    (out / "index.html").write_text(board.page("index", **told, **front_context(report, board.runs)), encoding="utf-8")
    (out / "board.js").write_bytes((HERE / "assets" / "board.js").read_bytes())
    style = (HERE / "assets" / "style.css").read_text(encoding="utf-8")
    (out / "style.css").write_text(style + symbol_styles(), encoding="utf-8")
    return out / "index.html"


def measure(count: int, repeats: int) -> dict[str, Any]:
    """Milliseconds to load and to filter pages of `count` claims and of 100, and their ratios."""
    found: dict[str, Any] = {"claims": count, "load_average": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as machine:
        browser = machine.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        for claims in (FEW, count):
            (out := Path(folder) / str(claims)).mkdir()
            address = front_page(claims, out)
            told: dict[str, list[float]] = {name: [] for name in ("load", "load_cpu", "filter", "filter_cpu")}
            for _ in range(repeats):
                page = browser.new_page(viewport={"width": 1400, "height": 1000})
                session = page.context.new_cdp_session(page)
                session.send("Performance.enable", {"timeDomain": "threadTicks"})
                page.goto(address.as_uri())
                told["load"].append(page.evaluate(LOADED))
                told["load_cpu"].append(_computed(session))
                everything, began = page.evaluate(SHOWN), _computed(session)
                told["filter"].append(page.evaluate(FILTERED, "sharpness"))
                told["filter_cpu"].append(_computed(session) - began)
                if not 0 < page.evaluate(SHOWN) < everything:
                    raise RuntimeError("the filter hid nothing, or everything: its time says nothing")
                page.close()
            found |= {f"{name}_ms_{claims}": round(median(values), 1) for name, values in told.items()}
            found[f"kilobytes_{claims}"] = round(address.stat().st_size / 1000, 1)
        browser.close()
    for name in ("load", "load_cpu", "filter", "filter_cpu"):
        found[f"{name}_ratio"] = round(found[f"{name}_ms_{count}"] / found[f"{name}_ms_{FEW}"], 2)
    return found


def _computed(session: CDPSession) -> float:
    """Milliseconds that the main thread of a page has computed."""
    metrics = {it["name"]: it["value"] for it in session.send("Performance.getMetrics")["metrics"]}
    return 1000 * metrics["TaskDuration"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--claims", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    found = measure(arguments.claims, arguments.repeats)
    for name, value in found.items():
        print(f"{name.replace('_', ' '):32} {value:g}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
