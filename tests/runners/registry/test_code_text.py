"""Syntax as text: blind to words and layout, and to nothing else."""

from __future__ import annotations

import ast

import pytest

from runners.registry.code_text import text_of

SOURCE = '''
"""About."""
import math

RATE: float = 1e-3  # why


class Law:
    """A law."""

    power: int = 2
    """Its power."""

    @property
    def value(self, x: float = 0) -> float:
        """Value."""
        local: int = 1
        return f"{x:.3f}" + 'a' "b"
'''


def text(source: str, **options: bool) -> str:
    return text_of(ast.parse(source), **options)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""About."""', ""),
        ('    """A law."""\n', '    """Another text."""\n'),
        ('    """Its power."""\n', ""),
        ('        """Value."""\n', ""),
        ("  # why", ""),
        ("1e-3", "0.001"),
        ("'a' \"b\"", '"ab"'),
        ("import math\n", "import math\n\n\n\n"),
        ("def value(self, x: float = 0)", "def value(\n        self,\n        x: float = 0,\n    )"),
    ],
)
@pytest.mark.parametrize("deferred", [False, True])
def test_text_is_blind_to_words_and_layout(old, new, deferred):
    assert old in SOURCE
    assert text(SOURCE, deferred=deferred) == text(SOURCE.replace(old, new, 1), deferred=deferred)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1e-3", "1.1e-3"),
        ("= 2", "= 2.0"),
        ("= 2", "= True"),
        ("power: int", "power: float"),
        ("import math", "import cmath"),
        ("x: float = 0", "x: float = None"),
        ("x: float = 0", "*x: float"),
        ("@property", "@staticmethod"),
        (":.3f", ":.4f"),
        ("+", "-"),
        ("'a'", "b'a' and"),
    ],
)
@pytest.mark.parametrize("deferred", [False, True])
def test_text_shows_every_change_of_code(old, new, deferred):
    assert old in SOURCE
    assert text(SOURCE, deferred=deferred) != text(SOURCE.replace(old, new, 1), deferred=deferred)


@pytest.mark.parametrize(("old", "new"), [("RATE: float", "RATE: int"), ("x: float", "x: int"), ("-> float", "-> int")])
def test_annotations_count_unless_nobody_evaluates_them(old, new):
    assert text(SOURCE) != text(SOURCE.replace(old, new))
    assert text(SOURCE, deferred=True) == text(SOURCE.replace(old, new), deferred=True)
    assert text(SOURCE, deferred=True, verbatim=True) != text(SOURCE.replace(old, new), deferred=True, verbatim=True)
    watched = SOURCE.replace("@property", "@watched")
    if old != "RATE: float":
        assert text(watched, deferred=True) != text(watched.replace(old, new), deferred=True)


def test_docstrings_count_for_code_that_reads_them():
    assert text(SOURCE, verbatim=True) != text(SOURCE.replace("A law.", "A bound."), verbatim=True)


def test_the_empty_parts_that_some_versions_put_into_f_strings_do_not_count():
    tree = ast.parse("f'{x:{width}}'")
    before = text_of(tree)
    (formatted,) = [node for node in ast.walk(tree) if isinstance(node, ast.FormattedValue) and node.format_spec]
    formatted.format_spec.values.append(ast.Constant(value=""))
    assert text_of(tree) == before
