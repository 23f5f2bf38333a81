"""What a registry may say: one frozen model a concept, with a description on every field.

The JSON schema that editors use (`registry.schema.json`) is made from these models.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _ordered(bounds: tuple[float, float]) -> tuple[float, float]:
    low, high = bounds
    if math.isnan(low) or math.isnan(high):
        raise ValueError("a bound is not a number; write .inf or -.inf for an open side")
    if low > high:
        raise ValueError(f"lower bound {low} is above upper bound {high}; write [{high}, {low}]")
    return bounds


def _check_range(between: tuple[float, float] | None, scale: str) -> None:
    if between is None:
        return
    low, high = between
    if low == high or math.isinf(low) or math.isinf(high):
        raise ValueError(f"between {list(between)} is no range to be ignorant over; give two different, finite bounds")
    if scale == "log" and low <= 0:
        raise ValueError(f"between starts at {low}, but scale is log; start above 0 or set scale: linear")


def _a_day(written: str) -> str:
    try:
        date.fromisoformat(written)
    except ValueError:
        raise ValueError(f"{written!r} is no day; write it as 2026-12-01") from None
    return written


AxisValue = Annotated[str | bool | int | float, Field(union_mode="left_to_right")]
Where = dict[str, AxisValue | list[AxisValue]]
Interval = Annotated[tuple[float, float], Field(strict=False), AfterValidator(_ordered)]  # YAML knows lists only
Strand = Literal[
    "solvable-settings",
    "limits",
    "empirical-laws",
    "hyperparameters",
    "universality",
    "data",
    "statistics",
    "representation",
]
HeldBy = Literal["authors", "folklore", "null-model"]
ReviewedSetting = Literal["own", "reduced", "other"]
TierName = Literal["smoke", "standard", "long", "full"]  # runners.registry.tiers.TIERS


USUAL_TRIALS = {"smoke": [8]}
"""Looks of a tier that names none, where they are not [8, 16, 32]."""
UNJUDGED = {"trials": [2], "block": 2}
"""Size of a tier that is not judged and names none: what is contracted between trials takes two of them."""
USUAL_LIMITS = {"long": {"time_limit": 21_600}}
"""Time limits of a tier that names none, where they are not 600 seconds."""
USUAL_DRAWS = {"smoke": 0, "full": 60}
"""Most draws of a tier that names no number, where they are not 45."""
SHARED = "shared"
"""What stands in an experiment for an observable that its file declares once for several."""


class Entry(BaseModel):
    """A mapping of the registry: unknown keys are mistakes, and nothing changes after loading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


MOST_CONDITIONS = 100_000


class Observable(Entry):
    """A named number or array that a trial yields, free of any theory."""

    means: str
    """What is observed, in words, with its unit."""
    between: Interval | None = None
    """Range that a know-nothing would give this scalar; scalars only."""
    scale: Literal["linear", "log"] = "linear"
    """Scale on which that range is uniform."""
    quantity: Literal["exponent", "share", "cosine"] | None = None
    """Its type, if it has one: bits are then counted over the type's range, whatever `between` says."""
    shape: list[str] | None = None
    """Names of the axes of an array or curve, without the trial axis; absent for a scalar."""
    averages: Annotated[int, Field(ge=1)] | str | None = None
    """How many independent draws a trial's value is the average of, or the constant that says so (`target: mean`)."""

    @model_validator(mode="after")
    def _scalar_range(self) -> Self:
        if self.shape is not None and self.between is not None:
            raise ValueError("an array has no range; remove between, or shape if this is a scalar")
        _check_range(self.between, self.scale)
        return self


class Resources(Entry):
    """What one block asks of the cluster."""

    num_cpus: float = Field(default=1, ge=0)
    """Cores reserved for one block."""
    num_gpus: float = Field(default=0, ge=0)
    """GPUs, or a fraction of one, reserved for one block."""
    memory: float | None = Field(default=None, gt=0)
    """Bytes of memory reserved for one block (admission only)."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Labels that the node must have, by key: `value`, `!value`, `in(a, b)` or `!in(a, b)`."""


class Tier(Entry):
    """One size of an experiment: how many trials, with which constants."""

    trials: list[Annotated[int, Field(ge=1, le=100_000)]] = Field(default=[], min_length=1, max_length=20)
    """Looks: cumulative numbers of trials; a condition stops at the first that decides it. Absent: [8, 16, 32], at
    smoke [8], where nothing is judged one block of 2."""
    block: int = Field(default=8, ge=1, le=10_000)
    """Trials computed together: the unit of work, record and resume. Every look is a multiple of it."""
    constants: dict[str, AxisValue] = Field(default_factory=dict)
    """Sizes that this tier fixes (steps, samples, ...); the experiment reads them beside the condition."""
    where: Where = Field(default_factory=dict)
    """Part of the grid that this tier runs; absent: all of it."""
    draws: Annotated[int, Field(ge=0, le=1000)] | None = None
    """Most draws from a claim's domain; absent: 45, at full 60, at smoke none."""
    judged: bool = True
    """Whether trials of this size are judged. `false`: they only show that everything runs, one block a condition; the
    claims that look at them are `not judged`, which is neither counted nor speaks for or against what is expected."""
    threads: int = Field(default=1, ge=1, le=1024)
    """Threads a block computes with. Part of a record's identity, as it changes the last bits."""
    time_limit: float = Field(default=600, gt=0)
    """Seconds after which an attempt at a block is given up; absent: 600, at long 21,600."""
    resources: Resources = Field(default_factory=Resources)
    """What one block asks of the cluster."""


def _usual_size(name: str, tier: dict[str, Any]) -> dict[str, Any]:
    """Trials of a tier that names none."""
    if tier.get("judged") is False:
        return UNJUDGED
    return {"trials": USUAL_TRIALS.get(name, [8, 16, 32])}


class Experiment(Entry):
    """A procedure that prepares networks and data, trains and observes. It knows nothing of any theory."""

    module: str
    """Module with `prepare(setting, seeds)` and `measure(setting, state)`; the latter may compute in parts, by an
    argument `reduce` that is functools.reduce by default."""
    about: str
    """What is done, in one or two sentences: model, data, optimiser, loss convention."""
    replication: Literal["seeds", "resamples", "none"] = "seeds"
    """What a trial repeats: fresh seeds, resamples of fixed data, or nothing (deterministic)."""
    clusters: int | None = Field(default=None, ge=1)
    """How many independent clusters are resampled; for `replication: resamples`."""
    precision: Literal["float32", "float64"] = "float32"
    """Floating-point precision of JAX and torch in this experiment."""
    reads: list[str] = []
    """Data sets (`tollens data`), files and folders that `prepare` and `measure` read; records name their SHA-256."""
    grid: list[dict[str, list[AxisValue]]] = Field(min_length=1)
    """Conditions: a list of products of axes. Only what some claim or control selects is run."""
    observables: dict[str, Observable] = Field(min_length=1)
    """Every number and array that `measure` returns; `shared` in place of one that the file declares for several."""
    tiers: dict[TierName, Tier] = Field(min_length=1)
    """The sizes at which this experiment is run."""
    size: str | None = None
    """Function `module:function` of a setting: how many parameters the largest network has that is trained, or whose
    weights are computed with, in it. Told with a verdict where no record says so (`parameters`); part of no seal."""

    @model_validator(mode="after")
    def _measurable(self) -> Self:
        conditions = sum(math.prod(map(len, axes.values())) for axes in self.grid)
        if conditions > MOST_CONDITIONS:
            problem = f"the grid has {conditions:,} conditions, more than {MOST_CONDITIONS:,}"
            raise ValueError(f"{problem}; draw from a domain instead")
        return self

    @model_validator(mode="before")
    @classmethod
    def _usual_trials(cls, data: Any) -> Any:
        tiers = data.get("tiers") if isinstance(data, dict) else None
        if not isinstance(tiers, dict):
            return data
        filled = {
            name: {**_usual_size(name, tier), **USUAL_LIMITS.get(name, {}), **tier} if isinstance(tier, dict) else tier
            for name, tier in tiers.items()
        }
        return {**data, "tiers": filled}


class Source(Entry):
    """Where the claim was made."""

    cite: str
    """Authors and year."""
    arxiv: str | None = None
    """arXiv identifier, quoted."""
    doi: str | None = None
    """Digital object identifier."""
    url: str | None = None
    """Address of a source that has neither."""
    at: str | None = None
    """Section, equation, theorem, figure or page."""
    says: str | None = None
    """What it says there, in our own words."""
    checked: Annotated[str, AfterValidator(_a_day)] | None = None
    """Day on which that place was looked up in the text: 2026-12-01."""

    def is_reading(self, held_by: str) -> bool:
        """Whether what is held to be its authors' is this project's reading: nobody has looked up where they say so."""
        return held_by == "authors" and not (self.at and self.says and self.checked)


class Range(Entry):
    """Values of an axis or a constant from which a setting is drawn."""

    between: Interval
    """Ends of the range, both included."""
    scale: Literal["linear", "log"] = "linear"
    """Scale on which draws are uniform."""
    whole: bool = False
    """Whether only whole numbers are drawn."""


class Within(Entry):
    """A part of a domain in the theory's own units; settings outside are rejected before anything is trained."""

    value: str
    """Function `module:function` of setting and given: the quantity, as eta lambda_0 / 2."""
    between: Interval
    """Closed range in which the draw's median trial must lie."""
    because: str
    """Why the law speaks only there."""


class Domain(Entry):
    """The settings for which the source states the law: what its test is drawn from."""

    axes: dict[str, Range | list[AxisValue]] = Field(min_length=1)
    """Axes and constants of the experiment, each with a range or a list of values, drawn independently."""
    where: dict[str, AxisValue] = Field(default_factory=dict)
    """Axes that are held at one value; absent: what the claim's own conditions have in common."""
    within: list[Within] = Field(default_factory=list)
    """Limits in the theory's own units."""
    extend: str | None = None
    """Constant that is made four times as large, once, for a draw whose run is not finished: `steps`."""
    because: str
    """Why this is as wide as the source's statement."""
    at: str | None = None
    """Where the source says so: section, equation, theorem or figure."""


class Folded(Entry):
    """How an observable looks along axes of the grid: a slope over widths, the spread over backends."""

    of: str
    """The observable."""
    along: dict[str, str] = Field(min_length=1, max_length=1)
    """Axis and fold: `slope`, `minimiser`, `spread` or a dotted name `module:function`."""
    between: Interval | None = None
    """Range that a know-nothing would give the folded value."""
    scale: Literal["linear", "log"] = "linear"
    """Scale on which that range is uniform."""

    @model_validator(mode="after")
    def _scalar_range(self) -> Self:
        _check_range(self.between, self.scale)
        return self


class FoldedPrediction(Entry):
    """A theory that is evaluated at each point of the axis and folded as the measurement is."""

    of: str
    """Theory function `module:function`."""
    along: dict[str, str] = Field(min_length=1, max_length=1)
    """Axis and fold, as in `measured`."""


class Requirement(Entry):
    """A property of the run that the theorem takes for granted; never a comparison with the prediction."""

    measured: str
    """An observable of the same experiment."""
    within: Interval
    """Closed range in which a trial is admitted."""
    because: str
    """Why the theorem needs it."""
    finished: bool = False
    """Whether a trial that misses it has not finished: its draw is run once more, longer (`domain.extend`)."""


class Agreement(Entry):
    """When measured and predicted count as equal."""

    by: Literal["ratio", "difference", "distance"]
    """measured / predicted, measured - predicted, or relative L2 distance of arrays."""
    within: Interval
    """The region T, closed."""
    because: str
    """Where T comes from: numerical error, the theory's finite-size term, resolution against the nearest rival."""
    target: Literal["median", "mean"] = "median"
    """What has to lie in T: the typical trial (two sign tests) or the expectation (Student's t)."""
    share: float | None = Field(default=None, gt=0, lt=1)
    """Claim about a share instead: at least this share of trials lies in T (exact binomial)."""
    numerical_error: float | None = Field(default=None, ge=0)
    """Error of a deterministic measurement, in the units of `within`; for `replication: none`."""

    @model_validator(mode="after")
    def _one_target(self) -> Self:
        if self.share is not None and self.target == "mean":
            raise ValueError("target: mean and share are two targets; keep one of them")
        return self


class Control(Entry):
    """Conditions where the relation must fail (it guards `supported`) or hold (it guards `refuted`)."""

    must: Literal["fail", "hold"]
    """What the relation must do there."""
    experiment: str | None = None
    """Experiment of the control; absent: the claim's own."""
    where: Where
    """Conditions of the control."""
    truth: float | str
    """What is expected there instead: a number or `module:function`. Where it must hold, by default the prediction."""
    because: str
    """Why the relation must fail or hold there."""


class Rival(Entry):
    """Another prediction for the same measurement, judged on the same trials."""

    predicted: float | str | FoldedPrediction
    """The rival's prediction: a number, `module:function`, or that along a fold."""
    held_by: HeldBy
    """Who holds it."""
    because: str
    """The idea behind it, in a sentence."""
    source: Source | None = None
    """Where it was stated, if anywhere."""


class Outside(Entry):
    """Why the source's statement does not speak of conditions that are shown."""

    because: str
    """What excludes them."""
    source: Source
    """Where the source does, with its place (`at`)."""

    @model_validator(mode="after")
    def _has_a_place(self) -> Self:
        if self.source.at is None:
            raise ValueError("source names no place; say where it excludes these conditions (at)")
        return self


class Shown(Entry):
    """Conditions that are run and drawn, and never judged: only what the source itself excludes."""

    where: Where
    """Which."""
    outside: Outside
    """What excludes them, written before they are measured."""

    @model_validator(mode="before")
    @classmethod
    def _excluded(cls, data: Any) -> Any:
        if isinstance(data, dict) and "outside" not in data:
            raise ValueError(
                "shows conditions that are not judged, and nothing says what excludes them; judge them (where), draw "
                "them from a domain, or name what in the source excludes them (outside: {because, source})"
            )
        return data


class Changed(Entry):
    """What of a claim was changed after its record seeds had been seen: it predicts nothing until a later epoch."""

    what: str
    """What was changed: the theory, a control, the region; it completes "changed after its record seeds were seen"."""
    epoch: str = "none"
    """Epoch whose record seeds had been seen."""


class Claim(Entry):
    """One falsifiable statement: this observable agrees with this theory function within T, under these conditions."""

    kind: Literal["law", "bound", "theorem"] = "law"
    """law; bound (one side, its slack is shown); theorem (proved for what is run: a check, no bits)."""
    statement: str
    """The claim in one sentence."""
    about: str
    """Two or three sentences for the reader of the board: why it matters, what to look at."""
    theory: str
    """Name of the theory that stands behind it."""
    strand: Strand
    """Body of evidence to which it belongs."""
    review: dict[str, ReviewedSetting] = Field(default_factory=dict)
    """Statements of the review that it tests (`docs/coverage.yaml`), in their own setting, a reduced or another one."""
    held_by: HeldBy
    """authors, folklore (nobody's theory) or null-model."""
    source: Source
    """Where the claim was made."""
    formula: str
    """The prediction in LaTeX."""
    experiment: str
    """The experiment that measures it."""
    where: Where = Field(default_factory=dict)
    """The theory's domain: the conditions that are judged; absent: the whole grid."""
    measured: str | Folded
    """The observable, or a fold of one."""
    predicted: float | str | FoldedPrediction
    """A number, a theory function `module:function`, or one along a fold."""
    requires: list[Requirement] = Field(default_factory=list)
    """Preconditions; trials that miss one are set aside and counted."""
    agreement: Agreement
    """When measured and predicted count as equal."""
    controls: list[Control] = Field(default_factory=list)
    """Conditions where the relation must fail or hold."""
    none_nearer: str | None = None
    """Why no nearer failure stands among the controls, where the nearest lies more than ten widths of T away."""
    rivals: dict[str, Rival] = Field(default_factory=dict)
    """Other predictions for the same measurement."""
    domain: Domain | str | None = None
    """What the test is drawn from, or the name of a domain that claims of this file share, and its draws with it."""
    shown: Shown | None = None
    """Conditions that are run and drawn (map of validity) but never judged, as the source excludes them."""
    expect: Literal["supported", "refuted", "partly", "vacuous", "open"]
    """Verdict that the literature leads one to expect (vacuous: a control that must fail is known to agree, too). It
    never influences the judging."""
    expect_reach: Literal["wide", "narrow", "open"] | None = None
    """Reach that one expects in the domain; it never influences the judging."""
    why: str | None = None
    """For a claim expected to be refuted, or whose verdict surprises: the reason, for its page."""
    objections: list[str] = Field(default_factory=list)
    """What a critical reader holds against its test, until a later version meets it: for its page."""
    changed: Changed | None = None
    """What was changed after record seeds had been seen: a postdiction, except with fresh data in a later epoch that
    was announced with the claim sealed as it stands."""
    corollary_of: str | None = None
    """The claim on the same experiment that this one follows from: nested under it, neither counted nor scored."""
    supersedes: str | None = None
    """The claim that this one replaces; the old one stays in the registry and keeps its page, but counts no more."""
    beyond: str | None = None
    """In what the conditions go beyond the source's own: another data set, architecture or size."""

    @model_validator(mode="before")
    @classmethod
    def _holding_is_what_is_predicted(cls, data: Any) -> Any:
        """Where the relation must hold, nothing else is expected than what the claim predicts."""
        if not isinstance(data, dict) or not isinstance(data.get("predicted"), int | float | str):
            return data
        if not isinstance(data.get("controls"), list):
            return data
        controls = [
            {"truth": data["predicted"], **it} if isinstance(it, dict) and it.get("must") == "hold" else it
            for it in data["controls"]
        ]
        return {**data, "controls": controls}


class Unfalsifiable(Entry):
    """A statement that nobody has yet made precise enough to fail: listed with the reason, never run."""

    kind: Literal["unfalsifiable"]
    """Always `unfalsifiable`."""
    statement: str
    """The statement in one sentence."""
    theory: str
    """Name of the theory that stands behind it."""
    strand: Strand
    """Body of evidence to which it belongs."""
    held_by: HeldBy
    """Who holds it."""
    source: Source
    """Where it was made."""
    because: str
    """Why nothing could contradict it as it stands."""


class RegistryFile(Entry):
    """What one file may say: what is measured and what is claimed, or where to read on."""

    phenomena: dict[str, str] = Field(default_factory=dict)
    """Table of contents: packages with a `claims.yaml` each, in reading order, and a sentence on each phenomenon."""
    observables: dict[str, Observable] = Field(default_factory=dict)
    """Observables that several experiments of this file share; each of them says `NAME: shared`."""
    domains: dict[str, Domain] = Field(default_factory=dict)
    """Domains that several claims share, by name."""
    experiments: dict[str, Experiment] = Field(default_factory=dict)
    """Experiments by name (lower case, hyphens)."""
    claims: dict[str, Claim | Unfalsifiable] = Field(default_factory=dict)
    """Claims by name (lower case, hyphens)."""


def json_schema() -> dict[str, Any]:
    """JSON schema of a registry file, for editors: what may be written where, with each field's description."""
    written = RegistryFile.model_json_schema()
    observables = written["$defs"]["Experiment"]["properties"]["observables"]
    written["$defs"]["Control"]["required"].remove("truth")  # of one that must hold it is what is predicted
    observables["additionalProperties"] = {"anyOf": [observables["additionalProperties"], {"const": SHARED}]}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **written, "title": "Tollens registry"}
