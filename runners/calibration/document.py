"""The calibration as JSON: every chance of a false verdict, power curves, and what is refused."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import numpy as np

from runners.calibration.curves import curve
from runners.calibration.errors import BY_OUTCOME, CONFIDENCE, UNRELATED, ErrorRow, control_rows, error_rows
from runners.calibration.reach_worlds import reach_rows
from runners.calibration.refused import refused_rows
from runners.calibration.rival_worlds import rival_rows
from runners.calibration.settings import (
    HEAVY_LOOKS,
    LOOKS,
    MEAN,
    RESAMPLES,
    SHARE,
    TYPICAL,
    Family,
    Looks,
    families,
    used_conditions,
    used_looks,
)
from runners.registry.loaded import LoadedRegistry
from runners.rule.looks import ENOUGH_CLUSTERS, FEWEST_CLUSTERS, FEWEST_DRAWS, MOST_RESAMPLED_CONDITIONS
from runners.rule.verdicts import ALPHA, QUORUM
from tollens import __version__

SCHEMA = 1
SEED = 20_240_229
WORLDS = 10_000
TWO_SHAPES = ("normal", "log-normal")
HEAVIEST = ("log-normal, sigma 2", "Pareto 2.2", "1 event in 100 on noise")
HEAVY_CONDITIONS = 6
CORRELATIONS = (0.0, 0.9)


def calibrate(
    registry: LoadedRegistry,
    *,
    worlds: int = WORLDS,
    thorough: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Simulate everything; `thorough` takes the full product of sources, shapes, looks, conditions and requirements."""
    started, looks = time.monotonic(), used_looks(registry)
    many = sorted({4, 16, used_conditions(registry)} - {1})
    rows: list[ErrorRow] = []
    for what, made in _rows(looks, many, worlds=worlds, thorough=thorough):
        report(what)
        rows += made
    report("power")
    shapes = None if thorough else ("normal",)
    curves = [
        curve(family, each, _generator("power", family, number), worlds=_worlds(family, worlds, thorough))
        for family in families(shapes=shapes)
        if not family.heavy and not family.unequal
        for number, each in enumerate(looks[family.name])
    ]
    report("what is refused")
    refused = list(refused_rows(np.random.default_rng([SEED, 2]), count=worlds))
    report("reach")
    reach = list(reach_rows(np.random.default_rng([SEED, 3]), worlds=worlds))
    report("rivals and challenges")
    reach += rival_rows(np.random.default_rng([SEED, 4]), worlds=worlds)
    return {
        "schema": SCHEMA,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "version": __version__,
        "thorough": thorough,
        "worlds": worlds,
        "seed": SEED,
        "seconds": round(time.monotonic() - started, 1),
        "alpha": ALPHA,
        "quorum": QUORUM,
        "confidence": CONFIDENCE,
        "draws": FEWEST_DRAWS,
        "clusters": [FEWEST_CLUSTERS, ENOUGH_CLUSTERS],
        "holds": all(row.holds for row in rows) and all(row.holds for row in reach),
        "rows": [row.as_dict() for row in rows],
        "curves": curves,
        "refused": refused,
        "reach": [row.as_dict() for row in reach],
    }


def _rows(
    looks: dict[str, list[Looks]], many: list[int], *, worlds: int, thorough: bool
) -> Iterator[tuple[str, list[ErrorRow]]]:
    """What is simulated, in words, and its rows."""
    for number, case in enumerate(_cases(many, thorough=thorough)):
        family, settings = case
        words = f"{family.name}, {family.shape.name}, {settings or 'one condition'}"
        generator = _generator("errors", family, number)
        count = _worlds(family, worlds, thorough)
        several = looks[family.name] if thorough or not settings else list(LOOKS[family.name])
        if family.heavy and not settings:
            several = list(HEAVY_LOOKS)
        yield words, list(error_rows(family, several, generator, worlds=count, **settings))
    for number, family in enumerate(families(shapes=None if thorough else TWO_SHAPES)):
        generator = _generator("controls", family, number)
        count = _worlds(family, worlds, thorough)
        several = looks[family.name] if thorough else looks[family.name][-1:]
        made = [row for each in several for row in control_rows(family, each, generator, worlds=count)]
        yield f"{family.name}, {family.shape.name}, controls", made


def _cases(many: list[int], *, thorough: bool) -> Iterator[tuple[Family, dict[str, Any]]]:
    """Families with conditions, correlation and requirement."""
    for family in families():
        yield family, {}
        if family.shape.name in HEAVIEST or (thorough and family.heavy):
            yield family, {"conditions": HEAVY_CONDITIONS}
        if family.heavy:
            continue
        two = thorough or family.shape.name in TWO_SHAPES
        if family.name in (TYPICAL, SHARE) and two:
            for requirement in (UNRELATED, BY_OUTCOME):
                if family.shape.continuous:
                    yield family, {"requirement": requirement}
        if two:
            if family.name == RESAMPLES:
                yield family, {"conditions": MOST_RESAMPLED_CONDITIONS}
                continue
            for conditions in many:
                if thorough or family.name != MEAN or conditions <= 4:  # averages of draws take long
                    for correlation in CORRELATIONS:
                        yield family, {"conditions": conditions, "correlation": correlation}


def _worlds(family: Family, worlds: int, thorough: bool) -> int:
    return max(100, worlds // 10) if family.name == RESAMPLES and not thorough else worlds


def _generator(purpose: str, family: Family, number: int) -> np.random.Generator:
    names = f"{purpose}/{family.name}/{family.noise}/{family.clusters}".encode()
    return np.random.default_rng([SEED, zlib.crc32(names), number])
