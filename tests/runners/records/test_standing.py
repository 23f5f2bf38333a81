"""Which seal a record was measured under, and what the verdict can therefore be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runners.records.seals import lock_hash, seal, sealed
from runners.records.standing import caveat, standing
from runners.reporting.report import report
from runners.rule.verdicts import Outcome

NOTHING = {"schema": 1, "claims": {}}


@pytest.fixture
def toy(world):
    return world.registry


def locks(toy):
    """By name: a lock that holds the claim as it stands, one that holds another version of it, and an empty one."""
    entry = {"seal": seal(toy, "law-holds"), "sealed": "2026-01-02", "resealed": 1}
    this = {"schema": 1, "claims": {"law-holds": entry}}
    another = {"schema": 1, "claims": {"law-holds": {**entry, "seal": "0" * 64}}}
    return {"this": this, "another": another, "empty": NOTHING}


def stands(toy, *cited, lock="this", **changes):
    known = locks(toy)
    if changes:  # they decide nothing, so that the seal is the same
        claim = toy.claims["law-holds"].model_copy(update=changes)
        toy = replace(toy, claims={**toy.claims, "law-holds": claim})
        assert seal(toy, "law-holds") == known["this"]["claims"]["law-holds"]["seal"]

    def read(name):
        if name not in known:
            raise FileNotFoundError(name)
        return known[name]

    return standing(toy, "law-holds", cited, known[lock], read)


@pytest.mark.parametrize(
    ("cited", "changes", "status", "bar"),
    [
        (["this", "this"], {}, "replication", "this"),
        (["this"], {"expect": "open"}, "prediction", "this"),
        (["this"], {"beyond": "widths that nobody trained"}, "extension", "this"),
        (["this", "empty"], {"expect": "open"}, "postdiction", "unsealed"),
        (["lost"], {}, "postdiction", "unsealed"),
        ([None], {}, "postdiction", "unsealed"),
        (["this", "another"], {}, "postdiction", "another"),
        ([], {}, None, None),
    ],
)
def test_status_follows_from_expectation_and_seals(toy, cited, changes, status, bar):
    found = stands(toy, *cited, **changes)
    assert (found["status"], found["bar"]) == (status, bar)
    assert (caveat(found) is None) == (bar in ("this", None))
    assert found["postdiction"] == (status == "postdiction")
    assert sum(found["measured_under"].values()) == len(cited)


def test_the_seal_in_force_is_told(toy):
    found = stands(toy, "this")
    assert (found["sealed"], found["resealed"], found["seal_holds"]) == ("2026-01-02", 1, True)
    assert stands(toy, "this", lock="another")["seal_holds"] is False
    assert stands(toy, "this", lock="empty")["sealed"] is None


def test_a_verdict_by_another_bar_is_shown_but_neither_counted_nor_scored(world, monkeypatch):
    """Measured under a narrow region, judged under a wide one."""
    from datetime import date

    from runners.measuring.executors import InProcess

    world.claim("new", like="law-holds", where={"kind": "lawful", "width": 2}, expect="supported")
    before = sealed(world.registry, ["new"], NOTHING, today=date(2026, 1, 1))
    world.store.put_lock(lock_hash(before), before)
    provenance = {"tier": "smoke", "lock": lock_hash(before)}
    world.run("new", executor=InProcess(world.address, provenance))
    for within, bar, counted in (((0.9, 1.1), "this", 1), ((0.5, 2.0), "another", 0)):
        world.claim(
            "new",
            where={"kind": "lawful", "width": 2},
            expect="supported",
            agreement={"by": "ratio", "within": within, "because": "x"}
            if bar == "another"
            else world.registry.claims["new"].agreement.model_dump(exclude_none=True),
        )
        now = sealed(world.registry, ["new"], before, today=date(2026, 1, 2))
        monkeypatch.setattr("runners.reporting.report.lock_in_force", lambda files, now=now: now)
        judge = world.stored_judge()
        document = report(judge, [judge.judge("new")])
        (claim,) = document["claims"]
        assert claim["verdict"] == "supported"
        assert claim["bar"] == bar
        assert document["counts"].get("supported", 0) == counted
        assert (claim["bits"] is not None) == bool(counted)
        assert claim["resealed"] == (bar == "another")


def test_a_superseded_claim_keeps_its_verdict_but_counts_no_more(world):
    world.claim("newer", where={"kind": "lawful", "width": 2}, supersedes="law-holds")
    world.run("law-holds", "newer")
    judge = world.stored_judge()
    results = [judge.judge(name) for name in ("law-holds", "newer")]
    assert all(result.outcome is Outcome.SUPPORTED for result in results)
    old, new = report(judge, results)["claims"]
    assert (old["superseded_by"], new["supersedes"]) == ("newer", "law-holds")
    assert (old["verdict"], old["bits"]) == ("supported", None)
    assert report(judge, results)["counts"] == {"supported": 1}


def test_a_run_says_that_a_claim_is_not_sealed_and_its_verdict_a_postdiction(command_line):
    result = command_line("run", "law-holds", "--in-process")
    assert "law-holds is not sealed: its verdict will be a postdiction" in result.output
    assert "measured before it was sealed as it stands: a postdiction" in result.output
    assert "a postdiction" in command_line("show", "law-holds").output
