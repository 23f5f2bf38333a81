"""Stores changed at random: whatever lies there, commands say a sentence and end with a code of their own."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import pytest

from runners.records.blocks import identity_of, payload_hash

MUTANTS = 12
SEED = 26
COMMANDS = (
    ("judge", "law-holds", "law-crashing"),
    ("verify", "--store", "{store}"),
    ("why", "law-holds"),
    ("run", "law-holds", "law-crashing", "--in-process", "--dry-run"),
)
ODD = [None, True, -1, 10**30, 1e308, "", "x\x1b]0;gone\x07", [], {}, [[]], {"a": {}}, "nan", "../../x"]


def leaves(document, where=()):
    """Every place of a JSON document, holders included."""
    if where:
        yield where
    if isinstance(document, dict | list):
        for key, inside in document.items() if isinstance(document, dict) else enumerate(document):
            yield from leaves(inside, (*where, key))


def change_a_value(file: Path, chance: random.Random) -> None:
    """Another value, or none, somewhere in a document; half of the time with hashes that fit."""
    document = json.loads(file.read_text())
    where = chance.choice(list(leaves(document)))
    holder = document
    for key in where[:-1]:
        holder = holder[key]
    if chance.random() < 0.3:
        del holder[where[-1]]
    else:
        holder[where[-1]] = chance.choice(ODD)
    if chance.random() < 0.5:
        rehash(document)
    file.write_text(json.dumps(document))


def rehash(document) -> None:
    try:
        if "payload" in document:
            document["payload_sha256"] = payload_hash(document["payload"])
            document["provenance_sha256"] = payload_hash(document["provenance"])
            document["identity"] = identity_of(document["specification"])
        elif "sha256" in document:
            document["sha256"] = payload_hash({key: value for key, value in document.items() if key != "sha256"})
    except (KeyError, ValueError, TypeError):
        pass


def flip_a_byte(file: Path, chance: random.Random) -> None:
    content = bytearray(file.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def cut_off(file: Path, chance: random.Random) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: chance.randrange(len(content))])


def replace_whole(file: Path, chance: random.Random) -> None:
    content = [b"", b"null", b"[]", b"{}", b"42", b"[" * 100_000, b"\xff\xfe", b'{"specification": 1}', b'{"a": 1e999}']
    file.write_bytes(chance.choice(content))


def make_a_folder(file: Path, chance: random.Random) -> None:
    file.unlink()
    file.mkdir()


def lead_nowhere(file: Path, chance: random.Random) -> None:
    file.unlink()
    file.symlink_to("nowhere")


def rename(file: Path, chance: random.Random) -> None:
    file.rename(file.with_name(chance.choice(["x", "a b", "\x1b[31mred", "é"]) + file.suffix))


CHANGES = [*[change_a_value] * 6, flip_a_byte, cut_off, replace_whole, make_a_folder, lead_nowhere, rename]


@pytest.fixture
def measured(command_line, monkeypatch):
    """A store with records of three kinds of outcome, a failure, a lock, a look, a summary."""
    monkeypatch.setattr("runners.judging.alone.Alone", lambda: None)  # a process each would only take time
    command_line("run", "law-holds", "law-crashing", "--in-process")
    return command_line


def test_no_mutant_of_a_store_gives_a_traceback(measured):
    chance = random.Random(SEED)
    kept = measured.folder / "kept"
    shutil.copytree(measured.store, kept)
    for number in range(MUTANTS):
        shutil.rmtree(measured.store)
        shutil.copytree(kept, measured.store, symlinks=True)
        files = sorted(path for path in measured.store.rglob("*") if path.is_file())
        folder = chance.choice(sorted({path.relative_to(measured.store).parts[0] for path in files}))
        file = chance.choice([path for path in files if path.relative_to(measured.store).parts[0] == folder])
        change = chance.choice(CHANGES if file.suffix == ".json" else CHANGES[6:])
        change(file, chance)
        for command, *arguments in COMMANDS:
            result = measured(command, *(it.format(store=measured.store) for it in arguments))
            what = f"mutant {number}, {change.__name__} of {file}: {command}\n{result.output}"
            assert result.exit_code in (0, 1, 2, 3), what
            assert isinstance(result.exception, SystemExit | None), what
            assert "Traceback" not in result.output, what
            assert "\x1b" not in result.output, what
