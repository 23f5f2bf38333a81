"""Epochs: a salt that nobody can know when claims are sealed, and seeds that follow from it."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from runners.commands import main
from runners.records.epochs import UNSALTED, announced, epoch, lock_copy, root
from runners.records.seals import read_lock
from runners.registry.mistakes import RegistryError

LOCK = """{"schema": 2, "claims": {
  "law": {"seal": "ab12", "sealed": "2026-01-01", "resealed": 0, "expect": "open", "expected": "2026-01-01", "tiers": {
    "smoke": {"seal": "11", "sealed": "2026-01-01", "resealed": 0},
    "full": {"seal": "22", "sealed": "2026-01-01", "resealed": 0}}}
}}
"""


@pytest.fixture
def registry(tmp_path, monkeypatch) -> Path:
    """A registry with a lock, in the working folder."""
    monkeypatch.chdir(tmp_path)
    Path("registry.yaml").write_text("claims: {}\n")
    Path("registry.lock").write_text(LOCK)
    return Path("registry.yaml")


def tollens(*arguments: str):
    return CliRunner().invoke(main, ["epoch", arguments[0], "--registry", "registry.yaml", *arguments[1:]])


def test_a_secret_is_committed_to_before_it_gives_the_salt(registry):
    done = tollens("announce", "first")
    assert done.exit_code == 0, done.output
    (entry,) = announced(registry).values()
    secret = Path(".tollens/secrets/first").read_text()
    assert entry.commitment == sha256(secret.encode()).hexdigest()
    assert secret not in Path("epochs.yaml").read_text()
    assert entry.salt is None
    with pytest.raises(ValueError, match="announced, but not open yet"):
        epoch([registry], "first")
    assert epoch([registry]) == UNSALTED
    assert tollens("open", "first").exit_code == 0
    expected = sha256(f"{secret}/{root(read_lock(Path('registry.lock')))}".encode()).hexdigest()
    assert epoch([registry]).salt == epoch([registry], "first").salt == expected
    assert "salt" in tollens("list").output


def test_a_beacon_gives_the_salt_of_its_round(registry):
    assert tollens("announce", "later", "--beacon", "drand quicknet", "--round", "12").exit_code == 0
    assert tollens("open", "later").exit_code == 2, "its value must be given"
    assert tollens("open", "later", "--value", "no hex").exit_code == 2
    assert tollens("open", "later", "--value", "5a17").exit_code == 0
    assert epoch([registry]).salt == sha256(f"5a17/{root(read_lock(Path('registry.lock')))}".encode()).hexdigest()
    assert tollens("open", "later", "--value", "5a18").exit_code == 2, "it is open: nobody chooses again"


def test_the_last_one_opened_is_used_unless_another_is_named(registry):
    for name in ("first", "second"):
        assert tollens("announce", name).exit_code == 0
        assert tollens("open", name).exit_code == 0
    assert epoch([registry]).name == "second"
    assert epoch([registry], "first").name == "first"
    assert epoch([registry], "none") == UNSALTED
    assert epoch([registry], "first").salt != epoch([registry], "second").salt
    with pytest.raises(ValueError, match="did you mean first"):
        epoch([registry], "frist")


def test_a_claim_that_was_not_sealed_so_at_the_announcement_was_not_foretold(registry):
    tollens("announce", "first")
    Path("registry.lock").write_text(LOCK.replace("ab12", "cd34"))
    tollens("open", "first")
    found = epoch([registry])
    assert found.foretold("law", "ab12", "smoke", "11")
    assert not found.foretold("law", "cd34", "smoke", "11")
    assert not found.foretold("law", "ab12", "smoke", "33"), "its size was chosen after the salt could be known"
    assert not found.foretold("law", "ab12", "standard", "11")
    assert not found.foretold("another", "ab12", "smoke", "11")
    copy = lock_copy(registry, "first")
    copy.write_text(copy.read_text().replace("ab12", "cd34"))
    assert not epoch([registry]).foretold("law", "cd34", "smoke", "11"), (
        "a copy that was edited is not what was announced"
    )


def test_the_root_of_a_lock_covers_seals_and_sizes_alone():
    lock = json.loads(LOCK)
    before = root(lock)
    lock["claims"]["law"] |= {"sealed": "2026-02-02", "expect": "refuted"}
    assert root(lock) == before
    lock["claims"]["law"]["tiers"]["smoke"]["seal"] = "33"
    assert root(lock) != before


def test_a_week_is_an_epoch_that_anybody_can_compute(registry):
    week = epoch([registry], "2026-W48")
    assert week.salt == sha256(b"week/2026-W48").hexdigest()
    assert week.salt != epoch([registry], "2026-W49").salt
    assert tollens("announce", "2026-W48").exit_code == 2, "a week needs no entry"


@pytest.mark.parametrize(
    ("entry", "word"),
    [
        ("first: {announced: 2026-11-29, lock: xyz, commitment: abc}\n", "epochs.yaml:1"),
        (f"first: {{announced: 2026-11-29, lock: '{'0' * 64}'}}\n", "a beacon or a commitment"),
        (f"first: {{announced: yesterday, lock: '{'0' * 64}', commitment: '{'0' * 64}'}}\n", "yesterday"),
        (
            f"first: {{announced: 2026-11-29, lock: '{'0' * 64}', commitment: '{'0' * 64}', secret: no}}\n",
            "not the one",
        ),
        (f"First: {{announced: 2026-11-29, lock: '{'0' * 64}', commitment: '{'0' * 64}'}}\n", "no name"),
    ],
)
def test_mistakes_are_told_with_their_place(registry, entry, word):
    Path("epochs.yaml").write_text(entry)
    with pytest.raises(RegistryError, match=word):
        announced(registry)


def test_other_epochs_are_other_trials_and_are_judged_apart(command_line):
    """The same claim in two weeks: each is measured, and each is judged on its own records."""
    for week in ("2026-W47", "2026-W48"):
        ran = command_line("run", "--in-process", "law-holds", "--epoch", week)
        assert ran.exit_code == 0, ran.output
    records = list((command_line.store / "records").rglob("*.json"))
    one = command_line("judge", "law-holds", "--epoch", "2026-W47", "--json", str(command_line.folder / "a.json"))
    assert one.exit_code == 0
    assert "not run" in command_line("judge", "law-holds", "--epoch", "2026-W01").output
    assert len({record.stem for record in records}) == len(records) > 1
    verified = command_line("verify")
    assert "0 findings" in verified.output, verified.output
    wrong = command_line("judge", "law-holds", "--epoch", "2026-47")
    assert wrong.exit_code == 2
    assert "no epoch is called" in wrong.output
