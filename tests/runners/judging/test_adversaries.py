"""What each attack on a verdict gets: a clear message, or nothing. The page is docs/adversaries.md."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from runners.authoring.exploring import explore
from runners.judging.judge import Judge
from runners.judging.predicting import TheoryError, predict
from runners.measuring.planning import Planner, Point
from runners.records.samples import Samples
from runners.records.store import Store
from runners.registry.checks import check
from runners.registry.loader import load
from runners.registry.mistakes import RegistryError
from runners.reporting.report import report
from runners.rule.verdicts import Outcome, Status
from runners.upkeep.findings import breaks
from runners.upkeep.verification import verify

NARROW = {"by": "ratio", "within": (0.9, 1.1), "because": "x"}


def told(world) -> str:
    """Every mistake that the registry's checks find, with those that need predictions."""
    return "\n".join(map(str, check(world.registry, deep=True)))


# --- measurements ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["undefined", "infinite"])
@pytest.mark.parametrize("agreement", [{}, {"share": 0.8}, {"target": "mean"}])
def test_diverged_runs_never_help(world, kind, agreement):
    """NaN and infinities count against, whatever decides; a mean that does not exist decides nothing."""
    name = world.claim(
        "new", experiment="toy-crowd", where={"kind": kind, "width": 2}, agreement={**NARROW, **agreement}
    )
    expected = Outcome.INCONCLUSIVE if agreement.get("target") else Outcome.REFUTED
    assert world.outcome(name) is expected


def test_a_constant_observable_is_vacuous(world):
    """The law holds where it should, and where it should not: its control gives it away."""
    control = {"must": "fail", "where": {"kind": "lawful", "width": 4}, "truth": 0.5, "because": "x"}
    name = world.claim(
        "new", where={"kind": "lawful", "width": 2}, measured="steady", predicted=1.0, controls=[control]
    )
    result = world.run(name)[name]
    assert result.outcome is Outcome.VACUOUS
    assert result.reason == "a control that must fail agrees"


def test_one_trial_is_too_few(world):
    experiment = world.registry.experiments["toy"]
    tiers = {name: tier.model_copy(update={"trials": [1], "block": 1}) for name, tier in experiment.tiers.items()}
    world.experiment("toy", tiers=tiers)
    assert "trials is [1], but law-holds needs at least 7" in told(world)
    assert world.outcome("law-holds") is Outcome.INCONCLUSIVE


def test_an_experiment_that_ignores_its_seed(world, monkeypatch):
    """Eight copies of one trial would agree with certainty."""
    import toy_experiment

    prepare = toy_experiment.prepare
    monkeypatch.setattr(toy_experiment, "prepare", lambda condition, seeds: prepare(condition, np.full(len(seeds), 7)))
    name = world.claim("new", where={"kind": "lawful", "width": 2})
    result = world.run(name)[name]
    assert result.outcome is Outcome.ERROR
    assert "4 trials, but all are prepared alike, and so are those of other seeds" in result.reason
    assert "the experiment ignores its seed" in result.reason
    assert not list(world.store.records("toy"))


def test_trials_that_share_a_draw(world, monkeypatch):
    """They lie together, wherever they fall: one trial, counted eight times."""
    import toy_experiment

    prepare = toy_experiment.prepare
    monkeypatch.setattr(toy_experiment, "prepare", lambda it, seeds: prepare(it, np.full(len(seeds), seeds[0])))
    name = world.claim("new", where={"kind": "lawful", "width": 2})
    result = world.run(name)[name]
    assert result.outcome is Outcome.ERROR
    assert "given['strength'] of a trial changes with the trials beside it" in result.reason
    assert not list(world.store.records("toy"))


def test_randomness_in_measure(world, monkeypatch):
    """A run does not measure twice; a try does."""
    import toy_experiment

    measure, entropy = toy_experiment.measure, np.random.default_rng()

    def drawing(setting, state):
        return measure(setting, state | {"noise": entropy.standard_normal(len(state["noise"]))})

    monkeypatch.setattr(toy_experiment, "measure", drawing)
    name = world.claim("new", where={"kind": "lawful", "width": 2})
    found = explore(world.registry, name, "smoke")
    assert list(found.breaches) == ["toy"]
    assert "response of a trial is another in a second call with the same seeds" in found.breaches["toy"]


# --- theories -------------------------------------------------------------------------------------------------------


def test_a_theory_that_reads_a_file(tmp_path):
    secret = tmp_path / "measured.json"
    secret.write_text("[3.0]")
    with pytest.raises(
        TheoryError,
        match=r"peek \(test_adversaries\.py:\d+\) opens measured\.json; a theory sees the condition and one trial's",
    ):
        predict(lambda setting, given: json.loads(secret.read_text())[0], {}, {}, name="peek")
    with pytest.raises(TheoryError, match=r"opens measured\.npy"):
        predict(lambda setting, given: np.load(tmp_path / "measured.npy"), {}, {}, name="peek")
    assert secret.read_text() == "[3.0]"  # others may


def test_a_theory_that_asks_elsewhere(tmp_path):
    def listing(setting, given):
        return len(list(tmp_path.iterdir()))

    def process(setting, given):
        import subprocess

        return float(subprocess.check_output(["echo", "3"]))

    for theory in (listing, process):
        with pytest.raises(TheoryError, match="a theory sees the condition and one trial's given only"):
            predict(theory, {}, {}, name="ask")


def test_a_theory_may_import_what_it_computes_with():
    def theory(setting, given):
        from scipy import optimize

        return optimize.brentq(lambda x: x**2 - setting["area"], 0, 10)

    assert predict(theory, {"area": 4.0}, {}, name="side") == pytest.approx(2.0)


@pytest.mark.parametrize("name", ["mutates_given", "mutates_condition"])
def test_a_theory_that_changes_what_it_is_given(world, name):
    claim = world.claim("new", where={"kind": "lawful", "width": 2}, predicted=f"toy_theory:{name}")
    result = world.run(claim)[claim]
    assert result.outcome is Outcome.ERROR
    assert "read-only" in result.reason or "does not support item assignment" in result.reason


# --- claims ---------------------------------------------------------------------------------------------------------


def test_a_region_that_covers_the_whole_range(world):
    everything = {"by": "difference", "within": (-2000.0, 2000.0), "because": "x"}
    name = world.claim("new", where={"kind": "lawful", "width": 2}, predicted=1.0, agreement=everything)
    assert "all of its range [0.001, 1000]: nothing could contradict it" in told(world)
    result = world.run(name)[name]
    assert (result.outcome, result.bits) == (Outcome.SUPPORTED, 0.0)  # whoever runs it all the same wins nothing


def test_a_control_that_is_the_main_condition(world):
    where = {"kind": "lawful", "width": 2}
    control = {"must": "fail", "where": where, "truth": "toy_theory:strength", "because": "x"}
    name = world.claim("new", where=where, controls=[control])
    assert "kind = lawful, width = 2 is judged by the claim, too" in told(world)
    assert world.outcome(name) is Outcome.VACUOUS


def test_a_control_whose_prediction_follows_the_truth(world):
    """Its truth is what the claim predicts there, so it cannot fail."""
    control = {"must": "fail", "where": {"kind": "lawful", "width": 4}, "truth": 1.0, "because": "x"}
    world.claim("new", where={"kind": "lawful", "width": 2}, predicted=1.0, controls=[control])
    assert "lies in the claim's region: this control cannot fail" in told(world)
    follows = {**control, "truth": "toy_theory:inverse_width"}
    name = world.claim("newer", where={"kind": "lawful", "width": 2}, controls=[follows])
    assert world.outcome(name) is Outcome.VACUOUS


def test_a_requirement_that_uses_what_is_predicted(world):
    """It can name an observable and a range of numbers, nothing else; and not the observable that is measured."""
    needs = [{"measured": "response", "within": (0.0, 1.0), "because": "x"}]
    world.claim("new", where={"kind": "lawful", "width": 2}, requires=needs)
    assert "it would select trials by their outcome" in told(world)
    with pytest.raises(ValueError, match="within"):
        world.claim("newer", requires=[{"measured": "steady", "within": "toy_theory:strength", "because": "x"}])


def test_an_experiment_that_knows_the_theory(world, tmp_path, monkeypatch):
    (tmp_path / "knowing.py").write_text(
        "import toy_theory\n\ndef prepare(setting, seeds): ...\n\ndef measure(setting, state): ...\n"
    )
    for module in ("toy_theory", "toy_experiment"):
        (tmp_path / f"{module}.py").write_text((world.WORLDS / f"{module}.py").read_text())
    text = (world.WORLDS / "toy.yaml").read_text().replace("module: toy_experiment", "module: knowing", 1)
    (tmp_path / "toy.yaml").write_text(text)
    with pytest.raises(RegistryError, match="an experiment knows no theory"):
        load([tmp_path / "toy.yaml"])


def test_selecting_trials_by_a_proxy_of_the_outcome_gains_nothing(world):
    """Half of the trials would have to be set aside: more than the quorum allows, and each counts against."""
    needs = [{"measured": "steady", "within": (0.5, 1.0), "because": "x"}]
    name = world.claim("new", where={"kind": "unsteady", "width": 2}, requires=needs)
    assert world.outcome(name) is Outcome.INCONCLUSIVE


# --- stores ---------------------------------------------------------------------------------------------------------


def test_two_runs_at_once_in_one_store(world):
    """Both write the same blocks: each is there once, whole, and the verdicts are the same."""
    outcomes: list[dict] = []
    runs = [world.planned("law-holds", "exponent") for _ in range(2)]
    for run, _ in runs:
        run.plan()

    def execute(run, judge):
        assert run.execute(world.executor(), stopped=lambda: False)
        outcomes.append({name: judge.judge(name).outcome for name in ("law-holds", "exponent")})

    threads = [threading.Thread(target=execute, args=pair) for pair in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes[0] == outcomes[1] == {"law-holds": Outcome.SUPPORTED, "exponent": Outcome.SUPPORTED}
    assert not breaks(verify(world.store, world.registry))
    assert not list(Path(world.address).rglob("*.tmp"))


def test_a_record_cut_off_in_the_middle(command_line):
    command_line("run", "--in-process", "law-holds")
    record = command_line.records()[0]
    record.write_bytes(record.read_bytes()[:1000])
    result = command_line("judge", "law-holds")
    assert result.exit_code == 3
    assert f"{record.name} cannot be read" in result.output
    assert "Delete the file, and its trials are measured again" in result.output
    record.unlink()
    assert command_line("run", "--in-process", "law-holds").exit_code == 0


def test_a_thousand_records_are_judged_in_a_blink(world, tmp_path):
    """The benchmark judges ten thousand; here it is shown that time grows with their number only."""
    from time import process_time

    seconds = []
    for conditions in (25, 100):
        store = Store(tmp_path / f"store-{conditions}")
        widths = list(range(1, conditions + 1))
        tier = world.registry.experiments["toy"].tiers["smoke"].model_copy(update={"trials": [16]})
        world.experiment("toy", grid=[{"kind": ["lawful"], "width": widths}], tiers={"smoke": tier})
        name = world.claim("new", where={"kind": "lawful"})
        planner = Planner(world.registry, "smoke")
        generator = np.random.default_rng(0)
        for width in widths:
            for block in planner.blocks(Point("toy", {"kind": "lawful", "width": width}), 1):
                strength = np.exp(generator.standard_normal(4))
                measured = {"response": strength / width, "steady": np.ones(4), "profile": np.ones((4, 2))}
                store.put(
                    block.identity,
                    block.specification,
                    {"strength": strength},
                    measured,
                    {"started": 0.0, "seconds": 1},
                )
        started = process_time()
        judge = Judge(world.registry, "smoke", Samples(store, planner.lineages(["toy"])))
        result = judge.judge(name)
        assert result.outcome is Outcome.SUPPORTED
        assert report(judge, [result]).counts == {"supported": 1}
        seconds.append(process_time() - started)
    assert seconds[1] < 12 * max(seconds[0], 0.05)


def test_a_condition_that_is_silent_is_named(world):
    """Conditions that fail cannot be hidden behind missing hardware: the verdict says what was not judged."""
    name = world.claim("new", where={"kind": ["lawful", "absent"], "width": 2})
    result = world.run(name)[name]
    assert result.cells[1].verdict.status is Status.UNAVAILABLE
    assert "1 unavailable (kind = absent, width = 2)" in result.reason


def test_rivals_that_tie_are_told_as_a_tie(world):
    """The same prediction under another name is judged on the same trials: the same verdict, interval and bits."""
    rival = {"twin": {"predicted": "toy_theory:inverse_width", "held_by": "authors", "because": "x"}}
    name = world.claim("new", where={"kind": "lawful", "width": 2}, rivals=rival)
    result = world.run(name)[name]
    (twin,) = result.rivals
    assert (twin.outcome, twin.bits) == (result.outcome, result.bits)
    assert twin.cells[0].verdict.evidence == result.cells[0].verdict.evidence
    assert replace(twin.cells[0].verdict, reason="") == replace(result.cells[0].verdict, reason="")
