"""A record's document: what has to stand in it, and that it is what was written.

Hashes find accidents and careless edits; whoever recomputes them has forged a record (`runners.upkeep.remeasuring`).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from runners.printable import printable
from runners.records.blocks import EARLIER, identity_of, payload_hash
from runners.records.damage import DamagedFile, DamagedRecord
from runners.registry.schema import AxisValue

_ESCAPED = re.compile(rb"\\u00|\\[bf]")
"""Where JSON may hold a control character."""
_PAYLOAD, _PROVENANCE = b'"payload":', b'"provenance":'
NAME = r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$"
"""A part of a path that leads nowhere else."""


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class Specification(_Part):
    """What produced a record's numbers, as far as anybody reads it."""

    experiment: Annotated[str, Field(pattern=NAME)]
    module: str
    condition: dict[str, AxisValue]
    constants: dict[str, AxisValue]
    purpose: Literal["record", "explore", "confirm"]
    epoch: str
    draw: Annotated[list[str | int | bool], Field(min_length=3, max_length=3)] | None
    repeats: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=2, max_length=2)]
    seeds: list[int]
    precision: str
    threads: Annotated[int, Field(ge=1)]
    code: str
    libraries: dict[str, str]
    files: dict[str, str]


class _Encoded(_Part):
    dtype: Annotated[str, Field(pattern=r"^(bool|u?int(8|16|32|64)|float(16|32|64))$")]
    shape: list[Annotated[int, Field(ge=0)]]
    data: list[float | bool | Literal["nan", "inf", "-inf"]] | None = None
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None


class _Payload(_Part):
    given: dict[str, _Encoded]
    observables: Annotated[dict[str, _Encoded], Field(min_length=1)]


class _Provenance(_Part):
    started: float
    seconds: Annotated[float, Field(ge=0)]
    lock: Annotated[str, Field(pattern=NAME)] | None = None


class Failure(_Part):
    """What is logged of a block that failed."""

    identity: Annotated[str, Field(pattern=NAME)]
    status: str
    message: str
    specification: Specification


class _Document(_Part):
    identity: str
    specification: Specification
    payload: _Payload
    payload_sha256: str
    provenance: _Provenance
    provenance_sha256: str


def read(content: bytes, name: str) -> dict[str, Any]:
    """The document in a record's file of this name; raises DamagedRecord. An earlier version's is only parsed."""
    file = f"{name}.json"
    try:
        document = from_json(content)
        if document["specification"].get("schema") in EARLIER:
            return document
        hashed = _as_hashed(content, document)
        _Document.model_validate(document)
        if _ESCAPED.search(content) and not all(printable(it) == it for it in _strings(document)):
            raise DamagedRecord(file, "it holds control characters")
        problem = altered(document, measured=not hashed) or odd(document)
    except ValidationError as error:
        raise DamagedRecord(file, in_words(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedRecord(file, f"{type(error).__name__}: {error}") from error
    if not problem and document["identity"] != name:
        problem = f"it is a copy of {document['identity']}"
    if problem:
        raise DamagedRecord(file, problem)
    return document


def read_failure(content: bytes, file: str) -> dict[str, Any] | None:
    """What is logged in a file; None if an earlier version wrote it. Raises DamagedFile."""
    try:
        failure = json.loads(content)
        if failure.get("specification", {}).get("schema") in EARLIER:
            return None
        Failure.model_validate(failure)
        written = failure.pop("sha256", None)
        if written not in (None, payload_hash(failure)):
            raise DamagedFile(file, "it does not hash to what was logged")
    except ValidationError as error:
        raise DamagedFile(file, in_words(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamagedFile(file, f"{type(error).__name__}: {error}") from error
    return failure | {"message": printable(failure["message"])}


def _as_hashed(content: bytes, document: dict[str, Any]) -> bool:
    """Whether what was measured stands in the file as it was hashed, but for white space.

    If so, the document's payload is read from the very bytes that hash to what was recorded; to write it again would
    take longer.
    """
    start, stop = content.find(_PAYLOAD), content.rfind(_PROVENANCE)
    written = content[start + len(_PAYLOAD) : max(stop, 0)].translate(None, b" \n").removesuffix(b",")
    if start < 0 or sha256(written).hexdigest() != document.get("payload_sha256"):
        return False
    document["payload"] = from_json(written)
    return True


def altered(document: Mapping[str, Any], *, measured: bool = True) -> str | None:
    """Which part of a document does not hash to what was recorded, in words; None if all of them do.

    What was `measured` is left out where that is known.
    """
    named = identity_of(document["specification"])
    if named != document["identity"]:
        return f"its specification hashes to {named}, not to {document['identity']}"
    if measured and payload_hash(document["payload"]) != document["payload_sha256"]:
        return "what was measured does not hash to what was recorded"
    if payload_hash(document["provenance"]) != document["provenance_sha256"]:
        return "time, machine or lock do not hash to what was recorded"
    return None


def odd(document: Mapping[str, Any]) -> str | None:
    """Which numbers of a document are not those of its trials, in words; None if all are."""
    start, stop = document["specification"]["repeats"]
    trials = stop - start
    if trials < 1 or len(document["specification"]["seeds"]) != trials:
        return f"it has {len(document['specification']['seeds'])} seeds for the trials {start} to {stop - 1}"
    draw = document["specification"]["draw"]
    if draw is not None and list(map(type, draw)) != [str, int, bool]:
        return f"{draw} names no draw"
    for name, encoded in (pair for part in document["payload"].values() for pair in part.items()):
        shape, data = encoded["shape"], encoded.get("data")
        if not shape or shape[0] != trials:
            return f"{name} has shape {shape}, but the block has {trials} trials"
        if data is None and encoded.get("sha256") is None:
            return f"{name} has neither numbers nor a hash of them"
        if data is not None and len(data) != math.prod(shape):
            return f"{name} has {len(data)} numbers, not those of {shape}"
    return None


def _strings(value: Any) -> Iterator[str]:
    """All texts in a document, names included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            yield key
            yield from _strings(inside)
    elif isinstance(value, list):
        for inside in value:
            yield from _strings(inside)


def in_words(error: ValidationError) -> str:
    """The first thing that a model complains of."""
    first = error.errors(include_input=False, include_url=False)[0]
    return f"{'.'.join(map(str, first['loc'])) or 'the document'}: {first['msg']}"
