"""What two to four epochs over the same tokens cost language models, against one epoch over as many different ones.

Data       final losses on held-out text of 14 pairs of runs of one size and one number of tokens, 35M to 8.7B
           parameters (`data`: published); or losses planted at the same sizes, tokens and epochs with 0.3% of noise:
           planted-decay, by the published law, or planted-quarter, where a repeated token teaches a quarter of a new
           one. Nothing is trained.
Observed   excess of ln L of the run with the most epochs up to four over that with one. Given beside it: sizes, tokens
           and unique tokens of the runs with repeats.
Trial      resamples pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from predictions.data.runs import repetition
from predictions.large_runs.clusters import draw
from predictions.large_runs.drawings import NOTHING, Drawings, along, places
from predictions.large_runs.repetition_law import PUBLISHED, repeated_loss

FEW = (1.5, 4.1)  # epochs of a pair's repeated run: "up to four", and no name is exact
NOISE = 0.003  # of ln L: four seeds of one setting spread by .05% at 2.8B parameters, by .2 to 1% at 4.2B


def prepare(
    setting: Mapping, seeds: np.ndarray
) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Given: `pairs` (trials, 3, pairs), sizes, tokens and unique tokens of the drawn runs with repeats."""
    inputs, published = _published()
    pairs, excesses, drawings = [], [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        excess = published
        if setting["data"] != "published":
            size, tokens, unique = inputs
            quarter = unique + (tokens - unique) / 4
            worth = {"planted-decay": (tokens, unique), "planted-quarter": (quarter, quarter)}[setting["data"]]
            again = repeated_loss(PUBLISHED, size, *worth)
            noise = NOISE * rng.standard_normal((2, len(size)))
            excess = np.log(again / repeated_loss(PUBLISHED, size, tokens, tokens)) + noise[0] - noise[1]
        drawn = draw(rng, inputs.shape[1])
        pairs.append(inputs[:, drawn])
        excesses.append(excess[drawn])
        size = inputs[0]
        drawings.add(NOTHING, places(size, 100 * excess), places(along(size), 100 * excesses[-1].mean()))
    return {"pairs": np.array(pairs)}, (np.array(excesses), drawings.arrays())


def measure(setting: Mapping, state: tuple[np.ndarray, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Mean over the drawn pairs of the excess of ln L (trials,), and that of each (trials, pairs).

    The drawing has the excess of all pairs, in per cent, and the mean of the drawn.
    """
    excesses, drawings = state
    return {"excess_of_few_epochs": excesses.mean(axis=1), "excesses": excesses, **drawings}


@cache
def _published() -> tuple[np.ndarray, np.ndarray]:
    """Sizes, tokens and unique tokens of the runs with repeats (3, pairs), and their excess of ln L (pairs,)."""
    runs = repetition.table().query("fitted")
    inputs, excesses = [], []
    for _, same in runs.groupby(["parameters", "tokens"]):
        once, few = same[same["epochs"] == 1], same[same["epochs"].between(*FEW)]
        if len(once) and len(few):
            again = few.loc[few["epochs"].idxmax()]
            inputs.append(again[["parameters", "tokens", "unique_tokens"]].to_numpy(float))
            excesses.append(np.log(again["loss"] / once["loss"].mean()))
    return np.array(inputs).T, np.array(excesses)
