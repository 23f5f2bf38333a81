"""Inline SVG whose width is the reader's: horizontal positions in percent, vertical ones and text in pixels."""

from __future__ import annotations

import math
from xml.etree import ElementTree

from markupsafe import Markup


class Svg:
    """A drawing of fixed height and fluid width. Colours come from the style sheet, by class."""

    def __init__(self, height: float, label: str, *, kind: str = "figure"):
        attributes = {
            "class": f"svg {kind}",
            "width": "100%",
            "height": f"{height:g}",
            "role": "img",
            "aria-label": label,
        }
        self.root = ElementTree.Element("svg", attributes)

    def add(
        self,
        tag: str,
        kind: str,
        *,
        text: str | None = None,
        parent: ElementTree.Element | None = None,
        **attributes: str | float,
    ) -> ElementTree.Element:
        """Append a shape of this class; numbers are pixels, strings are taken as they are."""
        element = ElementTree.SubElement(self.root if parent is None else parent, tag, {"class": kind})
        for name, value in attributes.items():
            element.set(name.replace("_", "-"), _length(value))
        element.text = text
        return element

    def describe(self, text: str) -> None:
        """A title, which is the label, and a description for those who cannot see the drawing."""
        for at, (tag, said) in enumerate((("title", self.root.get("aria-label")), ("desc", text))):
            element = ElementTree.Element(tag)
            element.text = said
            self.root.insert(at, element)

    def marker(
        self, shape: str, kind: str, *, x: str, y: float, radius: float = 4.5, title: str | None = None
    ) -> ElementTree.Element:
        """A small shape centred at (x, y): dot, ring, plus, diamond, square, left, right, truth (a triangle)."""
        if shape in ("dot", "ring"):
            element = self.add("circle", f"{kind} {shape}", cx=x, cy=y, r=radius)
        else:
            # A nested drawing carries the percentage; its shape is in pixels around the origin.
            origin = self.add("svg", "origin", x=x, y=y, width=1, height=1)
            if shape in PATHS:
                path = PATHS[shape].format(r=_length(radius))
                element = self.add("path", f"{kind} {shape}", parent=origin, d=path)
            else:
                corners = " ".join(f"{_length(a * radius)},{_length(b * radius)}" for a, b in CORNERS[shape])
                element = self.add("polygon", f"{kind} {shape}", parent=origin, points=corners)
        if title is not None:
            ElementTree.SubElement(element, "title").text = title
        return element

    def markup(self) -> Markup:
        return Markup(ElementTree.tostring(self.root, encoding="unicode"))


def key_mark(shape: str, kind: str, label: str) -> Markup:
    """A mark for a legend."""
    drawn = Svg(14, label, kind="key-mark")
    drawn.root.attrib |= {"width": "14", "aria-hidden": "true"}
    drawn.marker(shape, kind, x="7", y=7)
    return drawn.markup()


PATHS = {
    "plus": "M-{r} 0H{r}M0 -{r}V{r}",
}
CORNERS = {
    "diamond": [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
    "square": [(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
    "left": [(-1.2, 0), (0.9, -1.2), (0.9, 1.2)],
    "right": [(1.2, 0), (-0.9, -1.2), (-0.9, 1.2)],
    "up": [(0, -1.2), (1.2, 0.9), (-1.2, 0.9)],
    "down": [(0, 1.2), (1.2, -0.9), (-1.2, -0.9)],
    "truth": [(0, -1.1), (1.2, 1.0), (-1.2, 1.0)],
}


def _length(value: str | float) -> str:
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")


def percent(fraction: float) -> str:
    """A fraction of the width as an SVG length, held within the drawing: 0.25 -> `25.00%`."""
    return f"{100 * min(1.0, max(0.0, fraction)):.2f}%"


def inside(fraction: float) -> bool:
    return math.isfinite(fraction) and 0 <= fraction <= 1
