"""Coverage of 128 problems of MATH by 10,000 samples of seven language models, beside fits to 200 of them.

Data       how many of 10,000 samples of each of seven Pythia models solve each problem (`data`: published); or the
           same of planted models and problems: the chance that a sample is right is drawn from a beta distribution
           (planted-beta), or the same with chances below one in 200 set to 0 (planted-exhausted). Nothing is trained.
           `few` samples a problem are given, the rest is held out.
Observed   coverage of each model, the mean chance over the drawn problems that at least one of `most` samples is right;
           of other numbers of samples it is drawn. Given beside it, for each model: the beta distribution of greatest
           likelihood for the few samples, and their own coverage at 1/10 and all of them.
Trial      a resample of problems, the same for all models, and a fresh choice of which samples are the few.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.optimize import minimize
from scipy.special import betaln

from predictions.data.runs import monkeys
from predictions.large_runs.clusters import draw
from predictions.large_runs.drawings import along, places

PROBLEMS, SAMPLES = 128, 10_000
MODELS = 7
# shapes of planted models: means of .17 to 2.4%; .4% and coverage .59 at 10,000 is what Brown et al. 2024 (arXiv
# 2407.21787, section 2) report of about the hardest, Pythia-160M
PLANTED = [(0.25, float(b)) for b in np.geomspace(10, 150, MODELS)]
RARE = 1 / 200
CURVE = (1, 3, 10, 30, 100, 200, 300, 1000, 3000, 10_000)  # samples


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Given: shapes (trials, 7, 2) of the beta fits, and coverage at `few`/10 and `few` samples (trials, 7, 2)."""
    few = setting["few"]
    given: dict[str, list] = {"shapes": [], "early_coverage": []}
    drawn = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        correct = _counts(setting["data"], rng)[:, draw(rng, PROBLEMS)]
        seen = rng.hypergeometric(correct, SAMPLES - correct, few)
        given["shapes"].append([beta_shapes(counts, few) for counts in seen])
        given["early_coverage"].append(
            np.stack([monkeys.pass_at(k, np.array(few), seen).mean(axis=1) for k in (few // 10, few)], axis=1)
        )
        drawn.append(correct)
    arrays = {name: np.array(values) for name, values in given.items()}
    return arrays, {"correct": np.array(drawn), "shapes": arrays["shapes"]}


def measure(setting: Mapping, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Coverage at `most` samples of each model (trials, 7), and what is drawn of it.

    The drawing has the coverage of all samples at 1, 10, ... up to `few` of them (given), beyond (ahead), and the beta
    distribution's.
    """
    correct, shapes = state["correct"], state["shapes"]
    models = np.arange(MODELS)[:, None]

    def curve(samples: list[int]) -> np.ndarray:
        values = [monkeys.pass_at(k, np.array(SAMPLES), correct).mean(axis=2) for k in samples]
        return np.stack([places(samples, it, models) for it in np.stack(values, axis=2)])

    line = along(np.array(CURVE))
    a, b = shapes[..., :1], shapes[..., 1:]
    beta = -np.expm1(betaln(a, b + line) - betaln(a, b))
    return {
        "coverages": monkeys.pass_at(setting["most"], np.array(SAMPLES), correct).mean(axis=2),
        "runs_given": curve([k for k in CURVE if k <= setting["few"]]),
        "runs_ahead": curve([k for k in CURVE if k > setting["few"]]),
        "forecast_line": np.stack([places(line, it, models) for it in beta]),
    }


def beta_shapes(correct: np.ndarray, samples: int) -> np.ndarray:
    """Shapes (2,) of the beta distribution of chances that makes so many right ones of `samples` most likely."""

    def minus_log_likelihood(logs: np.ndarray) -> float:
        a, b = np.exp(logs)
        return -np.sum(betaln(a + correct, b + samples - correct) - betaln(a, b))

    # a bound on both: with no right one at all the likelihood has no maximum
    bounds = [(np.log(1e-3), np.log(1e2)), (np.log(1e-2), np.log(1e6))]
    start = np.log([0.3, 30.0])
    return np.exp(minimize(minus_log_likelihood, start, bounds=bounds, method="L-BFGS-B").x)


def _counts(data: str, rng: np.random.Generator) -> np.ndarray:
    """Right samples of each model and problem (7, 128)."""
    if data == "published":
        return _published()
    chances = np.stack([rng.beta(*shapes, size=PROBLEMS) for shapes in PLANTED])
    if data == "planted-exhausted":
        chances = np.where(chances < RARE, 0.0, chances)
    return rng.binomial(SAMPLES, chances)


@cache
def _published() -> np.ndarray:
    counts = monkeys.table().pivot(index="parameters", columns="problem", values="correct")
    return counts.to_numpy()
