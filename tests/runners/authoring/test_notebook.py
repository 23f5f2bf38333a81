"""In Python and notebooks: measured, predicted and judged on seeds of exploring, with tables a person can read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest

import tollens
from runners.authoring.courses import UnknownName
from runners.judging.predicting import TheoryError
from runners.records.seeds import derive_seed

WORLDS = Path(__file__).parents[2] / "worlds"


@pytest.fixture(autouse=True)
def toys(tmp_path, monkeypatch):
    """The toy registry beside an empty one of the project's; an empty folder to work in."""
    own = tmp_path / "registry.yaml"
    own.write_text("experiments: {}\nclaims: {}\n")
    monkeypatch.setattr("runners.authoring.notebook.own_registry", lambda: own)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delenv("TOY_CALLS", raising=False)
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return WORLDS / "toy.yaml"


@pytest.fixture
def lawful(toys):
    return tollens.measure("toy", kind="lawful", width=[2, 4], registry=toys)


def drawn(purpose: str, repeat: int) -> tuple[float, float]:
    """Strength and noise of a trial, as the toy's docstring says that they are drawn."""
    generator = np.random.default_rng(derive_seed("toy", purpose, repeat))
    return float(np.exp(0.3 * generator.standard_normal())), float(generator.standard_normal())


# --- measure ----------------------------------------------------------------------------------------------------------


def test_a_row_a_trial_on_seeds_that_no_record_uses(lawful):
    assert lawful.columns.tolist() == ["kind", "width", "trial", "response", "steady"]
    assert lawful["trial"].tolist() == [*range(8), *range(8)]
    for row in lawful.itertuples():
        strength, noise = drawn("explore", row.trial)
        assert row.response == pytest.approx(strength / row.width * np.exp(0.01 * noise), rel=1e-12)
        assert row.response != pytest.approx(drawn("record", row.trial)[0] / row.width, rel=1e-3)
    assert not list(Path.cwd().iterdir()), "exploring stores nothing"


def test_which_conditions_are_meant(toys):
    def conditions(**wanted):
        frame = tollens.measure("toy", trials=1, registry=toys, **wanted)
        return [(row.kind, row.width) for row in frame.itertuples()]

    assert conditions() == [("lawful", 2)]
    assert conditions(width=...) == [("lawful", 2), ("lawful", 4), ("lawful", 8), ("lawful", 1)]
    assert conditions(kind=["constant", "lawful"], width=np.array([3, 4])) == [
        ("constant", 3), ("constant", 4), ("lawful", 3), ("lawful", 4),
    ]  # fmt: skip


def test_how_many_trials_and_of_what_size(toys):
    measured = tollens.measure("toy", trials=range(3, 9), length=5, curves=True, registry=toys)
    assert measured["trial"].tolist() == [3, 4, 5, 6, 7, 8]
    assert measured["profile"].iloc[0].tolist() == pytest.approx((drawn("explore", 3)[0] * np.arange(5)).tolist())
    assert measured.attrs["constants"] == {"length": 5}
    assert tollens.measure("toy", tier="standard", curves=True, registry=toys)["profile"].iloc[0].shape == (10,)
    assert len(tollens.measure("toy-once", registry=toys)) == 1, "a deterministic experiment has one trial"


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda toys: tollens.measure("toi", registry=toys), "no experiment is called 'toi'; did you mean toy?"),
        (lambda toys: tollens.measure("toy", widht=2, registry=toys), "no axis or constant 'widht'; did you mean"),
        (lambda toys: tollens.measure("toy", kind="lawfull", registry=toys), "no kind 'lawfull'; did you mean lawful?"),
        (lambda toys: tollens.measure("toy", kind=1, registry=toys), "no kind 1; known: lawful"),
        (lambda toys: tollens.measure("toy", tier="full", registry=toys), "no tier 'full'; it has smoke, standard"),
        (lambda toys: tollens.measure("toy", trials=0, registry=toys), "trials is 0"),
        (lambda toys: tollens.predict("law-hold", registry=toys), "no claim is called 'law-hold'; did you mean"),
        (lambda toys: tollens.predict("law-holds", rival="sqare", registry=toys), "did you mean square?"),
        (lambda toys: tollens.judge("toys-are-good", registry=toys), "unfalsifiable: nobody says what good means"),
    ],
)
def test_what_is_misspelt_or_missing_is_answered_with_what_there_is(toys, wrong, says):
    with pytest.raises(UnknownName) as raised:
        wrong(toys)
    assert says in str(raised.value)


# --- predict ----------------------------------------------------------------------------------------------------------


def test_predicted_beside_measured_follows_the_rows_of_the_frame(toys, lawful):
    some = lawful[lawful["response"] < lawful["response"].median()].sample(frac=1, random_state=0)
    compared = tollens.predict("law-holds", some, registry=toys)
    assert len(compared) == len(some)
    for row in compared.itertuples():
        strength, noise = drawn("explore", row.trial)
        assert row.predicted == pytest.approx(strength / row.width)
        assert row.agreement == pytest.approx(np.exp(0.01 * noise))
        assert row.inside


def test_trials_that_miss_a_requirement_are_shown_as_set_aside(toys, lawful):
    """Toys stand still (`steady`) from .5 on: two trials that do not are inside, and are not judged."""
    frame = lawful.assign(steady=lawful["steady"].where(lawful["trial"] > 1, 0.1))
    frame.attrs = lawful.attrs
    compared = tollens.predict("law-holds", frame, registry=toys)
    assert compared["inside"].all()
    assert compared.loc[compared["set_aside"], "trial"].tolist() == [0, 1, 0, 1]
    judged = tollens.judge("law-holds", frame, registry=toys)
    assert judged.conditions["set_aside"].tolist() == [2, 2]


def test_predictions_without_a_frame_are_those_of_the_claims_domain(toys):
    predicted = tollens.predict("law-holds", trials=2, registry=toys)
    assert predicted.columns.tolist() == ["kind", "width", "trial", "predicted"]
    assert predicted["width"].tolist() == [2, 2, 4, 4]
    assert predicted["predicted"].iloc[3] == pytest.approx(drawn("explore", 1)[0] / 4)
    rival = tollens.predict("law-holds", rival="square", width=3, trials=1, registry=toys)
    assert rival["predicted"].tolist() == pytest.approx([drawn("explore", 0)[0] / 9])


def test_a_claim_along_an_axis_has_a_row_a_trial_of_all_its_points(toys):
    frame = tollens.measure("toy", width=[2, 4, 8], registry=toys)
    compared = tollens.predict("exponent", frame, registry=toys)
    assert compared.columns.tolist() == ["kind", "trial", "measured", "predicted", "agreement", "inside", "set_aside"]
    assert compared["predicted"].tolist() == [-1] * 8
    # one trial's noise is the same at every width: the slope is -1 whatever it is
    np.testing.assert_allclose(compared["measured"], -1, rtol=1e-9)
    everywhere = tollens.predict("exponent", rival="all-at-once", trials=2, registry=toys)
    np.testing.assert_allclose(everywhere["predicted"], -1, rtol=1e-9)


def test_along_an_axis_trials_stay_paired(toys):
    frame = tollens.measure("toy", width=[2, 4, 8], registry=toys).sample(frac=1, random_state=1)
    assert frame["trial"].tolist()[:8] != sorted(frame["trial"].tolist()[:8])
    np.testing.assert_allclose(tollens.predict("exponent", frame, registry=toys)["measured"], -1, rtol=1e-9)
    torn = frame[(frame["width"] > 2) | (frame["trial"] > 0)]
    for apply in (tollens.predict, tollens.judge):
        with pytest.raises(UnknownName, match="along width the frame holds different trials"):
            apply("exponent", torn, registry=toys)


def test_curves_are_compared_as_curves(toys):
    frame = tollens.measure("toy", kind="lawful", width=2, curves=True, registry=toys)
    compared = tollens.predict("ramp", frame, registry=toys)
    assert compared["agreement"].tolist() == pytest.approx([0] * 8)
    assert compared["predicted"].iloc[0].shape == (150,)
    scalars = tollens.measure("toy", kind="lawful", width=2, registry=toys)
    with pytest.raises(UnknownName, match="no column 'profile'; measure with curves=True"):
        tollens.predict("ramp", scalars, registry=toys)


def test_a_theory_that_fails_says_so(toys, lawful, tmp_path):
    broken = tmp_path / "broken.yaml"
    for module in ("toy_experiment.py", "toy_theory.py"):
        (tmp_path / module).write_text((WORLDS / module).read_text())
    broken.write_text(toys.read_text().replace("predicted: toy_theory:inverse_width", "predicted: toy_theory:raises"))
    with pytest.raises(TheoryError, match="no_such_array"):
        tollens.predict("law-holds", lawful, registry=broken)


def test_a_claim_is_there_as_soon_as_its_theory_can_be_read(toys, tmp_path):
    for file in ("toy.yaml", "toy_experiment.py"):
        (tmp_path / file).write_text((WORLDS / file).read_text())
    text = (tmp_path / "toy.yaml").read_text().replace("toy_theory", "new_theory")
    (tmp_path / "toy.yaml").write_text(text)
    (tmp_path / "new_theory.py").write_text("def inverse_width(setting, given:\n")
    with pytest.raises(TheoryError, match=r"new_theory\.py, line 1"):
        tollens.predict("law-holds", registry=tmp_path / "toy.yaml")
    (tmp_path / "new_theory.py").write_text((WORLDS / "toy_theory.py").read_text())
    assert len(tollens.predict("law-holds", trials=2, registry=tmp_path / "toy.yaml")) == 4


# --- judge ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        ("law-holds", "supported"),
        ("law-refuted", "refuted"),
        ("law-partly", "partly"),
        ("law-vacuous", "vacuous"),
        ("exponent", "supported"),
        ("ramp", "supported"),
    ],
)
def test_without_a_frame_everything_that_the_claim_looks_at_is_measured(toys, claim, verdict):
    assert tollens.judge(claim, registry=toys).verdict == verdict


def test_a_frame_is_judged_by_the_rule_of_the_record(toys, lawful):
    alone = tollens.judge("law-holds", lawful, registry=toys)
    assert alone.verdict == "inconclusive"
    assert "a control that must fail is undecided" in alone.reason
    control = tollens.measure("toy", kind="constant", width=4, registry=toys)
    judged = tollens.judge("law-holds", pd.concat([lawful, control]), registry=toys)
    assert (judged.verdict, judged.conditions["status"].tolist()) == ("supported", ["agrees", "agrees"])
    assert judged.controls["kept"].tolist() == ["yes"]
    assert judged.rivals["verdict"].tolist() == ["refuted"]
    medians = lawful.groupby("width")["response"].median()
    assert judged.conditions["measured"].tolist() == pytest.approx(medians.tolist())
    few = tollens.judge("law-holds", lawful[lawful["trial"] < 4], registry=toys)
    assert few.conditions["status"].tolist() == ["not run", "not run"], "four trials are too few for a look"


def test_what_is_edited_is_judged_as_it_is(toys, lawful):
    lawful["response"] *= 2
    assert tollens.judge("law-holds", lawful, registry=toys).verdict == "refuted"


def test_frames_that_cannot_be_judged_say_why(toys, lawful):
    with pytest.raises(UnknownName, match="twice"):
        tollens.judge("law-holds", pd.concat([lawful, lawful]), registry=toys)
    with pytest.raises(UnknownName, match="join them first"):
        tollens.judge("law-holds", lawful, lawful, registry=toys)
    constant = tollens.measure("toy", kind="constant", registry=toys)
    with pytest.raises(UnknownName, match="no condition of the frame lies in the domain of law-holds, kind = lawful"):
        tollens.judge("law-holds", constant, registry=toys)
    crowd = tollens.measure("toy-crowd", registry=toys)
    with pytest.raises(UnknownName, match="looks at toy, not at toy-crowd"):
        tollens.judge("law-holds", crowd, registry=toys)
    lawful.attrs.clear()
    with pytest.raises(UnknownName, match="does not say how it was measured"):
        tollens.judge("law-holds", lawful, registry=toys)


# --- reading ----------------------------------------------------------------------------------------------------------


def test_a_verdict_reads_well_in_a_terminal_and_in_a_notebook(toys):
    judged = tollens.judge("law-holds", registry=toys)
    text = repr(judged)
    assert text.startswith("law-holds: supported (2 of 2 conditions agree)\nThe response falls as the inverse")
    assert "no record" in text
    page = ElementTree.fromstring(judged._repr_html_())
    assert page.find(".//b").text == "supported"
    assert page.find(".//{*}math") is not None
    assert [len(table.findall(".//tbody/tr")) for table in page.iter("table")] == [2, 1, 1]


def test_tables_of_what_there_is(toys):
    assert tollens.claims(registry=toys).loc["exponent", "statement"] == "The exponent of the response is -1."
    assert tollens.experiments(registry=toys).loc["toy", "axes"]["width"] == [2, 4, 8, 1]


def test_experiments_are_printed_whole(toys):
    experiments = tollens.experiments(registry=toys)
    text = " ".join(repr(experiments).split())
    assert "toy about Responses that obey a law, break it, diverge, or never come." in text
    assert "misshapen, exiting, killed, sleeping, eigenvalues; width: 2, 4, 8, 1" in text
    assert "observables response, steady, profile" in text
    assert "..." not in text
    assert "toy-crowd" not in repr(experiments.loc[["toy"], ["axes"]])
    assert "killed" in repr(experiments.loc[["toy"], ["axes"]])
    cells = [cell.text for cell in ElementTree.fromstring(experiments._repr_html_()).iter("td")]
    assert "response, steady, profile" in cells


def test_importing_the_package_imports_no_library():
    heavy = {"torch", "jax", "ray", "scipy", "pandas", "numpy", "pydantic", "click", "yaml"}
    code = f"import tollens, sys; dir(tollens); print(*sorted({heavy} & set(sys.modules)), hasattr(tollens, 'mesure'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
    wrong = subprocess.run([sys.executable, "-c", "import tollens; tollens.mesure"], capture_output=True, text=True)
    assert "Did you mean: 'measure'?" in wrong.stderr
    assert {"measure", "predict", "judge"} <= set(dir(tollens))
