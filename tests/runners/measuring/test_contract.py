"""What an experiment promises of its trials, and that each way to break it is noticed."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from runners.measuring.comparing import Comparison
from runners.measuring.contract import FURTHER, ContractError
from runners.measuring.worker import check_contract, check_trial, compute
from runners.records.blocks import Block
from runners.rule.intervals import TypicalTrial
from runners.rule.verdicts import Status, judge_conditions

WORLDS = str(Path(__file__).parents[2] / "worlds")
SHAPES = [
    "a tuple",
    "a mapping with counts",
    "a named tuple",
    "a list of trials",
    "a mapping by seed",
    "trials last",
    "several rows a trial",
    "an object",
    "an array of objects",
    "a function",
    "arrays of jax",
    "tensors of torch",
    "seeds",
    "generators",
    "keys of jax",
]
PREPARED = {
    "a draw of the first seed": "given['level'] of a trial changes with the trials beside it",
    "a draw of the last seed": "given['level'] of a trial changes with the trials beside it",
    "a generator for the block": "given['level'] of a trial changes with the trials beside it",
    "centred over the block": "given['level'] of a trial changes with the trials beside it",
    "the global generator": "given['level'] is another in a second call with the same seeds",
    "a generator without a seed": "given['level'] is another in a second call with the same seeds",
    "a block kept for good": "the experiment ignores its seed",
    "seeds ignored": "the experiment ignores its seed",
}
"""Flaws that another call of `prepare` shows, and what is said of them."""
MEASURED = {
    "randomness in measure": "x of a trial is another in a second call with the same seeds; take all that",
    "the mean of the block taken off": "x of a trial changes with the trials beside it",
}
"""Flaws that another call of `measure` shows."""
ALONE = {
    "a generator that is always the same": "of a trial changes with the trials beside it",
    "padded to the longest": "state[1] of a trial changes with the trials beside it",
    "a level kept for good": "given['level'] of a trial is another where nothing was prepared before",
    "a generator over the trials in measure": "alone; compute each trial by itself",
    "one observable too few": "did not return path",
}
"""Flaws that only a trial alone shows, or one that is declared."""


@pytest.fixture(autouse=True)
def _fresh_module():
    yield
    sys.modules.pop("dependent_experiment", None)


def block(flaw: str, *, shape: str = "a tuple", trials: int = 4, first: int = 0, libraries=()) -> Block:
    return Block(
        experiment="dependent",
        module="dependent_experiment",
        condition={"flaw": flaw, "shape": shape},
        constants={},
        repeats=range(first, first + trials),
        purpose="explore",
        precision="float64",
        threads=1,
        code="",
        libraries=dict.fromkeys(libraries, "1"),
        files={},
        observables={"x": None, "path": ("step",)},
        search_path=(WORLDS,),
    )


@pytest.fixture(autouse=True)
def _path(monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("trials", [2, 3, 8])
def test_trials_that_are_what_they_say_pass(shape, trials):
    """However the state holds them; eight trials beside eight numbers that belong to all of them, too."""
    framework = [name for name in ("jax", "torch") if name in shape]
    for libraries in ([], framework):
        honest = block("none", shape=shape, trials=trials, libraries=libraries)
        assert check_contract(honest)[1] == []
        assert check_trial(honest, compute(honest)[1]) == []


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("trials", [2, 8])
@pytest.mark.parametrize("flaw", PREPARED)
def test_what_another_call_of_prepare_shows_stops_a_run(flaw, trials, compiled):
    """Whether that call is of one trial or of as many, as where something is compiled."""
    with pytest.raises(ContractError) as told:
        compute(block(flaw, trials=trials, libraries=["jax"] if compiled else []))
    assert PREPARED[flaw] in str(told.value)
    assert "dependent_experiment.prepare (dependent_experiment.py:" in str(told.value)


@pytest.mark.parametrize(("first", "libraries", "prepared"), [(0, [], [4, 1]), (0, ["jax"], [4, 4]), (4, [], [4])])
def test_a_first_block_is_prepared_once_more_in_part_and_measured_once(monkeypatch, first, libraries, prepared):
    """Of one trial; of as many as before where a trial alone would have to be compiled anew."""
    experiment, calls = import_from_worlds(monkeypatch), []
    prepare, measure = experiment.prepare, experiment.measure
    monkeypatch.setattr(experiment, "prepare", lambda it, seeds: calls.append(len(seeds)) or prepare(it, seeds))
    monkeypatch.setattr(experiment, "measure", lambda it, state: calls.append("measured") or measure(it, state))
    compute(block("none", first=first, libraries=libraries))
    assert calls == [*prepared, "measured"]


def test_a_later_block_is_not_looked_into():
    compute(block("a draw of the first seed", first=4))


@pytest.mark.parametrize("shape", sorted({*SHAPES} - {"seeds", "generators"}))
def test_a_shared_draw_is_noticed_in_any_state(shape, monkeypatch):
    """Also where nothing is given: in the state alone."""
    bad = block("a draw of the first seed", shape=shape)
    without_given(monkeypatch)
    with pytest.raises(ContractError, match=r"state.* of a trial changes with the trials beside it"):
        compute(bad)


@pytest.mark.parametrize("flaw", MEASURED)
def test_what_another_call_of_measure_shows_stops_a_try(flaw):
    bad = block(flaw)
    _, measured = compute(bad)
    with pytest.raises(ContractError) as told:
        check_trial(bad, measured)
    assert MEASURED[flaw] in str(told.value)
    assert "dependent_experiment.measure (dependent_experiment.py:" in str(told.value)


def test_a_generator_over_the_trials_stops_a_try():
    """Each block of as many trials has the same noise: only a trial alone shows it."""
    bad = block("a generator over the trials in measure", trials=2)
    with pytest.raises(ContractError, match="alone; compute each trial by itself"):
        check_trial(bad, compute(bad)[1])


def test_one_rounding_between_a_block_and_a_trial_alone_is_told_and_no_breach():
    rounded = block("rounded in a block", trials=2)
    for told in (check_contract(rounded)[1], check_trial(rounded, compute(rounded)[1])):
        (sentence,) = told
        assert "dependent_experiment.measure (dependent_experiment.py:" in sentence
        assert "x of a trial is rounded otherwise in a block than alone" in sentence
        assert "compute each trial by itself (a loop, jax.lax.map) instead of in a batch" in sentence


@pytest.mark.parametrize("flaw", {**PREPARED, **MEASURED, **ALONE})
def test_every_flaw_is_noticed_in_depth(flaw):
    with pytest.raises(ContractError) as told:
        check_contract(block(flaw, trials=3))
    assert {**PREPARED, **MEASURED, **ALONE}[flaw] in str(told.value)


def test_seeds_that_are_carried_along_and_ignored_are_noticed_by_what_is_measured(monkeypatch):
    without_given(monkeypatch)
    with pytest.raises(ContractError, match="3 trials, but all are measured alike"):
        check_contract(block("seeds carried along and ignored", shape="seeds", trials=3))


@pytest.mark.parametrize("value", [0.375, -np.inf, np.nan, 8.0])
def test_equal_shares_counts_and_runs_that_diverged_are_no_ignored_seed(value, monkeypatch):
    experiment = import_from_worlds(monkeypatch)
    monkeypatch.setattr(
        experiment,
        "measure",
        lambda setting, state: {"x": np.full(len(state["seeds"]), value), "path": state["seeds"][:, None]},
    )
    honest = block("none", shape="seeds", trials=3)
    check_contract(honest)


def test_a_module_that_cannot_be_loaded_twice_is_looked_into_as_it_is(monkeypatch):
    monkeypatch.setattr(sys, "path", [WORLDS, *sys.path])
    import dependent_experiment

    def refuse(module):
        raise RuntimeError("registered already")

    monkeypatch.setattr(dependent_experiment.__spec__.loader, "exec_module", refuse)
    check_contract(block("none"))
    with pytest.raises(ContractError, match="alone; compute each trial by itself"):
        check_contract(block("a generator over the trials in measure"))


def test_a_coin_may_fall_on_one_side_in_all_trials(monkeypatch):
    """Two trials that are alike by chance are told from a seed that is ignored by asking further seeds."""
    experiment = import_from_worlds(monkeypatch)

    def coins(setting, seeds):
        return {}, np.array([np.random.default_rng(int(seed)).integers(2) for seed in seeds])

    monkeypatch.setattr(experiment, "prepare", coins)
    monkeypatch.setattr(experiment, "measure", lambda setting, coin: {"x": coin * 1.0, "path": coin[:, None] * 1.0})
    alike = 0
    for first in range(0, 40, 2):
        tossed = block("none", trials=2, first=first)
        alike += len(set(coins({}, tossed.seeds)[1])) == 1
        check_contract(tossed)
    assert alike > 2  # the case did come up
    assert FURTHER >= 16  # a fair coin is mistaken once in 2^16 suspicions


def test_rounding_in_a_batch_is_no_shared_draw():
    """Half the digits of the declared precision; the project's own tests ask for all of them."""
    one, two = np.linspace(0.0, 1.0, 4)[:, None] + np.zeros(3), np.linspace(0.0, 1.0, 4)[[2], None] + np.zeros(3)
    seeds, other = [1, 2, 3, 4], [3]
    rounded, shared = two + 1e-10, two + 1e-6
    lenient = Comparison(seeds, 2, other, 0, precision="float64")
    assert lenient.difference("state", one, rounded) is None
    assert Comparison(seeds, 2, other, 0, precision="float64").difference("state", one, shared) == "state"
    assert Comparison(seeds, 2, other, 0).difference("state", one, rounded) == "state"


def test_a_false_claim_is_supported_where_trials_share_a_draw_and_now_refused(monkeypatch):
    """The typical x is 0, and 0 lies outside [0.2, 1.2]: of claims so false, one in twenty may be supported.

    Trials that share their level lie together wherever it falls: inside with P(0.2 < N(0, 1) < 1.2) = 0.31.
    """
    experiment = import_from_worlds(monkeypatch)
    region, worlds, trials = (0.2, 1.2), 400, 8

    def support(flaw: str) -> float:
        setting = {"flaw": flaw, "shape": "a tuple"}
        x = [
            experiment.measure(setting, experiment.prepare(setting, np.arange(trials) + 1000 * world)[1])["x"]
            for world in range(worlds)
        ]
        looked = judge_conditions(np.array(x), np.ones((worlds, trials), bool), TypicalTrial(region), looks=[trials])
        return float(np.mean(looked.status == Status.AGREES.code))

    assert support("none") < 0.05
    assert support("a draw of the first seed") == pytest.approx(0.25, abs=0.07)
    with pytest.raises(ContractError):
        compute(block("a draw of the first seed", trials=trials))


def import_from_worlds(monkeypatch):
    """The module, to be changed: one that is loaded anew would be without the changes."""
    monkeypatch.setattr(sys, "path", [WORLDS, *sys.path])
    import dependent_experiment

    monkeypatch.setattr(dependent_experiment, "__spec__", None)
    return dependent_experiment


def without_given(monkeypatch) -> None:
    experiment = import_from_worlds(monkeypatch)
    prepare = experiment.prepare
    monkeypatch.setattr(experiment, "prepare", lambda setting, seeds: ({}, prepare(setting, seeds)[1]))


@pytest.mark.parametrize("returned", [{"level": np.zeros(4)}, np.zeros((4, 2)), (np.zeros(4), None), ({}, None, None)])
def test_a_prepare_that_returns_no_given_and_state_is_told_what_to_return(monkeypatch, returned):
    experiment = import_from_worlds(monkeypatch)
    monkeypatch.setattr(experiment, "prepare", lambda setting, seeds: returned)
    for look in (compute, check_contract):
        with pytest.raises(ContractError, match=r"returned .*; return \(given, state\)"):
            look(block("none"))
