"""Chances of a false verdict: `supported` where the claim is false, `refuted` (or `partly`) where it is true.

Each error is measured where it is worst. A false claim: one of its conditions lies just outside the region, the others
well inside. A true claim: every condition lies on an edge of the region.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from scipy import special

from runners.calibration.settings import Family, Looks
from runners.rule.verdicts import ALPHA, Outcome, judge_claims, judge_conditions

FALSE_SUPPORTED, FALSE_REFUTED = "false supported", "false refuted"
UNRELATED, BY_OUTCOME = "misses 10% of trials", "misses 15% of trials, by their outcome"
CONFIDENCE = 0.999
"""Of the intervals: there are hundreds of rates, and a few would lie beyond narrower ones."""


@dataclass(frozen=True)
class Rate:
    """How often a verdict came out in simulated worlds."""

    count: int
    worlds: int

    @property
    def rate(self) -> float:
        return self.count / self.worlds

    @property
    def interval(self) -> tuple[float, float]:
        """Clopper-Pearson limits, two-sided."""
        outside, missed = (1 - CONFIDENCE) / 2, self.worlds - self.count
        low = float(special.betaincinv(self.count, missed + 1, outside)) if self.count else 0.0
        high = float(special.betaincinv(self.count + 1, missed, 1 - outside)) if missed else 1.0
        return low, high


@dataclass(frozen=True)
class ErrorRow:
    """One line of the table."""

    source: str
    shape: str
    looks: Looks
    error: str
    found: Rate
    trials: float
    """Mean number of trials spent in a condition."""
    conditions: int = 1
    correlation: float = 0.0
    requirement: str = ""
    control: str = ""
    nominal: float = ALPHA
    clusters: int = 0

    @property
    def holds(self) -> bool:
        """Whether the nominal error lies within simulation noise."""
        return self.found.interval[0] <= self.nominal

    def as_dict(self) -> dict[str, Any]:
        low, high = self.found.interval
        rest = {key: value for key, value in asdict(self).items() if key != "found"}
        rates = {"rate": self.found.rate, "low": low, "high": high, "worlds": self.found.worlds, "holds": self.holds}
        return {**rest, "looks": list(self.looks), "trials": round(self.trials, 2), **rates}


@dataclass
class Worst:
    """The worse of the two edges."""

    count: int = 0
    trials: list[float] = field(default_factory=list)

    def see(self, wrong: np.ndarray, spent: np.ndarray) -> None:
        self.count = max(self.count, int(np.sum(wrong)))
        self.trials.append(float(np.mean(spent)))


def error_rows(
    family: Family,
    several_looks: Sequence[Looks],
    generator: np.random.Generator,
    *,
    worlds: int,
    conditions: int = 1,
    correlation: float = 0.0,
    requirement: str = "",
) -> Iterator[ErrorRow]:
    """Both errors of one family under each of these looks, all from the same trials."""
    most = max(looks[-1] for looks in several_looks)
    noise = family.draw(generator, count=worlds, conditions=conditions, trials=most, correlation=correlation)
    unrelated = generator.random(noise.shape) < 0.9 if requirement == UNRELATED else None
    for looks in several_looks:
        for error in (FALSE_SUPPORTED, FALSE_REFUTED):
            worst = Worst()
            for side in family.sides:
                admitted = _admitted(family, noise, error, side, requirement, unrelated)
                if error == FALSE_SUPPORTED:
                    status, spent = _one_outside(family, noise, admitted, looks, side)
                    wrong = judge_claims(status) == Outcome.SUPPORTED.code
                else:
                    status, spent = _judge(family, family.edge(side) + noise, admitted, looks)
                    wrong = np.isin(judge_claims(status), (Outcome.REFUTED.code, Outcome.PARTLY.code))
                worst.see(wrong, spent)
            found = Rate(worst.count, worlds)
            trials = float(np.mean(worst.trials))
            yield ErrorRow(
                family.name,
                family.noise,
                looks,
                error,
                found,
                trials,
                conditions,
                correlation,
                requirement,
                clusters=family.clusters,
            )


def control_rows(family: Family, looks: Looks, generator: np.random.Generator, *, worlds: int) -> Iterator[ErrorRow]:
    """A test that cannot fail, and an instrument that is broken: both on the edge at which the control says so."""
    noise = family.draw(generator, count=worlds, conditions=2, trials=looks[-1], correlation=0.0)
    every = np.ones(noise[:, 0].shape, dtype=bool)
    edge, outside = family.edge(1), family.edge(1) + 8 * family.nominal_scale
    inside = edge - 8 * family.nominal_scale
    cases = (
        ("a control that must fail just agrees", inside, FALSE_SUPPORTED),
        ("a control that must hold just fails", outside, FALSE_REFUTED),
    )
    for control, centre, error in cases:
        main = judge_conditions(centre + noise[:, 0], every, family.source, looks=looks)
        guard = judge_conditions(edge + noise[:, 1], every, family.source, looks=looks)
        must, verdict = ("fail", Outcome.SUPPORTED) if error == FALSE_SUPPORTED else ("hold", Outcome.REFUTED)
        wrong = judge_claims(main.status[:, None], [(must, guard.status[:, None])]) == verdict.code
        yield ErrorRow(
            family.name,
            family.noise,
            looks,
            error,
            Rate(int(np.sum(wrong)), worlds),
            float(np.mean(main.trials(looks))),
            control=control,
            clusters=family.clusters,
        )


def _judge(family: Family, values: np.ndarray, admitted: np.ndarray, looks: Looks) -> tuple[np.ndarray, np.ndarray]:
    """Statuses and trials spent, both (worlds, conditions)."""
    k = values.shape[1]
    judged = [
        judge_conditions(values[:, c], admitted[:, c], family.source, looks=looks, conditions=k) for c in range(k)
    ]
    return np.stack([it.status for it in judged], axis=1), np.stack([it.trials(looks) for it in judged], axis=1)


def _one_outside(
    family: Family, noise: np.ndarray, admitted: np.ndarray, looks: Looks, side: int
) -> tuple[np.ndarray, np.ndarray]:
    """One condition on the edge, the others two scales further inside."""
    values = family.edge(side) + noise
    values[:, 1:] -= 2 * side * family.nominal_scale
    return _judge(family, values, admitted, looks)


def _admitted(
    family: Family, noise: np.ndarray, error: str, side: int, requirement: str, unrelated: np.ndarray | None
) -> np.ndarray:
    """Which trials meet the requirement; one that selects by outcome sets aside what speaks against the false verdict.

    In a false claim these are the trials farthest outside, in a true one those farthest inside.
    """
    if unrelated is not None:
        return unrelated
    if requirement != BY_OUTCOME:
        return np.ones(noise.shape, dtype=bool)
    if (error == FALSE_SUPPORTED) == (side > 0):
        return noise <= family.shape.quantile(0.85)
    return noise >= family.shape.quantile(0.15)
