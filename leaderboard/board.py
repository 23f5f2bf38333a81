"""The board: a static site of one report and of the runs before it. No server, no network; equal input, equal bytes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jinja2 import Environment

from leaderboard import strips, summaries
from leaderboard.badges import badge_svg, theory_badge_svg
from leaderboard.calibration import calibration_context
from leaderboard.claim_page import claim_context
from leaderboard.example_claim import followed
from leaderboard.front import front_context
from leaderboard.history import Passage, passages, sparkline
from leaderboard.marks import symbol_styles
from leaderboard.region import Region
from leaderboard.sources import ROOT, lines, modules_of
from leaderboard.table import csv_table
from leaderboard.templating import HERE, NAME, environment, slug, with_table_roles
from runners.records.standing import counts
from runners.reporting.history import Run, in_short, with_run

SCHEMA = 1


@dataclass
class Board:
    """What all pages are made from."""

    report: Mapping[str, Any]
    runs: Sequence[Run]
    calibration: Mapping[str, Any] | None
    walk: list[Passage] = field(init=False)
    templates: Environment = field(init=False)

    def __post_init__(self) -> None:
        self.walk = passages(self.runs)
        self.templates = environment(
            {
                "report": self.report,
                "calibrated": self.calibration is not None,
                "spark": lambda name: sparkline(self.runs, name, self.report["tier"]),
            }
        )

    def page(self, template: str, root: str = "", **context: Any) -> str:
        text = self.templates.get_template(f"{template}.html.j2").render(root=root, **context)
        return text if template == "index" else with_table_roles(text)  # the front page's script does it, to stay small


def build(
    report: Mapping[str, Any],
    out: Path,
    *,
    calibration: Mapping[str, Any] | None = None,
    history: Sequence[Run] = (),
) -> list[Path]:
    """Write the site into a folder; the paths of its files. What is already as it should be is left untouched.

    `history` are the runs published before, in short; the report's own is added. With a calibration, the document of
    `tollens calibrate`, there is a page on how often the rule errs.
    """
    if report["schema"] != SCHEMA:
        raise ValueError(f"the report has schema {report['schema']}, this board draws schema {SCHEMA}: make it again")
    for claim in report["claims"]:
        if not NAME.fullmatch(claim["id"]):
            raise ValueError(f"{claim['id']!r} cannot name a page: a claim's id is lower case words joined by hyphens")
    board = Board(report, with_run(history, in_short(report)), calibration)
    written = [_write(out / name, text) for name, text in _files(board)]
    script, style = ((HERE / "assets" / name).read_text(encoding="utf-8") for name in ("board.js", "style.css"))
    written.append(_write(out / "board.js", script))
    written.append(_write(out / "style.css", style + symbol_styles()))
    if (ROOT / "CITATION.cff").is_file():
        written.append(_write(out / "CITATION.cff", (ROOT / "CITATION.cff").read_text(encoding="utf-8")))
    return written


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = text.encode("utf-8")
    if not path.is_file() or path.read_bytes() != new:
        path.write_bytes(new)
    return path


def _files(board: Board) -> Iterator[tuple[str, str]]:
    """Every page and data file: (name, text)."""
    claims = board.report["claims"]
    front = front_context(board.report, board.runs)
    yield "index.html", board.page("index", **front)
    yield "verdicts.html", board.page("verdicts", **verdicts_context(claims))
    yield "history.html", board.page("history", runs=board.runs, passages=board.walk, ids={c["id"] for c in claims})
    yield "disputes.html", board.page("disputes", **{key: front[key] for key in ("decided", "wrong", "alpha")})
    yield "data.html", board.page("data", sample=[c for c in claims if c["kind"] == "law"][:4])
    if board.calibration is not None:
        yield "calibration.html", board.page("calibration", **calibration_context(board.calibration))
    yield "claims.json", _json(board.report)
    yield "claims.csv", csv_table(board.report)
    yield "history.json", _json(board.runs)
    for claim in claims:
        name, kind = claim["id"], claim["kind"]
        if kind == "unfalsifiable":
            yield f"claims/{name}.html", board.page("unfalsifiable", "../", claim=claim)
        else:
            context = claim_context(claim, board.runs, board.walk)
            yield f"claims/{name}.html", board.page("claim", "../", claim=claim, **context)
        yield f"badges/{name}.svg", badge_svg(name, claim["verdict"])
    yield from _theories(board)
    yield from _experiments(board)
    for module in modules_of(claims):
        yield f"source/{module}.html", board.page("code", "../", module=module, lines=lines(module))


def _theories(board: Board) -> Iterator[tuple[str, str]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for claim in board.report["claims"]:
        groups.setdefault(claim["theory"], []).append(claim)
    for theory, members in groups.items():
        records = summaries.theories(members)
        sources = {json.dumps(c["source"].get("arxiv") or c["source"]["cite"]): c["source"] for c in members}
        yield (
            f"theories/{slug(theory)}.html",
            board.page(
                "theory",
                "../",
                theory=theory,
                records=records,
                sources=list(sources.values()),
                claims=[c for c in members if c["kind"] != "unfalsifiable"],
                unfalsifiable=[c for c in members if c["kind"] == "unfalsifiable"],
            ),
        )
        tally: Counter[str] = sum((Counter(record.verdicts) for record in records), Counter())
        counted = [c for c in members if counts(c)]
        tally = tally or Counter(c["verdict"] for c in counted)  # nothing but theorems and the unfalsifiable
        yield f"badges/theory-{slug(theory)}.svg", theory_badge_svg(theory, dict(tally), summaries.total_bits(counted))


def _experiments(board: Board) -> Iterator[tuple[str, str]]:
    groups: dict[str, list[Mapping[str, Any]]] = {}
    for claim in board.report["claims"]:
        if claim["kind"] != "unfalsifiable":
            groups.setdefault(claim["experiment"], []).append(claim)
    for experiment, members in groups.items():
        others = [c for c in board.report["claims"] if c["kind"] != "unfalsifiable" and c["experiment"] != experiment]
        yield (
            f"experiments/{slug(experiment)}.html",
            board.page(
                "experiment",
                "../",
                experiment=experiment,
                module=members[0].get("experiment_module"),
                claims=members,
                control_of=[c for c in others if any(x["experiment"] == experiment for x in c["controls"])],
                observables={c["measured"]["name"]: c["measured"]["means"] for c in members},
                trials=sum(c["cost"]["trials"] for c in members),
                seconds=sum(c["cost"]["seconds"] for c in members),
            ),
        )


def verdicts_context(claims: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The three outcomes of a condition, drawn for a region of 7% around equality (numbers made up to illustrate), and
    one real claim to follow."""
    outcomes = {
        "agrees": ("The whole interval lies inside the region.", 1.01, [0.985, 1.04]),
        "disagrees": ("The whole interval lies outside.", 1.13, [1.1, 1.17]),
        "undecided": ("The interval reaches over an edge; more trials would decide.", 1.05, [0.99, 1.12]),
    }
    example = followed(claims)
    return {
        "illustration_region": Region("ratio", 0.93, 1.07),
        "illustrations": [
            (status, text, [{"status": status, "agreement": point, "interval": interval}])
            for status, (text, point, interval) in outcomes.items()
        ],
        "example": example,
        "example_axis": strips.agreement_axis([example["condition"]], example["region"]) if example else None,
    }


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"
