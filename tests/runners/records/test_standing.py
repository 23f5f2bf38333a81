"""Which seal a record was measured under, and what the verdict can therefore be."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date

import pytest

from runners.records.epochs import Epoch
from runners.records.seals import Sealing, lock_hash, sealed, understood
from runners.records.standing import standing
from runners.registry.schema import Changed
from runners.reporting.report import report
from runners.rule.verdicts import Outcome

NOTHING = {"schema": 2, "claims": {}}


@pytest.fixture
def toy(world):
    return world.registry


def locks(toy):
    """By name: a lock that holds the claim as it stands, and what others of it may hold."""
    this = sealed(toy, ["law-holds"], NOTHING, today=date(2026, 1, 2))

    def holding(**changes):
        return {**this, "claims": {"law-holds": {**this["claims"]["law-holds"], "resealed": 1, **changes}}}

    return {
        "this": holding(),
        "another": holding(seal="0" * 64),
        "another size": holding(tiers={"smoke": {**this["claims"]["law-holds"]["tiers"]["smoke"], "seal": "0" * 20}}),
        "no such size": holding(tiers={}),
        "other hopes": holding(expect="refuted"),
        "of 0.1": {"schema": 1, "claims": {"law-holds": {"seal": "0" * 64, "sealed": "2026-01-01", "resealed": 1}}},
        "empty": NOTHING,
    }


def stands(toy, *cited, lock="this", tier="smoke", **changes):
    known = locks(toy)
    if changes:  # they decide nothing, so that the seal is the same
        claim = toy.claims["law-holds"].model_copy(update=changes)
        toy = replace(toy, claims={**toy.claims, "law-holds": claim})
        assert Sealing(toy).seal("law-holds") == known["this"]["claims"]["law-holds"]["seal"]

    def read(name):
        if name not in known:
            raise FileNotFoundError(name)
        return known[name]

    return standing(Sealing(toy), "law-holds", tier, cited, known[lock], lambda name: understood(read(name)))


@pytest.mark.parametrize(
    ("cited", "changes", "status", "bar"),
    [
        (["this", "this"], {}, "replication", "this"),
        (["this"], {"beyond": "widths that nobody trained"}, "extension", "this"),
        (["this", "empty"], {}, "postdiction", "unsealed"),
        (["lost"], {}, "postdiction", "unsealed"),
        ([None], {}, "postdiction", "unsealed"),
        (["this", "another"], {}, "postdiction", "another"),
        (["this", "another size"], {}, "postdiction", "another"),
        (["no such size"], {}, "postdiction", "unsealed"),
        (["of 0.1"], {}, "postdiction", "unsealed"),
        ([], {}, None, None),
    ],
)
def test_status_follows_from_expectation_and_seals(toy, cited, changes, status, bar):
    found = stands(toy, *cited, **changes)
    assert (found.status, found.bar) == (status, bar)
    assert (found.caveat is None) == (bar in ("this", None))
    assert found.expected_before is None
    assert sum(found.measured_under.values()) == len(cited)


def test_what_nobody_had_answered_is_a_prediction(toy):
    open_claim = toy.claims["law-holds"].model_copy(update={"expect": "open"})
    found = stands(replace(toy, claims={**toy.claims, "law-holds": open_claim}), "this")
    assert (found.status, found.expected_before) == ("prediction", None)


def test_the_seal_in_force_is_told(toy):
    found = stands(toy, "this")
    assert (found.sealed, found.resealed, found.seal_holds) == ("2026-01-02", 1, True)
    assert stands(toy, "this", lock="another").seal_holds is False
    assert stands(toy, "this", lock="another size").seal_holds is False
    assert stands(toy, "this", lock="empty").sealed is None


def test_another_size_concerns_its_own_tier_alone(toy):
    assert stands(toy, "another size", tier="smoke").bar == "another"
    other = locks(toy)["this"]["claims"]["law-holds"]["tiers"]["standard"]
    lock = {"schema": 2, "claims": {"law-holds": locks(toy)["another size"]["claims"]["law-holds"]}}
    lock["claims"]["law-holds"]["tiers"] |= {"standard": other}
    found = {
        tier: standing(Sealing(toy), "law-holds", tier, ["it"], lock, lambda name: lock).bar
        for tier in ("smoke", "standard")
    }
    assert found == {"smoke": "another", "standard": "this"}


def test_what_was_expected_when_it_was_measured_is_told(toy):
    """Nobody makes a prediction of a claim by calling it open after its verdict was seen."""
    found = stands(toy, "other hopes", "this")
    assert (found.status, found.bar, found.expected_before) == ("replication", "this", "refuted")
    assert found.caveat == "when it was measured, it was expected to be refuted"
    assert stands(toy, "this", expect="open").status == "replication"
    assert stands(toy, "other hopes", expect="open").expected_before == "refuted"


def test_a_verdict_by_another_bar_is_shown_but_neither_counted_nor_scored(world, monkeypatch):
    """Measured under a narrow region, judged under a wide one."""
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
        (claim,) = document.claims
        assert claim.verdict == "supported"
        assert claim.bar == bar
        assert document.counts.get("supported", 0) == counted
        assert (claim.bits is not None) == bool(counted)
        assert claim.resealed == (bar == "another")


def test_a_superseded_claim_keeps_its_verdict_but_counts_no_more(world):
    world.claim("newer", where={"kind": "lawful", "width": 2}, supersedes="law-holds")
    world.run("law-holds", "newer")
    judge = world.stored_judge()
    results = [judge.judge(name) for name in ("law-holds", "newer")]
    assert all(result.outcome is Outcome.SUPPORTED for result in results)
    old, new = report(judge, results).claims
    assert (old.superseded_by, new.supersedes) == ("newer", "law-holds")
    assert (old.verdict, old.bits) == ("supported", None)
    assert report(judge, results).counts == {"supported": 1}


def test_a_run_says_that_a_claim_is_not_sealed_and_its_verdict_a_postdiction(command_line):
    result = command_line("run", "law-holds", "--in-process")
    assert "law-holds is not sealed: its verdict will be a postdiction" in result.output
    assert "measured before it was sealed as it stands: a postdiction" in result.output
    assert "a postdiction" in command_line("show", "law-holds").output


def test_what_was_looked_at_before_it_was_sealed_is_a_postdiction_for_good(command_line):
    """The first run sees the record seeds; sealing afterwards, and measuring anew, brings no prediction back."""
    own = command_line.toys.with_suffix(".lock")
    assert not own.exists()
    command_line("run", "law-holds", "--in-process")
    records = command_line.store / "records"
    for file in records.rglob("*.json"):
        file.unlink()
    from runners.records.looked import Look, looks
    from runners.records.store import Store

    (look,) = looks(Store(command_line.store), "law-holds", "none")
    assert not look.sealed
    assert isinstance(look, Look)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([], False),
        ([("this", True, 1.0)], False),
        ([("this", False, 1.0), ("this", True, 2.0)], True),
        ([("other", True, 1.0), ("this", True, 2.0)], True),
        ([("this", True, 1.0), ("other", True, 2.0)], False),
    ],
)
def test_an_earlier_look_under_another_seal_makes_a_postdiction(toy, seen, expected):
    from runners.records.looked import Look

    known = locks(toy)
    present = known["this"]["claims"]["law-holds"]["seal"]
    found = [Look("law-holds", "e", present if seal == "this" else "0" * 64, sealed, at) for seal, sealed, at in seen]
    stands_ = standing(Sealing(toy), "law-holds", "smoke", ["this"], known["this"], known.__getitem__, looks=found)
    assert stands_.seen is expected
    assert (stands_.status == "postdiction") is expected
    assert ("had been run before" in (stands_.caveat or "")) is expected


def test_a_claim_sealed_after_the_epoch_was_announced_is_a_postdiction_in_it(toy):
    known = locks(toy)
    entry = known["this"]["claims"]["law-holds"]
    before = Epoch("e", "5a17", {"law-holds": entry})
    for epoch, late in ((before, False), (Epoch("e", "5a17", {}), True)):
        found = standing(Sealing(toy), "law-holds", "smoke", ["this"], known["this"], known.__getitem__, epoch=epoch)
        assert found.late is late
        assert (found.status == "postdiction") is late


def marked(toy, epoch, *, replication="seeds", measured=("this",)):
    """The claim, changed after a look in epoch `none`, as it stands in another one."""
    known = locks(toy)
    claim = toy.claims["law-holds"].model_copy(update={"changed": Changed(what="the control")})
    experiment = toy.experiments[claim.experiment].model_copy(update={"replication": replication})
    toy = replace(
        toy,
        claims={**toy.claims, "law-holds": claim},
        experiments={**toy.experiments, claim.experiment: experiment},
    )
    sealing = Sealing(toy)
    if epoch == "announced before":
        found = Epoch("later", "5a17", {})
    elif epoch == "announced after":
        found = Epoch("later", "5a17", sealed(toy, ["law-holds"], NOTHING, today=date(2026, 1, 3))["claims"])
    else:
        found = Epoch(epoch, "")
    return standing(sealing, "law-holds", "smoke", measured, known["this"], known.__getitem__, epoch=found)


@pytest.mark.parametrize(
    ("epoch", "replication", "mark"),
    [
        ("none", "seeds", True),
        ("2026-W48", "seeds", True),
        ("announced before", "seeds", True),
        ("announced after", "seeds", False),
        ("announced after", "resamples", True),
    ],
)
def test_what_was_changed_after_a_look_is_a_postdiction_until_an_epoch_that_follows(toy, epoch, replication, mark):
    """Resamples are drawn from data that were there before: no epoch makes them fresh."""
    found = marked(toy, epoch, replication=replication, measured=("this",) if replication == "seeds" else ())
    assert found.changed == ("the control" if mark else None)
    assert (found.caveat == "postdiction: changed after its record seeds were seen (the control)") is mark
    if replication == "seeds":
        assert (found.status == "postdiction") is mark


def test_the_mark_is_told_by_show_list_and_run(command_line, tmp_path):
    toys = tmp_path / "toy.yaml"
    for module in ("toy_experiment.py", "toy_theory.py"):
        shutil.copy(command_line.toys.parent / module, tmp_path)
    entry = "  law-holds:\n"
    toys.write_text(command_line.toys.read_text().replace(entry, f"{entry}    changed: {{what: the control}}\n"))
    command_line.toys = toys
    told = "postdiction: changed after its record seeds were seen (the control)"
    for said in ("list", "show"):
        assert told in " ".join(command_line(said, *(["law-holds"] if said == "show" else [])).output.split()), said
    assert told in " ".join(command_line("run", "law-holds", "--in-process").output.split())
