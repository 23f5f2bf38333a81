"""What a newcomer asks the front page: what a claim is, what holds widely, where a law fails, what to set."""

from __future__ import annotations

import re

from leaderboard.board import build
from leaderboard.rely import RULES
from tests.made_up import changed, draw, reach

LAW = "eos-gd-two-over-eta"
AXES = {"width": {"between": (32, 128), "scale": "log"}}


def front(report, tmp_path) -> str:
    build(report, tmp_path)
    return (tmp_path / "index.html").read_text()


def told(page: str, term: str) -> str:
    """The text of a description on the page."""
    (found,) = re.findall(rf"<dt>{term}</dt><dd>(.*?)</dd>", page, flags=re.S)
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


def test_laws_that_hold_widely_are_named(report, tmp_path):
    assert "No law is shown to hold widely" in told(front(report, tmp_path / "none"), "Reach")
    draws = [draw(number, "holds", {"width": 32 + number}) for number in range(1, 19)]
    wide = changed(report, LAW, reach=reach(AXES, draws, word="wide", headline="stood", fails_where=""))
    said = told(front(wide, tmp_path / "wide"), "Reach")
    assert "Hold in at least 80% of their domain" in said
    assert f'href="claims/{LAW}.html#reach"' in said


def test_the_picture_says_where_its_law_fails(report, tmp_path):
    draws = [draw(1, "fails", {"width": 40}, outside=2.0), draw(2, "holds", {"width": 90})]
    page = front(
        changed(report, LAW, reach=reach(AXES, draws, fails_where="Of 1 failures 1 had width < 48.")), tmp_path
    )
    caption = re.search(r"<figcaption>(.*?)</figcaption>", page, flags=re.S)[1]
    assert "Of 1 failures 1 had width &lt; 48." in caption
    assert f"claims/{LAW}.html#reach" in caption


def test_every_rule_of_practice_is_one_click_away(report, tmp_path):
    said = told(front(report, tmp_path), "In practice")
    rely = (tmp_path / "rely.html").read_text()
    for rule in RULES:
        assert f'href="rely.html#{rule.key}"' in said
        assert f'id="{rule.key}"' in rely
    assert "width" in said
