"""Processes that share the judging say what one process says."""

from __future__ import annotations

import os

import pytest

from runners.records.damage import DamagedRecord
from runners.reporting import sharing
from runners.reporting.report import judged_and_reported

TOYS = ["law-holds", "ramp"]


def owner(judge):
    """A worker that tells in which process it works, on what."""
    return lambda claims: (os.getpid(), list(claims))


def fails_elsewhere(judge):
    here = os.getpid()

    def work(claims):
        if os.getpid() != here:
            os._exit(7)
        raise DamagedRecord("0123.json", "it is gone")

    return work


@pytest.fixture
def many(monkeypatch):
    """Every claim is worth a process, and there are two cores."""
    monkeypatch.setattr(sharing, "FEWEST", 1)
    monkeypatch.setattr(sharing, "_cores", lambda: 2)


@pytest.fixture
def claims(world) -> list[str]:
    """Of two experiments."""
    return [*TOYS, world.claim("crowd", experiment="toy-crowd", where={"kind": "lawful"})]


def test_few_claims_are_judged_here(world, claims):
    assert list(sharing.shared(world.stored_judge(), claims, owner)) == [(os.getpid(), TOYS), (os.getpid(), ["crowd"])]


@pytest.mark.usefixtures("many")
def test_many_are_shared_by_experiment_and_come_in_their_order(world, claims):
    done = list(sharing.shared(world.stored_judge(), claims, owner))
    assert [names for _, names in done] == [TOYS, ["crowd"]]
    assert os.getpid() not in {process for process, _ in done}


@pytest.mark.usefixtures("many")
def test_what_fails_in_a_process_is_done_here_and_says_why(world, claims):
    with pytest.raises(DamagedRecord, match=r"0123\.json cannot be read"):
        list(sharing.shared(world.stored_judge(), claims, fails_elsewhere))


def test_a_report_is_the_same_however_many_judged(world, claims, request):
    world.run(*claims)
    results, alone = judged_and_reported(world.stored_judge(), claims)
    request.getfixturevalue("many")
    shared_results, together = judged_and_reported(world.stored_judge(), claims)
    assert [it.outcome for it in shared_results] == [it.outcome for it in results]
    assert together.model_copy(update={"created": alone.created}).written() == alone.written()
    assert together.injections.injected > 0
