"""What theory says of gradient flow on N random projections of features with variances lambda_k = k^-b.

Conventions as in `projected_flow`: lambda_k w_k^2 ~ k^-a, dv/dt = -grad L / 2, C = N t, finite number of modes M.
Exponents without a finite size are those of an infinite spectrum, and need a - 1 < b.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from predictions.instruments.fits import log_slope
from predictions.scaling_laws.flow_schedule import best_sizes, budgets, flow_times, model_sizes, spectrum

NODES = 20  # of the Talbot contour: its error is about 10^(-0.6 n), its rounding error 10^(0.26 n - 16)


def flow_losses(variances: np.ndarray, energies: np.ndarray, size: int, times: np.ndarray) -> np.ndarray:
    """Expected loss L(t) at finite times (times,): Bordelon et al. 2024 (arXiv 2402.01092), unlimited data.

    With T = 2t, the Laplace transform of L is

        int_0^inf exp(-s T) L dT = (1/s) sum_k lambda_k w_k^2 kappa / (lambda_k + kappa),
        s = kappa [1 - (1/N) sum_k lambda_k / (lambda_k + kappa)],

    inverted on Talbot's contour (Abate and Valko 2004). N to infinity gives sum_k lambda_k w_k^2 exp(-2 lambda_k t).
    """
    span = 2 * np.asarray(times, dtype=float)
    angles = np.arange(NODES) * np.pi / NODES
    cotangent = np.append(0.0, 1 / np.tan(angles[1:]))
    radius = 0.4 * NODES
    contour = radius * angles * (cotangent + 1j)
    contour[0] = radius
    weights = np.exp(contour) * (1 + 1j * angles * (1 + cotangent**2) - 1j * cotangent)
    weights[0] = 0.5 * np.exp(radius)
    kappa = np.array([_real_kappa(variances, size, radius / it) for it in span], dtype=complex)
    total = np.zeros(len(span))
    for weight, node in zip(weights, contour, strict=True):
        kappa = _kappa(variances, size, node / span, start=kappa)  # neighbouring nodes: Newton stays on the branch
        transform = (kappa[:, None] / (variances + kappa[:, None])) @ energies / (node / span)
        total += (weight * transform).real
    return 0.4 / span * total


def final_loss(variances: np.ndarray, energies: np.ndarray, size: int) -> float:
    """L at infinite time: sum_k lambda_k w_k^2 kappa / (lambda_k + kappa), sum_k lambda_k / (lambda_k + kappa) = N."""
    kappa = _real_kappa(variances, size, 0.0)
    return float(energies @ (kappa / (variances + kappa)))


def time_slope(setting, given):
    """Slope of ln L in ln t of the largest model over the times at which it is read."""
    times = flow_times(setting)
    return log_slope(times, flow_losses(*spectrum(setting), max(model_sizes(setting)), times))


def size_slope(setting, given):
    """Slope of ln L in ln N at infinite time, over the model sizes."""
    return _size_slope(setting, *spectrum(setting))


def compute_slope(setting, given):
    """Slope in ln C of ln of the least loss over the model sizes, each trained for t = C / N."""
    return log_slope(budgets(setting), _losses(setting).min(axis=1))


def best_size_slope(setting, given):
    """Slope in ln C of ln of the model size of least loss, each size trained for t = C / N."""
    return log_slope(budgets(setting), best_sizes(model_sizes(setting), _losses(setting)))


def tilted_time_slope(setting, given):
    """`time_slope` if the projection's entries have the variance k^-c: as if lambda_k were k^-(b + c), same target."""
    times = flow_times(setting)
    return log_slope(times, flow_losses(*_tilted_spectrum(setting), max(model_sizes(setting)), times))


def tilted_size_slope(setting, given):
    """`size_slope` with such a projection."""
    return _size_slope(setting, *_tilted_spectrum(setting))


def tilted_compute_slope(setting, given):
    """`compute_slope` with such a projection."""
    return log_slope(budgets(setting), _losses(setting, tilted=True).min(axis=1))


def tilted_best_size_slope(setting, given):
    """`best_size_slope` with such a projection."""
    return log_slope(budgets(setting), best_sizes(model_sizes(setting), _losses(setting, tilted=True)))


def asymptotic_time_slope(setting, given):
    """-(a - 1)/b: at time t the modes with lambda_k t > 1 are learned."""
    return -(setting["energy_exponent"] - 1) / setting["eigenvalue_exponent"]


def asymptotic_size_slope(setting, given):
    """-min(a - 1, b): N features hold N modes, but a projection's leakage into the first ones is of order N^-b."""
    return -min(setting["energy_exponent"] - 1, setting["eigenvalue_exponent"])


def asymptotic_compute_slope(setting, given):
    """-(a - 1)/(1 + b), with N ~ C^(1/(1 + b)): size and time then limit the loss alike."""
    return -(setting["energy_exponent"] - 1) / (1 + setting["eigenvalue_exponent"])


def asymptotic_best_size_slope(setting, given):
    """1/(1 + b), with t ~ C^(b/(1 + b)): steps grow faster than parameters for b > 1."""
    return 1 / (1 + setting["eigenvalue_exponent"])


def symmetric_compute_slope(setting, given):
    """Slope if time had the exponent of size, a - 1: then N and t both grow as C^(1/2)."""
    return -(setting["energy_exponent"] - 1) / 2


def twice_saturated_size_slope(setting, given):
    """-min(a - 1, 2b): the exponent that Bordelon et al. print for samples and for model size alike."""
    return -min(setting["energy_exponent"] - 1, 2 * setting["eigenvalue_exponent"])


_FIXED_BY = ("eigenvalue_exponent", "energy_exponent", "modes", "smallest", "largest", "tilt")


def _losses(setting, *, tilted=False):
    """Losses (budgets, sizes) at t = C / N."""
    return _cached_losses(*(setting[name] for name in _FIXED_BY), tilted)


@lru_cache(maxsize=32)
def _cached_losses(*fixed):
    setting = dict(zip(_FIXED_BY, fixed, strict=False))
    variances, energies = _tilted_spectrum(setting) if fixed[-1] else spectrum(setting)
    compute = budgets(setting)
    losses = [flow_losses(variances, energies, size, compute / size) for size in model_sizes(setting)]
    return np.array(losses).T


def _size_slope(setting, variances, energies):
    sizes = model_sizes(setting)
    return log_slope(sizes, [final_loss(variances, energies, size) for size in sizes])


def _tilted_spectrum(setting):
    variances, energies = spectrum(setting)
    return variances * np.arange(1.0, len(variances) + 1) ** -setting["tilt"], energies


def _real_kappa(variances, size, s) -> float:
    """The positive kappa with s = kappa [1 - (1/N) sum lambda / (lambda + kappa)] for real s >= 0."""

    def surplus(log_kappa):
        kappa = np.exp(log_kappa)
        return kappa * (1 - np.sum(variances / (variances + kappa)) / size) - s

    low = max(s, variances.min() * (len(variances) / size - 1))  # the bracket is at most 1; there it is at most 0
    high = s + variances.sum() / size
    return float(np.exp(brentq(surplus, np.log(low) - 1e-9, np.log(high) + 1e-9, xtol=1e-14)))


def _kappa(variances, size, s, *, start):
    """kappa (times,) at complex s (times,) by Newton's method from a start (times,)."""
    kappa = start
    for _ in range(50):
        share = variances / (variances + kappa[:, None])
        step = (kappa * (1 - share.sum(axis=1) / size) - s) / (1 - (share**2).sum(axis=1) / size)
        kappa = kappa - step
        if np.all(np.abs(step) < 1e-11 * np.abs(kappa)):
            return kappa
    raise ArithmeticError(f"no kappa found for {size} features")
