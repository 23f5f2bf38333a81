"""Theorems check code and instruments, corollaries repeat: neither is counted anywhere."""

from __future__ import annotations

from leaderboard.summaries import theories
from leaderboard.table import phenomena_table
from runners.reporting.history import in_short
from runners.reporting.reach_report import headlines
from runners.reporting.report_model import ClaimReport
from runners.reporting.standing_apart import nested, standing_of
from runners.reporting.terminal import print_verdicts
from tests.made_up import claim, report_of


def apart() -> list[ClaimReport]:
    return [
        claim("follows", "supported", corollary_of="law"),
        claim("proved", "supported", kind="theorem", experiment="algebra"),
        claim("law", "supported"),
        claim("other", "refuted", experiment="another"),
        claim("twin", "partly"),
        claim("waiting", "not run", experiment="nowhere"),
    ]


def test_theorems_and_corollaries_stand_outside_every_count():
    claims = apart()
    document = report_of(claims)
    assert [it.id for it in document.counted] == ["law", "other", "twin"]
    assert standing_of(document) == "3 verdicts rest on 2 experiments; apart: 1 theorem, 1 corollary"
    assert [record.verdicts for record in theories(claims)] == [
        {"supported": 1, "refuted": 1, "partly": 1, "not run": 1}
    ]
    assert headlines(claims) == {"fixed settings only": 2, "fell": 1}
    assert {name for name, it in in_short(document).claims.items() if it.counts} == {"law", "other", "twin", "waiting"}
    phenomenon = phenomena_table(document, [("laws", "All of them.", [it.id for it in claims])])
    assert "2 not counted" in phenomenon
    assert "1 ✓" in phenomenon


def test_corollaries_follow_the_claim_that_they_are_nested_under():
    assert [it.id for it in nested(apart())] == ["proved", "law", "follows", "other", "twin", "waiting"]
    assert [it.id for it in nested(apart()[:1])] == ["follows"]


def test_theorems_stand_apart_in_a_terminal(capsys):
    print_verdicts(report_of(apart()))
    table = capsys.readouterr().out.partition("└")[0]
    assert table.index("law") < table.index("  follows") < table.index("waiting") < table.index("proved")
