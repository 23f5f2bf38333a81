"""The page of the review's figures: every figure with what is own and reduced, and the numbers of its claims."""

from __future__ import annotations

from leaderboard.board import build
from leaderboard.review_figures import review_figures
from leaderboard.sources import ROOT
from runners.registry.contents import read_all


def test_every_figure_names_claims_of_the_registry_and_what_is_not_its_own():
    documents = read_all([ROOT / "registry.yaml"])[1]
    known = {name for it in documents for name in it.data.get("claims", {})}
    found = review_figures()
    assert [it.figure for it in found] == ["1a", "1b", "3", "4", "5", "6a", "6b"]
    for it in found:
        assert it.claims
        assert set(it.claims) <= known, it.figure
        assert all(part.here for part in it.parts if part.kind != "missing"), it.figure


def test_a_figure_shows_its_claims_pictures_and_numbers_and_says_what_is_absent(report, tmp_path):
    build(report, tmp_path)
    page = (tmp_path / "figures.html").read_text()
    law = next(claim for claim in report.falsifiable if claim.id == "eos-gd-two-over-eta")
    figure = page[page.index('id="figure-4"') : page.index('id="figure-5"')]
    assert 'href="claims/eos-gd-two-over-eta.html"' in figure
    assert figure.count("<svg") >= len(law.judged)
    assert figure.count("<tr") >= len(law.conditions) + 4
    absent = [it for it in review_figures() if not {claim.id for claim in report.claims} & set(it.claims)]
    assert page.count("None of its claims are in this report.") == len(absent)
