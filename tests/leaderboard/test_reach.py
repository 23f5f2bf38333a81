"""Reach on the board: the map of draws, the words beside it, and the mark on the front page."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import numpy as np
import pytest

from leaderboard.board import build
from leaderboard.figures import FRAME, TOP
from leaderboard.reach import holds_in_short, most_telling, reach_map, strength, where_it_fails
from tests.made_up import by_id, changed, claim, draw, reach

AXES = {
    "depth": {"values": (1, 2, 3), "held": {"1": (2, 2), "2": (1, 2)}},
    "learning_rate": {"between": (0.01, 1.0), "scale": "log"},
    "width": {"between": (16, 256), "scale": "log"},
    "activation": {"values": ("tanh", "relu", "gelu", "softplus", "swish", "sigmoid", "elu"), "held": {}},
}
SETTING = {"depth": 2, "learning_rate": 0.1, "width": 64, "activation": "relu"}
OUTCOMES = ["holds", "fails", "split", "aside", "broken"]
DRAWS = [draw(i, word, SETTING, outside=4.0 if word == "fails" else 0.3) for i, word in enumerate(OUTCOMES, 1)]
FOUND = {"setting": SETTING, "beyond": 15, "trials": 16, "outside": 3.2, "records": ["799e3ba4d7f03f176c20"]}
CHALLENGE = {"number": 1, "tried": 60, "sentence": "counterexample at width = 64", "counterexamples": [FOUND]}


def drawn(law, kind: str) -> list[ElementTree.Element]:
    panels = [ElementTree.fromstring(drawing) for _, drawing in reach_map(law).panels]
    return [e for panel in panels for e in panel.iter() if kind in e.get("class", "").split()]


def a_law(draws=DRAWS, axes=AXES, **fields):
    return claim("eos-gd-two-over-eta", "supported", reach=reach(axes, draws, **fields))


@pytest.mark.parametrize(
    ("along", "shown"),
    [
        ((), ["depth", "learning_rate"]),
        (("width",), ["depth", "width"]),  # the axis along which it fails comes first, and a list makes the columns
        (("width", "learning_rate"), ["width", "learning_rate"]),
    ],
)
def test_the_axes_along_which_it_fails_are_drawn_before_others(along, shown):
    assert most_telling(along, reach(AXES, DRAWS).axes) == shown


def test_a_draw_lies_at_its_setting_on_the_scale_of_its_axis():
    law = a_law([draw(1, "holds", SETTING | {"width": 64})], fails_along=("learning_rate", "width"))
    (mark,) = drawn(law, "holds")
    # 0.1 halves [0.01, 1] and 64 halves [16, 256] on a logarithmic scale
    assert mark.get("cx") == "50.00%"
    assert float(mark.get("cy")) == pytest.approx(TOP + FRAME / 2)


def test_draws_of_one_level_stand_apart_within_its_column():
    law = a_law([draw(i, "holds", SETTING) for i in range(1, 20)])
    places = [float(mark.get("cx").rstrip("%")) for mark in drawn(law, "holds")]
    assert len(set(places)) == 19
    assert all(100 / 3 < place < 200 / 3 for place in places)  # depth 2 is the middle one of three


def test_draws_of_two_lists_are_spread_over_their_cell():
    """Not along its diagonal, on which they would look like a law."""
    law = a_law([draw(i, "holds", SETTING) for i in range(1, 46)], {it: AXES[it] for it in ("depth", "activation")})
    places = [(float(mark.get("cx").rstrip("%")), float(mark.get("cy"))) for mark in drawn(law, "holds")]
    assert abs(np.corrcoef(np.transpose(places))[0, 1]) < 0.3


def test_every_outcome_has_a_shape_of_its_own_and_a_line_in_the_legend():
    law = a_law()
    shapes = {"holds": "dot", "fails": "square", "split": "ring", "aside": "plus", "broken": "plus"}
    for word, shape in shapes.items():
        (mark,) = drawn(law, word)
        assert shape in mark.get("class").split()
        assert mark.find("title").text.startswith("draw ")
    told = [text for _, text in reach_map(law).legend]
    assert told == ["holds (1)", "fails (1)", "split (1)", "set aside (1)", "broken (1)"]


def test_what_lies_far_from_the_edge_of_the_region_is_drawn_fuller():
    near, middle = draw(1, "holds", SETTING, outside=0.9), draw(2, "holds", SETTING, outside=0.0)
    beyond, far = draw(3, "fails", SETTING, outside=1.2), draw(4, "fails", SETTING, outside=math.inf)
    assert strength(near) < strength(middle) == 1
    assert strength(beyond) < strength(far) == 1
    law = a_law([near, middle, beyond, far])
    opacities = [float(mark.get("fill-opacity")) for mark in drawn(law, "holds")]
    assert opacities[0] < opacities[1]
    widths = [float(mark.get("fill-opacity")) for mark in drawn(law, "fails")]
    assert widths[0] < widths[1]


def test_a_domain_of_one_axis_is_drawn_against_the_distance_from_the_region():
    draws = [draw(1, "holds", {"width": 64}, outside=0.5), draw(2, "fails", {"width": 128}, outside=3.0)]
    law = a_law(draws, {"width": AXES["width"]})
    edge, inside = float(drawn(law, "exact")[0].get("y1")), float(drawn(law, "holds")[0].get("cy"))
    assert inside > edge > TOP  # pixels count from the top
    assert reach_map(law).up.startswith("distance")


def test_names_of_many_columns_stand_on_two_lines_in_turn():
    law = a_law(axes={"activation": AXES["activation"], "width": AXES["width"]})
    heights = [e.get("y") for e in drawn(law, "label") if e.text in AXES["activation"]["values"]]
    assert len(heights) == 7
    assert len(set(heights)) == 2


def by_data(*outcomes: tuple[str, str]):
    """A law with these outcomes on data."""
    axes = {"learning_rate": AXES["learning_rate"], "width": AXES["width"], "data": {"values": ("digits", "mnist1d")}}
    draws = [draw(i, word, SETTING | {"data": data}) for i, (data, word) in enumerate(outcomes, 1)]
    return a_law(draws, axes)


def test_a_data_set_that_carries_the_misses_has_a_map_of_its_own():
    """5 misses of 14 on one data set and none of 17 on the other: C(14, 5) / C(31, 5) = 0.0118."""
    misses = [("mnist1d", "fails")] * 3 + [("mnist1d", "split")] * 2
    law = by_data(*misses, *[("mnist1d", "holds")] * 9, *[("digits", "holds")] * 17, ("digits", "aside"))
    found = reach_map(law)
    assert [title for title, _ in found.panels] == ["data digits", "data mnist1d"]
    digits, other = (ElementTree.fromstring(drawing) for _, drawing in found.panels)
    assert not [e for e in digits.iter() if {"fails", "split"} & set(e.get("class", "").split())]
    assert len([e for e in other.iter() if "draw" in e.get("class", "").split()]) == 14
    assert "Of 5 misses 5 had data mnist1d (5 of 14 draws missed there, 0 of 17 elsewhere)" in found.split
    assert where_it_fails(law) == found.split
    assert (found.legend[1][1], found.legend[3][1].removeprefix("set ")) == ("fails (3)", "aside (1)")


@pytest.mark.parametrize(
    "outcomes",
    [
        [("mnist1d", "fails")] * 2 + [("digits", "holds")] * 20,  # two misses tell nothing
        [("mnist1d", "fails")] * 3 + [("mnist1d", "holds")] * 20 + [("digits", "holds")] * 3,  # as chance would have it
        [("mnist1d", "fails")] * 3 + [("digits", "fails")] * 3 + [("digits", "holds")] * 20,  # both miss
    ],
)
def test_a_map_is_whole_where_no_level_stands_out(outcomes):
    found = reach_map(by_data(*outcomes))
    assert [title for title, _ in found.panels] == [""]
    assert not found.split


def test_nothing_is_drawn_before_a_draw_was_measured():
    assert reach_map(a_law([draw(1, "pending", {})])) is None
    assert reach_map(claim("law", "supported")) is None


def test_the_page_of_a_law_tells_its_reach(report, tmp_path):
    sentence = "Of 9 failures 9 had width < 48 (9 of 12 failed there, 0 of 11 elsewhere; p = 0.001): a conjecture."
    told = reach(AXES, DRAWS, fails_where=sentence, fails_along=("width",), epochs=("2026-W30",), pooled="open")
    fields = {"reach": told, "challenges": ({**CHALLENGE},), "expect_reach": "wide"}
    law = by_id(report, "eos-gd-two-over-eta")
    law = type(law).model_validate(dict(law) | fields)
    build(changed(report, law.id, **{name: getattr(law, name) for name in fields}), tmp_path)
    page = (tmp_path / "claims" / f"{law.id}.html").read_text()
    section = page.partition('id="reach"')[2].partition('id="controls"')[0]
    assert "31% to 72%" in section
    assert "It was expected to be wide." in section
    assert "2026-W30" in section
    assert sentence.replace("<", "&lt;") in section
    assert "<desc>" in section
    assert "tollens rerun 799e3ba4d7f03f176c20" in section
    assert "Challenge 1, 60 settings tried" in section
    table = section.partition("<table")[2]
    rows = re.findall(r"<tr role=\"row\"><th .*?</tr>", table, flags=re.DOTALL)
    assert len([row for row in rows if "depth 2" in row]) == len(DRAWS)
    failed = next(row for row in rows if "fails" in row)
    assert "1.28" in failed  # 1 + 0.07 * 4
    assert ">4<" in failed
    front = (tmp_path / "index.html").read_text()
    row = front.partition(f'<tr id="{law.id}"')[2].partition("</tr>")[0]
    assert f'href="claims/{law.id}.html#reach">narrow</a>' in row
    assert "counterexample" in row
    assert 'class="reach' not in front.partition('<tr id="eos-heavy-ball"')[2].partition("</tr>")[0]


def test_without_draws_a_page_speaks_of_no_reach(report, tmp_path):
    build(report, tmp_path)
    assert 'id="reach"' not in (tmp_path / "claims" / "eos-gd-two-over-eta.html").read_text()
    assert "domain that its source states" not in (tmp_path / "index.html").read_text()


def test_the_level_that_has_all_misses_is_told_in_short():
    levels = {"data": {"values": ("digits", "mnist1d")}, "width": {"between": (32, 128), "scale": "log"}}
    outcomes = [("digits", "holds")] * 12 + [("mnist1d", "fails")] * 5 + [("mnist1d", "holds")] * 3
    draws = [draw(i, said, {"data": data, "width": 40 + i}) for i, (data, said) in enumerate(outcomes)]
    law = claim("law", "supported", reach=reach(levels, draws))
    assert holds_in_short(law) == "in 15 of 20 random settings, all of the others with data mnist1d"
