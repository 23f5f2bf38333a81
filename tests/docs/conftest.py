"""Documents as tests: their blocks with what the comment above each says, and a checkout in which to follow them."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("docs", "examples", "leaderboard", "predictions", "runners", "tests", "tollens")
FILES = ("*.md", "registry.*", "pyproject.toml")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document, and the comment in the line above it."""

    document: str
    line: int
    language: str
    text: str
    verb: str
    """`run`, `not run`, `write`, `function`, `entry`, `shows`, or nothing."""
    argument: str

    def __str__(self) -> str:
        return f"{self.document}:{self.line}"


def documents() -> list[str]:
    """Every document of the project."""
    places = [ROOT.glob("*.md"), *(ROOT.rglob(f"{folder}/**/*.md") for folder in ("docs", "deploy", "examples"))]
    return sorted({str(path.relative_to(ROOT)) for place in places for path in place} | {"leaderboard/README.md"})


def blocks(document: str) -> list[Block]:
    """A document's fenced blocks, in their order."""
    lines = (ROOT / document).read_text().splitlines()
    found, start = [], None
    for number, line in enumerate(lines):
        if not line.startswith("```"):
            continue
        if start is None:
            start = number
            continue
        above = re.fullmatch(
            r"<!-- (not run|run|write|function|entry|shows)(?:: (.*))? -->", lines[start - 1] if start else ""
        )
        verb, argument = (above[1], above[2] or "") if above else ("", "")
        text = "\n".join(lines[start + 1 : number]) + "\n"
        found.append(Block(document, start + 1, lines[start].removeprefix("```"), text, verb, argument))
        start = None
    return found


class Checkout:
    """A fresh copy of the project, in which a reader follows a document to the letter."""

    def __init__(self, folder: Path):
        self.folder = folder / "tollens"
        for name in FOLDERS:
            # with what Python compiled of it, but not what it is just about to write
            shutil.copytree(ROOT / name, self.folder / name, ignore=shutil.ignore_patterns("*.pyc.*"))
        for pattern in FILES:
            for file in ROOT.glob(pattern):
                shutil.copy(file, self.folder)
        self.bin = folder / "bin"
        self.bin.mkdir()
        for command, module in (("tollens", "-m tollens"), ("pytest", "-m pytest"), ("python", "")):
            (self.bin / command).write_text(f'#!/bin/sh\nexec "{sys.executable}" {module} "$@"\n')
            (self.bin / command).chmod(0o755)
        self.printed = ""

    def follow(self, document: str) -> None:
        """Do what a document's blocks say, in their order."""
        steps = blocks(document)
        python = "\n".join(block.text for block in steps if (block.verb, block.language) == ("run", "python"))
        for block in steps:
            if block.verb == "write":
                (self.folder / block.argument).write_text(block.text)
            elif block.verb == "function":
                self._replace_function(block)
            elif block.verb == "entry":
                self._replace_entry(block)
            elif block.verb == "run" and block.language == "sh":
                self._run(block, ["bash", "-euo", "pipefail", "-c", block.text])
            elif block.verb == "run" and python:  # all of a document's Python is one session
                self._run(block, [sys.executable, "-c", python])
                python = ""
            elif block.verb == "shows":
                self._compare(block)

    def _run(self, block: Block, command: list[str]) -> None:
        expected = int(block.argument.removeprefix("exits with ") or 0)
        dropped = ("TOLLENS_STORE", "TOLLENS_CACHE", "PYTHONSAFEPATH")  # a reader compiles once
        environment = {name: value for name, value in os.environ.items() if name not in dropped}
        environment |= {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(self.folder), os.environ.get("PYTHONPATH")])),
            "TOLLENS_DATA": str(self.folder.parent / "data"),
            "XDG_CACHE_HOME": str(self.folder.parent / "cache"),
        }
        done = subprocess.run(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.printed = done.stdout
        assert done.returncode == expected, f"{block}: exit code {done.returncode}\n{done.stdout}"

    def _replace_function(self, block: Block) -> None:
        """Put a function where its module has one of this name."""
        file = self.folder / block.argument
        lines = file.read_text().splitlines()
        (written,) = ast.parse(block.text).body
        (there,) = (it for it in ast.parse(file.read_text()).body if getattr(it, "name", None) == written.name)
        lines[there.lineno - 1 : there.end_lineno] = block.text.splitlines()
        file.write_text("\n".join(lines) + "\n")

    def _replace_entry(self, block: Block) -> None:
        """Put an entry where some phenomenon has one of this name."""
        head = f"  {block.argument}:"
        (file,) = (it for it in self.folder.glob("predictions/*/claims.yaml") if head in it.read_text().splitlines())
        lines = file.read_text().splitlines()
        start = lines.index(head)
        after = range(start + 1, len(lines))
        end = next((n for n in after if lines[n].strip() and not lines[n].startswith("   ")), len(lines))
        file.write_text("\n".join([*lines[:start], block.text, *lines[end:]]) + "\n")

    def _compare(self, block: Block) -> None:
        """Each line was printed, in this order; `...` stands for anything."""
        rest = self.printed
        for line in block.text.splitlines():
            wanted = ".*".join(re.escape(part.strip()).replace(r"\ ", " +") for part in line.split("..."))
            match = re.search(wanted, rest)
            assert match, f"{block}: {line!r} was not printed, but\n{self.printed}"
            rest = rest[match.end() :]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)
