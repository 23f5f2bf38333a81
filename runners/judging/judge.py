"""Judging: claims of the registry against the trials of a store. Main, rival and control take the same path."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain
from typing import Any

import numpy as np

from runners.judging import rivalry, scoring
from runners.judging.alone import Alone, Call, Question, Trials
from runners.judging.predicting import TheoryError, described, predict
from runners.judging.reaching import reach_of
from runners.judging.results import Cell, CellResult, ClaimResult, ControlResult, Prediction, RivalResult, Use
from runners.printable import printable
from runners.records.epochs import epoch
from runners.records.samples import Sample, Samples
from runners.registry import grid
from runners.registry.domains import held
from runners.registry.evidence import source_of
from runners.registry.loader import LoadedRegistry
from runners.registry.lookup import Lookup
from runners.registry.names import load_function
from runners.registry.schema import AxisValue, Claim, Experiment, Folded, FoldedPrediction, Tier, Unfalsifiable, Where
from runners.rule import scores
from runners.rule.comparison import Incomparable, against, agreements
from runners.rule.folds import FOLDS
from runners.rule.intervals import in_region
from runners.rule.verdicts import ConditionVerdict, ControlVerdict, Outcome, Status, judge_claim, judge_each
from runners.whereabouts import place

MOST_CURVE_POINTS = 100
MOST_PREDICTIONS = 2048
"""Conditions whose predictions are kept."""
MOST_AHEAD = 256
"""Cells of a claim whose predictions are asked for at once."""

Key = tuple[str, tuple[str, ...], int]
"""What is predicted of which records, and of how many trials."""
Said = np.ndarray | list[np.ndarray]
"""Predictions by trial: an array (trials, ...), or a list of what differs in shape."""


class Judge:
    """Judges the claims of a registry at one tier, on the trials in hand."""

    def __init__(self, registry: LoadedRegistry, tier: str, samples: Samples, *, alone: Alone | None = None):
        self.registry = registry
        self.tier = tier
        self.samples = samples
        self.alone = alone
        """Where theories are asked; None: in this process, where they could find what was measured."""
        self._theory = cache(load_function)
        self._described = cache(self._describe)
        self.held = cache(self._held)
        self.lookup = Lookup(registry)
        self._predictions: OrderedDict[Key, Said] = OrderedDict()
        self._told_ahead: dict[Key, list[np.ndarray]] = {}

    def in_epoch(self, name: str) -> Judge:
        """A judge over the records of another epoch in the same store. Raises ValueError for one that nobody knows."""
        samples = Samples(self.samples.store, self.samples.preferred, epoch=epoch(self.registry.files, name))
        return Judge(self.registry, self.tier, samples, alone=self.alone)

    # --- what a claim needs ---------------------------------------------------------------------------------------

    def cells(self, claim: Claim, conditions: Sequence[grid.Condition], experiment: str) -> list[Cell]:
        """Conditions of an experiment as this claim folds them."""
        if not isinstance(claim.measured, Folded):
            return [Cell(experiment, condition, (condition,)) for condition in conditions]
        axis = next(iter(claim.measured.along))
        return [
            Cell(experiment, rest, tuple(point for _, point in along), tuple(value for value, _ in along))
            for rest, along in grid.folded_groups(conditions, axis)
        ]

    def main_cells(self, claim: Claim) -> list[Cell]:
        """The conditions that are judged."""
        return self.cells(claim, self._conditions(claim.experiment, claim.where), claim.experiment)

    def control_cells(self, claim: Claim) -> list[list[Cell]]:
        """The cells of each control."""
        found = []
        for control in claim.controls:
            name = control.experiment or claim.experiment
            found.append(self.cells(claim, self._conditions(name, control.where), name))
        return found

    def shown_cells(self, claim: Claim) -> list[Cell]:
        """Conditions that are drawn and not judged, as the source excludes them."""
        if claim.shown is None:
            return []
        return self.cells(claim, self._conditions(claim.experiment, claim.shown.where), claim.experiment)

    def _conditions(self, experiment: str, where: Where) -> list[grid.Condition]:
        """The conditions that this tier runs; none if the experiment has no such tier."""
        entry = self.registry.experiments[experiment]
        return self.lookup.conditions(experiment, self.tier, where) if self.tier in entry.tiers else []

    def _held(self, name: str) -> dict[str, AxisValue]:
        """Axes of a claim's draws that are not drawn, each with its value."""
        found = self.registry.domain(name)
        return held(self.registry, name, found[1]) if found else {}

    # --- judging --------------------------------------------------------------------------------------------------

    def judge(self, name: str) -> ClaimResult:
        """The verdict on one claim."""
        claim = self.registry.claims[name]
        if isinstance(claim, Unfalsifiable):
            return ClaimResult(name, Outcome.UNFALSIFIABLE, claim.because)
        main_cells, control_cells, shown_cells = (
            self.main_cells(claim),
            self.control_cells(claim),
            self.shown_cells(claim),
        )
        self._ask_ahead(claim, main_cells, control_cells, shown_cells)
        main = self.judge_cells(claim, main_cells, conditions=len(main_cells))
        controls = [self._judge_control(claim, position, cells) for position, cells in enumerate(control_cells)]
        labels = [cell.label for cell in main_cells]
        outcome, reason = judge_claim(
            [result.verdict for result in main], [control.verdict for control in controls], names=labels
        )
        shown = self.judge_cells(claim, shown_cells, requirements=False)
        rivals = [self._judge_rival(claim, rival, main_cells, main) for rival in claim.rivals]
        contest = rivalry.contest(self, claim, main, rivals)
        outcome, reason = rivalry.told_from_null_models(claim, outcome, reason, rivals, contest)
        bits, scored = scoring.with_bits(self.registry, claim, outcome, main, rivals)
        intervals_ = [
            result.verdict.evidence.interval
            for result in main
            if result.verdict.evidence and result.verdict.status is not Status.NOT_APPLICABLE
        ]
        by, within = claim.agreement.by, claim.agreement.within
        compares_values = bool(intervals_) and claim.agreement.share is None
        caught = [scores.severity(interval, within, by) for interval in intervals_] if compares_values else []
        known = [pair for pair in caught if pair is not None]
        return ClaimResult(
            name,
            outcome,
            reason,
            tuple(main),
            tuple(controls),
            scored,
            tuple(shown),
            contest,
            bits=bits,
            bits_risked=scoring.risked(self.registry, claim, main),
            agrees_to_within=max(scores.agrees_to_within(interval, by) for interval in intervals_)
            if compares_values
            else None,
            reach=reach_of(self, name),
            severity=(min(pair[0] for pair in known), max(pair[1] for pair in known)) if known else None,
        )

    def uses(self, name: str) -> list[Use]:
        """Every cell that a claim looks at."""
        claim = self.registry.claims[name]
        if isinstance(claim, Unfalsifiable):
            return []
        main = self.main_cells(claim)
        if not main:  # the tier leaves this claim out
            return []
        return [
            *(Use(name, cell, "main", len(main)) for cell in main),
            *(Use(name, cell, "control") for cells in self.control_cells(claim) for cell in cells),
            *(Use(name, cell, "shown") for cell in self.shown_cells(claim)),
        ]

    def wants_more(self, use: Use) -> bool:
        """Whether another look could decide what is still open in a cell."""
        claim = self.registry.claims[use.claim]
        assert isinstance(claim, Claim)
        judged = self.judge_cell(claim, use.cell, conditions=use.conditions, requirements=use.role == "main")
        if use.role == "shown":  # drawn only: the first look is enough
            return judged.verdict.status is Status.NOT_RUN
        return judged.verdict.wants_more or (use.role == "main" and self._rivals_want_more(claim))

    def _rivals_want_more(self, claim: Claim) -> bool:
        """Whether some rival stands that more trials could refute, all conditions having been looked at."""
        cells = self.main_cells(claim)
        main = self.judge_cells(claim, cells, conditions=len(cells))
        if any(result.verdict.status is Status.NOT_RUN for result in main):
            return False
        found = [self._judge_rival(claim, name, cells, main) for name in claim.rivals]
        return any(rival.separable and rival.outcome in rivalry.UNDECIDED for rival in found)

    def judge_cell(
        self,
        claim: Claim,
        cell: Cell,
        *,
        predicted: Prediction | None = None,
        truth: float | str | None = None,
        conditions: int = 1,
        requirements: bool = True,
    ) -> CellResult:
        """One cell of a claim, under the claim's prediction or another one."""
        (found,) = self.judge_cells(
            claim, [cell], predicted=predicted, truth=truth, conditions=conditions, requirements=requirements
        )
        return found

    def judge_cells(
        self,
        claim: Claim,
        cells: Sequence[Cell],
        *,
        predicted: Prediction | None = None,
        truth: float | str | None = None,
        conditions: int = 1,
        requirements: bool = True,
    ) -> list[CellResult]:
        """The same of several cells of one experiment; the rule is applied at once to those of equally many trials."""
        prediction = claim.predicted if predicted is None else predicted
        found = [self._beside(claim, cell, prediction, truth, requirements=requirements) for cell in cells]
        together: dict[int, list[int]] = {}
        for at, one in enumerate(found):
            if isinstance(one, _Beside):
                together.setdefault(len(one.admitted), []).append(at)
        judged: dict[int, CellResult] = {}
        for group in together.values():
            those = [one for at in group if isinstance(one := found[at], _Beside)]
            judged |= zip(group, self._judged(claim, [cells[at] for at in group], those, conditions), strict=True)
        return [one if isinstance(one, CellResult) else judged[at] for at, one in enumerate(found)]

    def _beside(
        self, claim: Claim, cell: Cell, prediction: Prediction, truth: float | str | None, *, requirements: bool
    ) -> _Beside | CellResult:
        """A cell's trials beside what is predicted for them; without trials, or if that fails, what becomes of it."""
        looks = self._tier(cell).trials
        whole, trials = self._in_hand(cell)
        if not trials:
            verdict = ConditionVerdict(Status.NOT_RUN, f"0 of {looks[0]} trials", looks=len(looks))
            return CellResult(cell, self._with_failure(cell, verdict, recorded=bool(whole)))
        try:
            compared = self.compare(claim, cell, whole, trials, prediction)
            expected = (
                np.array(self._predicted(cell, whole, trials, truth, fold=None), dtype=float)
                if truth is not None
                else np.empty(0)
            )
        except Exception as error:
            known = isinstance(error, Incomparable)
            reason = f"prediction: {error}" if known else f"{type(error).__name__}: {error} ({place(error)})"
            return CellResult(cell, ConditionVerdict(Status.ERROR, printable(reason), looks=len(looks)))
        admitted = compared.defined
        if requirements:
            admitted = admitted & self.admitted(claim, whole, trials)
        return _Beside(compared, admitted, expected, whole[0])

    def _judged(
        self, claim: Claim, cells: Sequence[Cell], those: Sequence[_Beside], conditions: int
    ) -> Iterator[CellResult]:
        """What becomes of cells of one experiment that have equally many trials."""
        experiment, tier = self.registry.experiments[cells[0].experiment], self._tier(cells[0])
        looks, source = tier.trials, source_of(claim.agreement, experiment)
        admitted = np.stack([one.admitted for one in those])
        if tier.judged or admitted.shape[1] < looks[0]:
            values = np.stack([one.compared.values for one in those])
            verdicts = judge_each(values, admitted, source, looks=looks, conditions=conditions)
        else:
            verdicts = [self._ran(row[: looks[0]]) for row in admitted]
        for cell, one, verdict in zip(cells, those, verdicts, strict=True):
            if verdict.wants_more:
                verdict = self._with_failure(cell, verdict, recorded=True)
            compared, counted = one.compared, np.array(verdict.admitted, dtype=int)
            inside = np.count_nonzero(in_region(compared.values[counted], claim.agreement.within))
            yield CellResult(
                cell,
                verdict,
                compared.values,
                compared.measured,
                compared.predicted,
                one.expected,
                source.target_region,
                inside / len(counted) if len(counted) else None,
                one.admitted,
                None
                if isinstance(claim.measured, Folded)
                else _curves(one.first, experiment, claim.measured, compared),
            )

    def _tier(self, cell: Cell) -> Tier:
        """The tier at which a cell is judged."""
        return self.registry.experiments[cell.experiment].tiers[self.tier]  # type: ignore[index]

    def _ran(self, admitted: np.ndarray) -> ConditionVerdict:
        """What is said of trials that only show that everything runs."""
        ran = f"{self.tier}: not judged; {len(admitted)} trial{'s' * (len(admitted) > 1)} ran"
        counted = tuple(np.flatnonzero(admitted).tolist())
        return ConditionVerdict(Status.NOT_JUDGED, ran, None, len(admitted), counted, look=1, looks=1)

    def _judge_control(self, claim: Claim, position: int, cells: Sequence[Cell]) -> ControlResult:
        control = claim.controls[position]
        results = tuple(self.judge_cells(claim, cells, truth=control.truth, requirements=False))
        verdict = ControlVerdict(control.must, tuple(result.verdict for result in results))
        return ControlResult(position, verdict, results)

    def _judge_rival(self, claim: Claim, name: str, cells: Sequence[Cell], main: Sequence[CellResult]) -> RivalResult:
        rival = claim.rivals[name]
        results = tuple(self.judge_cells(claim, cells, predicted=rival.predicted, conditions=len(cells)))
        outcome, reason = judge_claim([result.verdict for result in results], (), names=[cell.label for cell in cells])
        return rivalry.pooled(self, claim, main, RivalResult(name, outcome, reason, results))

    def _with_failure(self, cell: Cell, verdict: ConditionVerdict, *, recorded: bool) -> ConditionVerdict:
        """The same verdict, unless a logged failure explains why there are no more trials.

        What is missing is left out of the scope only if no trial of it is recorded: else a condition that is about to
        disagree could be dropped by losing its data.
        """
        for point in cell.points:
            failure = self.samples.failure(cell.experiment, point, self._tier(cell).constants)
            if failure:
                status, message = failure
                if status == "unavailable" and recorded:
                    reason = f"some trials are recorded, but no more can be had: {message}"
                    return replace(verdict, status=Status.UNDECIDED, reason=reason, stopped=True)
                found = Status.UNAVAILABLE if status == "unavailable" else Status.ERROR
                return replace(verdict, status=found, reason=message)
        return verdict

    # --- predictions ----------------------------------------------------------------------------------------------

    def _in_hand(self, cell: Cell) -> tuple[list[Sample], int]:
        """What is recorded of a cell's points, and how many trials all of them have."""
        constants = self._tier(cell).constants
        found = [self.samples.sample(cell.experiment, point, constants) for point in cell.points]
        samples = [sample for sample in found if sample is not None]
        return samples, min((it.trials for it in samples), default=0) if len(samples) == len(found) else 0

    def predictions(self, claim: Claim, cell: Cell, predicted: Prediction | None = None) -> np.ndarray:
        """(trials, ...): what the claim, or another prediction, says of the trials in hand; raises TheoryError."""
        samples, trials = self._in_hand(cell)
        fold = self._fold(claim.measured) if isinstance(claim.measured, Folded) else None
        prediction = claim.predicted if predicted is None else predicted
        return np.array(self._predicted(cell, samples, trials, prediction, fold=fold))

    def compare(
        self, claim: Claim, cell: Cell, samples: Sequence[Sample], trials: int, prediction: Prediction
    ) -> Compared:
        """So many trials of a cell beside what is predicted for them."""
        by, name = claim.agreement.by, self._described(_name(prediction))
        if isinstance(claim.measured, Folded):
            fold = self._fold(claim.measured)
            points = np.stack([sample.observable(claim.measured.of)[:trials] for sample in samples])
            finite = np.all(np.isfinite(points), axis=0)
            axis_values = np.asarray(cell.axis_values) if _numeric(cell.axis_values) else np.arange(len(points))
            folded = np.asarray(fold(axis_values, np.where(finite, points, 1.0)), dtype=float)
            defined = ~(finite & np.isnan(folded))
            measured = np.where(finite, folded, np.nan)
        else:
            fold, defined = None, np.ones(trials, dtype=bool)
            measured = samples[0].observable(claim.measured)[:trials].astype(float)
        predictions = self._predicted(cell, samples, trials, prediction, fold=fold)
        values = np.full(trials, np.nan)
        of_these = (
            predictions[defined]
            if isinstance(predictions, np.ndarray)
            else [predictions[at] for at in np.flatnonzero(defined)]
        )
        values[defined] = agreements(by, measured[defined], of_these, name=name)
        return Compared(against(values, claim.agreement.within), defined, measured, np.array(predictions))

    def _predicted(
        self, cell: Cell, samples: Sequence[Sample], trials: int, prediction: Prediction, *, fold: Callable | None
    ) -> Said:
        """The predictions of the first trials, from the conditions and what was given; computed once."""
        key = _key(samples, trials, prediction)
        if key not in self._predictions:
            try:
                told = self._told_ahead.pop(key, None)
                said = self._compute_predictions(cell, samples, trials, prediction, fold, told)
                self._predictions[key] = np.array(said) if len({it.shape for it in said}) == 1 else said
            except TheoryError:
                raise
            except Exception as error:
                problem = f"{type(error).__name__}: {error} ({place(error)})"
                raise TheoryError(f"{_name(prediction)} raised {problem}") from error
            if len(self._predictions) > MOST_PREDICTIONS:
                self._predictions.popitem(last=False)
        self._predictions.move_to_end(key)
        return self._predictions[key]

    def _ask_ahead(
        self, claim: Claim, main: Sequence[Cell], controls: Sequence[Sequence[Cell]], shown: Sequence[Cell]
    ) -> None:
        """Ask what all theories of a claim say of the trials in hand, in one message: many take longer than theories.

        What fails is asked again when its turn comes, by itself, and says why there.
        """
        self._told_ahead = {}
        if self.alone is None:
            return
        says = [claim.predicted, *(rival.predicted for rival in claim.rivals.values())]
        wanted = [(cell, says) for cell in main] + [(cell, says[:1]) for cell in shown]
        for control, cells in zip(claim.controls, controls, strict=True):
            wanted += [(cell, [claim.predicted, control.truth]) for cell in cells]
        questions: dict[Key, Question] = {}
        for cell, predictions in wanted[:MOST_AHEAD]:
            samples, trials = self._in_hand(cell)
            if not trials or not all(map(_small, samples)):
                continue
            calls = cache(partial(_calls, samples, trials))  # theories of the same trials share what travels
            for prediction in predictions:
                key = _key(samples, trials, prediction)
                if not isinstance(prediction, float | int) and key not in self._predictions:
                    with suppress(Exception):
                        questions[key] = _name(prediction), calls(isinstance(prediction, FoldedPrediction))
        answers, _ = self.alone.answers(list(questions.values())) if questions else ([], None)
        self._told_ahead = dict(zip(questions, answers))

    def predict_alone(self, theory: str, sample: Sample, trial: int) -> np.ndarray:
        """What a theory function says of one trial at one point of the grid, before any fold."""
        return self.ask(theory, [(sample.setting, sample.given(trial))])[0]

    def _compute_predictions(
        self,
        cell: Cell,
        samples: Sequence[Sample],
        trials: int,
        prediction: Prediction,
        fold: Callable | None,
        told: list[np.ndarray] | None,
    ) -> list[np.ndarray]:
        if isinstance(prediction, float | int):
            return [np.asarray(prediction, dtype=float)] * trials
        if told is None:
            told = self.ask(_name(prediction), _calls(samples, trials, isinstance(prediction, FoldedPrediction)))
        if isinstance(prediction, str):
            return told
        assert fold is not None, "a folded prediction belongs to a folded measurement"
        axis = np.asarray(cell.axis_values)
        by_trial = np.stack([value.reshape(1) for value in told]).reshape(trials, len(samples), 1)
        return [np.asarray(fold(axis, along)[0], dtype=float) for along in by_trial]

    def ask(self, theory: str, calls: Sequence[Call]) -> list[np.ndarray]:
        """What a theory function predicts in each of these calls."""
        if self.alone is not None:
            return self.alone.predict(theory, calls)
        function = self._theory(theory)
        return [predict(function, setting, given, name=theory) for setting, given in calls]

    def _describe(self, name: str) -> str:
        """A prediction's name, with the place of its function."""
        return described(self._theory(name), name) if ":" in name else name

    def _fold(self, folded: Folded) -> Callable:
        name = next(iter(folded.along.values()))
        return FOLDS.get(name) or self._theory(name)

    def admitted(
        self, claim: Claim, samples: Sequence[Sample], trials: int, *, only_finished: bool = False
    ) -> np.ndarray:
        """(trials,): whether each trial meets every requirement at every point. Only a finite value can miss one.

        `only_finished`: of the requirements only those that say whether a run is finished.
        """
        admitted = np.ones(trials, dtype=bool)
        for requirement in (it for it in claim.requires if it.finished or not only_finished):
            low, high = requirement.within
            for sample in samples:
                value = sample.observable(requirement.measured)[:trials]
                admitted &= ~np.isfinite(value) | ((value >= low) & (value <= high))
        return admitted


@dataclass(frozen=True)
class Compared:
    """Trials of one cell beside their predictions."""

    values: np.ndarray
    defined: np.ndarray
    """False where a fold of finite measurements is undefined: the trial is set aside."""
    measured: np.ndarray
    predicted: np.ndarray


@dataclass(frozen=True)
class _Beside:
    """Trials of one cell beside their predictions, before the rule is applied."""

    compared: Compared
    admitted: np.ndarray
    """(trials,): which of them are defined and meet the requirements."""
    expected: np.ndarray
    """What a control expects instead; empty for others."""
    first: Sample


def _key(samples: Sequence[Sample], trials: int, prediction: Prediction) -> Key:
    return repr(prediction), tuple(chain.from_iterable(sample.identities for sample in samples)), trials


def _calls(samples: Sequence[Sample], trials: int, folded: bool) -> Sequence[Call]:
    """What a theory is asked of the first trials of a cell: of each point's, if what it says is `folded`, or of all."""
    if folded:
        return [(sample.setting, sample.given(at)) for at in range(trials) for sample in samples]
    if len(samples) == 1:
        (sample,) = samples
        if (given := sample.givens(trials)) is not None:
            return Trials(sample.setting, given, trials)
        return [(sample.setting, sample.given(trial)) for trial in range(trials)]
    varying = {
        key: tuple(sample.setting[key] for sample in samples)
        for key in samples[0].setting
        if any(sample.setting[key] != samples[0].setting[key] for sample in samples)
    }
    setting = {**samples[0].setting, **varying}
    along = [[sample.given(trial) for sample in samples] for trial in range(trials)]
    return [(setting, {key: tuple(at[key] for at in points) for key in points[0]}) for points in along]


def _small(sample: Sample) -> bool:
    """Whether what theories may read stands in the records themselves, and not beside them."""
    return all(it.get("data") is not None for record in sample.records for it in record.payload["given"].values())


def _name(prediction: Prediction) -> str:
    return prediction.of if isinstance(prediction, FoldedPrediction) else str(prediction)


def _numeric(values: Sequence[Any]) -> bool:
    return all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)


def _curves(sample: Sample, experiment: Experiment, observable: str, compared: Compared) -> dict[str, Any] | None:
    """The first trial's arrays, thinned along their last axis, with that axis' values where `given` names them."""
    axes = experiment.observables[observable].shape
    if axes is None:
        return None
    measured, predicted = compared.measured[0], compared.predicted[0]
    given = sample.given(0)
    axis = axes[-1]
    # Only a vector as long as the axis places its points: a given may bear an axis' name and be a matrix.
    named = [given[name] for name in (axis, f"{axis}s") if name in given]
    places = (vector for vector in named if vector.shape == measured.shape[-1:])
    x = next(places, np.arange(measured.shape[-1]))
    step = max(1, -(-measured.shape[-1] // MOST_CURVE_POINTS))
    rows = (-1, measured.shape[-1])
    return {
        "observable": observable,
        "axis": axis,
        "x": np.asarray(x)[::step],
        "measured": measured.reshape(rows)[:, ::step],
        "predicted": predicted.reshape(rows)[:, ::step],
    }
