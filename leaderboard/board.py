"""The board: a static site of one report. No script, no network; the same report gives the same bytes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from leaderboard import figures, marks, quantities, strips, summaries
from leaderboard.calibration import calibration_context, looks_text, power_figure, rate_strip
from leaderboard.formulas import formula
from leaderboard.region import Region
from leaderboard.table import agreement_text, csv_table

HERE = Path(__file__).parent
SCHEMA = 1
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

STRANDS = {
    "solvable-settings": "Solvable settings",
    "limits": "Limits",
    "empirical-laws": "Empirical laws",
    "hyperparameters": "Theories of hyperparameters",
    "universality": "Universality",
    "data": "Data",
    "statistics": "Statistics",
    "representation": "Representation",
}


def build(report: Mapping[str, Any], out: Path, *, calibration: Mapping[str, Any] | None = None) -> list[Path]:
    """Write index.html, verdicts.html, claims/<id>.html, style.css, claims.json and claims.csv; their paths.

    With a calibration, the document of `tollens calibrate`, also calibration.html.
    """
    if report["schema"] != SCHEMA:
        raise ValueError(f"the report has schema {report['schema']}, this board draws schema {SCHEMA}: make it again")
    for claim in report["claims"]:
        if not NAME.fullmatch(claim["id"]):
            raise ValueError(f"{claim['id']!r} cannot name a page: a claim's id is lower case words joined by hyphens")
    templates = environment()
    templates.globals["calibrated"] = calibration is not None
    pages = {
        "index.html": templates.get_template("index.html.j2").render(report=report, root="", **index_context(report)),
        "verdicts.html": templates.get_template("verdicts.html.j2").render(
            report=report, root="", **verdicts_context()
        ),
        "claims.json": json.dumps(report, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        "claims.csv": csv_table(report),
    }
    if calibration is not None:
        pages["calibration.html"] = templates.get_template("calibration.html.j2").render(
            report=report, root="", **calibration_context(calibration)
        )
    for claim in report["claims"]:
        name = "unfalsifiable.html.j2" if claim["kind"] == "unfalsifiable" else "claim.html.j2"
        context = {} if claim["kind"] == "unfalsifiable" else claim_context(claim)
        text = templates.get_template(name).render(report=report, claim=claim, root="../", **context)
        pages[f"claims/{claim['id']}.html"] = text
    (out / "claims").mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    shutil.copyfile(HERE / "assets" / "style.css", out / "style.css")
    return [out / name for name in (*pages, "style.css")]


def index_context(report: Mapping[str, Any]) -> dict[str, Any]:
    """Claims in the board's order: laws and bounds by strand, then what is listed apart."""
    claims = report["claims"]
    judged = [c for c in claims if c["kind"] in ("law", "bound")]
    return {
        "strands": [(title, [c for c in judged if c["strand"] == key]) for key, title in STRANDS.items()],
        "identities": [c for c in claims if c["kind"] == "identity"],
        "unfalsifiable": [c for c in claims if c["kind"] == "unfalsifiable"],
        "theories": summaries.theories(claims),
    }


def verdicts_context() -> dict[str, Any]:
    """The three outcomes of a condition, drawn for a region of 7% around equality; numbers made up to illustrate."""
    outcomes = {
        "agrees": ("The whole interval lies inside the region.", 1.01, [0.985, 1.04]),
        "disagrees": ("The whole interval lies outside.", 1.13, [1.1, 1.17]),
        "undecided": ("The interval reaches over an edge; more trials would decide.", 1.05, [0.99, 1.12]),
    }
    return {
        "illustration_region": Region("ratio", 0.93, 1.07),
        "illustrations": [
            (status, text, [{"status": status, "agreement": point, "interval": interval}])
            for status, (text, point, interval) in outcomes.items()
        ],
    }


def claim_context(claim: Mapping[str, Any]) -> dict[str, Any]:
    """What a claim's page draws: its region, one axis for its conditions, and one for each control."""
    region = Region.of(claim["agreement"])
    everything = [*claim["conditions"], *claim["shown"]]
    axes = summaries.varying_axes(everything)
    fixed = {k: v for c in everything[:1] for k, v in c["condition"].items() if k not in axes}
    return {
        "region": region,
        "trial_region": Region.of_trial(claim["agreement"]),
        "axis": strips.agreement_axis(everything, region),
        "axes": axes or list(fixed),
        "fixed": fixed if axes else {},
        "figure": figures.measured_figure(claim),
        "numeric_axis": figures.numeric_axis(figures.drawn(claim)),
        "examples": [c for c in everything if c.get("example")],
        "controls": [
            (control, strips.agreement_axis(control["conditions"], region), _labels(control["conditions"]))
            for control in claim["controls"]
        ],
        "ranking": ranking(claim),
    }


def ranking(claim: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The claim's prediction and its rivals, judged on the same trials: best first."""
    own = {key: claim[key] for key in ("predicted", "held_by", "verdict", "bits", "conditions")}
    entries = [{"name": "this claim", "because": None, "own": True, **own}]
    entries += [{"own": False, **rival} for rival in claim["rivals"]]
    return sorted(entries, key=lambda e: (-(e["bits"] or 0), marks.VERDICTS.index(e["verdict"])))


def environment() -> Environment:
    """Templates with autoescape on, and a misspelt field an error."""
    env = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        number=quantities.number_text,
        interval=quantities.interval_text,
        percent=quantities.percent_text,
        range=quantities.range_text,
        sentence=sentence,
        words=lambda name: name.replace("_", " ").replace("-", " "),
    )
    env.globals.update(
        VERDICTS=marks.VERDICTS,
        STRANDS=STRANDS,
        badge=marks.badge,
        formula=formula,
        region_of=lambda claim: Region.of(claim["agreement"]),
        agreement_text=agreement_text,
        links=links,
        board_axis=strips.board_axis,
        claim_strip=strips.claim_strip,
        agreement_ticks=strips.agreement_ticks,
        condition_strip=strips.condition_strip,
        curves_figure=figures.curves_figure,
        condition_text=summaries.condition_text,
        measured_text=summaries.measured_text,
        predicted_text=summaries.predicted_text,
        severity_text=summaries.severity_text,
        slack_text=summaries.slack_text,
        within_text=summaries.within_text,
        calibrated=False,
        rate_strip=rate_strip,
        power_figure=power_figure,
        looks_text=looks_text,
    )
    return env


def sentence(text: str) -> str:
    """The text with a capital and a full stop: reasons come as clauses."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def links(source: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(text, address) of a source: arXiv, DOI, or a web address; nothing but http(s) becomes a link."""
    found = []
    if source.get("arxiv"):
        found.append((f"arXiv:{source['arxiv']}", f"https://arxiv.org/abs/{quote(source['arxiv'])}"))
    if source.get("doi"):
        found.append((f"doi:{source['doi']}", f"https://doi.org/{quote(source['doi'])}"))
    if (source.get("url") or "").startswith(("https://", "http://")):
        found.append((source["url"].split("://", 1)[1], source["url"]))
    return found


def _labels(conditions: list[Mapping[str, Any]]) -> list[str]:
    """Axes that name a control's conditions: those that vary, else all."""
    return summaries.varying_axes(conditions) or [name for c in conditions[:1] for name in c["condition"]]
