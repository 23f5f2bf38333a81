"""The experiments on language-model runs find what was planted, and nothing where nothing is."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from predictions.scaling_laws import isoflop_minima, loss_extrapolation, loss_level, planted_isoflop, size_break, theory
from predictions.scaling_laws.language_model_runs import BUDGETS, NOISE, designed_runs, resample
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("tests-of-language-model-runs", "explore", range(12))


def run(experiment, condition, seeds=SEEDS):
    given, state = experiment.prepare(condition, seeds)
    return given, experiment.measure(condition, state)


def predictions(function, given):
    return np.array([function({}, {name: values[i] for name, values in given.items()}) for i in range(len(SEEDS))])


@pytest.mark.parametrize(
    ("experiment", "condition"),
    [
        (isoflop_minima, {"data": "published"}),
        (isoflop_minima, {"data": "shuffled"}),
        (planted_isoflop, {"data": "unequal"}),
        (planted_isoflop, {"data": "shuffled"}),
        (loss_level, {"data": "planted-rounded", "outliers": "dropped"}),
        (loss_extrapolation, {"data": "planted-saturated"}),
        (size_break, {"data": "break-50"}),
    ],
)
def test_a_trial_is_the_same_alone_and_in_a_block(published, experiment, condition):
    given, observed = run(experiment, condition, SEEDS[:3])
    given_alone, observed_alone = run(experiment, condition, SEEDS[2:3])
    for block, alone in ((given, given_alone), (observed, observed_alone)):
        for name, values in block.items():
            np.testing.assert_array_equal(values[2], alone[name][0], err_msg=name)


def test_the_vertex_of_a_parabola_is_found():
    runs = designed_runs(BUDGETS)
    centre = np.log(2e9) + 0.3 * np.log(runs.compute / 1e20)
    runs = replace(runs, loss=np.exp(1 + 0.02 * (np.log(runs.size) - centre) ** 2))
    np.testing.assert_allclose(isoflop_minima.log_minima(runs), np.log(2e9) + 0.3 * np.log(BUDGETS / 1e20))


def test_a_curve_without_a_minimum_gives_an_infinite_exponent(published, monkeypatch):
    bent_down = replace(published, loss=np.exp(2 - 0.01 * np.log(published.size / 1e9) ** 2))
    monkeypatch.setattr(isoflop_minima, "published_runs", lambda: bent_down)
    _, observed = run(isoflop_minima, {"data": "published"}, SEEDS[:2])
    assert np.isinf(observed["allocation_exponent"]).all()


@pytest.mark.parametrize("data", ["balanced", "unequal", "steep"])
def test_a_planted_allocation_is_found_and_predicted(data):
    alpha, beta = planted_isoflop.EXPONENTS[data]
    given, observed = run(planted_isoflop, {"data": data})
    np.testing.assert_allclose(np.median(observed["allocation_exponent"]), beta / (alpha + beta), atol=0.02)
    np.testing.assert_allclose(
        np.median(predictions(theory.allocation_exponent, given)), beta / (alpha + beta), atol=0.02
    )
    np.testing.assert_allclose(
        np.median(predictions(theory.exchanged_allocation_exponent, given)), alpha / (alpha + beta), atol=0.03
    )


def test_the_planted_optimum_is_a_billion_parameters_at_1e20():
    surface = planted_isoflop.planted_surface(0.25, 0.45)
    assert theory.optimal_size(surface, 1e20) == pytest.approx(1e9)
    assert theory.additive_law(surface, 1e9, 1e20 / 6e9) == pytest.approx(2.5)


def test_a_held_out_curve_does_not_enter_its_own_fit(published):
    given, _ = run(isoflop_minima, {"data": "published"}, SEEDS[:1])
    drawn = np.flatnonzero(given["curve_draws"][0])
    spoilt = replace(published, loss=np.where(published.curve == drawn[0], 9.0, published.loss))
    start = isoflop_minima.fit_surface(published.size, published.tokens, published.loss)
    draws = resample(published, np.random.default_rng(int(SEEDS[0])))
    fits = isoflop_minima._held_out_fits(spoilt, draws, start)
    np.testing.assert_array_equal(fits[drawn[0]], given["held_out_fit"][0, drawn[0]])
    assert not np.allclose(fits[drawn[1]], given["held_out_fit"][0, drawn[1]], rtol=1e-6)


def test_shuffled_planted_sizes_have_no_optimum():
    _, observed = run(planted_isoflop, {"data": "shuffled"})
    assert np.isinf(
        observed["allocation_exponent"]
    ).all()  # each of some 25 drawn parabolas opens downwards half the time


def test_shuffled_sizes_have_no_optimum(published):
    _, observed = run(isoflop_minima, {"data": "shuffled"})
    assert np.isinf(observed["allocation_exponent"]).mean() > 0.8


@pytest.mark.parametrize(
    ("data", "right"),
    [
        ("planted-unrounded", theory.unrounded_mean_log_loss),
        ("planted-rounded", theory.typeset_mean_log_loss),
    ],
)
def test_the_mean_log_loss_of_a_planted_law_is_its_own(published, data, right):
    given, observed = run(loss_level, {"data": data, "outliers": "dropped"})
    differences = observed["mean_log_loss"] - predictions(right, given)
    # noise of some 220 runs, of which a resample of clusters counts half as many independently
    assert np.abs(differences).max() < 5 * NOISE / np.sqrt(110)


def test_the_mean_log_loss_counts_drawn_runs(published):
    given, observed = run(loss_level, {"data": "published", "outliers": "dropped"}, SEEDS[:1])
    expected = np.repeat(np.log(published.loss), given["draws"][0]).mean()
    assert observed["mean_log_loss"][0] == pytest.approx(expected)


def test_a_planted_surface_is_extrapolated(published):
    given, observed = run(loss_extrapolation, {"data": "planted-surface"})
    measured = observed["mean_log_loss_above"]
    assert (given["size"] * given["tokens"] * 6 > loss_extrapolation.SPLIT).all()
    assert np.abs(np.median(measured - predictions(theory.extrapolated_mean_log_loss, given))) < 0.003
    assert np.median(measured - predictions(theory.floorless_mean_log_loss, given)) > 0.02
    assert np.median(measured - predictions(theory.saturated_mean_log_loss, given)) < -0.01


def test_planted_saturation_is_seen(published):
    given, observed = run(loss_extrapolation, {"data": "planted-saturated"})
    measured = observed["mean_log_loss_above"]
    assert np.abs(np.median(measured - predictions(theory.saturated_mean_log_loss, given))) < 0.003
    assert np.median(measured - predictions(theory.extrapolated_mean_log_loss, given)) > 0.01


def test_the_power_law_is_the_least_squares_plane(published):
    draws = np.random.default_rng(3).integers(0, 3, size=len(published.size))
    rows = np.repeat(np.arange(len(draws)), draws)
    design = np.stack([np.ones(len(rows)), np.log(published.size[rows] / 1e9), np.log(published.tokens[rows] / 1e9)])
    level, by_size, by_tokens = np.linalg.solve(design @ design.T, design @ np.log(published.loss[rows]))
    np.testing.assert_allclose(loss_extrapolation._power_law(published, draws), [level, -by_size, -by_tokens])


@pytest.mark.parametrize(("data", "ratio"), [("smooth", 1.0), ("break-50", 0.5), ("break-75", 0.25)])
def test_a_planted_bend_is_found(published, data, ratio):
    _, observed = run(size_break, {"data": data})
    assert np.median(observed["slope_ratio"]) == pytest.approx(ratio, abs=0.1)
