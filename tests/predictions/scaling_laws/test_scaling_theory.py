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


def test_the_refit_by_the_digits_of_its_paper():
    """Besiroglu et al. 2024, equation 3: 1.8172 + 482.01/N^0.3478 + 2085.43/D^0.3658."""
    given = {"size": np.array([2e8, 3e9]), "tokens": np.array([5e9, 6e10]), "draws": np.array([1, 3])}
    first, second = 1.8172 + 482.01 * given["size"] ** -0.3478 + 2085.43 * given["tokens"] ** -0.3658
    expected = (np.log(first) + 3 * np.log(second)) / 4
    assert theory.refit_mean_log_loss({}, given) == pytest.approx(expected)
    other = np.exp(0.5267228) + np.exp(6.0073404) * given["size"] ** -0.33917084
    other = np.log(other + np.exp(6.0179186) * given["tokens"] ** -0.2849083)
    assert theory.unrounded_mean_log_loss({}, given) == pytest.approx((other[0] + 3 * other[1]) / 4)


def test_exchanged_exponents_agree_at_the_compute_where_they_meet():
    given = curves(LAW, [1, 1, 1])
    given["held_out_fit"] = np.array([[1.8, 420.0, a, 1900.0, b] for a, b in [(0.3, 0.45), (0.35, 0.4), (0.28, 0.5)]])
    sizes = []
    for (_, big, alpha, more, beta), compute in zip(given["held_out_fit"], given["curve_compute"]):
        scale = (alpha * big / (beta * more)) ** (1 / (alpha + beta))
        at_meeting = scale * (1e20 / 6) ** (beta / (alpha + beta))
        sizes.append(at_meeting * (compute / 1e20) ** (alpha / (alpha + beta)))
    slope = np.log(sizes[2] / sizes[0]) / np.log(100)  # three equally spaced curves: the middle one does not matter
    assert theory.exchanged_allocation_exponent({}, given) == pytest.approx(slope)
