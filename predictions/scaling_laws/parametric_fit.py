"""The five-parameter loss surface L(N, D) = E + A N^-alpha + B D^-beta and its robust fit.

Hoffmann et al. 2022, section 3.3 (eq. 3): a Huber loss of width 1e-3 on residuals of ln L, minimised by L-BFGS from
several starts. A sixth parameter may bend the size term at 10^9 parameters. Parameters travel as an array
(E, A, alpha, B, beta) or (E, A, alpha, B, beta, slope_ratio).
"""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import minimize

HUBER_WIDTH = 1e-3
BREAK_SIZE = 1e9  # parameters; above it the size term falls as N^-(slope_ratio alpha)
PIVOT_TOKENS = 2e10
STARTS = tuple(product((0.2, 0.35, 0.5), repeat=2))  # alpha, beta
BREAK_STARTS = (0.3, 0.6, 1.0, 1.5)


def log_loss(parameters: np.ndarray, size: np.ndarray, tokens: np.ndarray) -> np.ndarray:
    """ln L (rows,) of the surface, with a bend at 10^9 parameters if a slope ratio is given."""
    terms, _ = _terms(_coordinates(parameters), np.log(size / BREAK_SIZE), np.log(tokens / PIVOT_TOKENS))
    return np.log(sum(terms))


def fit_surface(
    size: np.ndarray,
    tokens: np.ndarray,
    loss: np.ndarray,
    *,
    draws: np.ndarray | None = None,
    start: np.ndarray | None = None,
    bent: bool = False,
) -> np.ndarray:
    """Parameters (5,), or (6,) if bent, of the smallest Huber objective; `draws` (rows,) says how often a row counts.

    Without a start the best of nine (or 36) is taken; a resample starts from one (parameters,) or several
    (starts, parameters) near the full data's.
    """
    draws = np.ones(len(size)) if draws is None else draws
    drawn = draws > 0
    rows = np.log(size[drawn] / BREAK_SIZE), np.log(tokens[drawn] / PIVOT_TOKENS), np.log(loss[drawn])
    counts = draws[drawn].astype(float)
    starts = _starts(loss[drawn], bent=bent) if start is None else [_coordinates(it) for it in np.atleast_2d(start)]
    fits = [
        # coordinates centred on the data are nearly uncorrelated: 40 evaluations where A and B themselves need hundreds
        minimize(
            huber_objective,
            first,
            (*rows, counts),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": 300, "maxcor": 20, "ftol": 1e-13, "gtol": 1e-9},
        )
        for first in starts
    ]
    return _parameters(min(fits, key=lambda fitted: fitted.fun).x)


def huber_objective(
    coordinates: np.ndarray, log_size: np.ndarray, log_tokens: np.ndarray, log_losses: np.ndarray, counts: np.ndarray
) -> tuple[float, np.ndarray]:
    """Sum over rows of Huber(ln L_fit - ln L) / width, and its gradient.

    Coordinates are ln E, ln of the size term at 10^9 parameters, alpha, ln of the token term at 2 10^10 tokens, beta
    [, slope ratio]; log_size and log_tokens are relative to these pivots.
    """
    terms, bent_size = _terms(coordinates, log_size, log_tokens)
    floor, size_term, token_term = terms
    surface = floor + size_term + token_term
    residuals = np.log(surface) - log_losses
    clipped = np.clip(residuals, -HUBER_WIDTH, HUBER_WIDTH)
    value = counts @ (clipped * (residuals - 0.5 * clipped))
    by_surface = counts * clipped / surface
    by_size, by_tokens = by_surface * size_term, by_surface * token_term
    gradient = [
        floor * by_surface.sum(),
        by_size.sum(),
        -by_size @ bent_size,
        by_tokens.sum(),
        -by_tokens @ log_tokens,
    ]
    if len(coordinates) == 6:
        gradient.append(-coordinates[2] * (by_size @ np.maximum(log_size, 0)))
    return value / HUBER_WIDTH, np.array(gradient) / HUBER_WIDTH


def _terms(coordinates, log_size, log_tokens):
    """Floor, size term and token term, and the log size as the bend stretches it."""
    log_floor, log_size_term, alpha, log_token_term, beta, *ratio = coordinates
    bent_size = np.minimum(log_size, 0) + ratio[0] * np.maximum(log_size, 0) if ratio else log_size
    # the line search may try exponents at which a term is infinite: it then steps back
    with np.errstate(over="ignore"):
        size_term, token_term = np.exp(log_size_term - alpha * bent_size), np.exp(log_token_term - beta * log_tokens)
    return (np.exp(log_floor), size_term, token_term), bent_size


def _coordinates(parameters: np.ndarray) -> np.ndarray:
    floor, size_factor, alpha, token_factor, beta, *ratio = parameters
    log_size_term = np.log(size_factor) - alpha * np.log(BREAK_SIZE)
    log_token_term = np.log(token_factor) - beta * np.log(PIVOT_TOKENS)
    return np.array([np.log(floor), log_size_term, alpha, log_token_term, beta, *ratio])


def _parameters(coordinates: np.ndarray) -> np.ndarray:
    log_floor, log_size_term, alpha, log_token_term, beta, *ratio = coordinates
    size_factor = np.exp(log_size_term + alpha * np.log(BREAK_SIZE))
    token_factor = np.exp(log_token_term + beta * np.log(PIVOT_TOKENS))
    return np.array([np.exp(log_floor), size_factor, alpha, token_factor, beta, *ratio])


def _starts(loss: np.ndarray, *, bent: bool) -> list[np.ndarray]:
    """A floor of 0.85 of the smallest loss, both terms equal at the pivots, and a grid of exponents."""
    floor = 0.85 * loss.min()
    term = max(np.median(loss) - floor, 0.05) / 2
    return [
        np.array([np.log(floor), np.log(term), alpha, np.log(term), beta, *ratio])
        for alpha, beta in STARTS
        for ratio in ([(value,) for value in BREAK_STARTS] if bent else [()])
    ]
