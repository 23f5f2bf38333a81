"""Theory functions against direct minimisation, published digits and cases by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from predictions.scaling_laws import theory

LAW = np.array([1.8, 420.0, 0.3, 1900.0, 0.45])


def test_the_optimal_size_is_that_of_direct_minimisation():
    for compute in (1e19, 3e21):
        found = minimize_scalar(
            lambda log_size, c=compute: theory.additive_law(LAW, np.exp(log_size), c / (6 * np.exp(log_size))),
            bounds=(np.log(1e6), np.log(1e12)),
            method="bounded",
            options={"xatol": 1e-8},
        )
        assert np.log(theory.optimal_size(LAW, compute)) == pytest.approx(found.x, abs=1e-5)


def test_the_published_law_gives_the_published_size_for_gophers_compute():
    # Hoffmann et al. 2022, figure 4: by their third approach, 40 billion parameters for Gopher's 5.76e23 FLOP
    assert theory.optimal_size(theory.HOFFMANN_UNROUNDED, 5.76e23) == pytest.approx(40e9, rel=0.2)


def curves(law, draws):
    return {
        "curve_draws": np.array(draws),
        "curve_compute": np.array([1e19, 1e20, 1e21]),
        "held_out_fit": np.array([law, law, law]),
    }


def test_the_allocation_exponent_is_beta_over_the_sum():
    assert theory.allocation_exponent({}, curves(LAW, [1, 1, 1])) == pytest.approx(0.45 / 0.75)
    assert theory.exchanged_allocation_exponent({}, curves(LAW, [2, 1, 0])) == pytest.approx(0.3 / 0.75)


def test_curves_that_were_not_drawn_do_not_matter():
    given = curves(LAW, [2, 0, 1])
    given["held_out_fit"][1] = np.nan
    assert theory.allocation_exponent({}, given) == pytest.approx(0.45 / 0.75)


def test_the_unrounded_constants_round_to_the_typeset_ones():
    floor, size_factor, alpha, token_factor, beta = theory.HOFFMANN_UNROUNDED
    rounded = [round(floor, 2), round(size_factor, 1), round(alpha, 2), round(token_factor, 1), round(beta, 2)]
    assert rounded == theory.HOFFMANN_TYPESET.tolist()


def test_a_mean_counts_rows_as_often_as_they_were_drawn():
    given = {"size": np.array([1e8, 1e9, 1e10]), "tokens": np.array([1e9, 1e10, 1e11]), "draws": np.array([2, 0, 1])}
    small, _, large = (1.69 + 406.4 * given["size"] ** -0.34 + 410.7 * given["tokens"] ** -0.28).tolist()
    expected = (2 * np.log(small) + np.log(large)) / 3
    assert theory.typeset_mean_log_loss({}, given) == pytest.approx(expected)


def test_the_floorless_law_is_a_plane_in_logarithms():
    given = {
        "size": np.array([1e9, 1e10]),
        "tokens": np.array([1e9, 1e11]),
        "draws": np.array([1, 1]),
        "power_law_below": np.array([1.2, 0.1, 0.05]),
    }
    assert theory.floorless_mean_log_loss({}, given) == pytest.approx(1.2 - (0.1 * np.log(10) + 0.05 * np.log(100)) / 2)


def test_saturation_stops_at_the_split_and_keeps_the_allocation():
    size, tokens = np.array([4e9]), np.array([8e20 * 9 / 6 / 4e9])  # nine times the split's compute
    given = {"size": size, "tokens": tokens, "draws": np.array([1]), "surface_below": LAW}
    expected = np.log(theory.additive_law(LAW, size[0] / 3, tokens[0] / 3))
    assert theory.saturated_mean_log_loss({}, given) == pytest.approx(expected)
    assert theory.extrapolated_mean_log_loss({}, given) < expected
