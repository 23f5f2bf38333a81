"""Why a verdict is what it is, in sentences: what decided each condition, and what would change the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from runners.judging.judge import Judge
from runners.judging.results import CellResult, ClaimResult
from runners.registry.schema import Claim, Requirement
from runners.rule.intervals import at_least, in_region
from runners.rule.verdicts import ALPHA, Outcome, Status

MOST_TRIALS = 10_000
MORE_DATA = "more data: its trials resample what there is, and more of them narrow nothing"


class Look(NamedTuple):
    """One trial worth looking at: what `tollens rerun RECORD --trial I` needs."""

    condition: str
    record: str
    trial: int
    value: float


def decided_by(judge: Judge, result: ClaimResult) -> Iterator[str]:
    """A sentence a condition and a control: its interval against its region, and at which look that was settled.

    Below it, of each requirement that some of its trials missed, what was required and what was measured.
    """
    claim = judge.registry.falsifiable[result.claim]
    for cell in result.cells:
        yield f"{cell.cell.label}: {_status(claim, cell)}"
        yield from (f"{cell.cell.label}: requires {told}; {because}" for told, because in missed(judge, claim, cell))
    for control in result.controls:
        must = control.verdict.must
        for cell in control.cells:
            yield f"control that must {must}, {_kept(must, cell)}: {cell.cell.label}: {_status(claim, cell)}"


def would_change(judge: Judge, result: ClaimResult) -> Iterator[str]:
    """What would turn the outcome into another one."""
    claim = judge.registry.falsifiable[result.claim]
    if result.outcome is Outcome.SUPPORTED:
        yield from _narrower(claim, result)
        if result.severity is not None:
            low, high = result.severity
            written = "{:+.3g}" if claim.agreement.by == "difference" else "{:+.1%}"
            errors = f"{written.format(low)} or {written.format(high)}"
            yield f"a prediction that is wrong by {errors} would have been caught"
        if any(control.verdict.must == "fail" for control in result.controls):
            yield "if a control that must fail agreed, the claim would be vacuous"
    elif result.outcome in (Outcome.REFUTED, Outcome.PARTLY):
        for cell in _with(result.cells, Status.DISAGREES):
            yield f"{cell.cell.label} would not count against it if the region reached to {_reach(cell)}"
        if result.outcome is Outcome.PARTLY:
            yield "a claim about the conditions that agree would be another claim, sealed anew and measured anew"
        if any(control.verdict.must == "hold" for control in result.controls):
            yield "if a control that must hold failed, nothing could be concluded"
    elif result.outcome is Outcome.VACUOUS:
        yield "a control where the relation really breaks, or a region that leaves out what the control measures"
    elif result.outcome is Outcome.NOT_RUN:
        yield f"measuring it: tollens run {result.claim} --tier {judge.tier}"
    elif result.outcome is Outcome.NOT_JUDGED:
        tiers = judge.registry.experiments[claim.experiment].tiers
        larger = next((tier for tier, size in tiers.items() if size.judged), "standard")
        yield f"a size that is judged: tollens run {result.claim} --tier {larger}"
    else:
        yield from _undecided(judge, claim, result)


def beside_truth(claim: Claim, cell: CellResult) -> str | None:
    """What a control's condition measured and what was expected there, if the truth does not lie in T around it.

    None, too, where nobody can say: for arrays, for a region that leaves out exact agreement or has it on its edge (a
    bound's), and for a ratio to a truth of 0.
    """
    low, high = claim.agreement.within
    exact = 1.0 if claim.agreement.by == "ratio" else 0.0
    measured, truth = cell.measured, cell.truth
    if not len(truth) or measured.ndim != 1 or measured.shape != truth.shape or not low < exact < high:
        return None
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = measured / truth if claim.agreement.by == "ratio" else measured - truth
    apart = np.where(measured == truth, exact, apart)  # both infinite, or both 0
    middle = np.mean if claim.agreement.target == "mean" else np.median
    if low <= middle(apart) <= high or (claim.agreement.by == "ratio" and not np.all(truth)):
        return None
    return f"measured {np.median(measured):.4g}, expected there {np.median(truth):.4g}: is the truth right?"


def worth_a_look(judge: Judge, result: ClaimResult) -> Look | None:
    """The trial farthest from its region among the conditions; of those inside, the closest to an edge."""
    claim = judge.registry.falsifiable[result.claim]
    low, high = claim.agreement.within
    found: list[tuple[float, Look]] = []
    for cell in result.cells:
        tier = judge.registry.experiments[cell.cell.experiment].tiers[judge.tier]  # type: ignore[index]
        sample = judge.samples.sample(cell.cell.experiment, cell.cell.points[0], tier.constants)
        if sample is None:
            continue
        for trial in cell.verdict.admitted:
            value = float(cell.values[trial])
            beyond = max(value - high, low - value) if np.isfinite(value) else np.inf
            found.append((beyond, Look(cell.cell.label, sample.record_of(trial).identity, trial, value)))
    return max(found, key=lambda it: it[0])[1] if found else None


def _status(claim: Claim, cell: CellResult) -> str:
    verdict, evidence = cell.verdict, cell.verdict.evidence
    if evidence is None:
        return f"{verdict.status.word} ({verdict.reason})"
    unit = "share" if claim.agreement.share is not None else claim.agreement.by
    (low, high), (lower, upper) = cell.region, evidence.interval
    look = f"look {verdict.look} of {verdict.looks}, {len(verdict.admitted)} trials"
    aside = f", {verdict.set_aside} set aside" if verdict.set_aside else ""
    interval = f"{unit} in [{lower:.4g}, {upper:.4g}], region [{low:.4g}, {high:.4g}]"
    return f"{verdict.status.word}: {interval} ({verdict.reason}; {look}{aside})"


def _kept(must: str, cell: CellResult) -> str:
    """What a control did at one of its conditions: the others may have done otherwise."""
    status = cell.verdict.status
    if status not in (Status.AGREES, Status.DISAGREES):
        return "undecided"
    done = (status is Status.DISAGREES) == (must == "fail")
    return ("failed" if must == "fail" else "held") + " as it must" if done else f"did not {must}"


def _narrower(claim: Claim, result: ClaimResult) -> Iterator[str]:
    """The narrowest region that the limits would still lie in."""
    cells = [cell for cell in result.cells if cell.verdict.evidence and cell.verdict.status is Status.AGREES]
    if not cells or claim.agreement.share is not None:
        return
    lowest = min(cells, key=lambda cell: cell.verdict.evidence.interval[0])  # type: ignore[union-attr]
    highest = max(cells, key=lambda cell: cell.verdict.evidence.interval[1])  # type: ignore[union-attr]
    low, high = lowest.verdict.evidence.interval[0], highest.verdict.evidence.interval[1]  # type: ignore[union-attr]
    where = " and ".join(dict.fromkeys(f"{cell.cell.label}" for cell in (lowest, highest)))
    yield f"a region narrower than [{low:.4g}, {high:.4g}] would leave it undecided ({where})"


def _undecided(judge: Judge, claim: Claim, result: ClaimResult) -> Iterator[str]:
    controls = [cell for control in result.controls for cell in control.cells]
    for cell in [*result.cells, *controls]:
        verdict = cell.verdict
        if verdict.status in (Status.UNAVAILABLE, Status.ERROR) or verdict.stopped:
            yield f"{cell.cell.label}: {verdict.reason}"
        elif verdict.status is Status.NOT_APPLICABLE:
            yield f"{cell.cell.label}: trials that meet what is required, in a larger tier or in another setting"
        elif verdict.status is Status.UNDECIDED and verdict.wants_more:
            yield f"{cell.cell.label}: its next look; tollens run {result.claim} --tier {judge.tier}"
        elif verdict.status is Status.UNDECIDED:
            experiment = judge.registry.experiments[cell.cell.experiment]
            more = MORE_DATA if experiment.replication == "resamples" else _more_trials(claim, cell)
            yield f"{cell.cell.label}: {more}"


def _more_trials(claim: Claim, cell: CellResult) -> str:
    """How many trials would settle the median or the share, if further ones fell as these did."""
    values = cell.values[list(cell.verdict.admitted)]
    if claim.agreement.target == "mean" or not len(values):
        return "more trials, in a larger tier or a longer last look"
    low, high = claim.agreement.within
    alpha, share = ALPHA / cell.verdict.looks, claim.agreement.share or 0.5
    inside = float(np.mean(in_region(values, claim.agreement.within)))
    beyond = max(float(np.mean(values < low)), float(np.mean(values > high)))
    for trials in range(len(values), MOST_TRIALS):
        if at_least(round(inside * trials), trials, share) <= alpha:
            return f"about {trials} trials would make it agree, if they fell as these {len(values)} did"
        if claim.agreement.share is None and 2 * at_least(round(beyond * trials), trials) <= alpha:
            return f"about {trials} trials would make it disagree, if they fell as these {len(values)} did"
    return f"{inside:.0%} of {len(values)} trials lie inside: more of them would hardly decide; sharpen the measurement"


def missed(judge: Judge, claim: Claim, cell: CellResult) -> Iterator[tuple[str, str]]:
    """Of each requirement that some of a cell's trials missed, what was required and measured, and why it is asked."""
    tier = judge.registry.experiments[cell.cell.experiment].tiers[judge.tier]  # type: ignore[index]
    for point in cell.cell.points:
        sample = judge.samples.sample(cell.cell.experiment, point, tier.constants)
        for requirement in claim.requires if sample is not None else ():
            values = sample.observable(requirement.measured)[: cell.verdict.trials or len(cell.known)]  # type: ignore[union-attr]
            if told := wanting(requirement, values, "trials"):
                yield told, requirement.because


def misses(requirement: Requirement, values: np.ndarray) -> np.ndarray:
    """(trials,): which miss a requirement. Only a finite value can."""
    return np.isfinite(values) & ~in_region(values, requirement.within)


def wanting(requirement: Requirement, values: np.ndarray, trials: str) -> str | None:
    """As `late_drift within [0.98, 1.02], which is 0.91 to 0.97 in 5 of 6 trials`; None where all meet it."""
    found = values[misses(requirement, values)]
    if not len(found):
        return None
    (low, high), least, largest = requirement.within, f"{found.min():.4g}", f"{found.max():.4g}"
    spread = least if least == largest else f"{least} to {largest}"
    where = f"{len(found)} of {len(values)} {trials}"
    return f"{requirement.measured} within [{low:g}, {high:g}], which is {spread} in {where}"


def _reach(cell: CellResult) -> str:
    """The edge of the interval that is closest to the region."""
    assert cell.verdict.evidence is not None
    (low, high), (lower, upper) = cell.region, cell.verdict.evidence.interval
    return f"{lower:.4g} (it ends at {high:.4g})" if lower > high else f"{upper:.4g} (it begins at {low:.4g})"


def _with(cells: Sequence[CellResult], status: Status) -> list[CellResult]:
    return [cell for cell in cells if cell.verdict.status is status]
