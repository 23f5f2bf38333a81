"""Losses of over-trained language models, beside Gadre et al.'s law fitted to five small runs of each corpus.

Data       104 models of 11M to 6.9B parameters on three corpora at 5 to 640 tokens a parameter, loss on C4's validation
           set (`data`: published); or losses planted at the same sizes and tokens with 0.5% of noise, by an additive
           law of equal exponents (planted-equal), or by the same if its exponent fell by 5% with each doubling beyond
           20 tokens a parameter (planted-fading). Nothing is trained. Given are the five runs of each corpus to which
           the law's authors fit it: four sizes at 20 tokens a parameter, the smallest also at 320. Ahead are all others
           of more than 20.
Observed   losses of the drawn runs ahead, and their exponent in compute at a fixed number of tokens a parameter: minus
           the slope of ln L in ln C within multipliers, mean over the corpora. Given beside them: the fit, and a plane.
Trial      resamples the runs ahead of each corpus; the five are fixed. Planted losses have fresh noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.optimize import least_squares

from predictions.data.runs import over_training
from predictions.large_runs.drawings import NAMES, NOTHING, Drawings, equality, joined, places
from predictions.large_runs.over_trained_law import exponent_in_compute, over_trained_log_loss
from predictions.large_runs.sources import CORPORA

SMALLEST = "d=96_l=8_h=4"
SMALL = (SMALLEST, "d=512_l=8_h=4", "d=576_l=24_h=8", "d=1024_l=24_h=8")
DRAWN = 19  # runs ahead of each corpus in a resample: C4 has as many, the others one more
NOISE = 0.005  # of ln L, as for other collections
PLANTED = (np.log(1.7), -0.25, 0.9, 0.13)  # ln E, ln a, ln b, eta: near to what the paper prints of the three corpora
FADING = 0.05  # of the exponent, with each doubling


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Given, of each corpus: `fit` (trials, 3, 4) and `plane` (trials, 3, 3) of the five runs.

    Of the drawn runs ahead: `ahead` (trials, 3, 19, 3), compute, tokens a parameter and multiplier; `nearest`
    (trials, 3, 19), the loss of the nearest of the five.
    """
    given: dict[str, list] = {"fit": [], "plane": [], "ahead": [], "nearest": []}
    losses, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        rows = [_corpus(corpus, setting["data"], rng) for corpus in range(len(CORPORA))]
        for name in given:
            given[name].append([row[name] for row in rows])
        losses.append([row["losses"] for row in rows])
        drawings.add(*(joined(row[name] for row in rows) for name in NAMES))
    arrays = {name: np.array(values) for name, values in given.items()}
    return arrays, {"losses": np.array(losses), "ahead": arrays["ahead"], **drawings.arrays()}


def measure(setting: Mapping, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Losses of the drawn runs (trials, 3, 19), their exponent in compute (trials,), and what is drawn of them."""
    pairs = zip(state["ahead"], np.log(state["losses"]), strict=True)
    return {
        "losses_ahead": state["losses"],
        "over_trained_exponent": np.array([exponent_in_compute(*pair) for pair in pairs]),
        **{name: state[name] for name in NAMES},
    }


def fit_law(compute: np.ndarray, ratio: np.ndarray, log_losses: np.ndarray) -> np.ndarray:
    """ln E, ln a, ln b and eta (4,) of least squares of ln L."""
    start = [np.log(0.7) + log_losses.min(), -0.25, 0.9, 0.13]
    return least_squares(
        lambda it: over_trained_log_loss(it, compute, ratio) - log_losses, start, x_scale=[1, 1, 1, 0.1]
    ).x


def _corpus(corpus: int, data: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    size, tokens, multiplier, log_losses, five = _published(corpus)
    compute, ratio = 6 * size * tokens, tokens / size
    if data != "published":
        floor, rising, falling, eta = PLANTED
        eta = eta * (1 - FADING * np.maximum(np.log2(multiplier), 0) * (data == "planted-fading"))
        exact = over_trained_log_loss((floor, rising, falling, eta), compute, ratio)
        log_losses = exact + NOISE * rng.standard_normal(len(size))
    ahead = np.flatnonzero((multiplier > 1) & ~five)
    drawn = ahead[rng.integers(len(ahead), size=DRAWN)]
    fit = fit_law(compute[five], ratio[five], log_losses[five])
    forecasts = np.exp(over_trained_log_loss(fit, compute, ratio))
    design = np.stack([np.ones(len(size)), np.log(size), np.log(tokens)], axis=1)
    apart = np.hypot(*(np.log(it[drawn])[:, None] - np.log(it[five]) for it in (size, tokens)))
    return {
        "fit": fit,
        "plane": np.linalg.lstsq(design[five], log_losses[five], rcond=None)[0],
        "ahead": np.stack([compute, ratio, multiplier], axis=1)[drawn],
        "nearest": np.exp(log_losses[five][apart.argmin(axis=1)]),
        "losses": np.exp(log_losses[drawn]),
        "runs_given": places(forecasts[five], np.exp(log_losses[five]), corpus),
        "runs_ahead": places(forecasts[ahead], np.exp(log_losses[ahead]), corpus)[:, :DRAWN],
        "forecast_line": equality(forecasts) if corpus == 0 else NOTHING,
    }


@cache
def _published(corpus: int) -> tuple[np.ndarray, ...]:
    """N, D, D / 20 N, ln L and whether a run is one of the five, of a corpus: (runs,) each, in order of compute."""
    rows = over_training.table()
    rows = rows[rows["family"] == list(CORPORA.values())[corpus]].sort_values("flop", kind="stable")
    size, tokens, multiplier, loss = rows[["parameters", "tokens", "multiplier", "loss"]].to_numpy().T
    smallest = (rows["model"] == SMALLEST).to_numpy()
    five = (rows["model"].isin(SMALL).to_numpy() & (multiplier == 1)) | (smallest & (multiplier == 16))
    return size, tokens, multiplier, np.log(loss), five
