"""Processes that share the judging say what one process says."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runners.records.damage import DamagedRecord
from runners.reporting import sharing
from runners.reporting.report import _Reporter, judged_and_reported
from runners.reporting.terminal import print_verdicts

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


@pytest.mark.usefixtures("many")
def test_what_processes_learnt_of_the_records_nobody_reads_again(world, claims, monkeypatch):
    world.run(*claims)
    judge = world.stored_judge()
    alone = {name: judge.judge(name).outcome for name in claims}
    judge = world.stored_judge()
    assert {it.claim: it.outcome for part in sharing.shared(judge, claims, _Reporter) for it in part.results} == alone
    monkeypatch.setattr(judge.samples.store, "records", None)  # reads all of an experiment
    assert {name: judge.judge(name).outcome for name in claims} == alone


def test_a_bare_report_says_the_same_in_a_terminal_without_the_numbers_of_trials(world, claims, capsys):
    world.run(*claims)
    _, whole = judged_and_reported(world.stored_judge(), claims)
    _, bare = judged_and_reported(world.stored_judge(), claims, bare=True)
    said = []
    for document in (whole, bare):
        print_verdicts(document, verbose=True)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
    assert all(cell.values for claim in whole.falsifiable for cell in claim.conditions)
    assert not any(cell.values or cell.curves for claim in bare.falsifiable for cell in claim.conditions)
    assert len(bare.written()) < 0.7 * len(whole.written())


def test_a_report_is_the_same_however_many_judged(world, claims, request):
    world.run(*claims)
    results, alone = judged_and_reported(world.stored_judge(), claims)
    request.getfixturevalue("many")
    shared_results, together = judged_and_reported(world.stored_judge(), claims)
    assert [it.outcome for it in shared_results] == [it.outcome for it in results]
    assert together.model_copy(update={"created": alone.created}).written() == alone.written()
    assert together.injections.injected > 0


KILLED = """
import os, time
from types import SimpleNamespace as Made
from runners.reporting import sharing

sharing.FEWEST, sharing._cores = 1, lambda: 2
claims = {"first": Made(experiment="one"), "second": Made(experiment="other")}

def tells(judge):
    return lambda claims: (os.write(1, f"{os.getpid()}\\n".encode()), time.sleep(60))

list(sharing.shared(Made(alone=None, registry=Made(claims=claims)), list(claims), tells))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs prctl")
def test_they_do_not_outlive_whoever_shares_with_them():
    """Killed outright: who waits for more work would wait for ever, with what this process had open."""
    whole = subprocess.Popen([sys.executable, "-c", KILLED], stdout=subprocess.PIPE, text=True)
    processes = [Path("/proc", whole.stdout.readline().strip()) for _ in range(2)]
    assert all(process.exists() for process in processes)
    whole.kill()
    end = time.monotonic() + 20
    while any(process.exists() for process in processes) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(process.exists() for process in processes)
    whole.communicate()
