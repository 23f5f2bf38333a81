"""A claim's figures as files of their own, for a paper or a slide: drawing, axes in words, where it comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from markupsafe import Markup

from leaderboard.board_strips import claim_strip
from leaderboard.figures import drawn, measured_figure, numeric_axis
from leaderboard.forest import Residuals
from leaderboard.names import short_cite, short_name
from leaderboard.pictures import Picture, pictures
from leaderboard.quantities import QUANTITY, number_text, region_text
from leaderboard.reach import ReachMap, reach_map
from leaderboard.summaries import measured_text
from leaderboard.svg import Svg
from leaderboard.templating import HERE
from leaderboard.validity import discrepancy_figure
from runners.reporting.report_model import ClaimReport, Provenance, Report

WIDTH, LEFT, RIGHT, ABOVE, BELOW = 760, 84, 20, 34, 36
FOOT, NAMED = 14, 48
"""Left edge of, and room for, the two lines that say where a figure comes from."""
DRAWN_WITH = re.compile(
    r"\.(svg|label|tick|grid|frame|region|edge|exact|trial|interval|point|beyond|expected|plot |colour-|fill-|draw)"
    r"|path\.[adu]|\.strip (path|\.)"
)
"""Rules of the style sheet that a drawing needs."""
ENTRY = 18.0
"""Pixels of a line of a legend."""
LETTER = 6.4
"""Pixels of a letter of it, about."""
STRIP = (300, 230)
"""Left edge and width of the strips in a file of readings, in pixels."""


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


def reach_file(report: Report, claim: ClaimReport) -> str | None:
    """The map of the claim's draws; None without one."""
    found = reach_map(claim)
    return _file(report, claim, _mapped(found, claim)) if found else None


def discrepancy_file(report: Report, claim: ClaimReport) -> str | None:
    """The claim's discrepancy against size; None where nothing tells it."""
    if (found := discrepancy_figure(claim)) is None:
        return None
    axis, drawing = found
    title = f"distance of {QUANTITY[claim.region.by]} from {number_text(claim.region.exact)}"
    return _file(report, claim, [Picture(title, axis, drawing)])


def errors_file(report: Report, room: str, found: Sequence[Residuals]) -> str:
    """Errors of a phenomenon's readings against size, a panel an axis."""
    title = "distance from the middle of each region, in its half-widths"
    panels = [Picture(title, it.axis, it.drawing, it.legend) for it in found]
    return _below_each_other(panels, (f"{room.replace('_', ' ')}: errors against size", edition(report, room)))


def readings_file(report: Report, room: str, readings: Iterable[tuple[str, Sequence[ClaimReport]]],
                  pooled: Markup | None) -> str:  # fmt: skip
    """Every reading of a phenomenon, a line each: name, strip with the region in its middle third, verdict."""
    rows: list[tuple[str, ClaimReport | None]] = []
    for title, claims in readings:
        rows += [(title, None), *((short_name(it.id), it) for it in claims)] if claims else []
    svg, y = Svg(0, f"readings of {room.replace('_', ' ')}", kind="plot"), 12.0
    for share, text, anchor in ((0.0, "too low", "start"), (0.5, "region", "middle"), (1.0, "too high", "end")):
        svg.add("text", "label", text=text, x=STRIP[0] + share * STRIP[1], y=y, text_anchor=anchor)
    for name, claim in rows:
        strip = claim_strip(claim.conditions, claim.region) if claim and claim.judged else None
        if claim is None:
            y += 8
        svg.add("text", "label" if claim else "label strong", text=name, x=0, y=y + 15)
        if strip is not None and claim is not None:
            low, high = 0 if claim.region.open_below else 1 / 3, 1 if claim.region.open_above else 2 / 3
            _strip(svg, strip, y, (low, high))
        if claim is not None:
            svg.add("text", "label strong", text=claim.verdict, x=sum(STRIP) + 14, y=y + 15)
        y += max(24.0, _height(strip) + 4) if strip else 24.0
    if pooled is not None:
        svg.add("text", "label strong", text="Laws that stand, pooled", x=0, y=y + 15)
        _strip(svg, pooled, y, (1 / 3, 2 / 3))
        y += 28
    svg.root.set("height", f"{y:g}")
    said = "A line a setting, its interval and typical trial; shaded: each reading's own region."
    title = f"{room.replace('_', ' ')}: every reading, measured against predicted"
    return _below_each_other([Picture(title, "", svg.markup())], (said, edition(report, room)))


def edition(report: Report, room: str) -> str:
    """What to cite of a phenomenon's figures."""
    return _edition(report, f"phenomenon {room.replace('_', ' ')}")


def cited(report: Report, claim: ClaimReport) -> str:
    """What to write below a figure: claim, edition and the law's own source."""
    return f"{_edition(claim.lent_by or report, f'claim {claim.id}')}. The law: {short_cite(claim.source.cite)}"


def _edition(report: Provenance, what: str) -> str:
    told = f"Tollens {report.version}, {what}, tier {report.tier}, {report.created[:10]}"
    told += f", epoch {report.epoch}" if report.epoch != "none" else ""
    return told + (f", commit {report.commit[:12]}" if report.commit else "")


def _file(report: Report, claim: ClaimReport, panels: Sequence[Picture]) -> str:
    edition, _, law = cited(report, claim).partition(". ")
    return _below_each_other(panels, (f"{law}; {claim.verdict}; {region_text(claim.agreement.trial_region)}", edition))


def _mapped(found: ReachMap, claim: ClaimReport) -> list[Picture]:
    name = f"{short_name(claim.id)}: {found.up}"
    panels = [Picture(f"{name}{f'; {title}' if title else ''}", found.across, it) for title, it in found.panels]
    return [*panels[:-1], replace(panels[-1], legend=found.legend)]


def _strip(svg: Svg, strip: Markup, y: float, region: tuple[float, float]) -> None:
    """A strip at its place, over the band that a style sheet would draw behind it."""
    left, width = STRIP
    height = _height(strip)
    svg.add("rect", "frame", x=left, y=y, width=width, height=height)
    inside = {"x": left + width * region[0], "width": width * (region[1] - region[0])}
    svg.add("rect", "region", y=y, height=height, **inside)
    drawn = ElementTree.fromstring(str(strip))
    drawn.attrib |= {"x": f"{left}", "y": f"{y:g}", "width": f"{width}", "height": f"{height:g}"}
    svg.root.append(drawn)


def _height(drawing: Markup) -> float:
    """In pixels: that of its view, where the style sheet has it."""
    found = ElementTree.fromstring(str(drawing))
    return float(found.get("height") or found.attrib["viewBox"].split()[3])


def as_file(drawing: Markup, *, across: str, up: str, below: tuple[str, str]) -> str:
    """A drawing as an SVG file: what its axes are above and below it, two lines at its foot."""
    return _below_each_other([Picture(up, across, drawing)], below)


def _below_each_other(panels: Sequence[Picture], below: tuple[str, str]) -> str:
    parts, y = [], 0.0
    for panel in panels:
        height = _height(panel.drawing)
        place = f'x="{LEFT}" y="{y + ABOVE:g}" width="{WIDTH - LEFT - RIGHT}"'
        parts += [
            _text(LEFT, y + 22, panel.title, "label strong"),
            str(panel.drawing).replace('width="100%"', place, 1),
            _text((LEFT + WIDTH - RIGHT) / 2, y + ABOVE + height + 16, panel.x, "label", "middle"),
        ]
        y += ABOVE + height + BELOW
        drawn, y = _legend(panel.legend, y)
        parts += drawn
    parts += [_text(FOOT, y + 14 + 18 * i, line, "label") for i, line in enumerate(below)]
    total = y + NAMED
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{total:g}" viewBox="0 0 {WIDTH} {total:g}">'
        f"<style>{escape(_style())}</style>{''.join(parts)}</svg>\n"
    )


def _legend(entries: Sequence[tuple[str, str]], y: float) -> tuple[list[str], float]:
    """Marks with what they stand for, beside each other as long as there is room; where they end."""
    parts, x = [], float(LEFT)
    for mark, text in entries:
        width = 34 + LETTER * len(text)
        if x > LEFT and x + width > WIDTH:
            x, y = float(LEFT), y + ENTRY
        if isinstance(mark, Markup):  # a drawing of its own; else the class of a dot's colour
            parts.append(str(mark).replace("<svg ", f'<svg x="{x - 2:g}" y="{y - 12:g}" ', 1))
        else:
            parts.append(f'<circle class="{mark}" cx="{x + 5:g}" cy="{y - 5:g}" r="4.5"/>')
        parts.append(_text(x + 16, y - 1, text, "label"))
        x += width
    return parts, y + ENTRY * bool(entries)


def _style() -> str:
    style = (HERE / "assets" / "style.css").read_text(encoding="utf-8")
    colours, dark = re.findall(r":root \{[^}]*\}", style)[:2]
    paper = "svg { background: var(--paper); font-family: system-ui, sans-serif; }"
    rules = [line for line in style.splitlines() if DRAWN_WITH.match(line)]
    return "\n".join([colours, f"@media (prefers-color-scheme: dark) {{ {dark} }}", paper, *rules])


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    said = escape(text.replace("_", " "))
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" class="{kind}">{said}</text>'
