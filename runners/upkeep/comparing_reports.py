"""A published report held against what judging the same records again says: all of it, field by field."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from runners.records.seals import lock_hash
from runners.reporting.report_model import Report
from runners.upkeep.findings import MISSING, VERDICT, Finding

OF_ITS_MAKING = {"created", "version", "commit", "environment"}
"""What a report says of when and where it was made. What it says of the libraries is compared."""
OF_THE_LOCK = {"lock", "injections"}
"""What depends on the lock as a whole: compared where it is the same."""
ROUNDING = 1e-9
"""Relative difference of predictions that another machine computes."""
MOST_TOLD = 20


def compare(
    judged: Report, published: Report, records: Iterable[str], lock: Mapping[str, Any] | None
) -> Iterator[Finding]:
    """What a report says otherwise than the records, or leaves out. `lock` is the one that it names, if it is known."""
    stored = set(records)
    for claim in published.falsifiable:
        if lost := sorted(set(claim.records) - stored):
            yield Finding(MISSING, claim.id, f"the report rests on records that are not here: {', '.join(lost)}")
    if lock is None:
        yield Finding(MISSING, "lock", f"the lock {published.lock}, which the report names, is not in the store")
    else:
        silent = sorted(lock["claims"].keys() - {claim.id for claim in published.claims})
        if silent:
            yield Finding(MISSING, "claims", f"its lock holds {len(silent)} claims that it leaves out: {_some(silent)}")
    same_lock = lock is not None and lock_hash(lock) == judged.lock
    before, after = (_plain(report, same_lock=same_lock) for report in (published, judged))
    told = list(_differing("", before, after))
    for where, was, now in told[:MOST_TOLD]:
        yield Finding(VERDICT, where, f"published {_short(was)}, the records say {_short(now)}")
    if len(told) > MOST_TOLD:
        yield Finding(VERDICT, "report", f"differs in {len(told) - MOST_TOLD} more places")


def _plain(report: Report, *, same_lock: bool) -> dict[str, Any]:
    """A report's fields that a second judgement must give again; claims by name."""
    left_out = OF_ITS_MAKING if same_lock else OF_ITS_MAKING | OF_THE_LOCK
    fields = report.model_dump(exclude=left_out | {"claims"})
    claims = {claim.id: claim.model_dump() for claim in report.claims}
    order = [claim.id for claim in report.claims]
    return fields | {"environment": {"libraries": report.environment.libraries}, "claims": claims, "order": order}


def _differing(where: str, was: Any, now: Any) -> Iterator[tuple[str, Any, Any]]:
    """Every place at which two documents differ, and what stands there."""
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in [*was, *(key for key in now if key not in was)]:
            inside = f"{where}.{key}".lstrip(".")
            if key in was and key in now:
                yield from _differing(inside, was[key], now[key])
            else:
                yield inside, was.get(key, "nothing"), now.get(key, "nothing")
    elif _is_list(was) and _is_list(now) and len(was) == len(now):
        for position, pair in enumerate(zip(was, now, strict=True)):
            yield from _differing(f"{where}[{position}]", *pair)
    elif not _same(was, now):
        yield where, was, now


def _same(was: Any, now: Any) -> bool:
    if isinstance(was, float) and isinstance(now, float):
        return was == now or (math.isnan(was) and math.isnan(now)) or math.isclose(was, now, rel_tol=ROUNDING)
    return type(was) is type(now) and was == now


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 100 else f"{text[:97]}..."


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" ..." if len(names) > 5 else "")
