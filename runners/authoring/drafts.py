"""Drafts of registry entries: every required field with its meaning, `???` where something is still to be filled in.

The fields and their meanings are those of the schema, so that a draft never lags behind it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from runners.registry import grid
from runners.registry.document import UNFINISHED
from runners.registry.schema import Agreement, Claim, Control, Experiment, Observable, Source

SCHEMA = "registry.schema.json"
NESTED: Mapping[str, type[BaseModel]] = {"source": Source, "agreement": Agreement}
Known = dict[type[BaseModel], dict[str, Any]]
"""By model: fields whose values follow from the experiment, or are a good start."""
LEFT_OUT = {"kind", "supersedes", "numerical_error"}
"""Optional fields that a first draft rarely needs; the reference has them."""


def claim_entry(
    name: str, experiment: str, measures: Experiment, observable: str, *, predicted: str, strand: str | None
) -> str:
    """A claim on an observable of an experiment, as YAML, under its first product of conditions."""
    others = [other for other in measures.observables if other != observable]
    domain = {axis: values[0] if len(values) == 1 else values for axis, values in measures.grid[0].items()}
    is_array = measures.observables[observable].shape is not None
    known: Known = {
        Claim: {
            "experiment": experiment,
            "where": domain,
            "measured": observable,
            "predicted": predicted,
            "held_by": "authors",
            "expect": "open",
        },
        Agreement: {"by": "distance" if is_array else "ratio"},
        Control: {"must": "fail"},
    }
    if strand:
        known[Claim]["strand"] = strand
    lines = [f"  {name}:", *_fields(Claim, known, indent=4)]
    if others:
        at = next(n for n, line in enumerate(lines) if line.startswith("    measured:"))
        lines[at] += f"; there are also: {', '.join(others)}"
    return "\n".join(lines) + "\n"


def experiment_entry(name: str, module: str, text: str) -> str:
    """An experiment, as YAML: its entry is written out, but for its name and its module."""
    return f"  {name}:\n    module: {module}\n{text}"


def first_scalar(experiment: Experiment) -> str:
    """The observable that a draft measures: the first scalar, or else the first array."""
    scalars = [name for name, it in experiment.observables.items() if it.shape is None]
    return scalars[0] if scalars else next(iter(experiment.observables))


def described_condition(experiment: Experiment) -> Iterator[tuple[str, str]]:
    """What `condition` holds, as a theory sees it: each axis with its values, each constant with those of the tiers."""
    for axis, values in grid.axes(experiment).items():
        yield axis, ", ".join(map(str, values))
    constants = dict.fromkeys(name for tier in experiment.tiers.values() for name in tier.constants)
    for constant in constants:
        by_tier = {tier: it.constants[constant] for tier, it in experiment.tiers.items() if constant in it.constants}
        numbers = list(dict.fromkeys(map(str, by_tier.values())))
        apart = [f"{value} ({tier})" for tier, value in by_tier.items()]
        yield constant, (numbers[0] if len(numbers) == 1 else ", ".join(apart))


def described_observable(observable: Observable) -> str:
    """What is measured, with its range or its axes."""
    if observable.shape is not None:
        return f"{observable.means}; an array ({', '.join(observable.shape)})"
    between = observable.between
    return observable.means + (f"; between {between[0]:g} and {between[1]:g}" if between else "")


def modeline(file: Path, schema: Path) -> str:
    """The first line of a registry file, which tells editors where the schema lies."""
    return f"# yaml-language-server: $schema={os.path.relpath(schema, file.parent)}"


def insert(file: Path, section: str, entry: str, *, schema: Path) -> int:
    """Write an entry at the end of a section (`phenomena`, ...) of a registry file; the line where it begins.

    A file that is not there is begun, with the line that tells editors of the schema.
    """
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else [modeline(file, schema)]
    start = next((n for n, line in enumerate(lines) if re.match(rf"{section}:", line)), None)
    if start is None:
        lines.append(f"{section}:")
        start = len(lines) - 1
    elif re.match(rf"{section}:\s*(\{{\s*\}}|null|~)\s*(#.*)?$", lines[start]):
        lines[start] = f"{section}:"
    # the section ends where the next key stands at the margin
    end = next((n for n in range(start + 1, len(lines)) if re.match(r"[^\s#]", lines[n])), len(lines))
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    before, after = lines[:end], lines[end:]
    gap = [] if end == start + 1 or section == "phenomena" else [""]  # these stand a line each
    begins = len(before) + len(gap) + 1
    written = [*before, *gap, *entry.rstrip("\n").split("\n"), *([""] if after and after[0].strip() else []), *after]
    file.write_text("\n".join(written).rstrip("\n") + "\n", encoding="utf-8")
    return begins


def _fields(model: type[BaseModel], known: Known, *, indent: int) -> Iterator[str]:
    """One line a field, required ones to be filled in, optional ones as comments; each with its meaning."""
    margin, values = " " * indent, known.get(model, {})
    for name, field in model.model_fields.items():
        meaning = " ".join((field.description or "").split()).rstrip(".")  # a comment is one line
        if name in NESTED:
            yield f"{margin}{name}:  # {meaning}"
            yield from _fields(NESTED[name], known, indent=indent + 2)
        elif name == "controls":
            yield f"{margin}{name}:  # {meaning}"
            first, *rest = _fields(Control, known, indent=indent + 4)
            yield from [f"{margin}  - {first.strip()}", *rest]
        elif name in values:
            yield f"{margin}{name}: {_written(values[name])}  # {meaning}{_choices(field)}"
        elif field.is_required():
            yield f"{margin}{name}: {UNFINISHED}  # {meaning}{_choices(field)}"
        elif name not in LEFT_OUT:
            yield f"{margin}# {name}:  # {meaning}"


def _choices(field: FieldInfo) -> str:
    """The words that a field may be, where its meaning does not list them."""
    choices = [choice for choice in get_args(field.annotation) if isinstance(choice, str)]
    told = all(choice in (field.description or "") for choice in choices)
    return "" if told else f": {', '.join(choices)}"


def _written(value: Any) -> str:
    if isinstance(value, dict | list):
        return yaml.safe_dump(value, default_flow_style=True, sort_keys=False, width=10_000).strip()
    return str(value)
