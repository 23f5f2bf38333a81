"""`tollens data`, and what becomes of claims whose data are missing or corrupt."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from click.testing import CliRunner, Result

from predictions.instruments import downloads
from runners.commands import main

CONTENT = b"x,y,color,Model Size,Training FLOP,hex_color,loss\n0,0,#000000,1e9,6e19,#000000,2.75\n"
CLAIM = "chinchilla-exponent-identity"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of the user's, an empty cache, no network."""
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("TOLLENS_DATA", str(own))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(downloads, "_retrieve", no_network)
    downloads._is_intact.cache_clear()
    downloads._failure_of_automatic_fetch.cache_clear()
    yield own
    downloads._is_intact.cache_clear()
    downloads._failure_of_automatic_fetch.cache_clear()


def no_network(data_set, target, seconds):
    raise ConnectionError("no route to host")


def tollens(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def lines_of(output: str, name: str) -> list[str]:
    """What is said of one data set: its line and the indented ones below."""
    lines = output.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith(name))
    below = [number for number in range(start + 1, len(lines)) if not lines[number].startswith(" ")]
    return lines[start : below[0] if below else len(lines)]


def test_list_says_what_is_here_and_how_to_get_the_rest(folder):
    result = tollens("data", "list")
    assert result.exit_code == 0
    head, about, address, way = lines_of(result.output, "chinchilla")
    assert head.split() == ["chinchilla", "absent"]
    assert "245 language-model runs" in about
    assert "svg_extracted_data.csv (23,224 bytes)" in address
    assert "the first run that needs it fetches it, or `tollens data fetch chinchilla`" in way
    assert lines_of(result.output, "cifar10")[-1].strip() == "`tollens data fetch cifar10`"


def test_verify_is_three_if_a_file_is_corrupt_and_says_what_to_do(folder):
    assert tollens("data", "verify").exit_code == 0
    (folder / "tinyshakespeare.txt").write_text("To be or to be")
    result = tollens("data", "verify")
    assert result.exit_code == 3
    head, way = lines_of(result.output, "tiny-shakespeare")
    assert "corrupt" in head
    assert str(folder / "tinyshakespeare.txt") in head
    assert way.strip() == "`tollens data fetch tiny-shakespeare` replaces it"


def test_fetch_keeps_what_is_right_and_goes_on_after_what_cannot_be_had(folder, monkeypatch):
    entry = replace(downloads.CATALOGUE["chinchilla"], sha256=hashlib.sha256(CONTENT).hexdigest())
    monkeypatch.setitem(downloads.CATALOGUE, "chinchilla", entry)

    def only_the_points(data_set, target, seconds):
        if data_set.name != "chinchilla":
            no_network(data_set, target, seconds)
        target.write_bytes(CONTENT)
        return target

    monkeypatch.setattr(downloads, "_retrieve", only_the_points)
    result = tollens("data", "fetch", "tiny-shakespeare", "chinchilla")
    assert result.exit_code == 3
    assert "tiny-shakespeare could not be fetched (ConnectionError: no route to host)" in result.output
    assert f"chinchilla: {folder / 'chinchilla_svg_extracted_data.csv'}" in result.output
    assert tollens("data", "fetch", "chinchilla").exit_code == 0
    assert "present, SHA-256 verified" in lines_of(tollens("data", "verify").output, "chinchilla")[0]


def test_fetch_answers_a_misspelt_name_with_the_known_ones(folder):
    result = tollens("data", "fetch", "cifar-10")
    assert result.exit_code == 2
    assert "no data set is called 'cifar-10'; there are chinchilla, tiny-shakespeare, cifar10" in result.output


@pytest.mark.parametrize("corrupt", [False, True])
def test_a_claim_without_its_data_is_unavailable_and_says_what_to_do(folder, tmp_path, corrupt):
    if corrupt:
        (folder / "chinchilla_svg_extracted_data.csv").write_bytes(CONTENT)
    result = tollens("run", "--in-process", "--store", str(tmp_path / "store"), CLAIM)
    assert result.exit_code == 0, result.output
    _, reason = " ".join(result.output.split()).split(f"{CLAIM}: ")
    assert ("is not the recorded file" if corrupt else "could not be fetched") in reason
    assert "tollens data fetch chinchilla" in reason
    strict = tollens("judge", "--strict", "--store", str(tmp_path / "store"), CLAIM)
    assert strict.exit_code == 3, "with --strict what is unavailable is not good enough"
