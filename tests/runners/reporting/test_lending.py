"""Reports side by side: what one tier does not run stands as in the report of another that does."""

from __future__ import annotations

from leaderboard.board import build
from runners.reporting.history import in_short
from runners.reporting.lending import with_lent
from runners.reporting.report_model import Report
from tests.made_up import claim, condition, report_of


def judged(name: str, verdict: str):
    return claim(name, verdict, conditions=[condition({"width": w}, 1.0, [1.01] * 8) for w in (32, 64)])


def two_tiers() -> tuple[Report, Report]:
    own = report_of([judged("kept", "supported"), claim("large", "not run"), claim("never", "not run")])
    other = report_of([judged("kept", "refuted"), judged("large", "supported")])
    return own, other.model_copy(update={"tier": "long", "epoch": "another"})


def test_a_claim_without_a_verdict_is_lent_one_and_says_by_which_run():
    own, other = two_tiers()
    both = {it.id: it for it in with_lent(own, [other]).falsifiable}
    assert {name: it.verdict for name, it in both.items()} == {
        "kept": "supported",
        "large": "supported",
        "never": "not run",
    }
    assert (both["large"].lent_by.tier, both["large"].lent_by.epoch) == ("long", "another")
    assert both["kept"].lent_by is None


def test_counts_are_of_all_and_the_history_of_the_own_run():
    own, other = two_tiers()
    both = with_lent(own, [other])
    assert both.counts == {"supported": 2, "not run": 1}
    assert set(in_short(both).claims) == {"kept", "never"}


def test_a_report_with_what_was_lent_is_read_again_and_shown(tmp_path):
    own, other = two_tiers()
    both = with_lent(own, [other])
    assert Report.model_validate_json(both.written(), strict=True).written() == both.written()
    build(both, tmp_path)
    page = (tmp_path / "claims" / "large.html").read_text()
    assert "tier long" in page
    assert "epoch another" in page
    assert "tier long" not in (tmp_path / "claims" / "kept.html").read_text()
