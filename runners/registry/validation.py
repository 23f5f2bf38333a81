"""From pydantic's errors to mistakes that a person can act on: one for each place, in words, with what to write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from runners.registry.document import Document
from runners.registry.mistakes import KeyPath, Mistake, suggestion

Model = TypeVar("Model", bound=BaseModel)

_KINDS = {
    "float": "a number",
    "int": "a whole number",
    "str": "a string",
    "bool": "true or false",
    "union": "a string, a number or true/false",
    "list": "a list",
    "dict": "a mapping",
}

_RENAMED = {"run": "module", "where": "at", "of": "target", "extends": "beyond"}
"""Words of version 0.1, where the model at hand knows the new one and not the old."""
_GONE = {
    "scope": ("agreement", "remove it: for what a verdict speaks is told from the records that carried it"),
    "quoted": ("says", "say it in your own words (says), with its place (at) and the day you looked it up (checked)"),
}
"""Words that have no successor: a field of the models that had them, and what to write instead."""


def validate(model: type[Model], document: Document, path: KeyPath, data: Any) -> tuple[Model | None, list[Mistake]]:
    """The model's instance for the data at `path` of a document, or None and everything that is wrong with it."""
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        problems = [_problem(data, details) for details in error.errors(include_url=False, include_context=True)]
        settled = _without_misspelt(model, list(_settled(problems, depth=0)))
        return None, [document.mistake((*path, *place), *_words(model, place, problem)) for place, problem in settled]


def meaning(model: type[BaseModel], place: KeyPath) -> str:
    """What the field at a place of a model means, in the words of the schema; of the closest one that has words."""
    for length in range(len(place), 0, -1):
        known = _fields(model, place[: length - 1])
        field = known.get(str(place[length - 1]))
        if field is not None and field.description:
            words = list(map(str, choices(model, place[:length])))
            told = all(word in field.description for word in words)
            return field.description.rstrip(".") + ("" if told else f": {', '.join(words)}")
    return ""


@dataclass(frozen=True)
class _Problem:
    """One of pydantic's errors; its location is split into keys of the data and branches of unions."""

    steps: tuple[tuple[bool, str | int], ...]
    """(is it a key of the data?, key or name of a union's branch)"""
    kind: str
    message: str
    value: Any
    branches: tuple[str, ...] = ()
    """For a union none of whose branches fits: their names."""

    @property
    def path(self) -> KeyPath:
        return tuple(step for is_key, step in self.steps if is_key)


def _problem(data: Any, details: Mapping[str, Any]) -> _Problem:
    cursor, steps = data, []
    for number, step in enumerate(details["loc"]):
        absent = details["type"] == "missing" and number == len(details["loc"]) - 1
        try:
            below = cursor[step] if isinstance(cursor, dict | list) else None
            is_key = isinstance(cursor, dict | list)
        except (KeyError, IndexError, TypeError):
            below, is_key = None, False
        steps.append((is_key or absent, step))
        cursor = below if is_key else cursor
    return _Problem(tuple(steps), details["type"], details["msg"], details["input"])


def _settled(problems: Sequence[_Problem], *, depth: int) -> Iterator[tuple[KeyPath, _Problem]]:
    """Resolve unions: of the branches, the one whose kind the data has; if there is none, one problem for all."""
    groups: dict[tuple, list[_Problem]] = {}
    for problem in problems:
        fork = next((i for i, (is_key, _) in enumerate(problem.steps) if i >= depth and not is_key), None)
        if fork is None:
            yield problem.path, problem
        else:
            groups.setdefault(problem.steps[:fork], []).append(problem)
    for stem, members in groups.items():
        fork = len(stem)
        branches: dict[str, list[_Problem]] = {}
        for problem in members:
            branches.setdefault(str(problem.steps[fork][1]), []).append(problem)
        fitting = [group for group in branches.values() if all(_is_inside(p, fork) for p in group)]
        if fitting:
            yield from _settled(min(fitting, key=len), depth=fork + 1)
        else:
            first = members[0]
            yield (
                tuple(step for is_key, step in stem if is_key),
                _Problem(stem, "union", first.message, first.value, tuple(branches)),
            )


def _without_misspelt(
    model: type[BaseModel], settled: Sequence[tuple[KeyPath, _Problem]]
) -> list[tuple[KeyPath, _Problem]]:
    """A misspelt key is both unknown and missing: once is enough."""
    meant = {
        (*place[:-1], _meant(place[-1], _fields(model, place[:-1])))
        for place, problem in settled
        if problem.kind == "extra_forbidden"
    }
    return [
        (place, problem)
        for place, problem in settled
        if problem.kind != "missing"
        or not any(place[:-1] == at[:-1] and str(at[-1]).startswith(f"did you mean {place[-1]}?") for at in meant)
    ]


def _meant(key: object, known: Mapping[str, Any]) -> str:
    """What to write for a key that is none: its new name if it is an old one, else the closest."""
    if (new := _RENAMED.get(str(key))) in known:
        return f"did you mean {new}? It was renamed in 0.2"
    beside, instead = _GONE.get(str(key), ("", ""))
    if beside in known:
        return instead
    return suggestion(key, known)


def _is_inside(problem: _Problem, fork: int) -> bool:
    """Whether the branch took the value as such and found fault with a part of it."""
    return any(is_key for is_key, _ in problem.steps[fork + 1 :])


def _words(model: type[BaseModel], place: KeyPath, problem: _Problem) -> tuple[str, str]:
    """What is wrong, and what to do."""
    got = _shown(problem.value)
    known = _fields(model, place[:-1]) if place else {}
    match problem.kind:
        case "missing":
            described = known[str(place[-1])].description or "" if place and str(place[-1]) in known else ""
            return "is missing", f"add it: {described[:1].lower()}{described[1:]}".rstrip(": ")
        case "extra_forbidden":
            return "is no key here", _meant(place[-1], known)
        case "literal_error":
            return f"is {got}", suggestion(problem.value, choices(model, place))
        case "union":
            kinds = [_branch_in_words(branch) for branch in dict.fromkeys(problem.branches)]
            return f"is {got}", f"it should be {_either(kinds)}"
        case "string_type":
            scalar = isinstance(problem.value, bool | int | float)
            return f"is {got}", "it should be a string" + ("; put it in quotes" if scalar else "")
        case "float_type":
            return f"is {got}", "it should be a number"
        case "int_type" | "int_from_float":
            return f"is {got}", "it should be a whole number"
        case "bool_type":
            return f"is {got}", "it should be true or false"
        case "list_type":
            written = f"; write [{problem.value}]" if _is_plain(problem.value) else ""
            return f"is {got}", f"it should be a list{written}"
        case "tuple_type":
            return f"is {got}", "it should be two numbers: [lower, upper]"
        case "dict_type" | "model_type":
            return f"is {got}", "it should be a mapping of keys to values"
        case "too_long" | "too_short" if "uple" in problem.message:
            return f"is {got}", "it should be two numbers: [lower, upper]"
        case "too_long" | "too_short":
            return f"is {got}", problem.message[:1].lower() + problem.message[1:]
        case "value_error":
            described, _, remedy = problem.message.removeprefix("Value error, ").partition("; ")
            return described, remedy
        case _:
            return f"is {got}", problem.message.replace("Input should", "it should")


def _fields(model: type[BaseModel], place: KeyPath) -> dict[str, Any]:
    """The fields that the model has at a place, with pydantic's information on each."""
    return {
        name: field
        for annotation in _annotations(model, place)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel)
        for name, field in annotation.model_fields.items()
    }


def choices(model: type[BaseModel], place: KeyPath) -> list[Any]:
    """The words that may stand at a place, if only some may."""
    return [
        choice
        for annotation in _annotations(model, place)
        if get_origin(annotation) is Literal
        for choice in get_args(annotation)
    ]


def _annotations(annotation: Any, place: KeyPath) -> list[Any]:
    """Types that the values at a place may have: unions and annotations are taken apart."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _annotations(get_args(annotation)[0], place)
    if origin in (Union, UnionType):
        return [found for member in get_args(annotation) for found in _annotations(member, place)]
    if not place:
        return [annotation]
    step, rest = place[0], place[1:]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(step))
        return _annotations(field.annotation, rest) if field else []
    if origin is dict:
        return _annotations(get_args(annotation)[1], rest)
    if origin in (list, tuple):
        return _annotations(get_args(annotation)[0], rest)
    return []


def _branch_in_words(branch: str) -> str:
    return _KINDS.get(branch.split("[")[0], "a mapping" if branch[:1].isupper() else branch)


def _either(kinds: Sequence[str]) -> str:
    *most, last = dict.fromkeys(kinds)
    return f"{', '.join(most)} or {last}" if most else last


def _is_plain(value: Any) -> bool:
    return isinstance(value, str | bool | int | float)


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a mapping"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
