"""Badges: small SVG pictures of a verdict, for a README or a paper's page."""

from __future__ import annotations

from html import escape

from leaderboard.marks import PLAIN_SYMBOLS

COLOURS = {"supported": "#0b6aa8", "refuted": "#b5450b", "partly": "#8f3f76", "vacuous": "#8f3f76", "error": "#8a6100"}
OTHERWISE = "#5c6570"


def badge_svg(subject: str, verdict: str, told: str = "") -> str:
    """`subject | ✓ supported (told)`, in the manner of build badges; widths are estimated from the letters."""
    symbol = PLAIN_SYMBOLS.get(verdict, "")
    right = f"{symbol} {verdict}".strip() + (f" {told}" if told else "")
    return _svg(subject, right, COLOURS.get(verdict, OTHERWISE))


def theory_badge_svg(subject: str, counts: dict[str, int], bits: float | None) -> str:
    """`subject | ✓ 6 ✗ 1 · 41 bits`; `subject | none counted` if every claim is superseded or judged by another bar."""
    tally = " ".join(f"{PLAIN_SYMBOLS.get(word, word)} {count}" for word, count in counts.items()) or "none counted"
    right = tally if bits is None else f"{tally} · {bits:.0f} bits"
    return _svg(subject, right, COLOURS["supported"] if bits is None or bits >= 0 else COLOURS["refuted"])


def _svg(left: str, right: str, colour: str) -> str:
    one, other = _width(left), _width(right)
    label = escape(f"{left}: {right}")
    text = 'font-family="Verdana,DejaVu Sans,sans-serif" font-size="11" fill="#fff" text-anchor="middle"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{one + other}" height="20" role="img" aria-label="{label}">'
        f'<title>{label}</title><rect width="{one + other}" height="20" rx="3" fill="#3d444c"/>'
        f'<path d="M{one} 0h{other - 3}a3 3 0 0 1 3 3v14a3 3 0 0 1-3 3h-{other - 3}z" fill="{colour}"/>'
        f'<g {text}><text x="{one / 2:g}" y="14" textLength="{one - 12}">{escape(left)}</text>'
        f'<text x="{one + other / 2:g}" y="14" textLength="{other - 12}">{escape(right)}</text></g></svg>\n'
    )


def _width(text: str) -> int:
    return round(6.1 * len(text)) + 14
