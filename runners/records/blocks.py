"""The block: a fixed run of trials of one condition, computed together; the unit of work, of record and of resume."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256
from types import MappingProxyType
from typing import Any, NamedTuple

from runners.records.epochs import UNSALTED
from runners.records.seeds import Purpose, derive_seed
from runners.registry.schema import Resources
from runners.rule.draws import draw_seeds

SCHEMA = 2
EARLIER = {1: "0.1"}
"""Schemas of records that lie in old stores, and the version that wrote them: no trial of theirs is used."""


class DrawName(NamedTuple):
    """Which draw: of a claim or a shared domain, by its number from 1; extended if its run was made longer."""

    name: str
    number: int
    extended: bool = False


@dataclass(frozen=True)
class Block:
    """Everything that determines a block's numbers, and the means to compute it."""

    experiment: str
    module: str
    condition: Mapping[str, Any]
    constants: Mapping[str, Any]
    repeats: range
    purpose: Purpose
    precision: str
    threads: int
    code: str
    """Digest of the definitions that `prepare` and `measure` reach in their own project."""
    libraries: Mapping[str, str]
    """Versions of the libraries that these definitions use."""
    files: Mapping[str, str]
    """SHA-256 of what the experiment declares to read, by name (`runners.registry.files`)."""
    observables: Mapping[str, tuple[str, ...] | None]
    """Declared observables: names of an array's axes, None for a scalar."""
    search_path: tuple[str, ...] = ()
    """Folders of modules outside the tree."""
    resources: Resources = field(default_factory=Resources)
    time_limit: float = 600.0
    epoch: str = UNSALTED.name
    """Name of the epoch, whose salt is in the seeds; exploring has none."""
    salt: str = ""
    draw: DrawName | None = None
    """The draw out of a domain to which it belongs; its seeds are that draw's own."""

    @property
    def setting(self) -> Mapping[str, Any]:
        """What the experiment and the theories are given: the condition and the tier's constants."""
        return MappingProxyType({**self.constants, **self.condition})

    @property
    def seeds(self) -> list[int]:
        return trial_seeds(self.experiment, self.purpose, self.repeats, salt=self.salt, draw=self.draw)

    @property
    def specification(self) -> dict[str, Any]:
        """What produced the numbers: the semantic inputs only, never order, time, host, tier or resources."""
        return {
            "schema": SCHEMA,
            "experiment": self.experiment,
            "module": self.module,
            "condition": dict(self.condition),
            "constants": dict(self.constants),
            "purpose": self.purpose,
            "epoch": self.epoch,
            "draw": None if self.draw is None else list(self.draw),
            "repeats": [self.repeats.start, self.repeats.stop],
            "seeds": self.seeds,
            "precision": self.precision,
            "threads": self.threads,
            "code": self.code,
            "libraries": dict(self.libraries),
            "files": dict(self.files),
        }

    @cached_property
    def identity(self) -> str:
        """Hash of the specification: the record's name."""
        return identity_of(self.specification)

    @property
    def series(self) -> str:
        """The condition to which it belongs, which is measured step by step, by its looks."""
        return canonical([self.experiment, dict(self.condition)])

    @property
    def label(self) -> str:
        """The block in words."""
        inside = ", ".join(f"{axis}={value}" for axis, value in self.condition.items())
        if self.draw is not None:
            longer = ", extended" if self.draw.extended else ""
            return f"{self.experiment}({inside}) draw {self.draw.number} of {self.draw.name}{longer}"
        return f"{self.experiment}({inside})[{self.repeats.start}:{self.repeats.stop}]"


def trial_seeds(experiment: str, purpose: Purpose, repeats: range, *, salt: str, draw: DrawName | None) -> list[int]:
    """Seeds of a block's trials: those of its experiment, or those that only this draw has."""
    if draw is None:
        return [derive_seed(experiment, purpose, repeat, salt=salt) for repeat in repeats]
    return draw_seeds(salt_of_draws(purpose, salt), draw.name, draw.number, repeats.stop)[repeats.start :].tolist()


def identity_of(specification: Mapping[str, Any]) -> str:
    """First 20 hexadecimal digits of SHA-256 over the canonical JSON of a specification."""
    return sha256(canonical(specification).encode()).hexdigest()[:20]


def canonical(value: Any) -> str:
    """JSON with sorted keys, without spaces; floats by `repr`. Not-a-number is refused."""
    return _CANONICAL.encode(value)


_CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, check_circular=False)


def payload_hash(payload: Mapping[str, Any]) -> str:
    """SHA-256 of what was measured (or of its provenance).

    Equal for the same block on the same machine and versions, bit for bit.
    """
    return sha256(canonical(payload).encode()).hexdigest()


def plain(value: Any) -> Any:
    """The same data with strings for the numbers that JSON does not have: infinities and not-a-number."""
    if isinstance(value, Mapping):
        return {key: plain(inside) for key, inside in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inside) for inside in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


@dataclass(frozen=True)
class Result:
    """What a worker reports of a block; the numbers themselves lie in the store."""

    identity: str
    status: str
    """`ok`, or the word of a fault (`runners.measuring.faults`)."""
    seconds: float = 0.0
    message: str = ""
    trace: str = ""
    """Traceback, or the end of a dead worker's log."""
    logged: bool = False
    """Whether a fault is in the store's log already."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def salt_of_draws(purpose: Purpose, salt: str) -> str:
    """What draws of this purpose are hashed from, in an epoch of this salt; exploring has none."""
    return f"{purpose}/{'' if purpose == 'explore' else salt}"
