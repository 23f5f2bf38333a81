"""A claim's figure as a file of its own, for a paper or a slide: drawing, axes in words, where it comes from."""

from __future__ import annotations

from xml.sax.saxutils import escape

from markupsafe import Markup

from leaderboard.figures import drawn, measured_figure, numeric_axis
from leaderboard.names import short_cite
from leaderboard.pictures import pictures
from leaderboard.quantities import region_text
from leaderboard.summaries import measured_text
from leaderboard.templating import HERE
from runners.reporting.report_model import ClaimReport, Report

WIDTH, LEFT, RIGHT, ABOVE, BELOW = 760, 84, 20, 44, 66


def figure_file(report: Report, claim: ClaimReport) -> str:
    """Measured against predicted with the region, or the first picture of the phenomenon; text of an SVG file.

    ValueError for a claim of which there is nothing to draw.
    """
    if (drawing := measured_figure(claim)) is not None:
        across, up = numeric_axis(drawn(claim)) or "predicted", measured_text(claim.measured)
    elif panels := pictures(claim)[0]:
        drawing, across, up = panels[0].drawing, panels[0].x, panels[0].title
    else:
        raise ValueError(f"{claim.id}: nothing of it was measured that a figure could show; --data has its conditions")
    source = f"{short_cite(claim.source.cite)}; {claim.verdict}; {region_text(claim.agreement.trial_region)}"
    edition = f"Tollens {report.version}, claim {claim.id}, tier {report.tier}, {report.created[:10]}"
    edition += f", commit {report.commit[:12]}" if report.commit else ""
    return as_file(drawing, across=across.replace("_", " "), up=up.replace("_", " "), below=(source, edition))


def as_file(drawing: Markup, *, across: str, up: str, below: tuple[str, str]) -> str:
    """A drawing as an SVG file: what its axes are above and below it, two lines at its foot."""
    height = float(str(drawing).partition('height="')[2].partition('"')[0])
    style = (HERE / "assets" / "style.css").read_text(encoding="utf-8")
    place = f'x="{LEFT}" y="{ABOVE}" width="{WIDTH - LEFT - RIGHT}"'
    inner = str(drawing).replace('width="100%"', place, 1)
    total = ABOVE + height + BELOW
    texts = [
        (LEFT, 24, "start", "label strong", up),
        ((LEFT + WIDTH - RIGHT) / 2, ABOVE + height + 14, "middle", "label", across),
        (LEFT, ABOVE + height + 36, "start", "label", below[0]),
        (LEFT, ABOVE + height + 54, "start", "label", below[1]),
    ]
    written = "".join(
        f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{kind}">{escape(text)}</text>'
        for x, y, anchor, kind, text in texts
    )
    paper = "svg { background: var(--paper); font-family: system-ui, sans-serif; }"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{total:g}" viewBox="0 0 {WIDTH} {total:g}">'
        f"<style>{escape(style + paper)}</style>{inner}{written}</svg>\n"
    )
