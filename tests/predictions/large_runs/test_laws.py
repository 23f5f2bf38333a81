"""The laws against numbers from elsewhere: by hand, in closed forms of their own, and as published."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from predictions.large_runs import annealing_laws, rate_schedules, rate_theory
from predictions.large_runs.accuracy_theory import probit_accuracies
from predictions.large_runs.allocation_theory import counted_exponent, recounted_exponent
from predictions.large_runs.annealing import fit_curve
from predictions.large_runs.coverage import beta_shapes
from predictions.large_runs.coverage_theory import beta_coverage, logarithmic_coverage
from predictions.large_runs.exponents_theory import equal_mean, quanta_mean
from predictions.large_runs.graded_theory import line_shares, power_shares
from predictions.large_runs.ladder import fit_sigmoid
from predictions.large_runs.many_epochs import fit_decays
from predictions.large_runs.over_trained_law import exponent_in_compute, over_trained_log_loss
from predictions.large_runs.over_trained_theory import straight_losses
from predictions.large_runs.repetition_law import PUBLISHED, repeated_loss
from predictions.large_runs.repetition_theory import (
    exhausted_log_loss,
    forecast_log_loss,
    fresh_log_loss,
    published_excess,
    published_log_loss,
    quarter_excess,
    worthless_excess,
)
from predictions.large_runs.routed_theory import bilinear_log_loss, separable_log_loss
from predictions.large_runs.shapes_theory import shapeless_losses


def test_rates_are_those_of_their_schedules():
    assert rate_schedules.rates("cosine_24000", 24_000)[[0, -1]] == pytest.approx([1, 0.1])
    assert rate_schedules.rates("cosine_24000", 24_000)[(24_000 - 2160) // 2] == pytest.approx(0.55)
    exponential = rate_schedules.rates("wsd_20000_24000", 24_000)
    assert exponential[[17_839, 17_840, 19_840, -1]] == pytest.approx([1, 1, 0.1**0.5, 0.1], rel=1e-3)
    linear = rate_schedules.rates("wsdld_20000_24000", 24_000)
    assert linear[[17_840, 19_840, -1]] == pytest.approx([1, 0.55, 0.1])
    assert rate_schedules.rates("wsdcon_9", 14_000)[[5839, 5840]] == pytest.approx([1, 0.3])


def test_annealing_sum_of_one_fall_is_a_geometric_series():
    # a fall by 0.7 at step 8,000 counts (1 - lambda^n) / (1 - lambda) times n steps on
    after = np.arange(14_000 - 8000 + 1) + 1
    expected = 0.7 * (1 - 0.999**after) / (1 - 0.999) / 1000
    np.testing.assert_allclose(rate_schedules.annealing_sum("wsdcon_9", 14_000)[8000 - 2160 :], expected, rtol=1e-9)


def test_rate_sum_of_a_cosine_is_its_mean():
    # a warm-up of 2,160 steps is worth half of them; a cosine from 1 to 0.1 is 0.55 in the mean
    total = rate_schedules.rate_sum("cosine_24000", 24_000)[-1]
    assert total == pytest.approx((1080 + 0.55 * (24_000 - 2160)) / 1000, rel=1e-4)


def test_both_laws_are_one_power_law_at_a_constant_rate():
    at = rate_schedules.evaluated(24_000)
    by_sum = 2.5 + 1.5 * ((1080 + at + 1) / 1000) ** -0.6
    tissue = annealing_laws.annealing_curve((2.5, 1.5, 0.6, 0.3), "constant_24000", 24_000, at)
    luo = annealing_laws.multi_power_curve((2.5, 1.5, 0.6, 0.4, 1.0, 0.5, 0.5), "constant_24000", 24_000, at)
    np.testing.assert_allclose(tissue, by_sum)
    np.testing.assert_allclose(luo, by_sum)


def test_multi_power_law_of_one_fall_by_hand():
    # L0 + A S1^-a - B (eta_0 - eta) (1 - (1 + C eta^-g S)^-b), S the sum of rates since the fall
    last, at = 14_000, np.array([14_000 - 2160])
    found = annealing_laws.multi_power_curve((2.5, 1.5, 0.6, 0.4, 2.0, 0.5, 0.7), "wsdcon_9", last, at)
    total = (1080 + 5840 + 0.3 * (last - 8000 + 1)) / 1000
    since = 0.3 * (last - 8000) / 1000
    expected = 2.5 + 1.5 * total**-0.6 - 0.4 * 0.7 * (1 - (1 + 2.0 * 0.3**-0.7 * since) ** -0.5)
    assert found[0] == pytest.approx(expected, abs=2e-3)  # falls are felt from the end of their block of 128 steps


def test_a_planted_training_curve_is_fitted():
    truth = np.array([2.6, 2.0, 0.5, 0.3])
    curves = {
        schedule: (
            24_000,
            np.log(annealing_laws.annealing_curve(truth, schedule, 24_000, rate_schedules.evaluated(24_000))),
        )
        for schedule in annealing_laws.FITTED
    }
    found = fit_curve(annealing_laws.annealing_curve, curves, np.log([[2.5, 1.0, 0.4, 0.2]]))
    np.testing.assert_allclose(found, truth, rtol=0.01)


def test_repeats_are_worth_what_muennighoff_et_al_say():
    # without repeats and with parameters that the tokens can use, the law is an additive one
    additive = np.exp(PUBLISHED[2]) + np.exp(PUBLISHED[0]) * 1e8**-0.3526596 + np.exp(PUBLISHED[1]) * 1e11**-0.3526596
    assert repeated_loss(PUBLISHED, 1e8, 1e11, 1e11) == pytest.approx(additive)
    # infinitely many epochs are worth R* + 1 = 16.4 of them (section 6), for a model that is small enough
    forever = repeated_loss(PUBLISHED, 1e7, 1e16, 1e9)
    as_fresh = np.exp(PUBLISHED[2]) + np.exp(PUBLISHED[0]) * 1e7**-0.3526596
    assert forever == pytest.approx(as_fresh + np.exp(PUBLISHED[1]) * (16.387756e9) ** -0.3526596)


def test_four_epochs_cost_little_and_worthless_ones_much():
    given = {"pairs": np.array([[2.8e8], [4e9], [1e9]])}
    assert 0 < published_excess({}, given) < 0.03
    # the additive law at a quarter of the tokens, by hand
    terms = [np.exp(PUBLISHED[0]) * 2.8e8**-0.3526596, np.exp(PUBLISHED[1]) * 4e9**-0.3526596]
    once = np.exp(PUBLISHED[2]) + sum(terms)
    assert worthless_excess({}, given) > np.log1p(terms[1] * (4**0.3526596 - 1) / once) * 0.99
    quarter = np.log1p(terms[1] * ((4 / 1.75) ** 0.3526596 - 1) / once)  # 1e9 + 3e9 / 4 of 4e9 tokens
    assert quarter * 0.99 < quarter_excess({}, given) < worthless_excess({}, given) * 0.8


@pytest.mark.parametrize("samples", [1, 200, 10_000])
def test_coverage_is_the_chance_of_a_beta_binomial_that_is_not_zero(samples):
    given = {"shapes": np.array([[0.3, 40.0], [0.6, 10.0]])}
    expected = [1 - stats.betabinom.pmf(0, samples, *shapes) for shapes in given["shapes"]]
    assert beta_coverage({"most": samples}, given) == pytest.approx(expected, rel=1e-9)


def test_shapes_are_those_that_were_planted():
    chances = np.random.default_rng(0).beta(0.5, 20, size=4000)
    found = beta_shapes(np.random.default_rng(1).binomial(200, chances), 200)
    np.testing.assert_allclose(found, [0.5, 20], rtol=0.1)


def test_a_line_in_the_logarithm_of_samples():
    given = {"early_coverage": np.array([[0.1, 0.3], [0.5, 0.7]])}
    assert logarithmic_coverage({"few": 100, "most": 1000}, given) == pytest.approx([0.5, 0.9])


def test_exponents_of_two_collections():
    given = {"size_exponents": np.array([0.25, 1.0])}
    assert quanta_mean({}, given) == pytest.approx((0.2 + 0.5) / 2)
    assert equal_mean({}, given) == pytest.approx(0.625)


def test_routed_models_by_the_published_coefficients():
    # Clark et al. 2022, table 3, S-Base without saturation: log10 L at 10^9 parameters and 100 experts
    law = np.log(10) * np.array([-0.082, -0.108, 0.009, 1.104])
    given = {
        "law": law,
        "separable": law[[0, 1, 3]],
        "size": np.array([9.0]),
        "experts": np.array([2.0]),
        "counts": [1],
    }
    assert bilinear_log_loss({}, given) == pytest.approx(np.log(10) * (-0.738 - 0.216 + 0.162 + 1.104))
    assert separable_log_loss({}, given) == pytest.approx(np.log(10) * (-0.738 - 0.216 + 1.104))


def test_a_sigmoid_is_found():
    bits = np.linspace(0.6, 1.4, 30)
    accuracy = 0.25 + 0.6 / (1 + np.exp(9 * (bits - 0.95)))
    np.testing.assert_allclose(fit_sigmoid(bits, accuracy), [0.25, 0.6, 0.95, 9], rtol=1e-3)


def test_step_law_of_a_billion_parameters_by_hand():
    # Li et al. 2025, eq. 1: 1.79 N^-0.713 D^0.307 and 0.58 D^0.571 at N = 10^9, D = 10^11
    given = {
        "shapes": np.log([[1e9, 1e11, 2048.0]]),
        "rate_law": [np.log(1.79), -0.713, 0.307],
        "batch_law": [np.log(0.58), 0.571],
    }
    rate, batch = 1.79 * 10 ** (-6.417 + 3.377), 0.58 * 10**6.281
    for law in (rate_theory.step_law_rate, rate_theory.published_rate):
        assert law({}, given) == pytest.approx([rate]), law
    for law in (rate_theory.step_law_batch, rate_theory.published_batch):
        assert law({}, given) == pytest.approx([batch]), law


def test_rival_rules_of_rate_and_batch():
    given = {
        "shapes": np.log([[1e8, 1e10, 1024.0], [4e8, 4e10, 2048.0]]),
        "offsets": [np.log(2.048), np.log(1e-3)],
        "by_compute": np.array([[np.log(0.3), -0.125], [np.log(0.3), 0.25]]),
        "mean_batch": np.log(5e5),
    }
    np.testing.assert_allclose(rate_theory.width_rate({}, given), [2e-3, 1e-3])
    np.testing.assert_allclose(rate_theory.constant_rate({}, given), 1e-3)
    np.testing.assert_allclose(rate_theory.constant_batch({}, given), 5e5)
    compute = np.array([6e18, 9.6e19])
    np.testing.assert_allclose(rate_theory.compute_rate({}, given), 0.3 * compute**-0.125)
    np.testing.assert_allclose(rate_theory.compute_batch({}, given), 0.3 * compute**0.25)


@pytest.mark.parametrize("layer", [0.0, 6e4])
def test_a_recounted_surface_is_least_where_an_optimiser_finds_it(layer):
    # a last layer of 60,000 N^(1/3) parameters: a vocabulary times a width that grows as a cube root
    floor, a, alpha, b, beta = surface = np.array([1.8, 220.0, 0.35, 700.0, 0.30])
    sizes, budgets = np.geomspace(3e6, 3e10, 60), np.geomspace(1e20, 1e22, 6)

    def loss(log_size, compute):
        size = np.exp(log_size)
        return floor + a * (size + layer * size ** (1 / 3)) ** -alpha + b * (compute / (6 * size)) ** -beta

    within = tuple(np.log(sizes[[0, -1]]))
    best = [optimize.minimize_scalar(loss, bounds=within, args=(c,), method="bounded").x for c in budgets]
    slope, _ = np.polyfit(np.log(budgets), best, 1)
    given = {
        "counted": surface,
        "sizes": np.stack([sizes, sizes + layer * sizes ** (1 / 3)], axis=1),
        "budgets": budgets,
    }
    assert recounted_exponent({}, given) == pytest.approx(slope, abs=2e-3)
    assert counted_exponent({}, given) == pytest.approx(0.30 / 0.65)
    # without a layer both counts agree; with one, small models lose most by leaving it out, and the exponent rises
    raised = recounted_exponent({}, given) - counted_exponent({}, given)
    assert raised > 0.02 if layer else raised == pytest.approx(0, abs=1e-3)


def test_decays_that_were_planted_are_fitted():
    size, epochs = np.repeat([1e8, 1e9, 4e9], 4), np.tile([1.0, 3.0, 8.0, 16.0], 3)
    inputs = np.stack([size, 5e9 * epochs, np.full(12, 5e9)])
    truth = np.append(PUBLISHED[:4], [9.0, 4.0])
    found = fit_decays(inputs, np.log(repeated_loss(truth, *inputs)), np.ones(12, dtype=int))
    np.testing.assert_allclose(found, [9.0, 4.0], rtol=1e-3)


def test_forecasts_of_many_epochs():
    # 10^8 parameters, 100 epochs over 10^10 tokens, which can use that many parameters: each law by its exponents
    floor, size_term, token_term = np.exp(PUBLISHED[2]), np.exp(PUBLISHED[0]), np.exp(PUBLISHED[1])
    given = {"ahead": np.array([[1e8], [1e12], [1e10]]), "counts": [3], "decays": [20.0, 5.0]}

    def by_tokens(epochs):
        return np.log(floor + size_term * 1e8**-0.3526596 + token_term * (1e10 * epochs) ** -0.3526596)

    def worth(repeats, decay):
        return 1 + decay * (1 - np.exp(-repeats / decay))

    assert forecast_log_loss({}, given) == pytest.approx(by_tokens(worth(99, 20.0)))
    assert published_log_loss({}, given) == pytest.approx(by_tokens(worth(99, 15.387756)))
    assert fresh_log_loss({}, given) == pytest.approx(by_tokens(100))
    assert exhausted_log_loss({"fitted_epochs": 16}, given) == pytest.approx(by_tokens(worth(15, 15.387756)))


def test_over_training_law_is_an_additive_law_of_equal_exponents():
    # Gadre et al. 2024, eqs. 3 and 4: eta = alpha / 2, a = A 6^eta, b = B 6^eta
    size, tokens = np.array([1e7, 4e8, 7e9]), np.array([6e9, 8e9, 1.4e11])
    eta, factor_a, factor_b = 0.13, 200.0, 300.0
    additive = np.log(1.7 + factor_a * size ** (-2 * eta) + factor_b * tokens ** (-2 * eta))
    law = np.log([1.7, factor_a * (6 / 1e19) ** eta, factor_b * (6 / 1e19) ** eta, np.exp(eta)])
    np.testing.assert_allclose(over_trained_log_loss(law, 6 * size * tokens, tokens / size), additive)


def test_exponent_in_compute_is_that_of_each_multiplier():
    # two multipliers, offset from each other, both falling as C^-0.05
    compute, multiplier = np.array([1e18, 1e20, 1e19, 1e21]), np.array([2.0, 2.0, 8.0, 8.0])
    runs = np.stack([compute, 20 * multiplier, multiplier], axis=1)[None]
    log_losses = -0.05 * np.log(compute) + 0.3 * (multiplier > 4)
    assert exponent_in_compute(runs, log_losses[None]) == pytest.approx(0.05)


def test_straight_losses_are_linear_in_logarithms():
    given = {"plane": np.array([[4.0, -0.1, -0.05]]), "ahead": np.array([[[6 * 1e8 * 1e10, 100.0, 5.0]]])}
    assert straight_losses({}, given) == pytest.approx(np.exp(4.0) * 1e8**-0.1 * 1e10**-0.05)


def test_a_curve_of_shapes_by_hand():
    given = {"curve": np.log([1.5, 2.0, np.exp(0.2)]), "ahead": np.array([[1e8, 3e8, 512.0], [1e10, 2e10, 4096.0]])}
    assert shapeless_losses({}, given) == pytest.approx([1.5 + 2.0, 1.5 + 2.0 * 100**-0.2])


def test_exact_shares_of_families_by_hand():
    given = {
        "power": 2.0,
        "slope": 0.5,
        "graded": np.array([[0.5, 0.0], [0.2, 0.4]]),
        "members": np.array([[1, 0], [1, 1]]),
    }
    assert power_shares({}, given) == pytest.approx([0.25, 0.1])
    assert line_shares({}, given) == pytest.approx([0.25, 0.15])


def test_probits_of_one_standard_deviation():
    # Phi(1) = .8413; on the line y = x - 1 it becomes Phi(0) = .5
    given = {"probits": np.array([1.0, -1.0]), "own": np.array([[0.841344746]]), "members": np.array([[1.0]])}
    assert probit_accuracies({}, given) == pytest.approx([0.5])
