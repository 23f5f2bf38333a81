"""Whether a recorded draw has the setting that its number means: a draw that was chosen would be no draw.

A number means one setting, or, where a domain has limits in the theory's own units, the first of its attempts that
lies within them. That a recorded setting is one of the attempts, and within the limits by what its trials were given,
is told of every record at once. That those before it were rightly passed over is told only by preparing them, which may
take minutes each: of them a sample is prepared, which nobody can know before.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import product
from typing import Any

import numpy as np

from runners.judging.reaching import is_of_tier
from runners.measuring.drawing import Drawing
from runners.measuring.planning import Planner
from runners.records.blocks import DrawName, canonical
from runners.records.epochs import epoch
from runners.registry.grid import identity
from runners.registry.loaded import LoadedRegistry
from runners.registry.tiers import TIERS
from runners.upkeep.findings import ALTERED, Finding

CHALLENGE = " challenge "
"""Between the name of a domain and the number of a challenge and the digest of a setting."""


@dataclass(frozen=True)
class _Passed:
    """A setting that a recorded draw passed over."""

    path: str
    claim: str
    draw: DrawName
    drawing: Drawing
    setting: Mapping[str, Any]


class DrawnSettings:
    """The settings of a registry's domains, drawn again as they are asked for."""

    def __init__(self, registry: LoadedRegistry):
        self._registry = registry
        self._claims: dict[str, list[str]] = {}
        """By the name from which draws derive, the claims that share them."""
        for name in registry.falsifiable:
            if found := registry.domain(name):
                self._claims.setdefault(found[0], []).append(name)
        self._drawings: dict[tuple[str, str], Drawing] = {}
        self._passed: dict[str, _Passed] = {}

    def problems(
        self, specification: Mapping[str, Any], given: Mapping[str, np.ndarray] | None = None, path: str = ""
    ) -> Iterator[str]:
        """What is wrong with the setting of a record that is a draw; nothing where no draw is judged.

        With what its trials were given (trials, ...), the domain's limits, too.
        """
        if not specification["draw"] or specification["purpose"] == "explore":
            return
        name, number, extended = specification["draw"]
        key, _, challenge = name.partition(CHALLENGE)
        if key not in self._claims:
            yield f"no claim draws from {key}"
        elif challenge:
            domain = self._registry.domain(self._claims[key][0])
            setting = {**specification["constants"], **specification["condition"]}
            drawn = {axis: setting.get(axis) for axis in domain[1].axes} if domain else {}
            if sha256(canonical(drawn).encode()).hexdigest()[:16] != challenge.rpartition(" ")[2]:
                yield "its setting is not the one that the challenge found"
        elif self._draws(key, DrawName(name, number, extended), specification, given, path) is False:
            yield f"its setting is not what number {number} draws from {key}"

    def passed_over(self, count: int) -> Iterator[Finding]:
        """Prepares so many of the settings that the draws looked at so far passed over; those that they had to take."""
        drawn = list(self._passed.values())
        for it in secrets.SystemRandom().sample(drawn, min(count, len(drawn))):
            try:
                taken = it.drawing.accepts(it.claim, it.draw.number, it.setting)
            except Exception:  # data that are not here, a limit that breaks: it cannot be told here
                continue
            if taken:
                told = f"number {it.draw.number} draws {dict(it.setting)} from {it.draw.name}, before its setting"
                yield Finding(ALTERED, it.path, told)

    def _draws(
        self,
        key: str,
        draw: DrawName,
        specification: Mapping[str, Any],
        given: Mapping[str, np.ndarray] | None,
        path: str,
    ) -> bool | None:
        """Whether some tier that has its constants draws this setting; None if it cannot be told here."""
        found: bool | None = False
        for claim, tier in product(self._claims[key], TIERS):
            if self._may_be_of(claim, tier, draw, specification["constants"]):
                try:
                    if self._is_attempt(claim, tier, draw, specification, given, path):
                        return True
                except Exception:  # an epoch that nobody knows, a limit that breaks
                    found = None
        return found

    def _may_be_of(self, claim: str, tier: str, draw: DrawName, constants: Mapping[str, Any]) -> bool:
        """Whether a tier has these constants: what another one draws need not be looked at."""
        found = self._registry.domain(claim)
        of_tier = self._registry.experiments[self._registry.falsifiable[claim].experiment].tiers.get(tier)  # type: ignore[call-overload]
        return found is not None and of_tier is not None and is_of_tier(constants, of_tier.constants, found[1], draw)

    def _is_attempt(
        self,
        claim: str,
        tier: str,
        draw: DrawName,
        specification: Mapping[str, Any],
        given: Mapping[str, np.ndarray] | None,
        path: str,
    ) -> bool:
        """Whether a condition and its constants are those of an attempt that the domain's limits let pass."""
        drawing, domain = self._drawing(tier, specification["epoch"]), self._registry.domain(claim)
        assert domain is not None
        here = canonical([specification["condition"], specification["constants"]])
        values = {**specification["constants"], **specification["condition"]}
        before: list[dict[str, Any]] = []
        for setting in drawing.attempts(claim, draw):
            if all(axis in values and identity(values[axis]) == identity(value) for axis, value in setting.items()):
                blocks = drawing.of_setting(claim, draw.number, setting, extended=draw.extended)
                told = [canonical([dict(it.condition), dict(it.constants)]) for it in blocks]
                if here not in told:
                    return False
                # Limits are held against the first block, as it was drawn.
                limited = given is not None and here == told[0] and not draw.extended
                if limited and not drawing.within_limits(claim, blocks[0], given):  # type: ignore[arg-type]
                    return False
                for passed in before:
                    known = canonical([claim, tier, draw.number, specification["epoch"], passed])
                    self._passed.setdefault(known, _Passed(path, claim, draw, drawing, passed))
                return True
            if not domain[1].within:
                return False
            before.append(setting)
        return False

    def _drawing(self, tier: str, epoch_name: str) -> Drawing:
        if (tier, epoch_name) not in self._drawings:
            planner = Planner(self._registry, tier, epoch(self._registry.files, epoch_name))
            self._drawings[tier, epoch_name] = Drawing(planner)
        return self._drawings[tier, epoch_name]
