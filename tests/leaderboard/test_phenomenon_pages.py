"""A page a phenomenon: its readings, what stands and what fails, its assumptions and papers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from leaderboard.board import build
from leaderboard.phenomena import about, assumptions, bibtex, phenomena, pooled
from leaderboard.sources import ROOT
from runners.registry.contents import read_all
from runners.registry.schema import Source
from tests.made_up import claim, condition, report_of

ROOMS = [room.package.rpartition(".")[2] for room in read_all([ROOT / "registry.yaml"])[0]]


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_says_in_two_paragraphs_what_happens_there(room):
    paragraphs = about(room)
    assert len(paragraphs) == 2
    assert all(120 < len(text) < 900 for text in paragraphs)


@pytest.fixture(scope="module")
def page(report, tmp_path_factory) -> str:
    out: Path = tmp_path_factory.mktemp("site")
    build(report, out)
    return (out / "phenomena" / "edge-of-stability.html").read_text()


def test_readings_that_fail_stand_on_the_page_of_the_law(report, page):
    members = phenomena(report)["edge_of_stability"]
    assert {it.verdict for it in members} >= {"supported", "refuted", "partly", "inconclusive"}
    for it in members:
        assert f'id="{it.id}"' in page
    order = [page.index(title) for title in (">Laws of authors", ">Bounds", ">As commonly told", ">Theorems: checks")]
    assert order == sorted(order)
    assert page.index(">Theorems: checks") < page.index('id="imbalance-conserved"')


def test_the_pooled_value_is_that_of_all_settings():
    settings = [condition({"width": i}, 1.0, [point] * 8) for i, point in enumerate([0.98, 1.0, 1.01, 1.05])]
    law, lost = claim("law", "supported", conditions=settings), claim("lost", "refuted", conditions=settings[:1])
    assert pooled([law, lost]) == (pytest.approx(1.005), pytest.approx(0.98), pytest.approx(1.05), 4)
    assert pooled([lost]) is None


def test_assumptions_say_whether_they_were_met():
    needs = {"measured": "rising_steps", "within": [0.05, 1], "because": "the step size ended it"}
    missed = [condition({"width": i}, 1.0, [1.0] * 8, set_aside=i) for i in (0, 3)]
    (found,) = assumptions([claim("law", "supported", requires=[needs], conditions=missed)])
    assert (found.name, found.missed, found.trials) == ("rising_steps", 3, 16)


def test_papers_come_as_bibtex():
    entry = bibtex(Source(cite="Saxe, McClelland and Ganguli 2014", arxiv="1312.6120"))
    assert entry.startswith("@misc{saxe2014,")
    assert "author = {Saxe and McClelland and Ganguli}," in entry
    assert "eprint = {1312.6120}," in entry
    assert bibtex(Source(cite="Cohen et al. 2021; Lee and Bahri 2019")).count("@misc{") == 2
    assert "author = {Cohen and others}" in bibtex(Source(cite="Cohen et al. 2021"))


def test_phenomena_are_found_from_the_front_page(report, tmp_path):
    build(report, tmp_path)
    rooms = re.findall(r'href="(phenomena/[^"]+)"', (tmp_path / "phenomena.html").read_text())
    assert rooms
    assert all((tmp_path / name).is_file() for name in rooms)
    assert 'href="phenomena.html"' in (tmp_path / "index.html").read_text()
    assert report_of([]).claims == ()
