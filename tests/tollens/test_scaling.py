"""Scaling laws of a user's runs: planted laws come back, forecasts hold what they promise, too little is refused."""

from __future__ import annotations

import subprocess
import sys
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy.special import betaln

from leaderboard.scaling_figure import scaling_figure
from runners.commands import main
from tollens.scaling import TooLittle, best_size, fit, pass_at

PLANTED = {"E": 1.8, "A": 480.0, "alpha": 0.35, "B": 2100.0, "beta": 0.37}


def planted(n, d, *, noise=0.0, seed=0):
    surface = PLANTED["E"] + PLANTED["A"] * n ** -PLANTED["alpha"] + PLANTED["B"] * d ** -PLANTED["beta"]
    return surface * np.exp(noise * np.random.default_rng(seed).standard_normal(n.shape))


def runs(*, low=18.5, high=21.5, noise=0.003, seed=0) -> pd.DataFrame:
    """Ten sizes on each of eight budgets, as an IsoFLOP study has them."""
    budgets = np.repeat(np.logspace(low, high, 8), 10)
    sizes = 0.08 * budgets**0.5 * np.tile(np.logspace(-0.8, 0.8, 10), 8)
    tokens = budgets / 6 / sizes
    return pd.DataFrame({"N": sizes, "D": tokens, "loss": planted(sizes, tokens, noise=noise, seed=seed)})


@pytest.fixture(scope="module")
def fitted():
    return fit(runs(), resamples=60)


def test_a_planted_law_comes_back(fitted):
    exact = fit(runs(noise=0.0), resamples=20).law
    assert exact.to_dict() == pytest.approx(PLANTED, rel=0.02)
    exponents = fitted.exponents
    truth = {"alpha": 0.35, "beta": 0.37, "a": 0.37 / 0.72}
    for name, value in truth.items():
        assert exponents.loc[name, "low"] < value < exponents.loc[name, "high"]
    assert fitted.rivals["error"].idxmin() in ("chinchilla", "bent at 10^9")
    assert fitted.rivals.loc["kaplan", "error"] > 2 * fitted.rivals.loc["chinchilla", "error"]


def test_the_best_split_is_the_least_loss_of_a_budget():
    law, flop = np.array([list(PLANTED.values())]), 1e22
    sizes = np.logspace(8, 12, 40_001)
    least = sizes[np.argmin(planted(sizes, flop / 6 / sizes))]
    assert best_size(law, flop)[0] == pytest.approx(least, rel=1e-3)


def test_forecasts_hold_the_truth_nine_times_in_ten():
    """Twelve studies of one law, each forecasting a run a hundred times larger, with its scatter."""
    inside = 0
    for seed in range(12):
        told = fit(runs(seed=seed), resamples=40).forecast(size=3e10, tokens=6e11)
        truth = planted(np.array([3e10]), np.array([6e11]), noise=0.003, seed=100 + seed)[0]
        inside += told["loss_low"] < truth < told["loss_high"]
    assert inside >= 8  # 11 expected; fewer than 8 has a chance of 0.4% at 90%


def test_more_scattered_runs_promise_less(fitted):
    noisy = fit(runs(noise=0.02), resamples=40)
    assert noisy.caught > 2 * fitted.caught
    wide, narrow = (it.forecast(flop=1e23) for it in (noisy, fitted))
    assert wide["loss_high"] - wide["loss_low"] > 2 * (narrow["loss_high"] - narrow["loss_low"])
    assert narrow["beyond"] == pytest.approx(1e23 / 10**21.5, rel=0.01)


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda it: it.head(8), "8 runs for a law"),
        (lambda it: it.assign(N=it["N"] / 1e6, D=it["D"] / 1e9), "count parameters and tokens one by one"),
        (lambda it: it.assign(N=1e9 * (1 + 0.1 * (it.index % 3))), "sizes span"),
        (lambda it: it.assign(D=20 * it["N"]), "go together"),
        (lambda it: it.assign(loss=it["loss"].where(it.index != 3, np.nan)), "row 3"),
        (lambda it: it.assign(D=1e10 * (1 + 0.1 * (it.index % 2))), "tokens span"),
    ],
)
def test_what_cannot_be_told_is_refused(spoil, told):
    with pytest.raises(TooLittle, match=told):
        fit(spoil(runs()), resamples=20)


def test_the_command_line_reads_a_table(tmp_path):
    file = tmp_path / "runs.csv"
    runs().rename(columns={"N": "params", "D": "tokens"}).to_csv(file, index=False)
    columns = ["--size", "params", "--tokens", "tokens", "--resamples", "20", "--figure", str(tmp_path / "law.svg")]
    done = CliRunner().invoke(main, ["fit-scaling", str(file), *columns, "--at", "1e23"])
    assert done.exit_code == 0, done.output
    assert "Best size grows as C^0.5" in done.output
    assert "At 1e+23 FLOP (31.6 times the largest)" in done.output
    assert (tmp_path / "law.svg").read_text().startswith("<svg")
    wrong = CliRunner().invoke(main, ["fit-scaling", str(file)])
    assert wrong.exit_code == 2
    assert "no column 'N'; there are params, tokens, loss" in wrong.output


def test_the_figure_shows_every_run_where_it_belongs(fitted):
    """A dot a run, higher loss higher up, and the law's line below every run of its compute but for their scatter."""
    root = ElementTree.fromstring(scaling_figure(fitted, [1e23]))
    name = "{http://www.w3.org/2000/svg}"
    rings = list(root.iter(f"{name}circle"))
    assert len(rings) == len(fitted.runs)
    order = np.argsort([float(it.get("cy")) for it in rings], kind="stable")
    falling = fitted.runs["loss"].to_numpy()[order]
    assert (np.diff(falling) < 0.005).all()  # as far as a hundredth of a pixel tells
    assert np.corrcoef([float(it.get("cx")[:-1]) for it in rings], np.log(fitted.runs["flop"]))[0, 1] > 0.9999
    lines = {it.get("class"): it.get("points").split() for it in root.iter(f"{name}polyline")}
    assert len(lines["curve colour-1"]) == 40
    x = [float(point.partition(",")[0]) for point in lines["curve colour-1"]]
    assert max(x) > max(float(it.get("cx")[:-1]) for it in rings) + 20  # the forecast at 1e23
    assert "80 runs" in " ".join(root.itertext())


def test_pass_at_many_from_few():
    """Chances drawn from a beta distribution of which the answer at any k is known; 100 samples say it of 10,000."""
    generator = np.random.default_rng(8)
    chances = generator.beta(0.35, 20.0, 300)
    told = pass_at(10_000, generator.binomial(100, chances), 100, resamples=40)
    exact = 1 - np.exp(betaln(0.35, 10_020.0) - betaln(0.35, 20.0))
    assert told["low"] < exact < told["high"]
    assert told["high"] - told["low"] < 0.2
    few = pass_at(10, generator.binomial(100, chances), 100, resamples=20)["value"]
    assert few == pytest.approx(np.mean(1 - (1 - chances) ** 10), abs=0.03)
    with pytest.raises(ValueError, match="between 0 and 10"):
        pass_at(5, [3, 11], 10)
    with pytest.raises(ValueError, match="are counted"):
        pass_at(5, [0.3, 0.5], 10)
    with pytest.raises(ValueError, match="of each problem"):
        pass_at(5, 3, 10)
    with pytest.raises(ValueError, match="3 numbers for 2 problems"):
        pass_at(5, [3, 4], [10, 10, 10])


def test_pass_at_takes_lists_of_all_three():
    """Problems with samples of their own; of one number of samples it is what it was; a row a k."""
    correct = [3, 0, 7, 1, 0, 12, 2, 5]
    table = pass_at([1, 10, 1000], correct, [100] * 8, resamples=20)
    assert list(table.index) == [1, 10, 1000]
    assert table["value"].is_monotonic_increasing
    for k in table.index:
        assert table.loc[k].tolist() == pass_at(k, correct, 100, resamples=20).tolist()
    more = pass_at(1, [*correct, 500], [*[100] * 8, 1000], resamples=20)  # half right of a thousand, at one of nine
    assert more["value"] == pytest.approx((sum(correct) / 100 + 0.5) / 9, abs=0.03)


def test_a_compute_may_be_told_by_its_place():
    fitted = fit(runs(), resamples=5)
    assert fitted.forecast(1e23)["loss"] == fitted.forecast(flop=1e23)["loss"]


def test_it_is_there_when_tollens_is():
    done = subprocess.run(
        [sys.executable, "-c", "import tollens; print(tollens.scaling.fit.__name__, tollens.schedules.fit.__name__)"],
        capture_output=True,
        text=True,
    )
    assert done.stdout == "fit fit\n", done.stderr
