"""Whether a recorded draw has the setting that its number means: a draw that was chosen would be no draw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from itertools import product
from typing import Any

from runners.judging.reaching import is_of_tier
from runners.measuring.drawing import Drawing
from runners.measuring.planning import Planner
from runners.records.blocks import DrawName, canonical
from runners.records.epochs import epoch
from runners.registry.loaded import LoadedRegistry
from runners.registry.tiers import TIERS
from runners.rule.draws import EmptyDomain

CHALLENGE = " challenge "
"""Between the name of a domain and the number of a challenge and the digest of a setting."""


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
        self._expected: dict[tuple[Any, ...], list[str] | None] = {}

    def problems(self, specification: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with the setting of a record that is a draw; nothing where no draw is judged."""
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
        elif self._draws(key, DrawName(name, number, extended), specification) is False:
            yield f"its setting is not what number {number} draws from {key}"

    def _draws(self, key: str, draw: DrawName, specification: Mapping[str, Any]) -> bool | None:
        """Whether some tier that has its constants draws this setting; None if it cannot be told here."""
        here = canonical([specification["condition"], specification["constants"]])
        for claim, tier in product(self._claims[key], TIERS):
            if self._may_be_of(claim, tier, draw, specification["constants"]):
                expected = self._drawn_again(claim, tier, draw, specification["epoch"])
                if expected is None or here in expected:
                    return None if expected is None else True
        return False

    def _may_be_of(self, claim: str, tier: str, draw: DrawName, constants: Mapping[str, Any]) -> bool:
        """Whether a tier has these constants: what another one draws need not be prepared."""
        found = self._registry.domain(claim)
        of_tier = self._registry.experiments[self._registry.falsifiable[claim].experiment].tiers.get(tier)  # type: ignore[call-overload]
        return found is not None and of_tier is not None and is_of_tier(constants, of_tier.constants, found[1], draw)

    def _drawn_again(self, claim: str, tier: str, draw: DrawName, epoch_name: str) -> list[str] | None:
        """What a draw is at a tier, as condition and constants; None if it cannot be told here."""
        known = claim, tier, draw, epoch_name
        if known not in self._expected:
            try:
                blocks = self._drawing(tier, epoch_name).blocks(claim, draw.number, extended=draw.extended)
                self._expected[known] = [canonical([dict(it.condition), dict(it.constants)]) for it in blocks]
            except EmptyDomain:
                self._expected[known] = []
            except Exception:  # data that are not here, an epoch that nobody knows, a limit that breaks
                self._expected[known] = None
        return self._expected[known]

    def _drawing(self, tier: str, epoch_name: str) -> Drawing:
        if (tier, epoch_name) not in self._drawings:
            planner = Planner(self._registry, tier, epoch(self._registry.files, epoch_name))
            self._drawings[tier, epoch_name] = Drawing(planner)
        return self._drawings[tier, epoch_name]
