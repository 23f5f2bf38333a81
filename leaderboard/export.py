"""A claim's figures as files of their own, for a paper or a slide: drawing, axes in words, where it comes from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from markupsafe import Markup

from leaderboard.figures import drawn, measured_figure, numeric_axis
from leaderboard.names import short_cite
from leaderboard.pictures import Picture, pictures
from leaderboard.quantities import region_text
from leaderboard.summaries import measured_text
from leaderboard.templating import HERE
from runners.reporting.report_model import ClaimReport, Report

WIDTH, LEFT, RIGHT, ABOVE, BELOW = 760, 84, 20, 34, 36
NAMED = 48
"""Room for the two lines that say where a figure comes from."""
DRAWN_WITH = re.compile(
    r"\.(svg|label|tick|grid|frame|region|edge|exact|trial|interval|point|beyond|expected|plot |colour-|fill-|draw)"
)
"""Rules of the style sheet that a drawing needs."""


def figure_file(report: Report, claim: ClaimReport) -> str:
    """Measured against predicted with the region, or the first picture of the phenomenon; text of an SVG file.

    ValueError for a claim of which there is nothing to draw.
    """
    if (drawing := measured_figure(claim)) is not None:
        across = numeric_axis(drawn(claim)) or "predicted"
        return _file(report, claim, [Picture(measured_text(claim.measured), across, drawing)])
    if panels := pictures(claim)[0]:
        return _file(report, claim, panels[:1])
    raise ValueError(f"{claim.id}: nothing of it was measured that a figure could show; --data has its conditions")


def panels_file(report: Report, claim: ClaimReport) -> str | None:
    """All pictures of the phenomenon below each other; None for a claim without any."""
    panels = pictures(claim)[0]
    return _file(report, claim, panels) if panels else None


def cited(report: Report, claim: ClaimReport) -> str:
    """What to write below a figure: claim, edition and the law's own source."""
    edition = f"Tollens {report.version}, claim {claim.id}, tier {report.tier}, {report.created[:10]}"
    edition += f", epoch {report.epoch}" if report.epoch != "none" else ""
    edition += f", commit {report.commit[:12]}" if report.commit else ""
    return f"{edition}. The law: {short_cite(claim.source.cite)}"


def _file(report: Report, claim: ClaimReport, panels: Sequence[Picture]) -> str:
    edition, _, law = cited(report, claim).partition(". ")
    return _below_each_other(panels, (f"{law}; {claim.verdict}; {region_text(claim.agreement.trial_region)}", edition))


def as_file(drawing: Markup, *, across: str, up: str, below: tuple[str, str]) -> str:
    """A drawing as an SVG file: what its axes are above and below it, two lines at its foot."""
    return _below_each_other([Picture(up, across, drawing)], below)


def _below_each_other(panels: Sequence[Picture], below: tuple[str, str]) -> str:
    parts, y = [], 0.0
    for panel in panels:
        height = float(str(panel.drawing).partition('height="')[2].partition('"')[0])
        place = f'x="{LEFT}" y="{y + ABOVE:g}" width="{WIDTH - LEFT - RIGHT}"'
        parts += [
            _text(LEFT, y + 22, panel.title, "label strong"),
            str(panel.drawing).replace('width="100%"', place, 1),
            _text((LEFT + WIDTH - RIGHT) / 2, y + ABOVE + height + 16, panel.x, "label", "middle"),
        ]
        y += ABOVE + height + BELOW
    parts += [_text(LEFT, y + 14 + 18 * i, line, "label") for i, line in enumerate(below)]
    total = y + NAMED
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{total:g}" viewBox="0 0 {WIDTH} {total:g}">'
        f"<style>{escape(_style())}</style>{''.join(parts)}</svg>\n"
    )


def _style() -> str:
    style = (HERE / "assets" / "style.css").read_text(encoding="utf-8")
    colours, dark = re.findall(r":root \{[^}]*\}", style)[:2]
    paper = "svg { background: var(--paper); font-family: system-ui, sans-serif; }"
    rules = [line for line in style.splitlines() if DRAWN_WITH.match(line)]
    return "\n".join([colours, f"@media (prefers-color-scheme: dark) {{ {dark} }}", paper, *rules])


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    said = escape(text.replace("_", " "))
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{kind}">{said}</text>'
