"""Text from files and names, as a terminal may show it."""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def counted(number: int, noun: str) -> str:
    """`1 block`, `2 blocks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def printable(text: object) -> str:
    r"""The text with every control character but line ends and tabs written out: `\x1b` moves no cursor, `\u202e`
    turns no line around."""
    return _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))
