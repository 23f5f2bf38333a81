"""Draws out of domains as blocks: which setting a number means, and the seeds that only this draw has.

Where a domain has limits in the theory's own units, settings are prepared, and refused or accepted, before anything is
trained. What is drawn depends on the epoch's salt, the name and the number alone, never on what was measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from runners.judging.predicting import predict
from runners.judging.reaching import EXTENSION
from runners.measuring.planning import Planner, Point
from runners.measuring.worker import prepare
from runners.records.blocks import Block, DrawName, canonical, salt_of_draws
from runners.records.seeds import Purpose
from runners.registry.domains import Drawn, axes, held, points
from runners.registry.names import importable, load_function
from runners.registry.schema import AxisValue, Domain
from runners.rule import draws
from runners.rule.draw_outcomes import TRIALS


class Drawing:
    """The draws of a registry's claims, as a planner's tier and epoch have them."""

    def __init__(self, planner: Planner, *, purpose: Purpose = "record"):
        self._planner, self._purpose = planner, purpose
        self._settings: dict[tuple[str, int, str], dict[str, Any]] = {}

    def key(self, claim: str) -> str:
        """The name from which a claim's draws derive: its own, or that of the domain which it shares."""
        return self._domain(claim)[0]

    def shared(self, claim: str) -> str:
        """What is equal for claims whose draws are the same blocks: the name, the experiment, and what is not drawn."""
        name, domain = self._domain(claim)
        registry = self._planner.registry
        return canonical([name, registry.falsifiable[claim].experiment, held(registry, claim, domain)])

    def blocks(self, claim: str, number: int, *, extended: bool = False) -> list[Block]:
        """The blocks of a draw: one, or one a value of the folded axis. Raises EmptyDomain."""
        return self.of_setting(claim, number, self._drawn(claim, number), extended=extended)

    def setting(self, claim: str, number: int) -> dict[str, Any]:
        """The values that a number draws, by axis. Raises EmptyDomain."""
        return dict(self._drawn(claim, number))

    def of_setting(self, claim: str, number: int, drawn: Mapping[str, Any], *, extended: bool = False) -> list[Block]:
        """The blocks of a setting that was chosen, on the seeds of a draw's number."""
        made = points(self._planner.registry, claim, self._planner.tier, drawn)
        return [self._block(claim, number, point, extended=extended) for point in made]

    def _drawn(self, claim: str, number: int) -> dict[str, AxisValue]:
        """The values that a number draws."""
        name, domain = self._domain(claim)
        known = name, number, canonical(held(self._planner.registry, claim, domain))
        if known not in self._settings:
            salt = salt_of_draws(self._purpose, self._planner.epoch.salt)
            self._settings[known] = draws.draw_setting(
                salt, name, number, axes(domain), lambda drawn: self.accepts(claim, number, drawn)
            )
        return self._settings[known]

    def attempts(self, claim: str, draw: DrawName) -> Iterator[dict[str, AxisValue]]:
        """The settings that a number may mean, in their order: the first one that is accepted is it."""
        salt = salt_of_draws(self._purpose, self._planner.epoch.salt)
        return draws.attempts(salt, draw.name, draw.number, axes(self._domain(claim)[1]))

    def accepts(self, claim: str, number: int, drawn: Mapping[str, Any]) -> bool:
        """Whether a setting lies within the domain's limits, by the median of its trials; nothing is trained."""
        if not self._domain(claim)[1].within:
            return True
        point = points(self._planner.registry, claim, self._planner.tier, drawn)[0]
        block = self._block(claim, number, point)
        return self.within_limits(claim, block, prepare(block))

    def within_limits(self, claim: str, block: Block, given: Mapping[str, np.ndarray]) -> bool:
        """Whether what a block was given (trials, ...) lies within the limits of the claim's domain, by the median."""
        with importable(self._planner.registry.search_path):
            for limit in self._domain(claim)[1].within:
                theory = load_function(limit.value)
                values = [
                    float(
                        predict(theory, block.setting, {key: it[trial] for key, it in given.items()}, name=limit.value)
                    )
                    for trial in range(len(block.repeats))
                ]
                if not limit.between[0] <= float(np.median(values)) <= limit.between[1]:
                    return False
        return True

    def _domain(self, claim: str) -> tuple[str, Domain]:
        """A claim's domain, and the name from which its draws derive."""
        found = self._planner.registry.domain(claim)
        assert found is not None
        return found

    def _block(self, claim: str, number: int, point: Drawn, *, extended: bool = False) -> Block:
        registry = self._planner.registry
        experiment = registry.falsifiable[claim].experiment
        name, domain = self._domain(claim)
        constants = dict(point.constants)
        if extended:
            assert domain.extend is not None
            constants[domain.extend] = EXTENSION * constants[domain.extend]
        repeats = range(1 if registry.experiments[experiment].replication == "none" else TRIALS)
        return self._planner.block(
            Point(experiment, point.condition),
            repeats,
            purpose=self._purpose,
            constants=constants,
            draw=DrawName(name, number, extended),
        )
