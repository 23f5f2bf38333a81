"""What is planted is found, what is held out stays out, and records hold no rows of sets without a licence."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
from scipy import stats

from predictions.data.unavailable import Unavailable
from predictions.large_runs import (
    accuracy_lines,
    annealing,
    best_rates,
    coverage,
    five_protocols,
    graded_scores,
    isoflop_sources,
    ladder,
    last_layer,
    loss_ahead,
    loss_exponents,
    many_epochs,
    mixtures,
    over_trained,
    rates_ahead,
    repeated_epochs,
    routed,
    shapes,
    sources,
)
from predictions.large_runs.clusters import draw_rows, weighted_slope
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("tests-of-large-runs", "explore", range(12))


def run(experiment, seeds=SEEDS, **setting):
    """Given and measured of some trials; skips where a set is not on this machine."""
    try:
        given, state = experiment.prepare(setting, seeds)
    except Unavailable as absent:
        pytest.skip(str(absent))
    return given, experiment.measure(setting, state)


def present(read, *arguments):
    try:
        return read(*arguments)
    except Unavailable as absent:
        pytest.skip(str(absent))


def test_clusters_are_drawn_whole_and_within_their_stratum():
    clusters, strata = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 0, 0, 0, 1, 1])
    for seed in range(20):
        counts = draw_rows(np.random.default_rng(seed), clusters, strata=strata)
        assert counts[0] == counts[1]
        assert counts[2] == counts[3]
        assert counts[0] + counts[2] == 2
        assert counts[4] == counts[5] == 1


def test_a_weighted_slope_counts_rows_as_often_as_they_are_drawn():
    x, y, counts = np.array([0.0, 1.0, 3.0]), np.array([1.0, 2.0, 9.0]), np.array([2, 1, 3])
    slope, _ = np.polyfit(np.repeat(x, counts), np.repeat(y, counts), 1)
    assert weighted_slope(x, y, counts) == pytest.approx(slope)


@pytest.mark.parametrize(("data", "exponent"), [("planted-equal", 0.5), ("planted-steep", 0.65)])
def test_planted_growth_is_found_on_seven_sources(data, exponent):
    _, measured = run(isoflop_sources, data=data)
    assert measured["allocation_exponents"].shape == (12, 7)
    assert np.median(measured["allocation_exponent"]) == pytest.approx(exponent, abs=0.03)


def test_permuted_sizes_have_no_minima():
    _, measured = run(isoflop_sources, data="shuffled")
    assert np.isinf(measured["allocation_exponent"]).all()
    assert measured["with_minimum"].max() < 0.8


@pytest.mark.parametrize(("data", "here"), [("planted-same", 0.5), ("planted-apart", 0.73)])
def test_planted_protocols(data, here):
    given, measured = run(five_protocols, protocol="decay", data=data)
    assert np.median(measured["allocation_exponent"]) == pytest.approx(here, abs=0.03)
    assert np.median(given["other_corpus"]) == pytest.approx(0.5, abs=0.03)


def test_a_split_leaves_runs_on_both_sides_of_each_collection():
    for name in sources.COLLECTIONS:
        runs = present(sources.collection, name)
        ahead = loss_ahead.is_ahead(runs)
        assert ahead.sum() >= 2, name
        assert (~ahead).sum() >= 20, name
        assert runs.compute[ahead].min() > runs.compute[~ahead].max(), name
        for values in (runs.size, runs.tokens):
            assert values.max() / values.min() >= 10, name


def test_losses_ahead_do_not_enter_a_forecast(monkeypatch):
    given, _ = run(loss_ahead, SEEDS[:1], data="published")
    real = sources.collection

    def spoilt(name):
        runs = real(name)
        loss = np.where(loss_ahead.is_ahead(runs), 9.0, runs.loss)
        return sources.Collection(runs.size, runs.tokens, loss, runs.cluster)

    monkeypatch.setattr(loss_ahead, "collection", spoilt)
    again, measured = run(loss_ahead, SEEDS[:1], data="published")
    np.testing.assert_allclose(measured["loss_ahead"], 9.0)
    for law, forecast in given.items():
        np.testing.assert_array_equal(again[law], forecast, err_msg=law)


def test_a_planted_surface_is_forecast_and_saturation_is_not():
    given, measured = run(loss_ahead, data="planted-surface")
    assert np.median(np.abs(np.log(measured["loss_ahead"] / given["surface"]))) < 0.01
    given, measured = run(loss_ahead, data="planted-saturated")
    assert np.median(np.log(measured["loss_ahead"] / given["surface"])) > 0.02
    assert np.median(np.abs(np.log(measured["loss_ahead"] / given["saturated"]))) < 0.01


@pytest.mark.parametrize("data", ["planted-equal", "planted-quanta"])
def test_planted_exponents_are_found(data):
    given, measured = run(loss_exponents, data=data)
    alpha = given["size_exponents"].mean(axis=1)
    beta = alpha if data == "planted-equal" else (given["size_exponents"] / (1 + given["size_exponents"])).mean(axis=1)
    assert np.median(measured["token_exponent"] - beta) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize(("data", "slope"), [("planted-fifth", 0.2), ("planted-half", 0.5)])
def test_planted_slopes_in_the_batch_are_found(data, slope):
    _, measured = run(best_rates, data=data)
    assert np.median(measured["rate_slope_in_batch"]) == pytest.approx(slope, abs=0.03)


def test_a_paraboloid_has_its_vertex_where_it_was_put():
    rate, batch = (axis.ravel() for axis in np.meshgrid(np.arange(-3, 4) * np.log(2) / 2, np.arange(-3, 4) * np.log(2)))
    x, y = rate - 0.2, batch + 0.3
    cell = best_rates.Cell(rate, batch, 0.7 + 0.01 * x * x + 0.006 * y * y - 0.004 * x * y)
    np.testing.assert_allclose(rates_ahead.vertex(cell), [0.2, -0.3], atol=1e-9)


def test_a_saddle_is_answered_with_its_best_run():
    rate, batch = (axis.ravel() for axis in np.meshgrid([-0.5, 0.0, 0.5], [-0.6, 0.0, 0.6]))
    cell = best_rates.Cell(rate, batch, 0.01 * rate**2 - 0.006 * batch**2 + 0.001 * batch)
    np.testing.assert_allclose(rates_ahead.vertex(cell), [0.0, -0.6])


def test_a_planted_step_law_is_forecast_from_nine_cells():
    given, measured = run(rates_ahead, data="planted")
    shapes, cells = rates_ahead._published()
    assert len(cells) == 17
    assert (np.diff(shapes[:, 0] + shapes[:, 1]) >= 0).all()
    assert given["shapes"].shape == (12, 8, 3)
    log_size, log_tokens, _ = np.moveaxis(given["shapes"], -1, 0)
    # Li et al. 2025, eq. 1, was planted
    np.testing.assert_allclose(
        np.log(measured["best_rate"] / (1.79 * np.exp(-0.713 * log_size + 0.307 * log_tokens))), 0, atol=0.2
    )
    np.testing.assert_allclose(np.log(measured["best_batch"] / (0.58 * np.exp(0.571 * log_tokens))), 0, atol=0.2)
    assert np.median(given["rate_law"], axis=0)[1:] == pytest.approx([-0.713, 0.307], abs=0.05)


def test_cells_ahead_do_not_enter_a_law(monkeypatch):
    given, _ = run(rates_ahead, data="published")
    vertices = rates_ahead._published_vertices()
    spoilt = np.where(np.arange(17)[:, None] < 9, vertices, 0.0)
    monkeypatch.setattr(rates_ahead, "_published_vertices", lambda: spoilt)
    again, measured = run(rates_ahead, data="published")
    np.testing.assert_array_equal(measured["best_rate"], 1.0)
    for name, values in given.items():
        np.testing.assert_array_equal(again[name], values, err_msg=name)


def test_both_counts_of_the_last_layer_are_of_the_same_models():
    given, measured = run(last_layer, SEEDS[:4], data="planted")
    without, with_layer = np.moveaxis(given["sizes"], -1, 0)
    assert given["sizes"].shape == (4, 16, 2)
    assert (with_layer > without).all()
    # small models, whose last layer is most of them, gain most
    assert (np.diff(with_layer / without, axis=1) < 0).all()
    assert np.median(measured["allocation_exponent"]) == pytest.approx(0.5, abs=0.03)
    _, _, alpha, _, beta = np.median(given["counted"], axis=0)
    assert beta / (alpha + beta) == pytest.approx(0.5, abs=0.03)


def test_runs_of_many_epochs_do_not_enter_their_forecast(monkeypatch):
    given, _ = run(many_epochs, SEEDS[:3], data="published", fitted_epochs=16)
    inputs, log_loss = many_epochs._published()
    assert inputs.shape == (3, 182)  # Muennighoff et al. 2023, section 3.1: 182 runs
    ahead = inputs[1] / inputs[2] > 16
    assert 20 < ahead.sum() < 162
    monkeypatch.setattr(many_epochs, "_published", lambda: (inputs, np.where(ahead, 9.0, log_loss)))
    again, measured = run(many_epochs, SEEDS[:3], data="published", fitted_epochs=16)
    np.testing.assert_allclose(measured["mean_log_loss_ahead"], 9.0)
    for name, values in given.items():
        np.testing.assert_array_equal(again[name], values, err_msg=name)


def test_planted_decays_are_found_below_the_split():
    given, _ = run(many_epochs, data="planted-decay", fitted_epochs=16)
    assert np.median(given["decays"], axis=0) == pytest.approx([15.387756, 5.309743], rel=0.3)


def test_pairs_have_one_size_and_one_number_of_tokens():
    inputs, excess = present(repeated_epochs._published)
    size, tokens, unique = inputs
    assert len(excess) == 14
    assert ((tokens / unique > 1.5) & (tokens / unique < 4.1)).all()
    # Muennighoff et al. 2023, section 5: 8.7B parameters after four epochs are half a per cent above one
    largest = size == size.max()
    assert excess[largest] == pytest.approx([0.005], abs=0.003)


def test_the_ladder_ends_below_what_it_forecasts():
    (sizes, scores), large, answers = present(ladder._published, "13B")
    assert sizes.shape == (30, 3)
    assert scores.shape == (8, 30, 2)
    assert answers.shape == (8, 2)
    assert large[2] > 10 * sizes[:, 2].max()


@pytest.mark.parametrize("ahead", ["size", "experts"])
def test_routed_models_ahead_do_not_enter_their_forecast(ahead, monkeypatch):
    given, _ = run(routed, SEEDS[:2], router="S-Base", ahead=ahead, data="published")
    size, experts, log_loss = routed._published("S-Base")
    held_out = size > 9 if ahead == "size" else experts > np.log10(200)
    assert 9 <= held_out.sum() <= 12
    monkeypatch.setattr(routed, "_published", lambda _: (size, experts, np.where(held_out, 9.0, log_loss)))
    again, _ = run(routed, SEEDS[:2], router="S-Base", ahead=ahead, data="published")
    for name, values in given.items():
        np.testing.assert_array_equal(again[name], values, err_msg=name)


def test_coverage_of_the_few_is_not_that_of_the_many():
    given, measured = run(coverage, data="planted-exhausted", few=200, most=10_000)
    rest = measured["coverages"].mean(axis=1) - given["early_coverage"][:, :, 1].mean(axis=1)
    assert 0 < rest.mean() < 0.06  # problems of 1/200 and more are nearly all solved by 200 samples


def test_held_out_schedules_do_not_enter_the_fits():
    assert not set(annealing.FITTED) & set(annealing.HELD_OUT)
    curves = present(annealing._curves, "25M", "published")
    assert {curves[schedule][0] for schedule in annealing.FITTED} == {23_920, 23_936}


def test_the_five_runs_of_each_corpus_are_those_of_gadre_et_al():
    # their table 1: four sizes at 20 tokens a parameter, the smallest at 320; 2.4e19 FLOP together
    for corpus in range(3):
        size, tokens, multiplier, _, five = present(over_trained._published, corpus)
        assert sorted(multiplier[five]) == [1, 1, 1, 1, 16]
        assert (6 * size * tokens)[five].sum() == pytest.approx(2.4e19, rel=0.1)
        assert ((multiplier > 1) & ~five).sum() in (over_trained.DRAWN, over_trained.DRAWN + 1)


def test_over_trained_losses_ahead_do_not_enter_the_law(monkeypatch):
    given, _ = run(over_trained, SEEDS[:2], data="published")
    real = over_trained._published

    def spoilt(corpus):
        size, tokens, multiplier, log_losses, five = real(corpus)
        return size, tokens, multiplier, np.where(five, log_losses, 2.0), five

    monkeypatch.setattr(over_trained, "_published", spoilt)
    again, measured = run(over_trained, SEEDS[:2], data="published")
    np.testing.assert_allclose(np.log(measured["losses_ahead"]), 2.0)
    np.testing.assert_allclose(measured["over_trained_exponent"], 0.0, atol=1e-12)
    for name, values in given.items():
        np.testing.assert_array_equal(again[name], values, err_msg=name)


def test_planted_fading_bends_the_exponent():
    kept, faded = (
        run(over_trained, data=data)[1]["over_trained_exponent"] for data in ("planted-equal", "planted-fading")
    )
    assert np.median(kept) - np.median(faded) > 0.006


def test_ranks_of_a_permutation_are_at_the_distance_of_their_correlation():
    values = np.random.default_rng(0).standard_normal((64, 2))
    here, there = mixtures.ranks(values)
    correlation = stats.spearmanr(values[:, 0], values[:, 1])[0]
    assert np.linalg.norm(here - there) == pytest.approx(np.sqrt(2 - 2 * correlation))


def test_mixtures_at_a_billion_do_not_enter_their_ranks_forecast(monkeypatch):
    given, _ = run(mixtures, SEEDS[:2], data="published")
    real = mixtures._table

    def spoilt(size):
        weights, losses, *rest = real(size)
        return weights, losses if size == "1m" else losses[::-1], *rest

    monkeypatch.setattr(mixtures, "_table", spoilt)
    again, _ = run(mixtures, SEEDS[:2], data="published")
    for name, values in given.items():
        np.testing.assert_array_equal(again[name], values, err_msg=name)


def test_unusual_shapes_are_a_decade_from_the_usual():
    shape_sizes, ratio, _ = present(shapes._published)
    assert shape_sizes.shape == (22, 3)
    far = np.abs(np.log10(ratio / np.median(ratio))) > 0.5
    assert far.sum() == 9
    assert np.abs(np.log10(ratio / np.median(ratio))).max() < 1.1
    given, _ = run(shapes, data="planted-none")
    assert given["ahead"].shape == (12, 9, 3)
    assert np.median(given["curve"], axis=0)[2] == pytest.approx(0.16, abs=0.05)


def test_a_planted_power_of_graded_scores_is_found_among_weak_models():
    graded = np.geomspace(0.01, 0.3, 40)
    exact = np.random.default_rng(0).binomial(graded_scores.QUESTIONS, graded**1.8) / graded_scores.QUESTIONS
    assert graded_scores.fit_power(graded, exact, np.ones(40)) == pytest.approx(1.8, abs=0.05)


def test_weak_models_answer_next_to_nothing():
    _, exact, weak, family = present(graded_scores._published)
    assert weak.sum() == 40
    assert exact[weak].max() < 0.08
    assert len(np.unique(family[~weak])) == 15


def test_lines_come_from_the_worse_models(monkeypatch):
    given, _ = run(accuracy_lines, SEEDS[:2], data="published", test="v2")
    real = accuracy_lines._published

    def spoilt(test):
        own, other, family = real(test)
        return own, np.where(own < accuracy_lines.SPLIT, other, 0.5), family

    monkeypatch.setattr(accuracy_lines, "_published", spoilt)
    again, measured = run(accuracy_lines, SEEDS[:2], data="published", test="v2")
    np.testing.assert_allclose(measured["other_accuracy"], 0.5)
    for name, values in given.items():
        np.testing.assert_array_equal(again[name], values, err_msg=name)


@pytest.mark.parametrize(
    ("experiment", "setting"),
    [
        (isoflop_sources, {"data": "planted-equal"}),
        (loss_ahead, {"data": "published"}),
        (best_rates, {"data": "published"}),
        (rates_ahead, {"data": "published"}),
    ],
)
def test_drawings_of_sets_without_a_licence_hold_no_run(experiment, setting):
    _, measured = run(experiment, SEEDS[:2], **setting)
    drawn = np.concatenate([measured[name].reshape(2, 3, -1)[0, 1] for name in ("runs_given", "runs_ahead")])
    tables = {
        loss_ahead: ("isoflops", "misfitting"),
        isoflop_sources: ("isoflops",),
        best_rates: ("steplaw",),
        rates_ahead: ("steplaw",),
    }
    for name in tables.get(experiment, ()):
        rows = present(import_module(f"predictions.data.runs.{name}").table)
        for column in ("loss", "parameters"):
            assert not np.isin(drawn, rows[column].dropna()).any(), (name, column)


def test_a_term_that_falls_beyond_floats_is_nothing_ahead(monkeypatch):
    """Of few drawn runs a fit may take an exponent of 37, whose factor overflows: what is left is E + A / N^alpha."""
    size, tokens = np.logspace(8, 9.5, 30), np.logspace(10, 11.5, 30)
    runs = sources.Collection(size, tokens, 2 + 1e3 * size**-0.3, np.arange(30))
    monkeypatch.setattr(loss_ahead, "collection", lambda name: runs)
    monkeypatch.setattr(loss_ahead, "fit_surface", lambda *given, **more: np.array([2.0, 1e3, 0.3, np.inf, 37.0]))
    loss_ahead._start.cache_clear()
    forecast = loss_ahead._forecast("none", "published", np.random.default_rng(0))
    loss_ahead._start.cache_clear()
    assert forecast["surface"] == pytest.approx(forecast["measured"])
