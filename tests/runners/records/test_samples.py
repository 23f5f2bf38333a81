"""Records as trials: contiguous, of one lineage, and the failures beside them."""

from __future__ import annotations

import numpy as np
import pytest

from runners.records.samples import Samples, lineage
from runners.records.store import Store
from tests import made_up_records
from tests.made_up_records import failure

CONDITION, CONSTANTS = {"width": 4}, {"steps": 10}
NOW = {"code": "new", "libraries": {"numpy": "2.4"}, "files": {}, "precision": "float32", "threads": 1}
BEFORE = NOW | {"code": "old"}
PREFERRED = {"toy": lineage(NOW)}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path)


def specification(start: int, stop: int, origin=NOW, **changes):
    return made_up_records.specification(
        start, stop, **{"condition": CONDITION, "constants": CONSTANTS, **origin, **changes}
    )


def put(store: Store, start: int, stop: int, *, started: float = 0.0, shift: float = 0.0, **of) -> str:
    repeats = np.arange(start, stop)
    given = {"kernel": repeats[:, None] * np.ones(3)}
    described = specification(start, stop, **of)
    return made_up_records.put(store, described, {"loss": repeats + shift}, given, started=started)


def sample(store: Store, **options):
    return Samples(store, PREFERRED, **options).sample("toy", CONDITION, CONSTANTS)


def test_trials_come_in_the_order_of_repeats(store):
    for start in (8, 0, 4):
        put(store, start, start + 4)
    found = sample(store)
    assert found.trials == 12
    assert found.observable("loss").tolist() == list(range(12))
    assert [found.given(trial)["kernel"].tolist() for trial in (0, 5, 11)] == [[k] * 3 for k in (0.0, 5.0, 11.0)]
    with pytest.raises(IndexError):
        found.given(12)


def test_what_a_theory_gets_is_read_only(store):
    put(store, 0, 4)
    with pytest.raises(ValueError, match="read-only"):
        sample(store).given(2)["kernel"][0] = 1.0


def test_trials_after_a_gap_do_not_count(store):
    put(store, 4, 8)
    assert sample(store) is None
    put(store, 0, 4)
    put(store, 12, 16)
    assert sample(store).trials == 8


def test_other_conditions_constants_and_purposes_do_not_count(store):
    put(store, 0, 4)
    put(store, 4, 8, purpose="explore")
    put(store, 4, 8, constants={"steps": 20})
    put(store, 4, 8, condition={"width": 8})
    assert sample(store).trials == 4


def test_a_longer_block_stands_for_a_shorter_one(store):
    put(store, 0, 8)
    put(store, 0, 4)
    assert sample(store).trials == 8


def test_trials_of_different_code_are_never_mixed(store):
    put(store, 0, 4, origin=NOW)
    put(store, 4, 8, origin=BEFORE, started=9e9)
    assert sample(store).trials == 4


def test_without_todays_trials_the_latest_ones_speak_unless_a_run_is_about_to_make_some(store):
    put(store, 0, 4, origin=BEFORE | {"code": "older"}, started=1.0)
    put(store, 0, 8, origin=BEFORE, started=2.0)
    assert sample(store).trials == 8
    assert sample(store, fallback=False) is None


def test_old_trials_do_not_speak_where_todays_attempt_failed(store):
    put(store, 0, 8, origin=BEFORE)
    store.put_error("x", failure(specification(0, 4)))
    assert sample(store) is None
    store.put_error("x", failure(specification(0, 4, origin=BEFORE | {"code": "older"})))
    assert sample(store).trials == 8


def test_a_block_that_is_added_is_seen_at_once(store):
    samples = Samples(store, PREFERRED)
    assert samples.sample("toy", CONDITION, CONSTANTS) is None
    samples.add("toy", put(store, 0, 4))
    assert samples.sample("toy", CONDITION, CONSTANTS).trials == 4


def test_a_failure_is_remembered_until_the_same_block_is_recorded(store):
    samples = Samples(store, PREFERRED)
    samples.note_failure(specification(0, 4), "error", "no")
    samples.add("toy", put(store, 4, 8))  # another block of the same condition
    assert samples.failure("toy", CONDITION, CONSTANTS) == ("error", "no")
    assert samples.failure("toy", CONDITION, {"steps": 20}) is None  # another tier's
    assert samples.failure("toy", {"width": 8}, CONSTANTS) is None


def test_logged_failures_count_while_there_is_no_record(store):
    identity = put(store, 0, 4)
    error = failure(specification(0, 4))
    store.put_error(identity, {**error, "identity": identity})
    assert Samples(store, PREFERRED).failure("toy", CONDITION, CONSTANTS) is None
    store.put_error("other", {**error, "identity": "other"})
    assert Samples(store, PREFERRED).failure("toy", CONDITION, CONSTANTS) == ("error", "no")
    store.put_error("other", {**failure(specification(0, 4, origin=BEFORE)), "identity": "other"})
    assert Samples(store, PREFERRED).failure("toy", CONDITION, CONSTANTS) is None
    forgetful = Samples(store, {})
    forgetful.forget_failures()
    assert forgetful.failure("toy", CONDITION, CONSTANTS) is None
