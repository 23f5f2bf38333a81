"""The page of surprises: each claim once, where it surprises most, and none that came out as expected."""

from __future__ import annotations

from leaderboard.board import build
from leaderboard.surprises import surprises_context
from tests.made_up import reach


def _found(claims) -> dict[str, list[str]]:
    return {name: [claim.id for claim in found] for name, found in surprises_context(claims).items()}


def test_each_claim_stands_once_where_it_surprises_most(report):
    law = next(c for c in report.falsifiable if c.verdict == "supported" and c.counts and c.reach is None)
    expected = law.model_copy(update={"expect": "supported", "contradicts_expectation": False})
    assert _found([expected]) == {"against": [], "broken": [], "answered": []}
    assert _found([law.model_copy(update={"contradicts_expectation": True})])["against"] == [law.id]
    assert _found([expected.model_copy(update={"expect": "open"})])["answered"] == [law.id]


def test_a_law_that_its_own_domain_breaks_is_told_unless_that_was_expected(report):
    law = next(c for c in report.falsifiable if c.verdict == "supported" and c.counts)
    narrow = {"expect": "open", "contradicts_expectation": False, "reach": reach({}, (), word="narrow")}
    assert _found([law.model_copy(update=narrow)])["broken"] == [law.id]
    assert _found([law.model_copy(update=narrow | {"expect_reach": "narrow"})])["answered"] == [law.id]


def test_the_page_leads_to_every_surprise(report, tmp_path):
    build(report, tmp_path)
    page = (tmp_path / "surprises.html").read_text()
    for claims in surprises_context(report.falsifiable).values():
        for claim in claims:
            assert page.count(f'href="claims/{claim.id}.html"') == 1
