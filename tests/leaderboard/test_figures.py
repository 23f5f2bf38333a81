from __future__ import annotations

import math
from xml.etree import ElementTree

import pytest

from leaderboard.axes import Axis
from leaderboard.figures import (
    FRAME,
    TOP,
    Frame,
    curves_figure,
    falls_by_decades,
    is_power,
    measured_figure,
    numeric_axis,
)
from runners.reporting.condition_model import Example, TheoryCurve
from tests.made_up import by_id, condition


def of_class(markup: str, kind: str) -> list[dict[str, str]]:
    return [e.attrib for e in ElementTree.fromstring(markup).iter() if kind in e.get("class", "").split()]


def test_frame_puts_the_low_end_at_the_bottom():
    frame = Frame(Axis(0, 10), Axis(1, 100, True), "a plot")
    assert frame.down(1) == pytest.approx(TOP + FRAME)
    assert frame.down(10) == pytest.approx(TOP + FRAME / 2)
    assert frame.down(1e9) == pytest.approx(TOP)
    assert frame.point(2.5, 10) == "25.00,50.00"


def test_neighbouring_ticks_of_a_narrow_range_read_differently():
    """A measurement that moves in its fourth digit only."""
    frame = Frame(Axis(0, 10), Axis(0.39358, 0.39369), "a plot")
    texts = [e.text for e in frame.svg.root.iter("text")]
    assert {"0.3936", "0.39365"} < set(texts)
    assert len(set(texts)) == len(texts)


def test_each_region_box_surrounds_its_prediction_and_the_point(report):
    claim = by_id(report, "eos-gd-two-over-eta")
    figure = measured_figure(claim)
    boxes, ticks, points = (of_class(figure, kind) for kind in ("region", "predicted", "point"))
    assert len(boxes) == len(ticks) == len(points) == len(claim.everything)
    for box, tick in zip(boxes, ticks, strict=True):
        top, bottom = float(box["y"]), float(box["y"]) + float(box["height"])
        # On a log axis [0.93, 1.07] divides in the proportion ln 1.07 : -ln 0.93 at the prediction.
        share = (float(tick["y1"]) - top) / (bottom - top)
        assert share == pytest.approx(math.log(1.07) / math.log(1.07 / 0.93), abs=0.01)
    judged = [(box, point) for box, point in zip(boxes, points, strict=True) if "cy" in point]
    assert len(judged) == 8
    for box, point in judged:
        assert float(box["y"]) <= float(point["cy"]) <= float(box["y"]) + float(box["height"])


def test_the_most_varied_numeric_axis_is_drawn():
    grid = [{"width": w, "data": d, "depth": k} for w in (1, 2, 3) for d in "abcd" for k in (1, 2)]
    assert numeric_axis([condition(axes, 1.0, [1.0] * 8) for axes in grid]) == "width"
    words = [{"data": d, "on": b} for d in "abc" for b in (True, False)]
    assert numeric_axis([condition(axes, 1.0, [1.0] * 8) for axes in words]) is None


def test_without_numeric_axis_measured_is_drawn_over_predicted(report):
    claim = by_id(report, "sharpness-diverging")
    figure = measured_figure(claim)
    assert "measured against predicted" in figure
    (band,) = of_class(figure, "region")
    assert all(-0.01 <= float(number) <= 100.01 for pair in band["points"].split() for number in pair.split(","))


def test_nothing_is_drawn_for_arrays_or_a_single_number(report):
    assert measured_figure(by_id(report, "dln-sigmoid")) is None
    assert measured_figure(by_id(report, "ntk-change-inverse-width")) is None
    assert measured_figure(by_id(report, "cifar-sharpness")) is None


def test_curves_break_where_they_are_not_finite():
    measured, predicted = [0, 1, math.nan, 3, 4], [0, 1, 2, 3, math.inf]
    example = Example(observable="u", axis="time", x=range(5), measured=[measured], predicted=[predicted])
    curves = of_class(curves_figure(example), "curve")
    measured = [c["points"].split() for c in curves if "predicted" not in c["class"]]
    predicted = [c["points"].split() for c in curves if "predicted" in c["class"]]
    assert [len(run) for run in measured] == [2, 2]
    assert [len(run) for run in predicted] == [4]
    # x from 0 to 4 over the whole width; y from 0 to 4 with 6% of margin: 0 lies at 0.24 / 4.48 from the bottom.
    assert measured[0][0] == f"0.00,{100 * (1 - 0.24 / 4.48):.2f}"
    assert measured[1][1] == f"100.00,{100 * (0.24 / 4.48):.2f}"


def test_errors_that_fall_are_drawn_logarithmically_and_strengths_that_rise_are_not():
    assert falls_by_decades([[1.0, 0.1, 0.05]])
    assert not falls_by_decades([[0.01, 0.5, 2.0]])
    assert not falls_by_decades([[1.0, 0.5, 0.3]])
    assert not falls_by_decades([[1.0, 0.1, -0.05]])
    assert falls_by_decades([[1e-6, 1.0]])


def test_a_power_is_drawn_straight_between_the_settings():
    xs = [0.05, 0.08, 0.16]
    assert is_power(xs, [2 / x for x in xs])
    assert is_power([64, 128, 256, 512], [width**-0.5 for width in (64, 128, 256, 512)])
    assert not is_power(xs, [2 / x + 5 for x in xs])
    assert not is_power(xs, [1.0, 1.0, 1.0])
    assert not is_power(xs[:2], [1.0, 2.0])
    assert not is_power([*xs, 0.16], [*[2 / x for x in xs], 20.0])  # two predictions at one place: no curve


def test_the_theory_is_a_dense_curve_that_may_leave_the_frame(report):
    """1/|x - 2| diverges between the settings 1 and 3: no flat line may join them."""
    claim = by_id(report, "eos-gd-two-over-eta")
    settings = [condition({"ratio": x}, 1 / abs(x - 2), [1.0] * 8) for x in (0.5, 1.0, 3.0, 4.0)]
    dense = [0.5 + 0.05 * i for i in range(71)]
    curve = {"axis": "ratio", "rest": {}, "x": dense, "predicted": [1 / max(abs(x - 2), 1e-9) for x in dense]}
    claim = claim.model_copy(update={"conditions": tuple(settings), "shown": ()})
    assert of_class(measured_figure(claim), "between") == []  # no power law: nothing is drawn between the settings
    drawn = measured_figure(claim.model_copy(update={"theory_curves": (TheoryCurve(**curve),)}))
    (line,) = of_class(drawn, "predicted")
    heights = [float(point.split(",")[1]) for point in line["points"].split()]
    assert min(heights) < -100  # far above the frame, which ends at 0
    (band,) = of_class(drawn, "region")
    assert all(-0.01 <= float(point.split(",")[1]) <= 100.01 for point in band["points"].split())


def test_what_is_judged_is_drawn_over_what_is_shown(report):
    claim = by_id(report, "eos-gd-two-over-eta")
    kinds = [e.get("class") for e in ElementTree.fromstring(measured_figure(claim)).iter()]
    assert max(i for i, kind in enumerate(kinds) if kind == "point shown plus") < min(
        i for i, kind in enumerate(kinds) if kind and kind.startswith("point agrees")
    )


def test_a_band_breaks_where_it_is_undefined_and_ends_at_the_frame():
    frame = Frame(Axis(0, 4), Axis(0, 10), "a plot")
    frame.band("spread", [(0, 1, 2), (1, 1, math.inf), (2, math.nan, 3), (3, 4, 5), (4, 4, 5)])
    first, second = of_class(frame.svg.markup(), "spread")
    assert first["points"] == "0.00,90.00 25.00,90.00 25.00,0.00 0.00,80.00"
    assert second["points"].startswith("75.00,60.00 100.00,60.00")
