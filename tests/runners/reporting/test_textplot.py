"""Pictures of characters: every mark stands where the axis says."""

from __future__ import annotations

from math import inf, nan

from runners.reporting.textplot import Strip, curves, strips


def test_strips_stand_on_one_axis():
    rows = [Strip("a", [1.0], (0.0, 2.0)), Strip("longer", [0.0, 2.0], (1.0, 1.0))]
    first, second, axis = strips(rows, width=45)
    offset = len("longer") + 2
    # the axis runs from -0.1 to 2.1: 45 columns of 0.05
    assert [first[offset + 2], first[offset + 22], first[offset + 42]] == ["━", "●", "━"]
    assert first.count("━") == 40
    assert [second[offset + 2], second[offset + 42]] == ["●", "●"]
    assert second[offset + 22] == "━"
    assert axis.split() == ["-0.1", "2.1"]
    assert len(axis) == offset + 45


def test_far_values_leave_the_region_in_sight_on_a_logarithmic_axis():
    """From .5 to 50: two decades, so that the region from .5 to 5 is half of what lies between them."""
    near, far, axis = strips([Strip("a", [1.58], (0.5, 5.0)), Strip("b", [50.0], (0.5, 5.0))], width=45)
    assert 20 <= near.count("━") + 1 <= 22
    assert near.index("●") - near.index("━") == 10  # 1.58 is half a decade above .5
    assert far.index("●") - far.index("━") == 40
    assert [float(end) for end in axis.split()] == [0.3972, 62.95]  # a twentieth of two decades beyond


def test_the_ends_of_a_narrow_axis_read_differently():
    """From 0.393598 to 0.393642, a twentieth beyond the values; written within a twentieth of that."""
    *_, axis = strips([Strip("a", [0.3936, 0.39364], (0.3936, 0.39364))])
    assert axis.split() == ["0.3936", "0.39364"]
    *rows, across, _ = curves([1.0, 1.0001], {"loss": [0.3936, 0.39364]}, height=4)
    assert [row.split()[0] for row in (rows[-1], rows[0])] == ["0.3936", "0.39364"]
    assert across.split() == ["1", "1.0001"]
    *_, across, _ = curves([1 / 3], {"loss": [0.0]})
    assert across.split() == ["0.333", "0.333"]


def test_what_is_not_finite_stands_at_the_end_of_its_side():
    line, _ = strips([Strip("a", [inf, -inf], (0.9, inf))], width=21, marker=1.0)
    assert line[3] == "◂"
    assert line[-1] == "▸"
    assert "┃" in line
    assert strips([Strip("a", [nan], (-inf, inf))]) == []


def test_a_line_lies_on_the_diagonal():
    lines = curves([0, 1, 2, 3], {"measured": [0, 1, 2, 3], "predicted": [0, 0, 0, nan]}, width=4, height=4)
    *rows, axis, legend = lines
    drawn = [row.partition("┤")[2].ljust(4) for row in rows]
    assert [row.index("●") for row in drawn] == [3, 2, 1, 0]
    assert drawn[-1] == "●×× "
    assert axis.split() == ["0", "3"]
    assert legend.split() == ["●", "measured", "×", "predicted"]


def test_a_wide_span_is_logarithmic():
    rows = curves([0, 1, 2], {"loss": [1, 100, 10000]}, width=3, height=5)[:5]
    assert [row.partition("┤")[2].find("●") for row in rows] == [2, -1, 1, -1, 0]
