"""A store that version 0.1 left: every command that opens it names it, none uses a trial of it, nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from runners.records.blocks import SCHEMA, identity_of
from runners.records.store import HEAD, Store

TOLD = "records of version 0.1 lie in"


def as_0_1_wrote_it(store: Path) -> int:
    """Make the records and failures of a store those of version 0.1: how many records it holds.

    Code, libraries, seeds and numbers stay as they are, so that nothing but the schema keeps them apart.
    """
    for file in [*store.glob("records/*/*.json"), *store.glob("errors/*.json")]:
        document = json.loads(file.read_text())
        document["specification"]["schema"] = 1
        del document["specification"]["epoch"], document["specification"]["draw"]
        former, document["identity"] = document["identity"], identity_of(document["specification"])
        file.unlink()
        file.with_name(f"{document['identity']}.json").write_text(json.dumps(document, indent=1))
        if file.with_suffix(".npz").exists():
            file.with_suffix(".npz").rename(file.with_name(f"{document['identity']}.npz"))
        assert former != document["identity"]
    return len(list(store.glob("records/*/*.json")))


@pytest.fixture
def old(command_line):
    """A store of 0.1 with the trials of a law, and one of a claim that crashes."""
    command_line("run", "--in-process", "law-holds", "law-crashing")
    command_line.count = as_0_1_wrote_it(command_line.store)
    assert command_line.count > 0
    for file in command_line.calls.iterdir():
        file.unlink()
    return command_line


def test_the_schema_stands_at_the_head_of_a_record(old):
    heads = [file.read_text()[:HEAD] for file in old.records()]
    assert all('"schema": 1,' in head for head in heads)
    assert len(Store(old.store).earlier()) == len(heads)


def test_a_run_says_so_and_measures_anew(old):
    before = {file: file.read_bytes() for file in old.records()}
    result = old("run", "--in-process", "law-holds")
    assert f"{old.count} {TOLD} {old.store}; they are kept and not used, because" in result.output
    assert len(old.measured()) == len(old.records()) - old.count > 0, "every block of the law again"
    assert all(file.read_bytes() == content for file, content in before.items()), "what lay there lies there"
    assert "supported" in result.output
    schemas = [json.loads(file.read_text())["specification"]["schema"] for file in old.records()]
    assert (schemas.count(1), set(schemas)) == (old.count, {1, SCHEMA})


def test_judging_says_so_and_sees_nothing(old):
    result = old("judge", "law-holds", "law-crashing")
    assert f"{old.count} {TOLD}" in result.output
    assert result.output.count("not run") >= 2, "neither its trials nor its failure count"


def test_verifying_says_so_and_finds_nothing_wrong(old):
    result = old("verify", "--store", str(old.store))
    assert f"{old.count} {TOLD}" in result.output
    assert "0 records in" in result.output
    assert result.exit_code == 0


def test_the_store_lists_and_prunes_them_apart(old):
    listed = old("store", "--store", str(old.store)).output
    assert f"{old.count} {TOLD}" in listed
    assert "records/toy (of an earlier version, no trial of which is used)" in listed
    old("run", "--in-process", "law-holds")
    new = len(old.records()) - old.count
    pruned = old("store", "--store", str(old.store), "--prune", "--no-dry-run").output
    assert f"{old.count} files" in pruned
    assert len(old.records()) == new
    assert TOLD not in old("judge", "law-holds").output


def test_measuring_one_of_them_again_is_left_to_its_version(old):
    result = old("rerun", old.records()[0].stem)
    assert result.exit_code == 2
    assert "measured by an earlier version" in result.output


def test_a_store_of_this_version_has_nothing_to_tell(command_line):
    command_line("run", "--in-process", "law-holds")
    assert Store(command_line.store).told_of_earlier() is None
