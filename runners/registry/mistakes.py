"""What is wrong in a registry: the place, the rule that is broken, and a way out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

from runners.printable import printable

KeyPath = tuple[str | int, ...]
"""Where in the document: the keys and list positions that lead there."""


@dataclass(frozen=True)
class Mistake:
    """One mistake, at a line and column (from 1) of a file."""

    file: str
    line: int
    column: int
    where: str
    """The place in the document, as in `claims.sharpness.agreement.within`; empty for the whole file."""
    problem: str
    remedy: str = ""
    sets_aside: bool = False
    """Whether it concerns this entry alone (unfinished, or its module is broken), so that the others can be run."""

    @property
    def entry(self) -> KeyPath:
        """The entry that it concerns: `("claims", name)`; empty for the whole file."""
        steps = self.where.split(".")
        return tuple(steps[:2]) if len(steps) > 1 else ()

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: "
        told = ": ".join(filter(None, [self.where, "; ".join(filter(None, [self.problem, self.remedy]))]))
        return printable(place + told)


class RegistryError(Exception):
    """A registry with mistakes, all of them; its message has one line for each."""

    def __init__(self, mistakes: Sequence[Mistake]):
        self.mistakes = list(mistakes)
        super().__init__("\n".join(map(str, once(self.mistakes))))


def in_order(mistakes: Iterable[Mistake], files: Iterable[object]) -> list[Mistake]:
    """Mistakes as they stand in the files, each once."""
    order = {str(file): number for number, file in enumerate(files)}
    return sorted(dict.fromkeys(mistakes), key=lambda it: (order.get(it.file, len(order)), it.line, it.column))


def once(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """One mistake where one of the code is found at many places that name it: the first place, and how many more."""
    places: dict[tuple[object, ...], list[Mistake]] = {}
    for mistake in mistakes:
        in_code = mistake.sets_aside or ".py:" in mistake.problem
        same = (mistake.problem, mistake.remedy) if in_code else mistake
        places.setdefault((same,), []).append(mistake)
    return [
        replace(first, remedy=f"{first.remedy} (so for {len(more)} more that name it)") if more else first
        for first, *more in places.values()
    ]


def dotted(path: KeyPath) -> str:
    """A path as people write it: `claims.sharpness.controls[0].where`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


def suggestion(name: object, known: Iterable[object], *, most: int = 12) -> str:
    """`did you mean learning_rate?`, or the known names if none is close."""
    names = list(dict.fromkeys(map(_written, known)))
    close = get_close_matches(_written(name), names, n=1)
    if close:
        return f"did you mean {close[0]}?"
    if not names:
        return ""
    return f"known: {', '.join(names[:most])}" + (", ..." if len(names) > most else "")


def _written(value: object) -> str:
    """A value as YAML writes it."""
    return str(value).lower() if isinstance(value, bool) else str(value)
