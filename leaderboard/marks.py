"""The verdicts as a reader meets them: a word, a symbol and a colour, never one of them alone."""

from __future__ import annotations

from typing import get_args

from markupsafe import Markup

from runners.reporting.report_parts import Verdict

# In the order of the board: what was decided, what was not, what was not tried.
VERDICTS: tuple[str, ...] = get_args(Verdict)

# Drawn in a 16 x 16 box: stroke first, then what is filled.
SYMBOLS = {
    "supported": ("M2.5 8.5 6.5 12.5 13.5 3.5", ""),
    "refuted": ("M3 3 13 13M13 3 3 13", ""),
    "partly": ("M8 2a6 6 0 0 0 0 12a6 6 0 0 0 0-12z", "M8 2a6 6 0 0 0 0 12z"),
    "vacuous": ("M2 8.5q3-6 6 0t6 0", ""),
    "inconclusive": ("M4.5 5.2A3.5 3.5 0 1 1 9.5 8.4Q8 9.2 8 10.8", "M7 13a1 1 0 1 0 2 0a1 1 0 1 0-2 0z"),
    "unavailable": ("M3 8H13", ""),
    "error": ("M8 2V9.5", "M6.9 13a1.1 1.1 0 1 0 2.2 0a1.1 1.1 0 1 0-2.2 0z"),
    "not run": ("", "M6.5 8a1.5 1.5 0 1 0 3 0a1.5 1.5 0 1 0-3 0z"),
    "not judged": ("M3 8H10M7.5 4.5 11 8 7.5 11.5M13.5 4V12", ""),
    "unfalsifiable": ("M8 2.5a5.5 5.5 0 0 0 0 11a5.5 5.5 0 0 0 0-11zM3 13.5 13 2.5", ""),
}

PLAIN_SYMBOLS = {"supported": "✓", "refuted": "✗", "partly": "◐", "vacuous": "∼", "inconclusive": "?", "error": "!"}

# One mark, one meaning, in every strip, figure and map: inside T a dot, outside a square, neither a ring; what was not
# judged, or says nothing of the law, a plus. Verdicts have symbols of their own.
SHAPES = {"agrees": "dot", "disagrees": "square", "undecided": "ring", "shown": "plus"}
OUTCOMES = {
    "holds": "dot",
    "fails": "square",
    "split": "ring",
    "aside": "plus",
    "broken": "plus",
    "unavailable": "plus",
}
COUNTEREXAMPLE = "diamond"


def css_class(word: str) -> str:
    return word.replace(" ", "-")


def badge(verdict: str) -> Markup:
    """The word of a verdict; the style sheet puts its symbol and colour beside it."""
    return Markup('<b class="v {kind}">{word}</b>').format(kind=css_class(verdict), word=verdict)


def symbol_styles() -> str:
    """Style rules that draw each verdict's symbol, in the colour of its word."""
    rules = []
    for verdict, (stroke, fill) in SYMBOLS.items():
        paths = (
            f"<path d='{stroke}' fill='none' stroke='%23000' stroke-width='2.2' stroke-linecap='round'/>"
            if stroke
            else ""
        )
        paths += f"<path d='{fill}'/>" if fill else ""
        drawn = f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'>{paths}</svg>"
        address = drawn.replace("<", "%3C").replace(">", "%3E")
        rules.append(f'.v.{css_class(verdict)}::before {{ --symbol: url("data:image/svg+xml,{address}"); }}')
    return "\n".join(rules) + "\n"
