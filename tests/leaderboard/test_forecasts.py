"""Forecasts of public runs as they are drawn: places, misses, bands, and what cannot be shown."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from leaderboard.forecasts import forecast_caption, forecast_figure, forecast_legend
from runners.reporting.condition_model import Forecast

NAN = float("nan")


def drawing(**changed) -> ElementTree.Element:
    fields = {
        "x": "compute (FLOP)",
        "y": "loss",
        "given": [[1e18, 1e19], [4.0, 3.5], [0, 0]],
        "ahead": [[1e20], [3.2], [0]],
        "line": [[1e18, 1e20, 1e22], [4.0, 3.0, 2.0], [0, 0, 0], [3.9, 2.9, 1.9], [4.1, 3.1, 2.1]],
    }
    return ElementTree.fromstring(str(forecast_figure(Forecast(**(fields | changed)))))


def of_class(svg: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    return [it for it in svg.iter() if name in it.get("class", "").split()]


def test_runs_given_are_rings_and_runs_ahead_are_filled():
    svg = drawing()
    assert len(of_class(svg, "hollow")) == 2
    (ahead,) = of_class(svg, "fill-0")
    assert ahead.find("title").text == "ahead: compute (FLOP) 1×10²⁰, loss 3.2"
    # four decades of compute: 10^20 is in the middle of the axis
    assert float(ahead.get("cx").rstrip("%")) == pytest.approx(50, abs=0.1)


def test_a_miss_is_a_line_from_the_run_to_the_forecast():
    (miss,) = of_class(drawing(), "whisker")
    (run,) = of_class(drawing(), "fill-0")
    assert float(miss.get("y1")) == pytest.approx(float(run.get("cy")))
    assert float(miss.get("y2")) > float(miss.get("y1"))  # the forecast, 3.0, lies below the run


def test_a_run_beyond_the_line_has_no_miss():
    assert not of_class(drawing(ahead=[[1e23], [1.5], [0]]), "whisker")


def test_each_series_has_its_line_band_and_name():
    line = [[1e18, 1e20] * 2, [4.0, 3.0, 5.0, 4.0], [0, 0, 1, 1], [3.9, 2.9, 4.9, 3.9], [4.1, 3.1, 5.1, 4.1]]
    svg = drawing(line=line, ahead=[[1e20, 1e20], [3.0, 4.0], [0, 1]])
    assert len(of_class(svg, "region")) == len(of_class(svg, "dashed")) == 2
    fields = {"x": "x", "y": "y", "given": [[], [], []], "ahead": [[], [], []], "line": [[]] * 5}
    legend = forecast_legend(Forecast(**fields, series=("C4", "The Pile")))
    assert [text for _, text in legend] == ["C4", "The Pile"]
    assert [len(of_class(ElementTree.fromstring(mark), f"fill-{k}")) for k, (mark, _) in enumerate(legend)] == [1, 1]
    assert forecast_legend(Forecast(**fields)) == ()


def test_what_is_not_finite_is_left_out():
    svg = drawing(
        given=[[NAN, 1e19], [4.0, 3.5], [0, 0]], line=[[1e18, 1e20], [NAN, NAN], [0, 0], [NAN, NAN], [NAN, NAN]]
    )
    assert len(of_class(svg, "hollow")) == 1
    assert not of_class(svg, "region")


def test_an_empty_forecast_is_an_empty_frame():
    svg = drawing(given=[[], [], []], ahead=[[], [], []], line=[[]] * 5)
    assert of_class(svg, "frame")
    assert not of_class(svg, "dot")


def test_of_more_series_than_colours_the_next_have_another_shape():
    svg = drawing(ahead=[[1e20, 1e20], [3.0, 4.0], [0, 6]])
    first, seventh = of_class(svg, "fill-0")
    assert ("dot" in first.get("class"), "square" in seventh.get("class")) == (True, True)


EQUAL = {"line": [[3.0, 4.0], [3.0, 4.0], [0, 0], [3.0, 4.0], [3.0, 4.0]], "ahead": [[3.2], [3.4], [0]]}


def test_what_a_law_of_several_inputs_says_of_a_run_is_a_bar():
    svg = drawing(**EQUAL, limits=[[3.1], [3.5], [3.4], [3.4]])
    (bar,) = of_class(svg, "whisker")
    (run,) = of_class(svg, "fill-0")
    assert bar.get("y1") == bar.get("y2") == run.get("cy")
    left, at, right = (float(it.rstrip("%")) for it in (bar.get("x1"), run.get("cx"), bar.get("x2")))
    assert left < at < right
    assert len(of_class(drawing(**EQUAL, limits=[[3.1], [3.5], [3.3], [3.5]]), "whisker")) == 2


def test_the_caption_tells_only_what_is_drawn():
    fields = {"x": "said", "y": "loss", "given": [[3.1], [3.1], [0]]} | EQUAL
    assert "has no band" in forecast_caption([Forecast(**fields)])
    barred = forecast_caption([Forecast(**fields, limits=[[3.1], [3.5], [3.4], [3.4]])])
    assert "bars: what the law says" in barred
    assert "shaded" not in barred
    line = [[1, 2], [4.0, 3.0], [0, 0], [3.9, 2.9], [4.1, 3.1]]
    banded = forecast_caption([Forecast(**fields | {"line": line, "given": [[], [], []]})])
    assert banded.startswith("Filled: runs ahead")
    assert "shaded: the forecast in nine of ten trials; a thin line" in banded
