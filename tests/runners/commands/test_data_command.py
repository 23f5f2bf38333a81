"""`tollens data`, and what becomes of claims whose data are missing or corrupt."""

from __future__ import annotations

import hashlib
import re

import pytest
from click.testing import CliRunner, Result

from predictions.data import fetching
from runners.commands import main

CONTENT = b"x,y,color,Model Size,Training FLOP,hex_color,loss\n0,0,#000000,1e9,6e19,#000000,2.75\n"
POINTS = "chinchilla_svg_extracted_data.csv"
CLAIM = "chinchilla-exponent-identity"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder of the user's, an empty cache, no network."""
    own = tmp_path / "own"
    own.mkdir()
    monkeypatch.setenv("TOLLENS_DATA", str(own))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(fetching, "_retrieve", no_network)
    fetching._failure_of_automatic_fetch.cache_clear()
    yield own
    fetching._failure_of_automatic_fetch.cache_clear()


def no_network(file, **_):
    raise ConnectionError("no route to host")


def tollens(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def line_of(output: str, name: str) -> str:
    """What is said of one data set."""
    (line,) = [line for line in output.splitlines() if line.startswith(name)]
    return line


@pytest.mark.parametrize("arguments", [["data"], ["data", "list"]])
def test_a_line_a_set_says_what_is_here_its_size_its_licence_and_what_it_holds(folder, arguments):
    result = tollens(*arguments)
    assert result.exit_code == 0
    line = line_of(result.output, "chinchilla")
    assert line.split()[:6] == ["chinchilla", "absent", "0.02", "MB", "none", "found"]
    assert re.search(r"none found +[1-9]\d* claims  245 language-model runs", line)
    assert len(result.output.splitlines()) == len(fetching.catalogue()) + 1
    assert result.output.splitlines()[-1].startswith("`tollens data fetch NAME` brings one")


def test_show_says_all_of_one_set(folder):
    output = tollens("data", "show", "chinchilla").output
    assert "arXiv 2404.10102" in output
    assert "svg_extracted_data.csv (1 file, 23,224 bytes)" in output
    assert "absent; the first run that needs it fetches it, or `tollens data fetch chinchilla`" in output
    assert re.search(rf"^for .*\b{CLAIM}\b", output, re.MULTILINE)
    assert "no claim yet" in tollens("data", "show", "vocabulary").output
    assert "absent; `tollens data fetch cifar10`" in tollens("data", "show", "cifar10").output
    wrong = tollens("data", "show", "cifar")
    assert wrong.exit_code == 2
    assert "there are chinchilla" in wrong.output


def test_verify_is_three_if_a_file_is_corrupt_and_says_what_to_do(folder):
    assert tollens("data", "verify").exit_code == 0
    (folder / "tinyshakespeare.txt").write_text("To be or to be")
    result = tollens("data", "verify")
    assert result.exit_code == 3
    line = line_of(result.output, "tiny-shakespeare")
    assert "corrupt" in line
    assert str(folder / "tinyshakespeare.txt") in line
    assert line.endswith("`tollens data fetch tiny-shakespeare` replaces it")


def test_fetch_keeps_what_is_right_and_goes_on_after_what_cannot_be_had(folder, monkeypatch):
    monkeypatch.setitem(fetching._listed()[0], POINTS, hashlib.sha256(CONTENT).hexdigest())

    def only_the_points(file, **_):
        if file != POINTS:
            no_network(file)
        (folder / file).write_bytes(CONTENT)
        return folder / file

    monkeypatch.setattr(fetching, "_retrieve", only_the_points)
    result = tollens("data", "fetch", "tiny-shakespeare", "chinchilla")
    assert result.exit_code == 3
    assert "tiny-shakespeare could not be fetched (ConnectionError: no route to host)" in result.output
    assert f"chinchilla: {folder / POINTS}" in result.output
    assert tollens("data", "fetch", "chinchilla").exit_code == 0
    assert "present, SHA-256 verified" in line_of(tollens("data", "verify").output, "chinchilla")


def test_without_a_network_a_set_of_runs_says_where_its_files_belong(folder):
    result = tollens("data", "fetch", "olmo-ladder")
    assert result.exit_code == 3
    assert "olmo-ladder could not be fetched (ConnectionError: no route to host)" in result.output
    assert "set TOLLENS_DATA to a folder that holds it as runs/olmo-ladder (`tollens data show" in result.output


def test_fetch_answers_a_misspelt_name_with_the_known_ones(folder):
    result = tollens("data", "fetch", "cifar-10")
    assert result.exit_code == 2
    assert "no data set is called 'cifar-10'; there are chinchilla, tiny-shakespeare, cifar10" in result.output


@pytest.mark.parametrize("corrupt", [False, True])
def test_a_claim_without_its_data_is_unavailable_and_says_what_to_do(folder, tmp_path, corrupt):
    if corrupt:
        (folder / POINTS).write_bytes(CONTENT)
    result = tollens("run", "--in-process", "--store", str(tmp_path / "store"), CLAIM)
    assert result.exit_code == 0, result.output
    _, reason = " ".join(result.output.split()).split(f"{CLAIM}: ")
    assert ("is not the recorded file" if corrupt else "could not be fetched") in reason
    assert "tollens data fetch chinchilla" in reason
    strict = tollens("judge", "--strict", "--store", str(tmp_path / "store"), CLAIM)
    assert strict.exit_code == 3, "with --strict what is unavailable is not good enough"
