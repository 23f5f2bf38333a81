"""Exact answers of strong language models on a task said to emerge, beside their graded scores.

Data       shares of exact answers and BLEU of 65 public base models on the transliteration task of BIG-Bench, two
           examples in the prompt, 1,003 questions (`data`: published); or exact answers planted with binomial noise at
           the published graded scores: the power of them that the weaker models' answers make most likely
           (planted-power), or nothing but a straight line (planted-line); or graded scores permuted among the weaker
           models (shuffled). Nothing is trained. Given are the 40 models of at most 8.4 10^22 FLOP, those on which
           "emergence" is forecast by Ruan et al.; ahead are the 25 others, five of them of unknown compute.
Observed   shares of exact answers, mean of each drawn family's models ahead. Given beside them: graded scores of the
           models ahead and, of the weaker ones, the power, the straight line, and the best share.
Trial      resamples families on both sides; planted answers are fresh.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.optimize import minimize_scalar

from predictions.data.runs import observational
from predictions.large_runs.clusters import draw, draw_rows
from predictions.large_runs.drawings import NAMES, Drawings, along, places

CUT = 8.4e22  # FLOP
QUESTIONS = 1003  # the shares are multiples of 1 / 1,003
WITHIN = (0.2, 10.0)  # exponents that are tried


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Given: `power` and `slope` (trials,) of the weaker models, `best` (trials,), their highest share.

    `graded` and `members` (trials, families, models): graded scores of the drawn families' models ahead, from 0 to 1,
    and whether there is such a model.
    """
    graded, exact, weak, family = _published()
    names = np.unique(family[~weak])
    most = max((family[~weak] == name).sum() for name in names)
    given: dict[str, list] = {name: [] for name in ("power", "slope", "best", "graded", "members")}
    measured, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        ours, shares = graded, exact
        if setting["data"] == "shuffled":
            ours = np.where(weak, _permuted(graded, weak, rng), graded)
        elif setting["data"] != "published":
            power, slope = _fits(graded[weak], exact[weak], np.ones(weak.sum()))
            chance = graded**power if setting["data"] == "planted-power" else np.minimum(slope * graded, 1)
            shares = rng.binomial(QUESTIONS, chance) / QUESTIONS
        counts = draw_rows(rng, family[weak])
        power, slope = _fits(ours[weak], shares[weak], counts)
        drawn = names[draw(rng, len(names))]
        rows = [np.flatnonzero(~weak & (family == name)) for name in drawn]
        given["power"].append(power)
        given["slope"].append(slope)
        given["best"].append(shares[weak][counts > 0].max())
        given["graded"].append([np.pad(graded[it], (0, most - len(it))) for it in rows])
        given["members"].append([np.arange(most) < len(it) for it in rows])
        measured.append([shares[it].mean() for it in rows])
        line = along(graded)
        drawings.add(*(places(ours[side], shares[side]) for side in (weak, ~weak)), places(line, line**power))
    arrays = {name: np.array(values, dtype=float) for name, values in given.items()}
    return arrays, {"shares": np.array(measured), **drawings.arrays()}


def measure(setting: Mapping, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Mean share of exact answers of each drawn family ahead (trials, families), and what is drawn of the models."""
    return {"exact_shares": state["shares"], **{name: state[name] for name in NAMES}}


def fit_power(graded: np.ndarray, exact: np.ndarray, counts: np.ndarray) -> float:
    """k of greatest likelihood if each of 1,003 answers is exact with chance graded^k; rows count so often."""
    right = np.round(QUESTIONS * exact)

    def minus_log_likelihood(power: float) -> float:
        log_chance = power * np.log(graded)
        return -counts @ (right * log_chance + (QUESTIONS - right) * np.log(-np.expm1(log_chance)))

    return float(minimize_scalar(minus_log_likelihood, bounds=WITHIN, method="bounded").x)


def _fits(graded: np.ndarray, exact: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """The power, and the slope of greatest likelihood of shares that are proportional to graded scores."""
    return fit_power(graded, exact, counts), float(counts @ exact / (counts @ graded))


def _permuted(graded: np.ndarray, weak: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    permuted = graded.copy()
    permuted[weak] = rng.permutation(graded[weak])
    return permuted


@cache
def _published() -> tuple[np.ndarray, ...]:
    """Graded scores from 0 to 1, shares of exact answers, whether a model is among the weaker, its family."""
    rows = observational.emergent().dropna(subset=["ipa_transliterate_2_bleu", "ipa_transliterate_2_exact_match"])
    graded, exact = (rows[f"ipa_transliterate_2_{metric}"].to_numpy() for metric in ("bleu", "exact_match"))
    return graded / 100, exact, (rows["flop"] <= CUT).to_numpy(), rows["family"].to_numpy(dtype=str)
