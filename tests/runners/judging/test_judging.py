"""Judging in a world whose truth is known: verdicts, rivals, controls, theories that are none, folds."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from runners.judging.judge import Compared, _curves
from runners.reporting import textplot
from runners.rule.verdicts import Outcome, Status

LAWFUL = {"kind": "lawful", "width": [2, 4]}
SQUARE = {"predicted": "toy_theory:inverse_square", "held_by": "null-model", "because": "a slip of the pen"}
NARROW = {"by": "ratio", "within": (0.9, 1.1), "because": "the noise of a toy"}


def slope(fold: str = "slope") -> dict:
    return {"of": "response", "along": {"width": fold}, "between": (-4.0, 4.0)}


# --- verdicts ---------------------------------------------------------------------------------------------------


def test_the_toys_verdicts(world):
    expected = {
        "law-holds": Outcome.SUPPORTED,
        "law-fails": Outcome.INCONCLUSIVE,  # every condition disagrees, but so does the control that must hold
        "law-refuted": Outcome.REFUTED,
        "law-partly": Outcome.PARTLY,
        "law-vacuous": Outcome.VACUOUS,
        "law-absent": Outcome.UNAVAILABLE,
        "law-crashing": Outcome.ERROR,
        "exponent": Outcome.SUPPORTED,
        "ramp": Outcome.SUPPORTED,
        "toys-are-good": Outcome.UNFALSIFIABLE,
    }
    found = world.run(*expected)
    assert {name: result.outcome for name, result in found.items()} == expected
    assert "hold" in found["law-fails"].reason
    assert "the toy broke" in found["law-crashing"].reason
    assert found["law-absent"].reason == "the toy is not here; buy one"


def test_judging_what_is_stored_gives_what_the_run_gave(world):
    names = [name for name in world.registry.claims if name != "law-killed"]
    ran, judged = world.run(*names), world.judge(*names)
    for name in names:
        assert (judged[name].outcome, judged[name].reason) == (ran[name].outcome, ran[name].reason)
        assert [c.verdict for c in judged[name].cells] == [c.verdict for c in ran[name].cells]


def test_the_numbers_of_a_cell_are_the_trials_own(world):
    """ratio = exp(0.01 z): measured / predicted, recomputed from the record."""
    (cell, _) = world.run("law-holds")["law-holds"].cells
    assert cell.predicted.shape == cell.measured.shape == cell.values.shape == (8,)
    assert cell.values == pytest.approx(cell.measured / cell.predicted)
    strengths = np.concatenate(
        [
            record.given["strength"]
            for record in sorted(world.store.records("toy"), key=lambda record: record.specification["repeats"])
            if record.specification["condition"] == {"kind": "lawful", "width": 2}
        ]
    )
    assert cell.predicted == pytest.approx(strengths / 2)
    assert np.all(np.abs(np.log(cell.values)) < 0.05)


@pytest.mark.parametrize("kind", ["infinite", "undefined"])
@pytest.mark.parametrize(
    ("by", "within"),
    [("ratio", (0.9, 1.1)), ("ratio", (0.5, np.inf)), ("ratio", (-np.inf, 2.0)), ("difference", (-1.0, np.inf))],
)
def test_a_diverged_run_counts_against_however_wide_the_region(world, kind, by, within):
    agreement = {"by": by, "within": within, "because": "x"}
    name = world.claim("new", kind="bound", where={"kind": kind, "width": 2}, agreement=agreement)
    assert world.outcome(name) is Outcome.REFUTED


def test_a_diverged_curve_counts_against(world):
    name = world.claim("new", like="ramp", where={"kind": "infinite", "width": 2})
    assert world.outcome(name) is Outcome.REFUTED


def test_trials_that_miss_a_requirement_are_set_aside(world):
    needs = [{"measured": "steady", "within": (0.5, 1.0), "because": "it has to stand still"}]
    world.claim("strict", where={"kind": "unsteady", "width": 2}, requires=needs)
    world.claim("lax", where={"kind": "unsteady", "width": 2})
    found = world.run("strict", "lax")
    assert found["lax"].outcome is Outcome.SUPPORTED
    (cell,) = found["strict"].cells
    assert (cell.verdict.status, cell.verdict.set_aside) == (Status.NOT_APPLICABLE, 4)
    assert found["strict"].outcome is Outcome.INCONCLUSIVE


def test_requirements_do_not_apply_to_controls(world):
    needs = [{"measured": "steady", "within": (0.5, 1.0), "because": "it has to stand still"}]
    fail = {
        "must": "fail",
        "where": {"kind": "unsteady", "width": 4},
        "truth": "toy_theory:inverse_width",
        "because": "x",
    }
    name = world.claim("new", where={"kind": "lawful", "width": 2}, requires=needs, controls=[fail])
    assert world.outcome(name) is Outcome.VACUOUS


def test_what_is_missing_is_left_out(world):
    name = world.claim("new", where={"kind": ["lawful", "absent"], "width": 2})
    result = world.run(name)[name]
    assert result.outcome is Outcome.SUPPORTED
    assert [cell.verdict.status for cell in result.cells] == [Status.AGREES, Status.UNAVAILABLE]


@pytest.mark.parametrize("blocks", [1, 2, 7])
def test_what_vanishes_after_its_first_trials_is_not_left_out(world, monkeypatch, blocks):
    """Else whoever loses the data of a condition that wavers turns inconclusive into supported. A block is 4 trials."""
    monkeypatch.setenv("TOY_VANISHES", f"noisy:{blocks}")
    name = world.claim("new", where={"kind": ["lawful", "noisy"], "width": 2}, rivals={"square": SQUARE})
    for result in (world.run(name, tier="standard")[name], world.judge(name, tier="standard")[name]):
        assert result.outcome is Outcome.INCONCLUSIVE
        assert [cell.verdict.status for cell in result.cells] == [Status.AGREES, Status.UNDECIDED]
        assert result.cells[1].verdict.reason.endswith("no more can be had: the toys are gone")
    measured = len([label for label in world.measured() if "noisy" in label])
    assert blocks < measured <= next(look for look in (2, 4, 8) if look > blocks), "no further look is begun"


def test_a_fold_of_which_one_point_vanishes_is_not_left_out(world, monkeypatch):
    monkeypatch.setenv("TOY_VANISHES", "noisy:1")
    where = {"kind": ["lawful", "noisy"], "width": [2, 4]}
    within = {"by": "difference", "within": (-0.1, 0.1), "because": "the noise of a toy"}
    name = world.claim("new", where=where, measured=slope(), predicted=-1, agreement=within)
    result = world.run(name)[name]
    assert [cell.verdict.status for cell in result.cells] == [Status.AGREES, Status.UNDECIDED]
    assert result.outcome is Outcome.INCONCLUSIVE


def test_a_tier_that_leaves_a_claim_out_measures_nothing_for_it(world):
    experiment = world.registry.experiments["toy"]
    smoke = experiment.tiers["smoke"].model_copy(update={"where": {"kind": ["constant"]}})
    world.experiment("toy", tiers={**experiment.tiers, "smoke": smoke})
    assert world.outcome("law-holds") is Outcome.NOT_RUN
    assert world.outcome("law-holds", tier="full") is Outcome.NOT_RUN  # no experiment has that tier
    assert not world.measured()


def test_every_source_of_evidence(world):
    lawful = {"kind": "lawful", "width": 2}
    world.claim("mean", experiment="toy-crowd", where=lawful, agreement={**NARROW, "target": "mean"})
    world.claim("most", experiment="toy-crowd", where=lawful, agreement={**NARROW, "share": 0.8})
    world.claim("once", experiment="toy-once", where=lawful, agreement={**NARROW, "numerical_error": 0.01})
    world.claim("resampled", experiment="toy-resampled", where=lawful)
    exact = {**NARROW, "numerical_error": 0}
    world.claim("once-wrong", experiment="toy-once", where={"kind": "constant"}, agreement=exact)
    world.claim("most-wrong", experiment="toy-crowd", where={"kind": "infinite"}, agreement={**NARROW, "share": 0.8})
    world.claim(
        "mean-infinite", experiment="toy-crowd", where={"kind": "infinite"}, agreement={**NARROW, "target": "mean"}
    )
    found = world.run("mean", "most", "once", "resampled", "once-wrong", "most-wrong", "mean-infinite")
    assert {name: result.outcome.word for name, result in found.items()} == {
        "mean": "supported",
        "most": "supported",
        "once": "supported",
        "resampled": "supported",
        "once-wrong": "refuted",
        "most-wrong": "refuted",
        "mean-infinite": "inconclusive",  # no mean exists
    }
    assert found["most"].cells[0].region == (0.8, 1.0)
    assert found["most"].agrees_to_within is None  # a share says nothing on how close


# --- rivals -----------------------------------------------------------------------------------------------------


def test_rivals_are_judged_on_the_claims_own_trials(world):
    needs = [{"measured": "steady", "within": (-1.0, 1.0), "because": "x"}]
    rivals = {
        "square": {"predicted": "toy_theory:inverse_square", "held_by": "null-model", "because": "x"},
        "same": {"predicted": "toy_theory:inverse_width", "held_by": "authors", "because": "x"},
        "folk": {"predicted": "toy_theory:inverse_width", "held_by": "folklore", "because": "x"},
    }
    name = world.claim("new", where=LAWFUL, rivals=rivals, requires=needs)
    result = world.run(name)[name]
    square, same, folk = result.rivals
    assert (square.outcome, square.bits) == (Outcome.REFUTED, -5.0)
    assert (same.outcome, same.bits) == (result.outcome, result.bits)
    assert (folk.outcome, folk.bits) == (Outcome.SUPPORTED, None)
    for rival in result.rivals:
        for mine, theirs in zip(result.cells, rival.cells, strict=True):
            assert theirs.measured.tolist() == mine.measured.tolist()
            assert theirs.verdict.admitted == mine.verdict.admitted


def test_a_rivals_error_is_the_rivals(world):
    rivals = {"broken": {"predicted": "toy_theory:raises", "held_by": "null-model", "because": "x"}}
    name = world.claim("new", where=LAWFUL, rivals=rivals)
    result = world.run(name)[name]
    assert result.outcome is Outcome.SUPPORTED
    assert result.rivals[0].outcome is Outcome.ERROR
    assert "toy_theory:raises" in result.rivals[0].reason


# --- theories ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theory", "words"),
    [
        ("two_numbers", "shape"),
        ("not_a_number", "finite"),
        ("words", "str"),
        ("raises", "no_such_array"),
        ("mutates_given", "read-only"),
        ("mutates_condition", "item assignment"),
    ],
)
def test_what_is_no_theory_is_its_claims_error(world, theory, words):
    name = world.claim("new", where=LAWFUL, predicted=f"toy_theory:{theory}")
    found = world.run("law-holds", name)
    assert found[name].outcome is Outcome.ERROR
    assert f"toy_theory:{theory}" in found[name].reason
    assert words in found[name].reason
    assert "/" not in found[name].reason  # reports are published: no folder of this machine
    assert found["law-holds"].outcome is Outcome.SUPPORTED


def test_a_theory_sees_conditions_constants_and_given_and_no_measurement(world, monkeypatch):
    import toy_theory

    seen = []

    def spy(setting, given):
        seen.append((dict(setting), {name: np.shape(array) for name, array in given.items()}))
        return given["strength"] / setting["width"]

    monkeypatch.setattr(toy_theory, "inverse_width", spy)
    world.run(world.claim("new", where={"kind": "lawful", "width": 2}))
    conditions, given = zip(*seen, strict=True)
    assert len(seen) == 8  # once a trial
    assert all(condition == {"kind": "lawful", "width": 2, "length": 150} for condition in conditions)
    assert all(shapes == {"strength": (), "spectrum": (3,)} for shapes in given)


def test_predictions_belong_to_the_records_that_they_were_made_for(world, monkeypatch):
    """New code, other numbers: trials of the old code and of the new one are never mixed."""
    import toy_theory

    from runners.measuring import planning

    monkeypatch.setattr(toy_theory, "inverse_width", lambda setting, given: 1.0)
    name = world.claim("new", where={"kind": "lawful", "width": 2}, agreement={**NARROW, "within": (0.0, 1e6)})
    world.run(name)
    old = world.store
    monkeypatch.setattr(planning.Origin, "of", lambda module, code: planning.Origin("another code", (), {}))
    run, judge = world.planned(name)
    assert judge.judge(name).outcome is Outcome.NOT_RUN
    assert len(run.plan()) == 2
    assert world.judge(name)[name].outcome is Outcome.SUPPORTED  # judging falls back on what there is
    assert len(list(old.records("toy"))) == 2


def test_old_trials_do_not_cover_up_that_todays_code_crashes(world, monkeypatch):
    import toy_experiment

    from runners.measuring import planning

    name = world.claim("new", where={"kind": "lawful", "width": 2})
    assert world.outcome(name) is Outcome.SUPPORTED

    def broken(setting, state):
        raise RuntimeError("mended to death")

    monkeypatch.setattr(toy_experiment, "measure", broken)
    monkeypatch.setattr(planning.Origin, "of", lambda module, code: planning.Origin("another code", (), {}))
    assert world.outcome(name) is Outcome.ERROR
    assert world.judge(name)[name].outcome is Outcome.ERROR


# --- folds ------------------------------------------------------------------------------------------------------


def test_a_slope_is_predicted_by_a_number_point_by_point_or_at_once(world):
    result = world.run("exponent")["exponent"]
    assert result.outcome is Outcome.SUPPORTED
    assert [rival.outcome for rival in result.rivals] == [Outcome.SUPPORTED, Outcome.SUPPORTED]
    (cell,) = result.cells
    assert (cell.cell.condition, cell.cell.axis_values) == ({"kind": "lawful"}, (2, 4, 8))
    for rival in result.rivals:  # strength / width has the slope -1, whatever the strength
        assert rival.cells[0].predicted == pytest.approx(np.full(8, -1.0))


def test_one_theory_under_two_folds_predicts_two_numbers(world):
    along = {"of": "toy_theory:inverse_width"}
    world.claim("by-slope", like="exponent", predicted={**along, "along": {"width": "slope"}})
    spread = {"of": "response", "along": {"width": "spread"}, "between": (0.0, 1.0)}
    world.claim("by-spread", like="exponent", measured=spread, predicted={**along, "along": {"width": "spread"}})
    found = world.run("by-slope", "by-spread")
    assert found["by-slope"].cells[0].predicted == pytest.approx(np.full(8, -1.0))
    assert found["by-spread"].cells[0].predicted == pytest.approx(np.full(8, 1 - 2 / 8))
    assert found["by-spread"].outcome is Outcome.SUPPORTED


def test_a_fold_that_is_undefined_sets_its_trial_aside(world):
    name = world.claim("new", like="exponent", where={"kind": "negative"})
    result = world.run(name)[name]
    assert result.cells[0].verdict.status is Status.NOT_APPLICABLE
    assert result.cells[0].verdict.set_aside == 8
    assert result.outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize("kind", ["infinite", "undefined"])
def test_a_fold_over_diverged_runs_counts_against(world, kind):
    assert world.outcome(world.claim("new", like="exponent", where={"kind": kind})) is Outcome.REFUTED


def test_a_fold_waits_for_all_points_of_its_axis(world):
    world.claim("two", where={"kind": "lawful", "width": [2, 4]})
    world.run("two")
    assert world.judge("exponent")["exponent"].outcome is Outcome.NOT_RUN


# --- sizes that are not judged --------------------------------------------------------------------------------------


@pytest.fixture
def unjudged(world):
    """The toys at a size that only shows that they run."""
    tiers = world.registry.experiments["toy"].tiers
    ran = {"judged": False, "trials": [2], "block": 2}
    world.experiment("toy", tiers={**tiers, "smoke": tiers["smoke"].model_copy(update=ran)})
    return world


def test_a_size_that_is_not_judged_runs_once_and_speaks_neither_for_nor_against(unjudged):
    result = unjudged.run("law-refuted")["law-refuted"]
    assert (result.outcome, result.reason) == (Outcome.NOT_JUDGED, "smoke: not judged; 2 trials ran")
    assert {cell.verdict.trials for cell in result.cells} == {2}
    assert all(cell.verdict.evidence is None and len(cell.predicted) == 2 for cell in result.cells)
    assert not any(result.contradicts(expect) for expect in ("supported", "refuted", "partly", "vacuous"))
    assert (result.bits, result.contest) == (None, ())
    assert set(unjudged.measured().values()) == {1}, "one block a condition"


def test_what_crashes_at_a_size_that_is_not_judged_is_an_error(unjudged):
    assert unjudged.outcome("law-crashing") is Outcome.ERROR
    assert unjudged.outcome("law-absent") is Outcome.UNAVAILABLE
    broken = unjudged.claim("broken", predicted="toy_theory:no_such_function")
    assert unjudged.outcome(broken) is Outcome.ERROR


def test_a_size_that_is_not_judged_waits_for_its_block(unjudged):
    assert unjudged.judge("law-holds")["law-holds"].outcome is Outcome.NOT_RUN


def test_a_control_that_is_not_judged_leaves_its_claim_not_judged(unjudged):
    control = {"must": "fail", "experiment": "toy", "where": {"kind": "constant"}, "truth": 1.0, "because": "a toy"}
    name = unjudged.claim("crowd", experiment="toy-crowd", where={"kind": "lawful"}, controls=[control])
    assert unjudged.outcome(name) is Outcome.NOT_JUDGED


# --- what a verdict is worth ------------------------------------------------------------------------------------


def test_bits_are_those_of_the_condition_that_risks_least(world):
    """log2(31/32 ln(100) / ln(1.1/0.9) + 1/32): of a ratio the same everywhere, whatever range the observable has."""
    result = world.run("law-holds")["law-holds"]
    assert result.bits == pytest.approx(np.log2(31 / 32 * np.log(100) / np.log(1.1 / 0.9) + 1 / 32))
    wide = world.claim("wide", where=LAWFUL, agreement={**NARROW, "within": (0.2, 5.0)})
    assert 0 < world.run(wide)[wide].bits < result.bits
    more = world.claim("more", where={"kind": "lawful"})  # the same law at more conditions is worth no more
    assert world.run(more)[more].bits == pytest.approx(result.bits)
    identity = world.claim("theorem", kind="theorem", where=LAWFUL)
    assert world.run(identity)[identity].bits is None
    assert world.run("ramp")["ramp"].bits is None


def test_severity_is_what_a_displaced_prediction_meets(world, monkeypatch):
    """Displaced beyond the severity, the same trials support nothing, and each interval lies outside the region."""
    import toy_theory

    result = world.run("law-holds")["law-holds"]
    low, high = result.severity
    assert -0.2 < low < 0 < high < 0.2
    original = toy_theory.inverse_width
    for error in (low - 1e-3, high + 1e-3):
        monkeypatch.setattr(
            toy_theory, "inverse_width", lambda setting, given, e=error: (1 + e) * original(setting, given)
        )
        displaced = world.judge("law-holds")["law-holds"]
        assert displaced.outcome is not Outcome.SUPPORTED
        for cell in displaced.cells:
            assert cell.verdict.evidence.interval[0] > 1.1 or cell.verdict.evidence.interval[1] < 0.9
    assert result.agrees_to_within < 0.05


def test_vacuous_contradicts_whatever_else_was_expected(world):
    result = world.run("law-vacuous")["law-vacuous"]
    assert result.outcome is Outcome.VACUOUS
    assert [result.contradicts(expect) for expect in ("open", "supported", "vacuous")] == [True, True, False]


@pytest.mark.parametrize(
    ("given", "x"),
    [
        ({"times": np.array([0.0, 0.5, 2.0])}, [0.0, 0.5, 2.0]),
        ({"time": np.eye(3)}, [0, 1, 2]),  # a matrix that bears the axis' name places nothing
        ({"time": np.arange(7.0), "times": np.array([1.0, 2.0, 3.0])}, [1.0, 2.0, 3.0]),
        ({}, [0, 1, 2]),
    ],
)
def test_only_a_vector_of_an_axis_length_places_its_points(given, x):
    sample = SimpleNamespace(given=lambda trial: given)
    experiment = SimpleNamespace(observables={"loss": SimpleNamespace(shape=("time",))})
    ones = np.ones((1, 3))
    drawn = _curves(sample, experiment, "loss", Compared(np.zeros(1), np.ones(1, dtype=bool), ones, ones))
    assert list(drawn["x"]) == x
    assert len(textplot.curves(drawn["x"], {"measured": drawn["measured"][0]})) > 12
