"""Predictions for the losses of language models: the additive scaling law and its rivals.

Hoffmann et al. 2022 (arXiv 2203.15556), section 3.3: L(N, D) = E + A / N^alpha + B / D^beta, with C = 6 N D.
Parameters travel as (E, A, alpha, B, beta).
"""

from __future__ import annotations

import numpy as np

# Hoffmann et al. 2022: the values in the TeX source behind the typeset 406.4, 410.7, 1.69, 0.34, 0.28 (there as
# ln A, ln B and ln E); made known by Besiroglu et al. 2024 (arXiv 2404.10102)
HOFFMANN_UNROUNDED = np.array([np.exp(0.5267228), np.exp(6.0073404), 0.33917084, np.exp(6.0179186), 0.2849083])
HOFFMANN_TYPESET = np.array([1.69, 406.4, 0.34, 410.7, 0.28])
BESIROGLU_REFIT = np.array([1.8172, 482.01, 0.3478, 2085.43, 0.3658])


def additive_law(parameters, size, tokens):
    """Loss L = E + A / N^alpha + B / D^beta, nats a token. Hoffmann et al. 2022, eq. 2."""
    floor, size_factor, alpha, token_factor, beta = parameters
    return floor + size_factor / size**alpha + token_factor / tokens**beta


def optimal_size(parameters, compute):
    """Size of least loss at fixed C = 6 N D: N = G (C / 6)^a, G = (alpha A / beta B)^(1 / (alpha + beta)),

    a = beta / (alpha + beta). Hoffmann et al. 2022, eq. 4.
    """
    _, size_factor, alpha, token_factor, beta = parameters
    scale = (alpha * size_factor / (beta * token_factor)) ** (1 / (alpha + beta))
    return scale * (compute / 6) ** (beta / (alpha + beta))


def allocation_exponent(setting, given):
    """Slope of ln N_opt against ln C over the drawn IsoFLOP curves, about a = beta / (alpha + beta).

    The five constants behind each curve's optimum are fitted to the other runs only. A parabola's vertex is 0.01 off
    a at most (the published design, exact losses).
    """
    return _slope_over_curves(given, optimal_size)


def exchanged_allocation_exponent(setting, given):
    """The same with the exponents exchanged, a = alpha / (alpha + beta): right at 10^20 FLOP, wrong growth."""

    def exchanged(parameters, compute):
        _, _, alpha, _, beta = parameters
        return optimal_size(parameters, 1e20) * (compute / 1e20) ** (alpha / (alpha + beta))

    return _slope_over_curves(given, exchanged)


def unrounded_mean_log_loss(setting, given):
    """Mean of ln L over the drawn runs by the published law with the constants of the TeX source."""
    return _mean_log_loss(HOFFMANN_UNROUNDED, given)


def typeset_mean_log_loss(setting, given):
    """The same with the constants as typeset, to two decimals in E, alpha and beta."""
    return _mean_log_loss(HOFFMANN_TYPESET, given)


def refit_mean_log_loss(setting, given):
    """The same with the constants that Besiroglu et al. 2024 fitted to these very runs."""
    return _mean_log_loss(BESIROGLU_REFIT, given)


def extrapolated_mean_log_loss(setting, given):
    """Mean of ln L over the drawn runs above the split; all five constants come from runs below it."""
    return _mean_log_loss(given["surface_below"], given)


def floorless_mean_log_loss(setting, given):
    """The same by ln L = k - a ln N - b ln D, a power law that falls for ever; constants from runs below the split."""
    level, by_size, by_tokens = given["power_law_below"]
    log_loss = level - by_size * np.log(given["size"] / 1e9) - by_tokens * np.log(given["tokens"] / 1e9)
    return np.average(log_loss, weights=given["draws"])


def saturated_mean_log_loss(setting, given):
    """The same if compute above the split bought nothing: N and D shrunk alike until 6 N D = 8 10^20."""
    shrink = np.sqrt(8e20 / (6 * given["size"] * given["tokens"]))
    shrunk = {"size": given["size"] * shrink, "tokens": given["tokens"] * shrink, "draws": given["draws"]}
    return _mean_log_loss(given["surface_below"], shrunk)


def _mean_log_loss(parameters, runs):
    log_loss = np.log(additive_law(parameters, runs["size"], runs["tokens"]))
    return np.average(log_loss, weights=runs["draws"])


def _slope_over_curves(given, size_of):
    drawn = given["curve_draws"] > 0
    compute, times = given["curve_compute"][drawn], given["curve_draws"][drawn]
    log_size = np.log([size_of(fit, budget) for fit, budget in zip(given["held_out_fit"][drawn], compute, strict=True)])
    centred = np.log(compute) - np.average(np.log(compute), weights=times)
    return (times * centred) @ log_size / ((times * centred) @ centred)
