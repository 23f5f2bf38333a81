"""Which law catches which mistake: the quick rows of the documents' table come out as they stand there."""

from __future__ import annotations

import pytest

from benchmarks.planted_mistakes import LAWS, PLANTED, attention, table, written
from tests.docs.conftest import ROOT

PAGE = (ROOT / "docs" / "my_network.md").read_text().splitlines()
QUICK = ("muP without its readout line", "weight decay coupled for decoupled", "muP with the input's rate divided")


def test_every_mistake_has_its_row_and_every_law_its_mistake():
    rows = [line.split(" | ")[0].removeprefix("| ") for line in PAGE if line.startswith("| ")]
    assert [row for row in rows if row in PLANTED] == list(PLANTED)
    assert {law for laws in PLANTED.values() for law in laws} == set(LAWS)


@pytest.mark.parametrize("mistake", QUICK)
def test_a_row_comes_out_as_it_stands_in_the_document(mistake):
    found = table({mistake: PLANTED[mistake]})
    assert set(found["sound"]) == {"supported"}  # the same program without the mistake
    assert written(found).splitlines()[-1] in PAGE


def test_a_scale_that_is_forgotten_is_refuted():
    judged = attention("attention without 1/sqrt(d)", scale="root", heads=4)
    assert judged.verdict == "refuted"
    assert judged.runs["agreement"].median() == pytest.approx(0.5, abs=0.2)  # the root of the head's width too much
