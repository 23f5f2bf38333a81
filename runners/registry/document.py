"""YAML as a registry means it: the core schema of YAML 1.2, no surprises, and a place for every value.

Differences from PyYAML's safe loader: `1e-3` and `1.0e9` are numbers; `no`, `on` and `12:30` are strings; a repeated
key, a tag, an alias or a not-a-number is a mistake. Keys are always strings, as written.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from runners.printable import printable
from runners.registry.mistakes import KeyPath, Mistake, dotted

_PLAIN = "plain"
_UNTAGGED = {_PLAIN, *(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))}
_DEEPEST = 40
MOST_BYTES = 2**20
LONGEST_LINE = 10_000
DEEPEST_INDENT = 200
MOST_OPENED = 500
"""Limits of what is given to the parser, whose C code takes each level of nesting from the stack."""

_CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_BASED = {re.compile(r"0o[0-7]+"): 8, re.compile(r"0x[0-9a-fA-F]+"): 16}
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_INFINITY = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_GROUPED = re.compile(r"[-+]?[0-9]+([_,][0-9]+)+(\.[0-9_]*)?([eE][-+]?[0-9]+)?|0[bB][01]+")
_NOT_A_NUMBER = re.compile(r"\.(nan|NaN|NAN)")
_LONGEST_NUMBER = 100

UNFINISHED = "???"
"""What stands, or begins a text, where something is still to be filled in."""


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Composes nodes and marks plain scalars as such; their meaning is decided here."""

    yaml_implicit_resolvers = {None: [(_PLAIN, re.compile(""))]}  # noqa: RUF012


@dataclass(frozen=True)
class Position:
    """A place in a file: line and column from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass
class Document:
    """One file's data, where each value was written, and what was wrong with the writing."""

    file: str
    data: Any = None
    positions: dict[KeyPath, Position] = field(default_factory=dict)
    """By path: of the key in a mapping, of the item in a list."""
    mistakes: list[Mistake] = field(default_factory=list)
    unfinished: list[KeyPath] = field(default_factory=list)
    """Where something is still to be filled in."""

    def mistake(self, path: KeyPath, problem: str, remedy: str = "", *, sets_aside: bool = False) -> Mistake:
        at = closest(self.positions, path, Position(self.file, 1, 1))
        return Mistake(at.file, at.line, at.column, dotted(path), problem, remedy, sets_aside)


def closest(positions: Mapping[KeyPath, Position], path: KeyPath, otherwise: Position) -> Position:
    """Where a value was written, or its closest enclosing one if it is not there."""
    for length in range(len(path), 0, -1):
        if path[:length] in positions:
            return positions[path[:length]]
    return otherwise


def read(path: Path) -> Document:
    """Parse one file. Never raises: what is wrong is listed in the document."""
    document = Document(str(path))
    try:
        text = _text(path)
        node = yaml.compose(text, Loader=_Loader)
    except TooMuch as limit:
        document.mistakes.append(Mistake(str(path), limit.line, 1, "", str(limit), limit.remedy))
    except FileNotFoundError:
        document.mistakes.append(Mistake(str(path), 1, 1, "", "there is no such file", "check the path"))
    except OSError as error:
        document.mistakes.append(Mistake(str(path), 1, 1, "", f"cannot be read ({error.strerror})", "check the path"))
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        document.mistakes.append(Mistake(str(path), line, 1, "", f"is not UTF-8 ({error.reason})", "save it as UTF-8"))
    except yaml.YAMLError as error:
        document.mistakes.append(_syntax_mistake(document.file, text, error))
    except RecursionError:
        document.mistakes.append(Mistake(str(path), 1, 1, "", "is nested too deeply", "a registry needs a few levels"))
    else:
        if node is None:
            document.mistakes.append(Mistake(str(path), 1, 1, "", "is empty", "write experiments: and claims:"))
        else:
            document.data = _Construction(document).value(node, ())
    return document


class TooMuch(Exception):
    """A file that is no registry, but a load for the parser: which limit it breaks, and where."""

    def __init__(self, problem: str, remedy: str, line: int = 1):
        super().__init__(problem)
        self.remedy, self.line = remedy, line


def _text(path: Path) -> str:
    """A file's text, within the limits of what is parsed. Raises TooMuch, OSError, UnicodeDecodeError."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise TooMuch("is a folder, a pipe or a device", "name a file")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TooMuch(f"is larger than {MOST_BYTES // 2**20} MiB", "divide it by phenomena")
    text = content.decode("utf-8-sig")
    opened = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if len(line) > LONGEST_LINE:
            raise TooMuch(f"has a line of {len(line):,} characters, over {LONGEST_LINE:,}", "break it", number)
        if len(line) - len(line.lstrip()) > DEEPEST_INDENT and line.strip():
            raise TooMuch(f"is indented by more than {DEEPEST_INDENT} columns", "a registry needs a few levels", number)
        opened = max(0, opened + sum(map(line.count, "[{")) - sum(map(line.count, "]}")))
        if opened > MOST_OPENED:
            raise TooMuch(f"has more than {MOST_OPENED} open brackets", "a registry needs a few levels", number)
    return text


class _Construction:
    """From YAML nodes to data; a node that is visited twice was reached through an alias."""

    def __init__(self, document: Document):
        self.document = document
        self.visited: set[int] = set()

    def value(self, node: yaml.Node, path: KeyPath) -> Any:
        problem = self._unwanted(node, path)
        if problem:
            self._complain(path, self._place(node, path), *problem)
            return None
        if isinstance(node, yaml.MappingNode):
            return dict(self._entries(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self._item(item, (*path, index)) for index, item in enumerate(node.value)]
        if printable(node.value) != node.value:
            shown = printable(node.value)[:80]
            self._complain(path, self._place(node, path), f"holds a control character: {shown}", "remove it")
            return None
        if node.value.startswith(UNFINISHED):
            self.document.unfinished.append(path)
        if node.tag != _PLAIN:
            return node.value
        try:
            return scalar(node.value)
        except ValueError as error:
            self._complain(path, self._place(node, path), str(error))
            return None

    def _unwanted(self, node: yaml.Node, path: KeyPath) -> tuple[str, str] | None:
        if id(node) in self.visited:
            return "is an alias", "write the value out: a registry has no anchors and aliases"
        self.visited.add(id(node))
        if node.tag not in _UNTAGGED:
            return f"carries the tag {node.tag}", "remove it: a registry has no tags"
        return ("is nested too deeply", "a registry needs a few levels") if len(path) > _DEEPEST else None

    def _entries(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, Any]]:
        lines: dict[str, int] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._complain(path, self._position(key), "has a key that is no name", "write a word before the colon")
                continue
            name, here = key.value, (*path, printable(key.value))
            if name != here[-1]:
                self._complain(here, self._position(key), "holds a control character", "remove it")
                continue
            if name in lines:
                problem = f"is written twice, first in line {lines[name]}"
                self._complain(here, self._position(key), problem, "remove or rename one")
                continue
            lines[name] = key.start_mark.line + 1
            self.document.positions[here] = self._position(key)
            yield name, self.value(value, here)

    def _item(self, node: yaml.Node, path: KeyPath) -> Any:
        if id(node) not in self.visited:
            self.document.positions[path] = self._position(node)
        return self.value(node, path)

    def _position(self, node: yaml.Node) -> Position:
        return Position(self.document.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _place(self, node: yaml.Node, path: KeyPath) -> Position:
        """Where a value's key stands, or its list; an alias' node itself would lead to its anchor."""
        positions = self.document.positions
        return positions.get(path) or positions.get(path[:-1]) or self._position(node)

    def _complain(self, path: KeyPath, at: Position, problem: str, remedy: str = "") -> None:
        self.document.mistakes.append(Mistake(at.file, at.line, at.column, dotted(path), problem, remedy))


def scalar(text: str) -> bool | int | float | str | None:
    """The value of a plain (unquoted) scalar in YAML 1.2's core schema; ValueError if no registry may hold it."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NOT_A_NUMBER.fullmatch(text):
        raise ValueError(f"{text} is not a number; give a number, or quote it if it is a word")
    if infinity := _INFINITY.fullmatch(text):
        return float(f"{infinity[1]}inf")
    number: int | float
    if _GROUPED.fullmatch(text):
        raise ValueError(
            f"{text} is a word in YAML 1.2, no number; write its digits together, or quote it if it is a word"
        )
    if _INTEGER.fullmatch(text):
        _check_length(text)
        return int(text)
    for pattern, base in _BASED.items():
        if pattern.fullmatch(text):
            _check_length(text)
            return int(text[2:], base)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if number in (float("inf"), float("-inf")):
            raise ValueError(f"{text} is too large for a float; write .inf if it is meant to be infinite")
        return number
    return text


def _check_length(text: str) -> None:
    if len(text) > _LONGEST_NUMBER:
        raise ValueError(f"a number of {len(text)} digits is too long; quote it if it is a word")


def _syntax_mistake(file: str, text: str, error: yaml.YAMLError) -> Mistake:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    context = getattr(error, "context", None)
    told = f"{context + ', ' if context else ''}{problem}"
    written = "".join(text.split("\n")[line - 1 : line])
    return Mistake(file, line, column, "", f"is not YAML: {told}", _syntax_remedy(told, written))


def _syntax_remedy(told: str, written: str) -> str:
    """What to do where the parser, which says this of a line, knows only what it did not expect."""
    if "\t" in written[: len(written) - len(written.lstrip())]:
        return "indent with spaces, not with tabs"
    if UNFINISHED in written:
        return f"between braces or brackets, write '{UNFINISHED}' in quotes"
    if "mapping values are not allowed" in told:
        return "quote a text that holds a colon and a space; if it is a key, indent it as its neighbours"
    if "escape" in told or "hexdecimal" in told:  # as libyaml spells it
        return "write it in single quotes: in double quotes a backslash begins an escape"
    if "cannot start any token" in told:
        return "quote a text that begins with this character"
    if "scanning a quoted scalar" in told or "single-quoted" in told or "double-quoted" in told:
        return "close the quotes, and double a quote that is meant as one"
    return ""
