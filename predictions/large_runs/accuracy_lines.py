"""Accuracy of good image classifiers on other test sets than their own, beside a line through worse ones.

Data       top-1 accuracy of 338 classifiers on ImageNet's validation set and on another (`test`): ImageNetV2 (matched
           frequency), ImageNet-Sketch, ImageNet-R, or ImageNet-A (`data`: published); or accuracies there planted with
           2% of noise in probits, on a line in probits or on one in accuracies (planted-probits, planted-straight),
           with the slope and level that the published ones have. Nothing is trained. Given are the models of less than
           70% on ImageNet, ahead all others.
Observed   accuracy on the other test set, mean of each drawn family's models ahead; a family is what model names begin
           with. Given beside it: accuracies on ImageNet of the models ahead; lines through those of less than 70%.
Trial      resamples families ahead, and models among the others; planted accuracies have fresh noise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.special import ndtr, ndtri

from predictions.data.runs import imagenet_testbed
from predictions.large_runs.clusters import draw
from predictions.large_runs.drawings import NAMES, Drawings, along, places

TESTS = {
    "v2": "imagenetv2-matched-frequency-format-val",
    "sketch": "imagenet-sketch",
    "r": "imagenet-r",
    "a": "imagenet-a",
}
SPLIT = 0.7
NOISE = 0.02  # of probits: what the worse models leave on ImageNetV2
FEWEST_WRONG = 1e-4  # accuracies are kept so far from 0 and 1 before probits are taken
STEP = 3  # of the models in the drawing, every third


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Given: `probits` and `straight` (trials, 2), slope and level of both lines; `best` (trials,), see below.

    `own` and `members` (trials, families, models): accuracies on ImageNet of the drawn families' models, and whether
    there is such a model; `best` is the other accuracy of the best of the worse models.
    """
    own, published, family = _published(setting["test"])
    worse = own < SPLIT
    names = np.unique(family[~worse])
    most = max((family[~worse] == name).sum() for name in names)
    given: dict[str, list] = {name: [] for name in ("probits", "straight", "best", "own", "members")}
    measured, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        other = published
        if setting["data"] != "published":
            line = ndtr(np.polyval(_line(ndtri(own), ndtri(published), worse), ndtri(own)))
            if setting["data"] == "planted-straight":
                line = np.clip(np.polyval(_line(own, published, worse), own), FEWEST_WRONG, 1 - FEWEST_WRONG)
            other = ndtr(ndtri(line) + NOISE * rng.standard_normal(len(own)))
        ours = np.flatnonzero(worse)
        drawn = ours[draw(rng, len(ours))]
        given["probits"].append(np.polyfit(ndtri(own[drawn]), ndtri(other[drawn]), 1))
        given["straight"].append(np.polyfit(own[drawn], other[drawn], 1))
        given["best"].append(other[drawn[own[drawn].argmax()]])
        rows = [np.flatnonzero(~worse & (family == name)) for name in names[draw(rng, len(names))]]
        given["own"].append([np.pad(own[it], (0, most - len(it)), constant_values=0.5) for it in rows])
        given["members"].append([np.arange(most) < len(it) for it in rows])
        measured.append([other[it].mean() for it in rows])
        at = along(own, logarithmic=False)
        drawings.add(
            *(places(own[side], other[side])[:, ::STEP] for side in (worse, ~worse)),
            places(at, ndtr(np.polyval(given["probits"][-1], ndtri(at)))),
        )
    arrays = {name: np.array(values, dtype=float) for name, values in given.items()}
    return arrays, {"accuracy": np.array(measured), **drawings.arrays()}


def measure(setting: Mapping, state: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Mean accuracy of each drawn family ahead (trials, families), and what is drawn of the models."""
    return {"other_accuracy": state["accuracy"], **{name: state[name] for name in NAMES}}


def _line(x: np.ndarray, y: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return np.polyfit(x[rows], y[rows], 1)


@cache
def _published(test: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Accuracy on ImageNet and on the other test set, and family, of the models that were tested on both."""
    rows = imagenet_testbed.table().dropna(subset=["val", TESTS[test]])
    own, other = (np.clip(rows[name].to_numpy(), FEWEST_WRONG, 1 - FEWEST_WRONG) for name in ("val", TESTS[test]))
    families = [re.match("[a-z]+", name.lower())[0] for name in rows["run"]]  # type: ignore[index]
    return own, other, np.array(families)
