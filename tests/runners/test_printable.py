"""What a name may do to a terminal: nothing."""

from __future__ import annotations

import pytest

from runners.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, with é, λ and 图\n\tas written", "plain, with é, λ and 图\n\tas written"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b31m", r"\x9b31m"),
        ("line\rover", r"line\rover"),
        ("abc\u202etxt.exe", r"abc\u202etxt.exe"),
        ("half \ud800", r"half \ud800"),
    ],
)
def test_control_characters_are_written_out(text, shown):
    assert printable(text) == shown
