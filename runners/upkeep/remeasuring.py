"""Measuring some of a store's records again: the only answer to a forger who recomputes hashes.

Which ones is drawn by chance that nobody can know before, so that N = 3 / f of them catch a share f of forged records
with 95%. On the machine and with the versions of a record its bits must come back. Elsewhere last bits differ, and a
long run may amplify them: there its trials must lie near the recorded ones, or, in an experiment of which most records
do not, be of one distribution with them.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from scipy import stats

from predictions.data.unavailable import Unavailable
from runners.measuring.machine import machine
from runners.measuring.rerunning import Found, block_of, changes, differing
from runners.measuring.worker import compute
from runners.records.store import Record, Store
from runners.registry.loaded import LoadedRegistry
from runners.upkeep.findings import OTHER_NUMBERS, REMEASURED, Finding
from runners.upkeep.verification import twins

NEAR = 1e-3
"""Relative difference of numbers that another processor computes of the same seeds, where nothing amplifies it."""
SAME = "to the same bits"
CLOSE = "to the same numbers but for another machine's last bits"
ALIKE = "to other numbers of the same distribution, as where another machine's last bits are amplified"
LEVEL = 1e-3
"""Chance that sound records of another machine are called something else, over all that are measured again."""


def remeasure(store: Store, registry: LoadedRegistry, count: int) -> Iterator[Finding]:
    """Measure so many records again, besides those that hold the same numbers as others; what came out, one by one."""
    suspects = twins(store)
    names = [(experiment, path.rsplit("/", 1)[-1].removesuffix(".json")) for path, experiment in store.record_files()]
    rest = [it for it in names if it[1] not in suspects]
    drawn = secrets.SystemRandom().sample(rest, min(count, len(rest)))
    chosen = [*(it for it in names if it[1] in suspects), *drawn]
    near: Counter[str] = Counter()
    alike: dict[str, list[Finding]] = defaultdict(list)
    for experiment, name in chosen:
        record = store.get(experiment, name)
        if record.earlier:
            continue
        finding = _again(record, registry, LEVEL / max(len(chosen), 1))
        if finding.what == ALIKE:
            alike[experiment].append(finding)
        else:
            near[experiment] += finding.what in (SAME, CLOSE)
            yield finding
    for experiment, findings in alike.items():
        if near[experiment] >= len(findings):  # nothing amplifies last bits there
            told = f"other numbers, where {near[experiment]} records of the experiment come back as they were"
            findings = [replace(finding, kind=OTHER_NUMBERS, what=told) for finding in findings]
        yield from findings


def _again(record: Record, registry: LoadedRegistry, level: float) -> Finding:
    where = f"records/{record.specification['experiment']}/{record.identity}.json"
    found = Found(record.specification, record)
    try:
        block = block_of(found, registry)
        changed = list(changes(found, block))
        if any("has changed since" in change or "another one" in change for change in changed):
            return Finding(REMEASURED, where, f"was not: {changed[0]}")
        given, observables = compute(block)
    except Unavailable as error:
        return Finding(REMEASURED, where, f"could not be: {error}")
    except Exception as error:
        return Finding(OTHER_NUMBERS, where, f"it raises {type(error).__name__}: {error}")
    if not (different := differing(record, given, observables)):
        return Finding(REMEASURED, where, SAME)
    if not changed and all(record.provenance.get(key) == machine()[key] for key in ("cpu", "platform", "python")):
        return Finding(OTHER_NUMBERS, where, f"other bits in {', '.join(different)}, on the machine that measured it")
    pairs = [(record.given, given), (record.observables, observables)]
    if any(before.keys() != after.keys() for before, after in pairs):
        return Finding(OTHER_NUMBERS, where, f"other arrays: {', '.join(different)}")
    arrays = [(before[name], after[name]) for before, after in pairs for name in before]
    if all(is_near(*pair) for pair in arrays):
        return Finding(REMEASURED, where, CLOSE)
    if all(agrees(*pair, level / len(arrays)) for pair in arrays):
        return Finding(REMEASURED, where, ALIKE)
    told = f"other numbers in {', '.join(different)} than another machine's last bits could make"
    return Finding(OTHER_NUMBERS, where, told)


def is_near(recorded: np.ndarray, now: np.ndarray) -> bool:
    """Whether two measurements (trials, ...) of the same seeds differ by rounding alone."""
    if recorded.shape != now.shape or recorded.dtype != now.dtype:
        return False
    if recorded.dtype.kind != "f":
        return bool(np.array_equal(recorded, now))
    scale = float(np.max(np.abs(recorded[np.isfinite(recorded)]), initial=0.0))
    return np.allclose(recorded, now, rtol=NEAR, atol=1e-3 * NEAR * scale, equal_nan=True)


def agrees(recorded: np.ndarray, now: np.ndarray, level: float) -> bool:
    """Whether two measurements (trials, ...) of the same seeds can be those of two machines."""
    if is_near(recorded, now):
        return True
    if recorded.shape != now.shape or recorded.dtype != now.dtype or recorded.dtype.kind != "f" or len(now) < 3:
        return False
    before, after = (np.mean(it.reshape(len(it), -1), axis=1, dtype=float) for it in (recorded, now))
    if not np.all(np.isfinite([before, after])) or np.ptp(before) + np.ptp(after) == 0:
        return False
    return bool(stats.ttest_ind(before, after, equal_var=False).pvalue >= level)
