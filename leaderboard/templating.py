"""Templates of the board: what they may call, and how they write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from leaderboard import marks, quantities, strips, summaries
from leaderboard.board_strips import claim_strip
from leaderboard.calibration import looks_text, power_figure, rate_strip
from leaderboard.contests import duel_text, tied
from leaderboard.evidence import evidence_of, kinds
from leaderboard.formulas import formula
from leaderboard.mathematics import reason_text, typeset
from leaderboard.names import also_said, phenomenon_of, short_cite, short_name
from leaderboard.reach import holds_in_short, where_it_fails
from leaderboard.sources import source_link
from leaderboard.table import agreement_text
from runners.reporting.report_model import Source

HERE = Path(__file__).parent
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
HOLDERS = {"authors": "authors", "folklore": "folklore", "null-model": "null model"}


def environment(root_globals: Mapping[str, Any]) -> Environment:
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
        slug=slug,
        clipped=clipped,
        short_cite=short_cite,
        typeset=typeset,
        reason=reason_text,
    )
    env.globals.update(
        VERDICTS=marks.VERDICTS,
        QUANTITY=quantities.QUANTITY,
        STRANDS=STRANDS,
        HOLDERS=HOLDERS,
        badge=marks.badge,
        formula=formula,
        agreement_text=agreement_text,
        edges_text=quantities.edges_text,
        region_text=quantities.region_text,
        backends=summaries.backends,
        caught=summaries.caught,
        duel_text=duel_text,
        tied=tied,
        links=links,
        source_link=source_link,
        claim_strip=claim_strip,
        agreement_ticks=strips.agreement_ticks,
        condition_strip=strips.condition_strip,
        condition_text=summaries.condition_text,
        measured_text=summaries.measured_text,
        predicted_text=summaries.predicted_text,
        value_text=quantities.value_text,
        slack_text=summaries.slack_text,
        within_text=summaries.within_text,
        level_text=summaries.level_text,
        short_name=short_name,
        also_said=also_said,
        phenomenon_of=phenomenon_of,
        evidence_of=evidence_of,
        kinds=kinds,
        where_it_fails=where_it_fails,
        holds_in_short=holds_in_short,
        REACHES=("narrow", "open", "wide"),
        rate_strip=rate_strip,
        power_figure=power_figure,
        looks_text=looks_text,
        **root_globals,
    )
    return env


ROLES = {
    "<table": "table",
    "<thead": "rowgroup",
    "<tbody": "rowgroup",
    "<tr": "row",
    "<td": "cell",
    '<th scope="col"': "columnheader",
    '<th scope="row"': "rowheader",
}


def with_table_roles(page: str) -> str:
    """The page with the roles of its tables spelt out: laid out as cards on a phone they would lose them."""
    return re.sub(
        r'<th scope="(?:col|row)"|<(?:table|thead|tbody|tr|td)\b', lambda tag: f'{tag[0]} role="{ROLES[tag[0]]}"', page
    )


def sentence(text: str) -> str:
    """The text with a capital and a full stop: reasons come as clauses."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def slug(name: str) -> str:
    """A file name for a theory or an experiment: its words joined by hyphens."""
    return name if NAME.fullmatch(name) else re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "unnamed"


def clipped(text: str, most: int) -> str:
    """The text, ended at a word and an ellipsis where it is longer than this."""
    return text if len(text) <= most else text[: most - 1].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def links(source: Source) -> list[tuple[str, str]]:
    """(text, address) of a source: arXiv, DOI, or a web address; nothing but http(s) becomes a link."""
    found = []
    if source.arxiv:
        found.append((f"arXiv:{source.arxiv}", f"https://arxiv.org/abs/{quote(source.arxiv)}"))
    if source.doi:
        found.append((f"doi:{source.doi}", f"https://doi.org/{quote(source.doi)}"))
    if (source.url or "").startswith(("https://", "http://")):
        found.append((source.url.split("://", 1)[1], source.url))
    return found
