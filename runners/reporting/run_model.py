"""A run in short: what is kept of every report that was ever published."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from runners.reporting.report_model import Provenance
from runners.reporting.report_parts import Number, Part, Verdict

Short = Annotated[Number, AfterValidator(lambda value: float(f"{value:.4g}"))]
"""A number in four digits."""
Limits = tuple[Short, Short]


class RunClaim(Part):
    """What one run said of a claim; numbers in four digits, of the condition that came nearest to failing."""

    verdict: Verdict
    """What became of it."""
    counts: bool = True
    """Whether it was counted: a law or a bound by itself; runs of version 0.1 do not say so of theorems."""
    seal: str | None = None
    """The seal's first 16 digits."""
    by: Literal["ratio", "difference", "distance", "share"] | None = None
    """What was judged."""
    within: Limits | None = None
    """Where it had to lie."""
    predicted: Short | None = None
    """Median prediction."""
    measured: Short | None = None
    """Median measurement."""
    agreement: Short | None = None
    """The two compared."""
    interval: Limits | None = None
    """Its confidence interval."""
    measurement: str | None = None
    """Digest of the records behind it: with the same one, two runs have judged the same measurement."""
    bits: Short | None = None
    """What the claim earned."""
    libraries: tuple[str, ...] = ()
    """Libraries that its experiments import."""
    conditions: dict[str, Limits] = Field(default_factory=dict)
    """Confidence intervals by condition: the first 8 digits of its label's SHA-256."""
    reach: Literal["wide", "narrow", "open"] | None = None
    """How far it reaches in its domain, by this epoch's draws alone."""
    held_of_first: int | None = None
    """Of the first 14 applicable draws, those that held."""

    def same_records(self, other: RunClaim) -> bool:
        """Whether both judge one measurement. Runs of 0.1 name no records: intervals that are equal in four digits,
        all of them, are no second measurement."""
        if self.measurement and other.measurement:
            return self.measurement == other.measurement
        return self.conditions == other.conditions


class Run(Provenance):
    """A run in short."""

    in_short: Literal[True] = True
    """What tells it from a report."""
    injections: tuple[tuple[str, str, Short, Short, bool], ...]
    """Blind injections: claim, condition (as above), factor, shift, caught."""
    claims: dict[str, RunClaim]
    """By name of the claim."""

    def written(self) -> str:
        """JSON text, a claim a line; what is not known is left out."""
        claims = (f'"{name}":{entry.model_dump_json(exclude_defaults=True)}' for name, entry in self.claims.items())
        return self.model_dump_json(exclude={"claims"})[:-1] + ',"claims":{\n' + ",\n".join(claims) + "\n}}\n"
