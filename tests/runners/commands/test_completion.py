"""A shell completes claims, without looking at the registry: it asks at every touch of a key."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from runners.commands import main


def completed(line: str, word: int) -> list[str]:
    asked = {"_TOLLENS_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(word)}
    told = CliRunner().invoke(main, [], prog_name="tollens", env=asked)
    return [each.partition(",")[2] for each in told.output.splitlines() if each]


@pytest.mark.parametrize("command", ["show", "run", "judge", "why", "try", "list", "challenge", "export"])
def test_claims_are_completed(command):
    found = completed(f"tollens {command} eos-gd-two", 2)
    assert found == ["eos-gd-two-over-eta"]


def test_a_second_claim_is_completed_and_what_is_no_claim_is_not():
    assert completed("tollens run eos-gd-two-over-eta maxmargin-l", 3) == ["maxmargin-log-rate"]
    assert completed("tollens show zzz", 2) == []
