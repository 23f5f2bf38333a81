"""Predictions for scaling laws: of language models, of networks that cut up manifolds, of skills learned one by one.

Language models: L(N, D) = E + A / N^alpha + B / D^beta, C = 6 N D (Hoffmann et al. 2022, arXiv 2203.15556, section
3.3); parameters travel as (E, A, alpha, B, beta). Rival explanations of alpha and beta follow.
Manifolds: with N pieces of diameter s ~ N^(-1/d), a fit of order p to a smooth function of d variables errs by s^p, its
square by N^(-2p/d).
Skills (Michaud et al. 2023, arXiv 2303.13506, section 2) of frequencies p_k ~ k^-(1 + alpha) are learned whole or not
at all, in the order of their frequency; the loss is the weight of those that are not learned.
"""

from __future__ import annotations

import numpy as np
from scipy.stats import poisson

from predictions.instruments.fits import log_slope
from predictions.scaling_laws.quanta_setting import frequencies_of, sample_sizes, zipf_frequencies

# Hoffmann et al. 2022: the values in the TeX source behind the typeset 406.4, 410.7, 1.69, 0.34, 0.28 (there as
# ln A, ln B and ln E); made known by Besiroglu et al. 2024 (arXiv 2404.10102)
HOFFMANN_UNROUNDED = np.array([np.exp(0.5267228), np.exp(6.0073404), 0.33917084, np.exp(6.0179186), 0.2849083])
HOFFMANN_TYPESET = np.array([1.69, 406.4, 0.34, 410.7, 0.28])
BESIROGLU_REFIT = np.array([1.8172, 482.01, 0.3478, 2085.43, 0.3658])
# Hoffmann et al. 2022 (arXiv 2203.15556), table A9: millions of parameters and width (d_model) of their models
MODEL_SHAPES = np.array(
    [
        *[(44, 512), (57, 576), (74, 640), (90, 640), (106, 640), (117, 768), (140, 768), (163, 768), (175, 896)],
        *[(196, 896), (217, 896), (251, 1024), (278, 1024), (306, 1024), (425, 1280), (489, 1280), (509, 1408)],
        *[(552, 1280), (587, 1408), (632, 1536), (664, 1408), (724, 1536), (816, 1536), (893, 1792), (1018, 1792)],
        *[(1143, 1792), (1266, 2048), (1424, 2176), (1429, 2048), (1593, 2048), (1609, 2176), (1731, 2304)],
        *[(1794, 2176), (2007, 2304), (2283, 2304), (2298, 2560), (2639, 2560), (2980, 2560), (3530, 2688)],
        *[(3802, 2816), (4084, 2944), (4516, 3072), (6796, 3584), (9293, 4096), (11452, 4352), (12295, 4608)],
        *[(12569, 4608), (13735, 4864), (14940, 4992), (16183, 5120)],
    ]
)
MEASURED_WIDTH_EXPONENT = 0.91  # of the loss of open-sourced language models: Liu et al. 2025 (arXiv 2505.10465)


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


def kaplan_allocation_exponent(setting, given):
    """0.73, there of parameters without embeddings: Kaplan et al. 2020 (arXiv 2001.08361), section 6.1."""
    return 0.73


def extrapolated_optimal_size(setting, given):
    """Size of least loss at the highest budget, by the surface fitted to the curves below it (`optimal_size`)."""
    return optimal_size(given["surface_below"], given["compute"])


def extrapolated_least_loss(setting, given):
    """Least loss there, nats a character: the surface at that size and the rest of the compute."""
    return _loss_at(extrapolated_optimal_size(setting, given), given)


def extrapolated_loss_of_the_smallest(setting, given):
    """The surface at a quarter of the size in the middle of the highest curve, (C / 6 r)^{1/2}."""
    return _loss_at((given["compute"] / 6 / setting["tokens_per_parameter"]) ** 0.5 / 4, given)


def floorless_least_loss(setting, given):
    """Least losses of the curves below on a line of ln L in ln C, which falls for ever."""
    compute = given["compute_below"]
    least = np.log(np.min(given["losses_below"], axis=1))
    return float(np.exp(np.polyval(np.polyfit(np.log(compute), least, 1), np.log(given["compute"]))))


def least_loss_below(setting, given):
    """Least loss of the highest given budget: more compute buys nothing."""
    return float(given["losses_below"][-1].min())


def best_size_below(setting, given):
    """Size of least loss of the surface at the highest given budget: more compute goes into data alone."""
    return optimal_size(given["surface_below"], given["compute_below"][-1])


def size_in_proportion(setting, given):
    """The same grown as compute, which all goes into the size."""
    return best_size_below(setting, given) * given["compute"] / given["compute_below"][-1]


def _loss_at(size, given):
    return additive_law(given["surface_below"], size, given["compute"] / 6 / size)


def halved_above_the_break(setting, given):
    """Size exponent above 10^9 parameters over that below: 1/4, between none at all and the half of "levels off"."""
    return 1 / 4


def slowed_above_the_break(setting, given):
    """The same: 3/8, between none at all and the three quarters of "slows down"."""
    return 3 / 8


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


def parameters_per_width() -> float:
    """p of N ~ m^p: slope of ln N against ln m over the 50 models of the table, about 2.52."""
    log_size, log_width = np.log(MODEL_SHAPES.T)
    return float(np.polyfit(log_width, log_size, 1)[0])


def superposition_size_exponent(setting, given):
    """alpha = 1/p: under strong superposition the loss falls as 1/m in the width m, and N ~ m^p.

    Liu et al. 2025 (arXiv 2505.10465): squared overlaps of many vectors in m dimensions are of the order of 1/m.
    """
    return 1 / parameters_per_width()


def measured_width_size_exponent(setting, given):
    """alpha = 0.91/p, with the width exponent that Liu et al. 2025 measured on other language models."""
    return MEASURED_WIDTH_EXPONENT / parameters_per_width()


def quanta_token_exponent(setting, given):
    """beta = alpha / (1 + alpha): a quantum used with frequency k^-(1 + alpha) needs so many of its examples.

    Michaud et al. 2023 (arXiv 2303.13506), section 2: n ~ D^(1 / (1 + alpha)) quanta are learned and L ~ n^-alpha.
    """
    alpha = given["size_exponent"]
    return alpha / (1 + alpha)


def dual_token_exponent(setting, given):
    """beta = alpha: model size and data limit the resolution of one spectrum, or of one manifold, alike.

    Bahri et al. 2021 (arXiv 2102.06701); Maloney et al. 2022 (arXiv 2210.16859).
    """
    return given["size_exponent"]


def linear_pieces_exponent(setting, given):
    """alpha = 4/d: pieces on which a relu network is linear. Sharma and Kaplan 2020 (arXiv 2004.10802), section 2."""
    return 4 / setting["dimension"]


def constant_pieces_exponent(setting, given):
    """alpha = 2/d: pieces on which the fit is constant, or a function that is Lipschitz and no more."""
    return 2 / setting["dimension"]


def rough_exponent(setting, given):
    """alpha = 1/d: a function of Hoelder exponent 1/2, whatever the pieces carry."""
    return 1 / setting["dimension"]


def creased_exponent(setting, given):
    """alpha = 2/d: pieces of side h leave h of a function of Hoelder exponent 1, whatever they carry."""
    return 2 / setting["dimension"]


def quantum_slope(setting, given):
    """Slope of ln L in ln D if a parity of n bits is learned once n samples of it are expected, and not before.

    -alpha/(1 + alpha) for infinitely many tasks; the number of tasks is that of the condition.
    """
    frequencies = zipf_frequencies(setting)
    samples = sample_sizes(setting)
    losses = [frequencies[count * frequencies < setting["bits"]].sum() for count in samples]
    return log_slope(samples, losses)


def asymptotic_quantum_slope(setting, given):
    """-alpha/(1 + alpha)."""
    alpha = setting["frequency_exponent"]
    return -alpha / (1 + alpha)


def tasks_slope(setting, given):
    """-alpha, the exponent in the number of tasks that a model can hold, as if data had the same."""
    return -setting["frequency_exponent"]


def gradual_slope(setting, given):
    """Slope of the expected loss itself, for any frequencies: ranks grow one by one, counts are Poisson."""
    frequencies, samples = frequencies_of(setting), sample_sizes(setting)
    missed = missed_after(np.arange(4 * setting["bits"]), setting["bits"])
    losses = [frequencies @ (poisson.pmf(np.arange(len(missed)), count * frequencies[:, None]) @ missed)
              for count in samples]  # fmt: skip
    return log_slope(samples, losses)


def missed_after(counts: np.ndarray, bits: int) -> np.ndarray:
    """Probability that a random input is outside the span of so many others, over two elements: for 0, 1, 2, ..."""
    growth = 1 - 2.0 ** (np.arange(bits + 1) - bits)  # probability that an input raises the rank
    of_rank = np.zeros(bits + 1)
    of_rank[0] = 1.0
    missed = []
    for _ in counts:
        missed.append(of_rank @ growth)
        of_rank = of_rank * (1 - growth) + np.append(0.0, (of_rank * growth)[:-1])
    return np.array(missed)
