"""What became of claims between two runs, on small runs written by hand."""

from __future__ import annotations

import math
from itertools import count

import pytest

from runners.reporting.changes import Kind, changes, hardware, shift, versions
from runners.reporting.run_model import Run, RunClaim

ENVIRONMENT = {"python": "3.11.7", "cpu": "EPYC", "cores": 2, "libraries": {"jax": "0.10.2", "torch": "2.13"}}


def run(lock="l0", environment=ENVIRONMENT, epoch="none", **claims) -> Run:
    made = {
        "tier": "standard",
        "epoch": epoch,
        "created": "2026-01-01T00:00:00Z",
        "version": "0.1.0",
        "commit": "c0ffee",
    }
    return Run(**made, lock=lock, environment=environment, injections=(), claims=claims)


MEASUREMENTS = count()


def law(verdict="supported", interval=(0.98, 1.01), **fields) -> RunClaim:
    """What a run said of a claim that it measured anew."""
    of_one = {
        "measurement": f"m{next(MEASUREMENTS)}",
        "by": "ratio",
        "within": (0.9, 1.1),
        "interval": interval,
        "conditions": {"c1": interval},
    }
    return RunClaim(**{"verdict": verdict, "seal": "5ea1", "libraries": ["jax"], **of_one, **fields})


def kind_of(was: RunClaim | None, now: RunClaim | None) -> Kind:
    before, after = (run(lock, **({"law": entry} if entry else {})) for lock, entry in (("l0", was), ("l1", now)))
    (change,) = changes(before, after)
    return change.kind


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (law(), law(), Kind.HELD),
        (law(), law(interval=(1.02, 1.05)), Kind.MOVED),
        (law(), law(interval=(1.01, 1.05)), Kind.HELD),  # the intervals touch
        (law(), law("refuted"), Kind.FLIPPED),
        (law(), law("error"), Kind.FLIPPED),
        (law("refuted"), law("partly"), Kind.FLIPPED),
        (law(), law("inconclusive"), Kind.UNSETTLED),
        (law(), RunClaim(verdict="unavailable", seal="5ea1"), Kind.UNSETTLED),
        (law("inconclusive"), law(), Kind.SETTLED),
        (law("inconclusive"), law("unavailable"), Kind.OTHER),
        (None, law(), Kind.NEW),
        (law(), None, Kind.DROPPED),
    ],
)
def test_every_kind_of_change(was, now, kind):
    assert kind_of(was, now) is kind


@pytest.mark.parametrize(
    ("was", "now", "kind"),
    [
        (law(reach="wide"), law(reach="wide"), Kind.HELD),
        (law(reach="wide"), law(reach="open"), Kind.POWER),
        (law(reach="open"), law(reach="narrow"), Kind.POWER),
        (law(reach="wide"), law(reach="narrow"), Kind.FLIPPED),
        (law(reach="wide"), law(), Kind.HELD),  # no draws in the later run
        (law(reach="open", held_of_first=13), law(reach="open", held_of_first=11), Kind.HELD),
        (law(reach="open", held_of_first=14), law(reach="open", held_of_first=4), Kind.MOVED),
        (law(reach="wide"), law("refuted", reach="open"), Kind.FLIPPED),
    ],
)
def test_power_is_told_from_contradiction(was, now, kind):
    assert kind_of(was, now) is kind


def test_the_same_records_hold_nothing():
    once = law()
    assert kind_of(once, once) is Kind.AGAIN
    assert kind_of(once, law()) is Kind.HELD  # equal intervals, of records of its own
    (change,) = changes(run(law=once), run(law=once.model_copy(update={"verdict": "refuted"})))
    assert (change.kind, change.with_it) == (Kind.FLIPPED, ("no new record",))


def test_runs_that_name_no_records_are_told_apart_by_all_their_intervals():
    unnamed = law(measurement=None)
    assert kind_of(unnamed, law(measurement=None)) is Kind.AGAIN
    assert kind_of(unnamed, law(interval=(0.98, 1.02), measurement=None)) is Kind.HELD
    nothing = RunClaim(verdict="unavailable", seal="5ea1")
    assert kind_of(nothing, nothing) is Kind.AGAIN


def test_a_reach_that_only_one_epoch_tells_is_not_grave():
    (change,) = changes(run(law=law(reach="wide")), run(law=law(reach="open"), epoch="2026-a"))
    assert (change.reach, change.kind.grave) == ("wide → open", False)


def test_of_the_same_lock_no_claim_is_dropped():
    (change,) = changes(run(law=law()), run())
    assert change.kind is Kind.NOT_RUN


def test_grave_changes_come_first_and_only_they_are_grave():
    before = run(held=law(), flips=law(), goes=law())
    after = run("l1", held=law(), flips=law("refuted"), comes=law())
    found = changes(before, after)
    assert [change.claim for change in found] == ["flips", "goes", "comes", "held"]
    assert [change.kind.grave for change in found] == [True, True, False, False]


def test_what_changed_with_it_is_said():
    other = ENVIRONMENT | {"libraries": {"jax": "0.11.0", "torch": "2.14"}, "cpu": "Xeon"}
    before, after = run(law=law()), run(law=law("refuted", seal="0the"), environment=other)
    (change,) = changes(before, after)
    assert change.with_it == ("the claim's text or code", "jax 0.10.2 → 0.11.0", "EPYC → Xeon")
    assert [text for _, text in versions(before, after)] == ["jax 0.10.2 → 0.11.0", "torch 2.13 → 2.14"]
    assert hardware(before, after) == ["EPYC → Xeon"]


def test_another_epoch_has_fresh_seeds():
    assert changes(run(law=law()), run(law=law(), epoch="2026-a"))[0].with_it == ("epoch none → 2026-a, fresh seeds",)


def test_without_seals_the_lock_tells_as_much_as_it_can():
    before, after = run(law=law(seal=None)), run(law=law(seal=None), lock="l1")
    assert changes(before, after)[0].with_it == ("perhaps the claim's text or code (another lock)",)
    assert changes(before, before)[0].with_it == ()


def test_infinite_ends_are_compared_and_other_units_are_not():
    assert shift(law(interval=(1.0, math.inf)), law(interval=(0.1, 0.2))) == ((1.0, math.inf), (0.1, 0.2))
    assert shift(law(), law(interval=(5, 6), by="difference")) is None
