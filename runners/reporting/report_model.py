"""What a report says: one frozen model a concept, with a description on every field.

`report.schema.json` is made from these models; a condition stands in `condition_model`, reach in `reach_model`, their
parts in `report_parts`.
"""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import Field

from runners.records.standing import Standing
from runners.registry.schema import HeldBy, Outside, Source, Strand
from runners.reporting.columns import InColumns
from runners.reporting.condition_model import ConditionOutcome, ConditionReport, Conditions, TheoryCurve
from runners.reporting.reach_model import ChallengeReport, Counterexample, ReachReport
from runners.reporting.region import Region
from runners.reporting.report_parts import AxisValue, Function, Limits, Number, Part, Verdict
from runners.rule.comparison import widths_away

SCHEMA = 2


class Environment(Part):
    """Where a run was judged, and with what it was measured."""

    python: str
    """Version of Python."""
    cpu: str
    """Model of the processor."""
    cores: int | None
    """How many it has."""
    libraries: dict[str, str]
    """Versions of the libraries behind the records, by name."""


class Provenance(Part):
    """Where a report comes from."""

    schema_number: Literal[2] = Field(default=2, alias="schema")
    """Number of this format."""
    tier: str
    """Size at which everything was measured."""
    created: str
    """When, in UTC: 2026-11-24T12:47:43Z."""
    version: str
    """Version of Tollens."""
    commit: str | None
    """Commit of the code, where it is known."""
    lock: str
    """Hash of the lock in force."""
    epoch: str
    """The epoch from which its seeds derive; `none`: seeds that everybody can compute."""
    environment: Environment
    """Where it was judged, and with what it was measured."""

    def told(self) -> dict[str, Any]:
        """These fields by name, of a report or a run."""
        return {name: getattr(self, name) for name in Provenance.model_fields if name != "schema_number"}


class Observed(Part):
    """What is measured."""

    name: str
    """The observable."""
    means: str
    """What it is, in words, with its unit."""
    along: dict[str, str] | None = None
    """Axis and fold, where the claim looks at it along an axis of the grid."""
    between: Limits | None
    """Range that a know-nothing would give it."""
    scale: Literal["linear", "log"]
    """Scale on which that range is uniform."""
    quantity: Literal["ratio", "exponent", "share", "cosine"] | None = None
    """Its type, if it has one, over whose range bits are counted."""
    shape: tuple[str, ...] | None = None
    """Axes of an array; null for a scalar."""


class Agreement(Part):
    """When measured and predicted count as equal."""

    by: Literal["ratio", "difference", "distance"]
    """measured / predicted, measured - predicted, or relative L2 distance of arrays."""
    within: Limits
    """The region T, closed, in which one trial agrees."""
    because: str
    """Where T comes from."""
    target: Literal["median", "mean"] = "median"
    """What has to lie in T: the typical trial or the expectation."""
    share: float | None = None
    """What is judged instead: at least this share of trials lies in T."""
    numerical_error: float | None = None
    """Error of a deterministic measurement."""

    @property
    def region(self) -> Region:
        """The region of what is judged: of the typical trial or the mean, or of the share of trials."""
        return self.trial_region if self.share is None else Region("share", self.share, 1.0)

    @property
    def trial_region(self) -> Region:
        """The region in which one trial agrees."""
        return Region(self.by, *self.within)


class Requirement(Part):
    """A property of the run that the theorem takes for granted."""

    measured: str
    """The observable."""
    within: Limits
    """Closed range in which a trial is admitted."""
    because: str
    """Why the theorem needs it."""


class ControlReport(Part):
    """Conditions where the relation must fail or hold."""

    must: Literal["fail", "hold"]
    """What it must do there."""
    because: str
    """Why."""
    experiment: str
    """The experiment that measures it."""
    where: dict[str, AxisValue | tuple[AxisValue, ...]]
    """Which of its conditions."""
    truth: Function
    """What is expected there instead."""
    kept: bool | None
    """Whether it did as it must; null if undecided."""
    conditions: Conditions
    """Its conditions."""


class RivalReport(Part):
    """Another prediction, judged on the claim's own trials."""

    name: str
    """Its name."""
    predicted: Function
    """What it predicts."""
    held_by: HeldBy
    """Who holds it."""
    because: str
    """The idea behind it."""
    verdict: Verdict
    """What became of it."""
    reason: str
    """Why."""
    bits: Number | None
    """What it would have earned."""
    conditions: Annotated[tuple[ConditionOutcome, ...], InColumns()]
    """The claim's conditions under its prediction, in the claim's order."""


class Tally(Part):
    """Trials in which one prediction lay closer than another, summed over conditions."""

    wins: int
    """It lay closer."""
    losses: int
    """The other one did."""
    equal: int
    """They lay equally far."""


class ContestEntry(Part):
    """One prediction's standing among the claim's and its rivals', pair by pair on the same trials."""

    name: str
    """`this claim`, or a rival."""
    rank: int
    """1 + how many beat it: those that tie share a rank."""
    beats: tuple[str, ...]
    """Those that are farther off."""
    ties: tuple[str, ...]
    """Those with no difference shown."""
    loses_to: tuple[str, ...]
    """Those that are closer."""
    closer: dict[str, Tally]
    """Trials against each of the others."""


class Cost(Part):
    """What a verdict took."""

    trials: int
    """Trials, controls and shown conditions included."""
    blocks: int
    """Records behind them."""
    seconds: float
    """Compute time, shared trials counted in full."""


class Described(Part):
    """What every entry of the registry has."""

    id: str
    """Name of the claim in the registry, and of its page."""
    statement: str
    """The claim in one sentence."""
    theory: str
    """The theory behind it."""
    strand: Strand
    """Body of evidence to which it belongs."""
    held_by: HeldBy
    """Who holds it."""
    source: Source
    """Where it was made."""
    reading: bool
    """Whether it is this project's reading of its authors: nobody has looked up where they say so."""
    verdict: Verdict
    """What became of it."""
    meaning: str
    """What that verdict means, in a sentence."""
    reason: str
    """Why it is this one."""

    @property
    def has_verdict(self) -> bool:
        """Whether its trials came to anything: it was run, and judged."""
        return self.verdict not in ("not run", "not judged")

    @property
    def counts(self) -> bool:
        """Whether it is counted."""
        return True

    @property
    def caveat(self) -> str | None:
        """What a reader has to know of its standing."""
        return None


class UnfalsifiableReport(Described):
    """A statement that nothing could contradict as it stands: listed with the reason."""

    kind: Literal["unfalsifiable"]
    """Always `unfalsifiable`."""


class ClaimReport(Standing, Described):
    """A claim and what became of it."""

    kind: Literal["law", "bound", "theorem"]
    """law, bound (one side, its slack is shown) or theorem (a check of code and instruments)."""
    corollary_of: str | None = None
    """The claim under which it is nested."""
    lent_by: Provenance | None = None
    """The run that measured it, where its report was laid beside another, as of a claim that runs at `long` only."""
    about: str
    """Two or three sentences for the reader."""
    formula: str
    """The prediction in LaTeX."""
    scope: str
    """For what the verdict speaks: what was measured in the records that carried it; empty before."""
    parameters: tuple[int, int] | None = None
    """The fewest and the most parameters of the networks behind the verdict; null where nobody says so."""
    not_measured: tuple[str, ...] = ()
    """Tiers of its experiment of which nothing is on record."""
    experiment: str
    """The experiment that measures it."""
    experiment_about: str
    """What is done there."""
    experiment_module: str
    """Its module."""
    replication: Literal["seeds", "resamples", "none"]
    """What a trial repeats."""
    where: dict[str, AxisValue | tuple[AxisValue, ...]]
    """The conditions that are judged."""
    measured: Observed
    """The observable, or a fold of one."""
    predicted: Function
    """What is predicted."""
    agreement: Agreement
    """When the two count as equal."""
    requires: tuple[Requirement, ...]
    """Preconditions."""
    expect: Literal["supported", "refuted", "partly", "vacuous", "open"]
    """Verdict that the literature leads one to expect."""
    why: str | None
    """Why the verdict is what it is, where it surprises."""
    objections: tuple[str, ...] = ()
    """What a critical reader holds against the test, as no later version has met it yet."""
    contradicts_expectation: bool
    """Whether the verdict speaks against that, or the claim is vacuous."""
    agrees_to_within: Number | None
    """The farther confidence limit of the worst condition."""
    share_in_region: Number | None
    """The smallest share of trials in the region, over conditions."""
    severity: Limits | None
    """The smallest errors of the prediction, downwards and upwards, that would have been caught."""
    bits: Number | None
    """How much of the conceivable range the law excluded; null where nothing is scored."""
    bits_risked: Number | None
    """What it would earn if it were right."""
    conditions: Conditions
    """The conditions that are judged."""
    shown: Conditions
    """Conditions that the source excludes, drawn and never judged."""
    outside: Outside | None = None
    """What excludes them."""
    controls: tuple[ControlReport, ...]
    """Conditions where the relation must fail or hold."""
    rivals: tuple[RivalReport, ...]
    """Other predictions."""
    contest: tuple[ContestEntry, ...]
    """The claim's prediction and its rivals', best first; empty for bounds, without rivals, before measuring."""
    reach: ReachReport | None = None
    """How far it reaches in its domain; null without a domain, or draws at this tier."""
    expect_reach: Literal["wide", "narrow", "open"] | None = None
    """What reach was expected."""
    challenges: tuple[ChallengeReport, ...] = ()
    """Searches for a setting in which it fails."""
    theory_curves: tuple[TheoryCurve, ...] = ()
    """What is predicted along the grid's most varied axis, where the theory can be asked between the settings."""
    cost: Cost
    """What the verdict took."""
    seeds: tuple[int, ...]
    """Seeds of its first trials (up to 8), which all conditions share; empty where nothing is left to chance."""
    records: tuple[str, ...]
    """Names of the records behind it."""
    measurement: str | None = None
    """Digest of these records and of the draws': names, measured numbers, provenance. Two reports with the same one
    have judged the same measurement. Null where nothing was measured, and in reports of 0.1."""
    libraries: tuple[str, ...]
    """Libraries that its experiments import."""
    data: dict[str, str] = Field(default_factory=dict)
    """SHA-256 of the data sets and files that its records were made from, by name."""
    rerun: str
    """The command that measures it."""

    @property
    def counts(self) -> bool:
        """Whether it is counted and scored: a law or bound that stands by itself, by its own bar, not superseded."""
        return super().counts and self.kind != "theorem" and self.corollary_of is None

    @property
    def region(self) -> Region:
        """The region of what is judged."""
        return self.agreement.region

    @property
    def counterexamples(self) -> list[Counterexample]:
        """Settings in which it was shown to fail."""
        return [found for it in self.challenges for found in it.counterexamples]

    @property
    def everything(self) -> tuple[ConditionReport, ...]:
        """Conditions that are judged or shown."""
        return self.conditions + self.shown

    @property
    def judged(self) -> list[ConditionReport]:
        """Its conditions whose trials were judged."""
        return [condition for condition in self.conditions if condition.judged]

    @property
    def hardest(self) -> ConditionReport | None:
        """The judged condition that says most against it: one that disagrees, then the farthest limit."""
        return max(self.judged, key=self._against, default=None)

    def widths_away(self, control: ControlReport) -> float | None:
        """How far what is expected in a control lies from the region, in widths of it: of its nearest condition."""
        by, within = self.agreement.by, self.agreement.within
        away = []
        for it in control.conditions:
            if it.truth is None or it.predicted is None or (by == "ratio" and not it.predicted):
                continue
            compared = it.truth / it.predicted if by == "ratio" else it.truth - it.predicted
            if (widths := widths_away(by, within, compared)) is not None:
                away.append(widths)
        return min(away, default=None)

    def _against(self, condition: ConditionReport) -> tuple[bool, float]:
        return condition.status == "disagrees", self.region.reach(condition.interval or (math.nan, math.nan))


class Injection(Part):
    """A copy of a claim's condition under a prediction made wrong by just what its trials should see."""

    claim: str
    """The claim."""
    condition: str
    """The condition, in words."""
    factor: float
    """The prediction times this ..."""
    shift: float
    """... less this."""
    caught: bool
    """Whether it was called outside."""


class Injections(Part):
    """Blind injections: whether a wrong prediction is caught."""

    injected: int
    """How many copies were judged."""
    caught: int
    """How many were called outside."""
    expected: float
    """How many should have been."""
    copies: tuple[Injection, ...]
    """The copies."""


class Report(Provenance):
    """The verdicts of one run or judgement, with everything that led to them."""

    counts: dict[Verdict, int]
    """Laws and bounds that count, by verdict."""
    headlines: dict[str, int] = Field(default_factory=dict)
    """Laws of authors by headline: stood, local, fell, open, fixed settings only; those that stood in spite of a
    counterexample are flagged."""
    injections: Injections
    """Whether wrong predictions were caught."""
    records_sha256: str | None = None
    """Digest of every record behind the verdicts: name, measured numbers, provenance; null in reports of 0.1."""
    claims: tuple[Annotated[ClaimReport | UnfalsifiableReport, Field(discriminator="kind")], ...]
    """Every claim that was asked for."""

    @property
    def falsifiable(self) -> list[ClaimReport]:
        """The claims that could be measured."""
        return [claim for claim in self.claims if isinstance(claim, ClaimReport)]

    @property
    def counted(self) -> list[ClaimReport]:
        """Laws and bounds that count, and were judged."""
        never = ("not run", "not judged", "unavailable", "error")
        return [claim for claim in self.falsifiable if claim.counts and claim.verdict not in never]

    @property
    def resting_on(self) -> int:
        """Experiments on which those verdicts rest: mechanisms, of which each may have given several."""
        return len({claim.experiment for claim in self.counted})

    @property
    def unfalsifiable(self) -> list[UnfalsifiableReport]:
        """The statements that nothing could contradict."""
        return [claim for claim in self.claims if isinstance(claim, UnfalsifiableReport)]

    def written(self) -> str:
        """JSON text, a claim a line: a change of verdict is a change of one line. What has its default is left out."""
        claims = ",\n".join(claim.model_dump_json(exclude_defaults=True) for claim in self.claims)
        return f'{self.model_dump_json(exclude={"claims"})[:-1]},"claims":[\n{claims}\n]}}\n'


def json_schema() -> dict[str, Any]:
    """JSON schema of a report: what stands where, with each field's description."""
    described = Report.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **described, "title": "Tollens report"}
