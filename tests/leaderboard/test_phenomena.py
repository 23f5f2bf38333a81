"""Pictures of the phenomenon: which curves are drawn, and where the prediction lies in them."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest

from leaderboard.pictures import pictures
from tests.leaderboard.conftest import decay
from tests.made_up import OBSERVED, by_id, claim, condition


def of_class(markup: str, kind: str) -> list[dict[str, str]]:
    return [e.attrib for e in ElementTree.fromstring(markup).iter() if e.get("class") == kind]


def test_the_curve_that_the_number_was_read_from_is_drawn_with_its_level(report):
    panels, caption = pictures(by_id(report, "eos-gd-two-over-eta"))
    assert panels[0].title.startswith("sharpness; learning rate 0.05")  # late_sharpness is read off sharpness, not loss
    assert panels[0].x == "step"
    (level,) = of_class(panels[0].drawing, "predicted")
    points = re.findall(r"[\d.]+,([\d.]+)", of_class(panels[0].drawing, "curve thin colour-0")[0]["points"])
    # The curve ends on the level: y of 100 in its box of 240, below a margin of 8 pixels.
    assert 8 + float(points[-1]) / 100 * 190 == pytest.approx(float(level["y1"]), abs=0.1)
    assert "Dashed" in caption


def test_no_more_panels_than_a_page_can_bear(report):
    assert len(pictures(by_id(report, "eos-gd-two-over-eta"))[0]) == 6


def test_a_time_is_marked_on_the_axis_of_time():
    curve = {"observable": "strength", "axis": "time", "x": [0.0, 5.0, 10.0], "trials": [[[0.0, 0.5, 1.0]]]}
    timed = condition({"width": 8}, 4.0, [1.0] * 8, curves=[curve])
    measured = OBSERVED | {"name": "half_time"}
    panels, _ = pictures(claim("law", "supported", conditions=[timed], measured=measured))
    (mark,) = of_class(panels[0].drawing, "predicted")
    assert mark["x1"] == mark["x2"] == "40.00%"


def test_a_slope_is_drawn_through_the_middle_of_its_points(report):
    panels, caption = pictures(by_id(report, "ntk-change-inverse-width"))
    (panel,) = panels
    lines = of_class(panel.drawing, "curve dashed colour-0")
    dots = of_class(panel.drawing, "fill-0 dot")
    ys = [float(y) for y in re.findall(r"[\d.]+,([\d.]+)", lines[0]["points"])]
    # The points follow width^-1 and so does the prediction: the line goes through them.
    assert len(dots) == len(ys) == 4
    for dot, y in zip(dots, ys, strict=True):
        assert 8 + y / 100 * 240 == pytest.approx(float(dot["cy"]), abs=0.2)
    assert [text for _, text in panel.legend] == ["data digits", "data sphere"]
    assert caption.startswith("What the slope is made of")


def test_another_slope_misses_the_outer_points():
    folded = condition({"data": "digits"}, -0.5, [0.0] * 8, by="difference", within=(-0.1, 0.1), points=decay(-1.0))
    measured = {"name": "kernel_change", "along": {"width": "slope"}, "means": "", "scale": "log"}
    law = claim("law", "refuted", conditions=[folded], measured=measured | {"between": None})
    (panel,) = pictures(law)[0]
    ys = [
        float(y) for y in re.findall(r"[\d.]+,([\d.]+)", of_class(panel.drawing, "curve dashed colour-0")[0]["points"])
    ]
    dots = [(float(dot["cy"]) - 8) / 240 * 100 for dot in of_class(panel.drawing, "fill-0 dot")]
    assert ys[0] - dots[0] == pytest.approx(-(ys[-1] - dots[-1]), abs=0.1)
    assert ys[0] > dots[0] + 5  # a flatter line starts lower


def test_numbers_alone_have_no_picture(report):
    assert pictures(by_id(report, "eos-heavy-ball")) == ([], "")


def test_curves_that_diverge_are_drawn_as_far_as_they_go():
    curve = {"observable": "sharpness", "axis": "step", "x": [0, 1, 2], "trials": [[[1.0, 2.0, math.inf]]]}
    (panel,) = pictures(claim("law", "refuted", conditions=[condition({}, 2.0, [math.inf] * 8, curves=[curve])]))[0]
    assert len(of_class(panel.drawing, "curve thin colour-0")[0]["points"].split()) == 2


def heights(polyline: dict[str, str]) -> list[float]:
    return [float(y) for y in re.findall(r"[\d.]+,(-?[\d.]+)", polyline["points"])]


def sweep(*optima: float) -> dict:
    """Loss over learning rates at three widths, lowest at these places of the sweep."""
    rates = [2.0**octave for octave in range(-8, 0)]
    curves = [
        {"observable": "final_losses", "axis": "rate", "x": rates,
         "trials": [[[1 + 0.1 * (i - best) ** 2 for i in range(len(rates))]]]}
        for best in optima
    ]  # fmt: skip
    places = [2.0 ** (best - 8) for best in optima]
    ends = {"low": places, "high": places}
    points = {"along": "width", "fold": "slope", "x": [64, 128, 256], "middle": places, **ends}
    return {"points": points, "curves": curves}


def test_optima_against_width_are_shown_for_both_parametrisations_with_their_sweeps():
    mup = condition({"parametrisation": "mup"}, 0.0, [0.0] * 8, by="difference", within=(-0.1, 0.1), **sweep(4, 4, 4))
    plain = condition({"parametrisation": "standard"}, 0.0, [-1.0] * 8, by="difference", within=(-0.1, 0.1),
                      **sweep(4, 3, 2))  # fmt: skip
    measured = {"name": "optimal_rate", "along": {"width": "slope"}, "means": "", "scale": "log"}
    control = {"must": "fail", "because": "it moves", "experiment": "sweep", "where": {}, "truth": -1, "kept": True}
    law = claim("law", "supported", conditions=[mup], measured=measured | {"between": [-2, 1]},
                controls=[control | {"conditions": [plain]}])  # fmt: skip
    optima, first, second = pictures(law)[0]
    assert [text for _, text in optima.legend] == ["parametrisation mup", "parametrisation standard (must fail)"]
    flat = [float(dot["cy"]) for dot in of_class(optima.drawing, "fill-0 dot")]
    falling = [float(dot["cy"]) for dot in of_class(optima.drawing, "fill-1 dot")]
    assert len(set(flat)) == 1
    assert falling == sorted(falling)  # downwards on the page
    assert len(set(falling)) == 3
    assert [text for _, text in first.legend] == ["width 64", "width 128", "width 256"]
    lowest = [heights(of_class(second.drawing, f"curve thin colour-{i}")[0]) for i in range(3)]
    assert [ys.index(max(ys)) for ys in lowest] == [4, 3, 2]
    assert second.title.endswith("standard (must fail), one trial")


def test_a_correlation_is_shown_as_what_is_correlated():
    curves = [
        {"observable": "sharpness", "axis": "setting", "x": [0, 1, 2], "trials": [[[1.0, 2.0, 3.0]]]},
        {"observable": "test_error", "axis": "setting", "x": [0, 1, 2], "trials": [[[0.1, 0.3, 0.2]]]},
    ]
    measured = OBSERVED | {"name": "rank_correlation"}
    families = [condition({}, 1.0, [0.5] * 8, curves=curves)]
    (panel,) = pictures(claim("law", "refuted", conditions=families, measured=measured))[0]
    dots = of_class(panel.drawing, "fill-0 dot")
    assert [float(dot["cx"][:-1]) for dot in dots] == sorted(float(dot["cx"][:-1]) for dot in dots)
    down = [float(dot["cy"]) for dot in dots]
    assert down[1] < down[2] < down[0]
    assert (panel.x, panel.title) == ("sharpness", "test error")


def test_the_slope_of_a_spectrum_is_drawn_through_it():
    frequencies = [1.0, 2.0, 4.0, 8.0, 16.0]
    spectrum = {"observable": "power_spectrum", "axis": "frequency", "x": frequencies,
                "trials": [[[f**-2 for f in frequencies]]]}  # fmt: skip
    measured = OBSERVED | {"name": "power_slope"}
    natural = [condition({}, -2.0, [1.0] * 8, curves=[spectrum])]
    (panel,) = pictures(claim("law", "supported", conditions=natural, measured=measured))[0]
    drawn = heights(of_class(panel.drawing, "curve thin colour-0")[0])
    assert heights(of_class(panel.drawing, "curve predicted")[0]) == pytest.approx(drawn, abs=0.05)
    assert drawn[1] - drawn[0] == pytest.approx(drawn[4] - drawn[3], abs=0.05)  # a straight line on log-log axes


def test_the_label_of_a_level_stands_where_no_curve_is():
    """A curve that climbs, shoots over the level at the left and then stays on it leaves room below, at the right."""
    xs = [float(x) for x in range(101)]
    over = [12.0 * min(1.0, x / 10) + 2.0 * math.exp(-(((x - 15) / 5) ** 2)) for x in xs]
    curve = {"observable": "sharpness", "axis": "step", "x": xs, "trials": [[over]]}
    told = condition({"learning_rate": 0.16}, 12.0, [1.0] * 8, curves=[curve])
    (panel,), _ = pictures(claim("law", "supported", conditions=[told]))
    (label,) = [e for e in ElementTree.fromstring(panel.drawing).iter("text") if (e.text or "").startswith("predicted")]
    line = float(of_class(panel.drawing, "predicted")[0]["y1"])
    assert label.get("x") == "99%"
    assert float(label.get("y")) > line + 10
