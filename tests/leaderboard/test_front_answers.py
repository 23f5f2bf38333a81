"""What a newcomer asks the front page: what a claim is, what holds widely, where a law fails, what to set."""

from __future__ import annotations

import html
import re

from leaderboard.board import build
from leaderboard.one_law import one_law
from leaderboard.reach import holds_in_short
from leaderboard.rely import RULES
from runners.reporting.reach_model import ChallengeReport, Counterexample
from tests.made_up import changed, claim, condition, draw, reach, report_of

LAW = "eos-gd-two-over-eta"
AXES = {"width": {"between": (32, 128), "scale": "log"}}

RULES_TOLD = "In practice: rules, each with the verdicts on the claims behind it, and whether they hold widely"


def front(report, tmp_path) -> str:
    build(report, tmp_path)
    return (tmp_path / "index.html").read_text()


def told(page: str, term: str) -> str:
    """The text of a description on the page."""
    (found,) = re.findall(rf"<dt>{re.escape(term)}(?:: \d+)?</dt><dd>(.*?)</dd>", page, flags=re.S)
    return found


def test_a_claim_is_said_in_the_first_sentence(report, tmp_path):
    assert re.search(r'<p class="lead">A <b>claim</b> is one number', front(report, tmp_path))


def test_what_authors_hold_is_counted_apart_from_folklore(report, tmp_path):
    """A refuted piece of folklore speaks against nobody's law."""
    folklore = changed(report, LAW, held_by="folklore", verdict="refuted")
    page = front(folklore, tmp_path)
    own, others = told(page, "Laws and bounds of authors"), told(page, "Folklore, null models")
    authors = [c for c in folklore.falsifiable if c.counts and c.held_by == "authors"]
    for word in {c.verdict for c in authors}:
        assert f"<b>{sum(c.verdict == word for c in authors)}</b>" in own
    assert "refuted" in others


def test_the_counts_add_up_to_all_claims_that_can_be_tested(report, tmp_path):
    page = front(report, tmp_path)
    rows = (
        "Laws and bounds of authors",
        "Folklore, null models",
        "Their corollaries",
        "Theorems (proved)",
    )
    tallies = [re.findall(r'class="tally"><b>(\d+)</b> <b class="v', told(page, row)) for row in rows]
    assert sum(int(count) for tally in tallies for count in tally) == len(report.falsifiable)
    for row, tally in zip(rows, tallies, strict=True):
        assert len(tally) < 2 or f"<dt>{row}: {sum(map(int, tally))}</dt>" in page


def test_laws_that_hold_widely_are_named(report, tmp_path):
    assert "No law is shown to hold widely" in told(front(report, tmp_path / "none"), "Reach")
    draws = [draw(number, "holds", {"width": 32 + number}) for number in range(1, 19)]
    wide = changed(report, LAW, reach=reach(AXES, draws, word="wide", headline="stood", fails_where=""))
    said = told(front(wide, tmp_path / "wide"), "Reach")
    assert "holds in at least 80%" in said
    assert f'href="claims/{LAW}.html#reach"' in said


def test_the_picture_says_where_its_law_fails(report, tmp_path):
    draws = [draw(1, "fails", {"width": 40}, outside=2.0), draw(2, "holds", {"width": 90})]
    failing = changed(report, LAW, reach=reach(AXES, draws, fails_where="Of 1 ...", fails_along=("width",)))
    caption = re.search(r"<figcaption>(.*?)</figcaption>", front(failing, tmp_path), flags=re.S)[1]
    assert "in 1 of 2 random settings, depending on width" in caption
    assert f"claims/{LAW}.html#reach" in caption


def test_a_searched_counterexample_is_told_beside_the_random_settings():
    draws = [draw(number, "holds", {"width": 40 + number}) for number in range(4)]
    found = Counterexample(
        setting={"width": 37, "rate": 0.27811}, beyond=16, trials=16, outside=2.0, records=("0123456789abcdef0123",)
    )
    search = ChallengeReport(number=1, tried=60, sentence="", counterexamples=(found,))
    broken = claim("law", "supported", reach=reach(AXES, draws), challenges=(search,))
    assert holds_in_short(broken) == "in all of 4 random settings; not at width 37, rate 0.278, which a search found"


def test_a_law_without_a_level_is_shown_as_on_its_page():
    settings = [condition({"width": width}, 1 / width, [1.01] * 8) for width in (32, 64, 128)]
    shown = one_law([claim("lost", "refuted", conditions=settings), claim("law", "supported", conditions=settings)])
    assert (shown.claim.id, shown.title, shown.x) == ("law", "late sharpness", "width")
    assert one_law([claim("lost", "refuted", conditions=settings)]) is None


def test_before_any_law_is_supported_the_front_page_shows_how_one_is_judged(tmp_path):
    page = front(report_of([claim("law", "not run")]), tmp_path)
    assert "How one measurement is judged" in page
    assert page.count('class="strip both') == 3
    assert "How one measurement" not in front(report_of([judged_law()]), tmp_path)


def judged_law():
    return claim("law", "supported", conditions=[condition({"width": w}, 1.0, [1.01] * 8) for w in (32, 64, 128)])


def test_every_rule_of_practice_is_one_click_away(report, tmp_path):
    said = told(front(report, tmp_path), RULES_TOLD)
    rely = (tmp_path / "rely.html").read_text()
    for rule in RULES:
        assert f'href="rely.html#{rule.key}"' in said
        assert f'id="{rule.key}"' in rely
    assert "Twice the width: half Adam's rate in hidden and output layers" in html.unescape(said)


def test_a_rule_says_how_much_of_its_evidence_stands(report, tmp_path):
    """Of one rule's claims the report has one that is supported and one that holds in part; of the others none."""
    said = told(front(report, tmp_path), RULES_TOLD)
    assert said.count("not measured") == len(RULES) - 1
    assert re.search(r'1 <b class="v supported">.*1 <b class="v partly">', said, flags=re.S)
