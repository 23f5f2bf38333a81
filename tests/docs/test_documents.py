"""Documents keep their word: what they say to type is typed, or they say why not."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from runners.commands import COMMANDS, main
from tests.docs.conftest import ROOT, Block, Checkout, blocks, documents

DOCUMENTS = documents()
FOLLOWED = [name for name in DOCUMENTS if any(block.verb == "run" for block in blocks(name))]
TARGETS = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
WRITTEN = [name for name in DOCUMENTS if any(it.verb == "write" and it.argument.endswith(".py") for it in blocks(name))]
COMMAND_LANGUAGES = ("sh", "bash", "shell", "console", "python")


@pytest.mark.slow
@pytest.mark.timeout(900)  # a whole working day, beside another process on the same cores
@pytest.mark.parametrize(
    "document", [pytest.param(it, marks=pytest.mark.xdist_group(f"following {it}")) for it in FOLLOWED]
)  # in processes of their own, none of which starts Ray
def test_a_document_can_be_followed_to_the_letter(document: str, checkout: Checkout):
    checkout.follow(document)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_is_run_or_says_why_not(document: str):
    for block in blocks(document):
        commands = block.language in COMMAND_LANGUAGES
        assert not commands or block.verb in ("run", "not run", "write", "function"), (
            f"{block}: write <!-- run --> above it, or <!-- not run: why -->"
        )
        assert block.verb != "not run" or len(block.argument.split()) >= 3, f"{block}: why is it not run?"
        if block.verb == "run":
            assert commands, f"{block}: it would be run, but is {block.language or 'no language'}"
        if not commands and block.verb in ("", "shows"):
            typed = [
                line for line in block.text.splitlines() if re.match(r"(\$ )?(tollens|make|pytest|ray) [a-z]", line)
            ]
            assert not typed, f"{block}: commands belong into a block of sh: {typed}"


@pytest.mark.parametrize("document", WRITTEN)
@pytest.mark.parametrize("how", [["check"], ["format", "--check"]], ids=lambda how: how[0])
def test_what_a_document_writes_passes_ruff(document: str, how: list[str], tmp_path: Path):
    """What a reader pastes has to pass `make check` and the hooks."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for block in blocks(document):
        if block.verb in ("write", "function"):
            file = tmp_path / block.argument
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text)
    command = [sys.executable, "-m", "ruff", *how, "--no-cache", "."]
    done = subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f"{document}\n{done.stdout}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_commands_and_options_that_are_named_exist(document: str):
    """In prose and in blocks, those that are not run included."""
    prose = re.sub(r"```.*?```", "", (ROOT / document).read_text(), flags=re.DOTALL)
    named = [" ".join(code.split()) for code in re.findall(r"`([^`]+)`", prose)]
    for block in blocks(document):
        if block.language in COMMAND_LANGUAGES and block.verb not in ("write", "function"):
            named += _joined(block)
    for text in named:
        words = text.split()
        if len(words) > 1 and words[0].rpartition("/")[-1] == "tollens":
            _check(document, text, words[1:])
        if len(words) > 1 and words[0] == "make":
            assert words[1] in TARGETS, f"{document}: `{text}`: there is no target {words[1]}"


def _joined(block: Block) -> list[str]:
    """The commands of a block, a line each, continued lines joined and comments left out."""
    lines = re.sub(r"\\\n\s*", " ", block.text).splitlines()
    return [re.sub(r"^(\w+=\S+ )+", "", re.sub(r"(^|\s)#.*", "", line)).strip() for line in lines]


def _check(document: str, text: str, words: list[str]) -> None:
    name = words[0]
    if not re.fullmatch(r"[a-z]+", name):
        return
    assert name in COMMANDS, f"{document}: `{text}`: there is no command {name}"
    command = main.get_command(click.Context(main), name)
    if isinstance(command, click.Group):
        inner = [word for word in words[1:] if re.fullmatch(r"[a-z]+", word)]
        if inner:
            assert inner[0] in command.commands, f"{document}: `{text}`: {name} has no {inner[0]}"
            command = command.commands[inner[0]]
    options = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    for word in shlex.split(" ".join(words[1:]).replace("'", "")):
        if word.startswith("--"):
            assert word.partition("=")[0] in options, f"{document}: `{text}`: {name} has no {word}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_lead_somewhere(document: str):
    """Files and folders of the project, and headings of its documents."""
    folder = (ROOT / document).parent
    for target in re.findall(r"\]\(([^)\s]+)\)", (ROOT / document).read_text()):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, heading = target.partition("#")
        place = folder / path if path else ROOT / document
        assert place.exists(), f"{document}: {target} is not there"
        if heading:
            headings = re.findall(r"^#+ (.*)$", place.read_text(), flags=re.MULTILINE)
            anchors = {re.sub(r"[^a-z0-9_ -]", "", it.lower()).replace(" ", "-") for it in headings}
            assert heading in anchors, f"{document}: {target} leads to no heading"
