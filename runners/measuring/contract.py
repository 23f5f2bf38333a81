"""The contract of an experiment: what comes back is as declared, and a trial is what its own seed makes of it.

A test counts trials as independent. They are none if a block shares a draw, if a generator goes through a block or
through the whole process, if `measure` draws on its own, if something is kept between calls, or if seeds are ignored.
Each shows in what `prepare` and `measure` return beside other seeds, or alone.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

import numpy as np

from runners.measuring.comparing import Comparison, rounding
from runners.measuring.profiles import frameworks_of
from runners.records.blocks import Block
from runners.registry.mistakes import suggestion
from runners.whereabouts import definition

Arrays = Mapping[str, np.ndarray]
Prepared = tuple[Mapping[str, Any], Any]
"""Given and state."""
TRIALS = 3
"""Trials of a block that is measured for the contract's sake: the one in the middle stands beside others."""
FURTHER = 16
"""Seeds that are asked where a block's trials are alike: a coin may fall on one side eight times."""
DECIMALS = 6
"""A number that needs no more is taken for a share, which trials may well have in common."""
_GENERATOR = "from a generator of its own, np.random.default_rng(int(seed))"
_BY_ITSELF = "compute each trial by itself (a loop, jax.lax.map)"


class ContractError(Exception):
    """An experiment returned something else than it declared, or trials that are none."""


def check(block: Block, module: Any) -> tuple[Arrays, list[str]]:
    """What a block measures, if one of its trials is the same alone and beside others; raises ContractError.

    Beside it where rounding alone tells a trial alone from the same in a block: no breach, and to be told.
    """
    trials = _Trials(block, module)
    prepared, to_measure = (
        two_parts(block, module, module.prepare(block.setting, trials.seeds.copy())) for _ in range(2)
    )
    check_given(block, module, prepared[0])
    trials.check_prepared(prepared, alone=True)
    measured = {name: np.asarray(values) for name, values in module.measure(block.setting, to_measure[1]).items()}
    check_measured(block, module, measured)
    trials.check_beside_others(measured)
    return measured, trials.check_alone(prepared, measured)


def check_prepared(block: Block, module: Any, prepared: Prepared) -> None:
    """The part of the contract that costs little, before anything is measured: one more call of `prepare`.

    Of one trial alone, or, where JAX or torch would compile anew for it, of as many as in the block.
    """
    compiled = bool(frameworks_of(block.condition.get("backend"), block.libraries))
    _Trials(block, module).check_prepared(prepared, alone=not compiled)


def check_trial(block: Block, module: Any, measured: Arrays) -> list[str]:
    """Whether one of the trials that were measured is the same alone, in a second call; raises ContractError.

    What comes back: where no more than rounding differs.
    """
    return _Trials(block, module).check_trial(measured)


def two_parts(block: Block, module: Any, prepared: Any) -> Prepared:
    """What `prepare` returned, if it is a given and a state."""
    if isinstance(prepared, tuple) and len(prepared) == 2 and isinstance(prepared[0], Mapping):
        return prepared
    problem = f"{_named(block, module.prepare)} returned {type(prepared).__name__}"
    raise ContractError(f"{problem}; return (given, state): arrays by name for theories, {{}} if none, and any state")


def check_given(block: Block, module: Any, given: Mapping[str, Any]) -> None:
    """Whether `given` is arrays of real numbers, (trials, ...)."""
    for name, array in ((name, np.asarray(array)) for name, array in given.items()):
        if array.ndim < 1 or array.shape[0] != len(block.repeats):
            problem = f"given {name!r} has shape {array.shape}; its first axis must be the {len(block.repeats)} trials"
            raise ContractError(f"{_named(block, module.prepare)}: {problem}")
        if array.dtype.kind not in "fiub":
            problem = f"given {name!r} holds {array.dtype}, not real numbers"
            raise ContractError(f"{_named(block, module.prepare)}: {problem}")


def check_measured(block: Block, module: Any, measured: Mapping[str, Any]) -> None:
    """Whether the declared observables came back, each with its declared shape."""
    where, trials = _named(block, module.measure), len(block.repeats)
    unknown = sorted(measured.keys() - block.observables.keys())
    missing = sorted(block.observables.keys() - measured.keys())
    if unknown:
        hint = suggestion(unknown[0], missing or block.observables)
        problem = f"{where} returned {', '.join(unknown)}, which {block.experiment} does not declare"
        raise ContractError(f"{problem}; declare it under observables, or drop it ({hint})")
    if missing:
        problem = f"{where} did not return {', '.join(missing)}, which {block.experiment} declares"
        raise ContractError(f"{problem}; return it, or remove it from observables")
    for name, array in ((name, np.asarray(array)) for name, array in measured.items()):
        axes = block.observables[name]
        expected = "(trials,)" if axes is None else f"(trials, {', '.join(axes)})"
        if array.ndim != 1 + len(axes or ()) or array.shape[0] != trials:
            raise ContractError(f"{where}: {name} has shape {array.shape}, not {expected} with {trials} trials")
        if array.dtype.kind not in "fiub":
            raise ContractError(f"{where}: {name} holds {array.dtype}, not real numbers")


class _Trials:
    """A block's trials, and how they are told from each other."""

    def __init__(self, block: Block, module: Any):
        self.block, self.module = block, module
        self.seeds = np.array(block.seeds, dtype=np.uint64)
        count = len(self.seeds)
        self.examined = range(count // 2, count // 2 + 1) if count != 2 else range(2)
        """Places in the block; one that is neither the first nor the last, if there is one."""

    def check_prepared(self, prepared: Prepared, *, alone: bool) -> None:
        """Whether a trial is prepared the same elsewhere, and others otherwise."""
        for trial in self.examined:
            seeds = self.seeds[[trial]] if alone else self._beside_others(trial)
            again = self._prepare(seeds)
            if place := self._difference(prepared, again, trial, seeds, 0 if alone else trial):
                raise ContractError(self._told_of_prepare(prepared, place))
        if self._alike(prepared, again, seeds):
            raise ContractError(self._told_of_seeds("prepared"))

    def check_beside_others(self, measured: Arrays) -> None:
        """Whether a trial is measured the same beside others, and others otherwise."""
        trial = self.examined[-1]
        beside = self._beside_others(trial)
        again = self._measure(beside)
        check_measured(self.block, self.module, again)
        for name, values in measured.items():
            if not _same_bits(values[trial], again[name][trial]):
                raise ContractError(self._told_of_measure(measured, name, trial))
        suspicious = len(beside) > 2 and _one_number(measured, again)
        # if `prepare` has drawn something, it is no wonder: a share may well be the same in all trials
        if suspicious and self._alike(self._prepare(self.seeds), self._prepare(beside), beside, seeds_aside=True):
            raise ContractError(self._told_of_seeds("measured"))

    def check_alone(self, prepared: Prepared, measured: Arrays) -> list[str]:
        """Whether a trial is prepared and measured the same alone, by a copy of the module that did nothing before.

        What comes back: where no more than rounding differs.
        """
        trial, module = self.examined[-1], _fresh(self.module)
        seed = self.seeds[[trial]]
        again = module.prepare(self.block.setting, seed.copy())
        if place := self._difference(prepared, again, trial, seed, 0):
            problem = f"{place} of a trial is another where nothing was prepared before"
            raise ContractError(f"{self._prepares}: {problem}; keep nothing between calls that is drawn")
        rounded = []
        if place := self._difference(prepared, again, trial, seed, 0, exact=True):
            rounded.append(self._told_of_rounding(self._prepares, place))
        return rounded + self._compared(measured, module.measure(self.block.setting, again[1]))

    def check_trial(self, measured: Arrays) -> list[str]:
        """Whether a trial is measured the same alone, by the module as it is now; where no more than rounding differs.

        Only if it is not, further calls tell why.
        """
        alone = self._measure(self.seeds[[self.examined[-1]]])
        same = all(_same_bits(measured[name][self.examined[-1]], values[0]) for name, values in alone.items())
        if not same or _one_number(measured):
            self.check_prepared(self._prepare(self.seeds), alone=True)
            self.check_beside_others(measured)
        return self._compared(measured, alone)

    def _compared(self, measured: Arrays, alone: Mapping[str, Any]) -> list[str]:
        """Where rounding alone tells a trial that was measured alone from the same in a block; raises ContractError."""
        rounded = []
        for name, values in alone.items():
            one, other = np.asarray(measured[name])[self.examined[-1]], np.asarray(values)[0]
            if _same_bits(one, other):
                continue
            if not self._rounded(one, other):
                problem = f"{name} of a trial is {_shown(one)} in a block, and {_shown(other)} alone"
                raise ContractError(f"{self._measures}: {problem}; {_BY_ITSELF}, from what its own seed has drawn")
            rounded.append(self._told_of_rounding(self._measures, name))
        return rounded

    def _beside_others(self, trial: int) -> np.ndarray:
        """Seeds of a block that has the trial at its place, and others at the other places."""
        others = self.seeds ^ np.uint64(1)
        others[trial] = self.seeds[trial]
        return others

    def _prepare(self, seeds: np.ndarray) -> Prepared:
        return self.module.prepare(self.block.setting, seeds.copy())

    def _measure(self, seeds: np.ndarray) -> Arrays:
        _, state = self._prepare(seeds)
        return {name: np.asarray(values) for name, values in self.module.measure(self.block.setting, state).items()}

    def _difference(
        self,
        one: Prepared,
        other: Prepared,
        at: int,
        seeds: np.ndarray,
        there: int,
        *,
        seeds_aside: bool = False,
        exact: bool = False,
    ) -> str | None:
        """Where the block and another, of these seeds, hold something else of a trial; but for rounding, or `exact`."""
        ours, theirs = self.seeds.tolist(), seeds.tolist()
        precision = None if exact else self.block.precision
        comparison = Comparison(ours, at, theirs, there, precision=precision, seeds_aside=seeds_aside)
        pairs = zip(("given", "state"), one, other, strict=True)
        return next(filter(None, (comparison.difference(*pair) for pair in pairs)), None)

    def _alike(self, prepared: Prepared, again: Prepared, seeds: np.ndarray, *, seeds_aside: bool = False) -> bool:
        """Whether seeds make no difference: in this block, to other seeds in their place, to any of a few more."""
        kept = self.examined[-1]

        def same(other: Prepared, at: int, seeds: np.ndarray, there: int) -> bool:
            return self._difference(prepared, other, at, seeds, there, seeds_aside=seeds_aside) is None

        rest = [place for place in range(len(self.seeds)) if place != kept]
        if not rest or not all(same(again, place, seeds, min(place, len(seeds) - 1)) for place in rest):
            return False
        further = self.seeds[0] ^ np.arange(2, 2 + FURTHER, dtype=np.uint64)
        more = self._prepare(further)
        return all(same(more, kept, further, place) for place in range(FURTHER))

    def _rounded(self, one: np.ndarray, other: np.ndarray) -> bool:
        if one.dtype.kind != "f":
            return False
        return np.allclose(one, other, rtol=rounding(self.block.precision), atol=0, equal_nan=True)

    # --- what is told -----------------------------------------------------------------------------------------------

    @property
    def _prepares(self) -> str:
        return _named(self.block, self.module.prepare)

    @property
    def _measures(self) -> str:
        return _named(self.block, self.module.measure)

    def _told_of_prepare(self, prepared: Prepared, place: str) -> str:
        again = self._prepare(self.seeds)
        trials = range(len(self.seeds))
        twice = next(filter(None, (self._difference(prepared, again, at, self.seeds, at) for at in trials)), None)
        if twice:
            problem = f"{twice} is another in a second call with the same seeds"
            return f"{self._prepares}: {problem}; draw each trial {_GENERATOR}, and keep nothing between calls"
        problem = f"{place} of a trial changes with the trials beside it"
        return f"{self._prepares}: {problem}; draw each trial {_GENERATOR}, and share nothing that is drawn"

    def _told_of_seeds(self, done: str) -> str:
        problem = f"{len(self.seeds)} trials, but all are {done} alike, and so are those of other seeds"
        remedy = f"draw each trial {_GENERATOR}, or declare replication: none"
        return f"{self._prepares}: {problem}: the experiment ignores its seed; {remedy}"

    def _told_of_rounding(self, function: str, place: str) -> str:
        problem = f"{place} of a trial is rounded otherwise in a block than alone, which a longer run may amplify"
        return f"{function}: {problem}; {_BY_ITSELF} instead of in a batch (jax.vmap, products of many matrices)"

    def _told_of_measure(self, measured: Arrays, name: str, trial: int) -> str:
        again = self._measure(self.seeds)[name][trial]
        if not _same_bits(measured[name][trial], again):
            problem = f"{name} of a trial is another in a second call with the same seeds"
            return f"{self._measures}: {problem}; take all that is random from the state that prepare has drawn"
        problem = f"{name} of a trial changes with the trials beside it"
        return f"{self._measures}: {problem}; compute each trial from what its own seed has drawn"


def _named(block: Block, function: Any) -> str:
    """A function of the experiment, with its place."""
    return f"{block.module}.{function.__name__} ({definition(function)})"


def _fresh(module: Any) -> Any:
    """The module once more, without what the first one may have kept; the same where it cannot be loaded twice."""
    spec = getattr(module, "__spec__", None)
    if spec is None or spec.loader is None:
        return module
    copy = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(copy)
    except Exception:  # it registers something that may be registered once
        return module
    return copy


def _same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    return np.asarray(one).tobytes() == np.asarray(other).tobytes()


def _one_number(*blocks: Arrays) -> bool:
    """Whether all trials of these blocks measured the same, and not as counts or shares do, or runs that diverged."""
    rows = [np.concatenate([block[name] for block in blocks]) for name in blocks[0]]
    real = [values for values in rows if values.dtype.kind == "f" and np.all(np.isfinite(values))]
    return all(_same_bits(values, np.broadcast_to(values[:1], values.shape)) for values in rows) and any(
        np.any(values != np.round(values, DECIMALS)) for values in real
    )


def _shown(values: np.ndarray) -> str:
    values = np.asarray(values)
    return str(values.item()) if values.ndim == 0 else f"an array {values.shape}"
