"""Figures as files beside their pages: drawn from the data that lie beside them, cited, and loading nothing."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from statistics import median
from xml.etree import ElementTree

import pytest

from leaderboard.board import build
from leaderboard.export import errors_file, readings_file
from leaderboard.figure_data import draws_csv, errors_csv, panels_csv, readings_csv
from leaderboard.forest import residuals
from leaderboard.phenomena import phenomena
from tests.leaderboard.test_figures import of_class
from tests.made_up import by_id, changed, claim, draw, reach, report_of

LAW, ROOM = "eos-gd-two-over-eta", "edge_of_stability"
AXES = {"width": {"between": (32, 128), "scale": "log"}, "data": {"values": ("digits", "mnist1d")}}
DRAWS = [
    draw(1, "holds", {"width": 40, "data": "digits"}),
    draw(2, "fails", {"width": 90, "data": "mnist1d"}, outside=2.5),
    draw(3, "pending", {}),
]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(text.splitlines()))


@pytest.fixture(scope="module")
def drawn(report):
    return changed(report, LAW, reach=reach(AXES, DRAWS))


@pytest.fixture(scope="module")
def out(drawn, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    build(drawn, folder)
    return folder


def test_every_figure_of_claims_and_phenomena_leads_to_a_drawing_and_its_data(out):
    for folder in ("claims", "phenomena"):
        for page in (out / folder).glob("*.html"):
            text = page.read_text()
            figures = re.findall(r"<figure.*?</figure>", text, flags=re.S)
            files = re.findall(r'<p class="files">.*?</p>', text, flags=re.S)
            assert bool(figures) <= bool(files), page.name
            for line in files:
                drawing, data = re.findall(r'href="([^"]+)" download', line)
                root = ElementTree.fromstring((page.parent / drawing).read_text())
                assert not any(name.endswith("href") for it in root.iter() for name in it.attrib), drawing
                assert "Tollens 0.1.0, " in " ".join(root.itertext())
                assert rows((page.parent / data).read_text()), data
            assert not files or "Cite: Tollens 0.1.0, " in text


def test_a_map_comes_with_a_row_a_draw(drawn):
    first, second, third = rows(draws_csv(by_id(drawn, LAW)))
    assert (first["outcome"], first["width"], first["data"]) == ("holds", "40", "digits")
    assert (second["outcome"], second["half_widths_from_the_middle"]) == ("fails", "2.5")
    assert (third["outcome"], third["width"]) == ("pending", "")


def test_panels_come_with_what_they_show(report):
    law = by_id(report, LAW)
    curve = law.conditions[0].curves[1]
    told = [row for row in rows(panels_csv(law)) if row["observable"] == "sharpness" and row["learning_rate"] == "0.05"]
    told = [row for row in told if row["data"] == "digits"]
    assert [float(row["y"]) for row in told] == list(curve.trials[0][0])
    assert {row["over"] for row in told} == {"step"}
    fold = rows(panels_csv(by_id(report, "ntk-change-inverse-width")))
    assert [float(row["x"]) for row in fold[:4]] == [64, 128, 256, 512]
    momentum = rows(panels_csv(by_id(report, "eos-heavy-ball")))  # no curve: its trials
    first = by_id(report, "eos-heavy-ball").conditions[0]
    measured = [float(row["y"]) for row in momentum if row["series"] == "measured" and row["momentum"] == "0.0"]
    assert median(measured) == pytest.approx(first.measured)


def test_errors_come_with_a_row_a_dot(drawn):
    found = residuals(phenomena(drawn)[ROOM])
    svg = ElementTree.fromstring(errors_file(drawn, ROOM, found))
    dots = [it for it in svg.iter() if it.tag.endswith("circle") and it.find("{*}title") is not None]
    assert found
    assert len(rows(errors_csv(found))) == len(dots) == sum(len(it.dots) for it in found)


def test_a_phenomenon_s_readings_come_as_a_drawing_with_a_strip_each(drawn):
    members = phenomena(drawn)[ROOM]
    judged = [it for it in members if it.judged]
    svg = readings_file(drawn, ROOM, [("Laws", members), ("Bounds", [])], None)
    assert len(of_class(svg, "strip")) == len(judged)
    assert "Bounds" not in svg
    told = rows(readings_csv(members))
    assert {row["claim"] for row in told} == {it.id for it in members}
    assert len(told) == sum(max(1, len(it.judged)) for it in members)


def test_the_drawing_of_a_phenomenon_says_the_verdicts(report):
    lost = claim("lost", "unavailable")
    text = readings_file(report_of([lost]), ROOM, [("Laws", [lost])], None)
    assert "unavailable" in text
    assert not of_class(text, "strip")
