"""Runs of one's own, judged: a frame that knows nothing of this project, with a stated mapping of its columns."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import tollens
from runners.authoring.courses import UnknownName

MAPPING = {"late_sharpness": "top_eigenvalue", "learning_rate": "lr"}


def logs(*, factor: float, runs: int = 12) -> pd.DataFrame:
    """A lab's log: top eigenvalues that lie this factor from 2/lr, to one per cent."""
    generator = np.random.default_rng(4)
    rates = generator.choice([0.05, 0.1], runs)
    return pd.DataFrame(
        {"lr": rates, "top_eigenvalue": factor * 2 / rates * (1 + 0.01 * generator.standard_normal(runs))}
    )


@pytest.mark.parametrize(("factor", "verdict"), [(1.01, "supported"), (0.6, "refuted"), (1.6, "refuted")])
def test_logs_are_judged_by_the_claims_rule(factor, verdict):
    judged = tollens.judge("eos-gd-two-over-eta", logs(factor=factor), columns=MAPPING, momentum=0)
    assert judged.verdict == verdict
    assert judged.runs["predicted"].to_numpy() == pytest.approx(2 / judged.runs["lr"].to_numpy())
    assert judged.settings["runs"].sum() == 12
    assert list(judged.settings.columns[:1]) == ["learning_rate"]  # the momentum is the same in all
    assert "Judged on your runs: no part of the record" in repr(judged)
    assert judged.left_out  # nobody said whether these runs were finished


def test_columns_that_are_named_as_the_claim_names_them_are_a_list():
    frame = logs(factor=1.01).rename(columns={column: word for word, column in MAPPING.items()})
    judged = tollens.judge("eos-gd-two-over-eta", frame, columns=list(MAPPING), momentum=0)
    assert judged.verdict == "supported"
    assert judged.runs["predicted"].to_numpy() == pytest.approx(2 / frame["learning_rate"].to_numpy())


def test_logs_are_compared_one_by_one_however_few():
    found = tollens.predict("eos-gd-two-over-eta", logs(factor=1.3, runs=3), columns=MAPPING, momentum=0)
    assert found["predicted"].to_numpy() == pytest.approx(2 / found["lr"].to_numpy())
    assert found["agreement"].to_numpy() == pytest.approx([1.3] * 3, rel=0.05)
    assert not found["inside"].any()
    with pytest.raises(UnknownName, match=r"columns=\{\.\.\.\}"):
        tollens.predict("eos-gd-two-over-eta", logs(factor=1.3))


def test_runs_that_miss_a_requirement_are_set_aside_and_shown():
    frame = logs(factor=1.0)
    requirement = tollens.judge("eos-gd-two-over-eta", frame, columns=MAPPING).entry.requires[0]
    low, high = requirement.within
    missed = low - 1 if np.isfinite(low) else high + 1
    met = (
        (max(low, -1e6) + min(high, 1e6)) / 2
        if np.isfinite(low) and np.isfinite(high)
        else low
        if np.isfinite(low)
        else high
    )
    frame["finished"] = [missed] * 4 + [met] * 8
    judged = tollens.judge("eos-gd-two-over-eta", frame, columns={**MAPPING, requirement.measured: "finished"})
    assert list(judged.runs["set_aside"]) == [True] * 4 + [False] * 8
    (told,) = judged.missed
    assert told == f"{requirement.measured} within [{low:g}, {high:g}], which is {missed:.4g} in 4 of 12 runs"
    assert told in repr(judged)
    assert judged.verdict == "inconclusive"  # a third says nothing: more than the rule allows


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"late_sharpness": "top"}, "no column 'top'; it has lr, top_eigenvalue"),
        ({"learning_rate": "lr"}, "say which column holds late_sharpness"),
        ({"late_sharpness": "top_eigenvalue"}, "learning_rate"),
    ],
)
def test_what_is_missing_is_said(columns, told):
    with pytest.raises(UnknownName, match=told):
        tollens.judge("eos-gd-two-over-eta", logs(factor=1), columns=columns)


def test_words_that_mean_nothing_here_are_refused():
    """A setting that no theory could read would be ignored, and so would trials and a tier of this project's own."""
    with pytest.raises(UnknownName, match="momentun"):
        tollens.judge("eos-gd-two-over-eta", logs(factor=1), columns=MAPPING, momentun=0)
    with pytest.raises(UnknownName, match="trials, tier: of this project's own trials"):
        tollens.predict("eos-gd-two-over-eta", logs(factor=1), columns=MAPPING, trials=4, tier="smoke")
    with pytest.raises(UnknownName, match="tier: of this"):
        tollens.judge("eos-gd-two-over-eta", logs(factor=1), columns=MAPPING, tier="smoke")


def test_too_few_runs_and_claims_along_an_axis_are_answered():
    with pytest.raises(UnknownName, match="6 are the fewest"):
        tollens.judge("eos-gd-two-over-eta", logs(factor=1, runs=3), columns=MAPPING)
    with pytest.raises(UnknownName, match="looks along width: name the columns of width and of trial"):
        tollens.judge("mup-hidden-coordinate-check", sweeps(0.0), columns={"hidden_move": "moved"})


def sweeps(exponent: float, *, trials: int = 8) -> pd.DataFrame:
    """Moves at four widths, a power of the width to 2%, of so many seeds."""
    generator = np.random.default_rng(5)
    rows = [(seed, width) for seed in range(trials) for width in (512, 64, 128, 256)]
    frame = pd.DataFrame(rows, columns=["seed", "w"])
    return frame.assign(moved=frame["w"] ** exponent * np.exp(0.02 * generator.standard_normal(len(frame))))


ALONG = {"hidden_move": "moved", "width": "w", "trial": "seed"}


@pytest.mark.parametrize(("exponent", "verdict"), [(0.0, "supported"), (0.5, "refuted"), (-0.5, "refuted")])
def test_a_law_along_an_axis_is_judged_of_sweeps(exponent, verdict):
    judged = tollens.judge("mup-hidden-coordinate-check", sweeps(exponent), columns=ALONG)
    assert judged.verdict == verdict
    assert judged.runs["agreement"].to_numpy() == pytest.approx(np.full(8, exponent), abs=0.05)
    assert list(judged.runs["trial"]) == list(range(8))


def test_a_sweep_that_lacks_a_width_is_named():
    with pytest.raises(UnknownName, match="trial 3 has runs at width 64, 128, 512; each trial needs one at each of 64"):
        tollens.judge("mup-hidden-coordinate-check", sweeps(0.0).query("seed != 3 or w != 256"), columns=ALONG)


def test_a_sweep_whose_exponent_is_undefined_is_set_aside_and_one_that_blew_up_counts():
    frame = sweeps(0.0)
    still = frame.assign(moved=frame["moved"].where(frame["seed"] != 3, 0.0))
    judged = tollens.judge("mup-hidden-coordinate-check", still, columns=ALONG)
    assert judged.runs["set_aside"].sum() == 1
    burst = frame.assign(moved=frame["moved"].where(frame["seed"] > 5, np.inf))
    assert tollens.judge("mup-hidden-coordinate-check", burst, columns=ALONG).verdict != "supported"


def test_with_settings_alone_columns_have_the_claims_own_names():
    frame = logs(factor=1.01).rename(columns={column: word for word, column in MAPPING.items()}).assign(host="a")
    judged = tollens.judge("eos-gd-two-over-eta", frame, momentum=0)
    assert judged.verdict == "supported"
    with pytest.raises(UnknownName, match=r"pandas\.DataFrame"):
        tollens.judge("eos-gd-two-over-eta", frame.to_dict("records"), momentum=0)


def test_what_is_no_mapping_of_numbers_is_told():
    words = logs(factor=1.0).astype({"top_eigenvalue": str})
    with pytest.raises(UnknownName, match=r"late_sharpness: the column holds '.*astype\(float\)"):
        tollens.judge("eos-gd-two-over-eta", words, columns=MAPPING)
    turned = {column: word for word, column in MAPPING.items()}
    with pytest.raises(UnknownName, match=r"your column.*'late_sharpness': 'top_eigenvalue'"):
        tollens.judge("eos-gd-two-over-eta", logs(factor=1.0), columns=turned)
    with pytest.raises(UnknownName, match="learning_rate"):  # an axis stands before what is observed
        tollens.judge("eos-gd-two-over-eta", logs(factor=1.0), columns=MAPPING, zeal=0.3)
