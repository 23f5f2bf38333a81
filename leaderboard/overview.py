"""All claims in one picture: a row a strand, a tile a claim; for the front page, and as a file for slides."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from markupsafe import Markup

from leaderboard.evidence import PUBLIC, SCALES, scale_of
from leaderboard.marks import SYMBOLS, VERDICTS, css_class
from leaderboard.templating import HERE, STRANDS
from runners.reporting.report_model import ClaimReport, Report

WIDTH, TILE, LABEL, TOP, KEYS = 1188, 21, 242, 26, 96
COLUMNS = ((("authors",), 23, "Laws and bounds of authors"), (("folklore", "null-model"), 5, "Folklore"),
           (("corollary",), 8, "Corollaries"), (("theorem",), 7, "Theorems"))  # fmt: skip
"""Who holds them, how many tiles stand beside each other, and what stands above."""
BLANK = "blank"
"""A tile without a verdict, to show a rim or a fill by itself."""


def overview(report: Report) -> Markup:
    """The picture, drawn with the classes of the style sheet; hidden from who listens: the table says the same."""
    root = ElementTree.Element("svg", {"class": "overview", "aria-hidden": "true"})
    definitions = ElementTree.SubElement(root, "defs")
    for verdict, drawn in {**SYMBOLS, BLANK: ("", "")}.items():
        _symbol(definitions, verdict, *drawn)
    keys = _legend(root, 0, report) + 6
    lefts = [LABEL]
    for _, across, _ in COLUMNS[:-1]:
        lefts.append(lefts[-1] + across * TILE + 14)
    for left, (_, _, title) in zip(lefts, COLUMNS, strict=True):
        _text(root, left, keys + 14, title, "head")
    y = keys + TOP
    for strand, title in STRANDS.items():
        columns = [[c for c in report.falsifiable if c.strand == strand and _column(c) in it[0]] for it in COLUMNS]
        if not any(columns):
            continue
        _text(root, 0, y + 15, title, "strand")
        most = max(-(-len(claims) // it[1]) for claims, it in zip(columns, COLUMNS, strict=True))
        # A group a line: its tiles need not say how far down they are.
        lines = [
            ElementTree.SubElement(root, "g", {"transform": f"translate(0 {y + i * TILE:g})"}) for i in range(most)
        ]
        for left, claims, (_, across, _) in zip(lefts, columns, COLUMNS, strict=True):
            for i, claim in enumerate(sorted(claims, key=lambda it: VERDICTS.index(it.verdict))):
                _tile(lines[i // across], claim, left + i % across * TILE)
        y += most * TILE + 6
    root.set("viewBox", f"0 0 {WIDTH} {y}")
    return Markup(ElementTree.tostring(root, encoding="unicode").replace(" />", "/>"))


def standalone(picture: Markup) -> str:
    """The picture as a file of its own, which brings its colours, light and dark, and leads nowhere."""
    style = (HERE / "assets" / "style.css").read_text(encoding="utf-8")
    rules = [line for line in style.splitlines() if re.match(r"\s*(\.tile|\.overview|\.mark)", line)]
    colours, dark = re.findall(r":root \{[^}]*\}", style)[:2]
    ink = "svg { background: var(--paper); font-family: system-ui, sans-serif; }"
    text = "\n".join([colours, f"@media (prefers-color-scheme: dark) {{ {dark} }}", ink, *rules])
    plain = re.sub(r'<a href="[^"]*" tabindex="-1" class', "<g class", str(picture)).replace("</a>", "</g>")
    head = '<svg xmlns="http://www.w3.org/2000/svg" '
    return plain.replace("<svg ", head, 1).replace("<defs>", f"<style>{text}</style><defs>", 1) + "\n"


def _column(claim: ClaimReport) -> str:
    return "theorem" if claim.kind == "theorem" else claim.held_by if claim.counts else "corollary"


def _symbol(parent: ElementTree.Element, verdict: str, stroke: str, fill: str) -> None:
    """A tile of 17 pixels with a verdict's symbol. What its link or group says of rim and fill, the tile inherits."""
    tile = ElementTree.SubElement(parent, "g", {"id": css_class(verdict)})
    side = str(TILE - 4)
    ElementTree.SubElement(tile, "rect", {"class": "tile-body", "width": side, "height": side, "rx": "3"})
    inner = ElementTree.SubElement(tile, "g", {"transform": "translate(2.5 2.5) scale(.75)", "class": "mark"})
    for kind, path in (("mark-line", stroke), ("mark-full", fill)):
        if path:
            ElementTree.SubElement(inner, "path", {"class": kind, "d": path})


def _tile(line: ElementTree.Element, claim: ClaimReport, x: float) -> None:
    tried = claim.reach is not None and claim.reach.applicable > 0
    kind = _kind(claim.verdict, claim.reach.word if claim.reach and tried else "", scale_of(claim))
    link = ElementTree.SubElement(line, "a", {"href": f"claims/{claim.id}.html", "tabindex": "-1", "class": kind})
    _drawn(link, claim.verdict, x)


def _kind(verdict: str, reach: str, step: int) -> str:
    return " ".join(filter(None, ("tile", css_class(verdict), reach, f"s{step}" if step else "")))


def _drawn(parent: ElementTree.Element, verdict: str, x: float, y: float = 0) -> None:
    placed = {"href": f"#{css_class(verdict)}", "x": f"{x:g}"} | ({"y": f"{y:g}"} if y else {})
    ElementTree.SubElement(parent, "use", placed)


def _legend(root: ElementTree.Element, y: float, report: Report) -> float:
    """What symbol, rim and fill mean, a line each; the height at which it ends."""
    said = {claim.verdict for claim in report.falsifiable}
    lines = [("Verdict", [(verdict, verdict, "", 0) for verdict in VERDICTS if verdict in said])]
    if any(claim.reach for claim in report.falsifiable):
        told = {
            "wide": "holds in at least 80% of the settings for which it is stated",
            "narrow": "fails in over 20%",
            "open": "neither is shown yet",
        }
        rims = [(f"{word}: {text}", BLANK, word, 0) for word, text in told.items()]
        lines.append(("Rim: reach", rims))
    (toy, *larger), steps = SCALES, {scale_of(claim) for claim in report.falsifiable}
    sizes = [("no network of a named size", 0), (f"trained or drawn here, {toy[2]}: a toy", toy[1])]
    sizes += [(text, step) for _, step, text in larger] + [("round: public large runs", PUBLIC)]
    lines.append(("Fill: size", [(text, BLANK, "", step) for text, step in sizes if step in steps and steps != {0}]))
    for heading, words in lines:
        if not words:
            continue
        _text(root, 0, y + 14, heading, "key")
        x: float = KEYS
        for text, symbol, reach, step in words:
            width = 46 + 7.4 * len(text)
            if x + width > WIDTH:
                x, y = KEYS, y + 26
            _drawn(ElementTree.SubElement(root, "g", {"class": _kind(symbol, reach, step)}), symbol, x, y)
            _text(root, x + 24, y + 14, text, "key")
            x += width
        y += 26
    return y


def _text(root: ElementTree.Element, x: float, y: float, text: str, kind: str) -> None:
    ElementTree.SubElement(root, "text", {"x": f"{x:g}", "y": f"{y:g}", "class": kind}).text = text
