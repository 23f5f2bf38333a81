"""Task losses and accuracies of OLMo-2 7B and 13B, beside fits to models of 190M to 3B parameters.

Data       bits a byte of right answers and accuracies on eight multiple-choice tasks (MMLU's four parts averaged) of
           30 models of 190M to 3B parameters at 10 to 200 tokens a parameter; the 7B model after its last decay, the
           13B model as the mean of its last five evaluations (`model`). `data`: published; planted, bits by an
           additive law and accuracies by a sigmoid with the noise of `NOISE`; or shuffled, sizes permuted once among
           the 30 together with their tokens. Nothing is trained.
Observed   the drawn tasks' bits a byte and accuracies of the large model. Given beside them, for each drawn task: E,
           A, alpha, B, beta of its bits, the sigmoid from bits to accuracy, and straight lines in ln C; of the 30
           models only.
Trial      a resample of the eight tasks; planted data have fresh noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy.optimize import least_squares

from predictions.data.runs import olmo_ladder
from predictions.large_runs.clusters import draw
from predictions.large_runs.drawings import Drawings, equality, joined, places
from predictions.scaling_laws.parametric_fit import fit_surface, log_loss

MMLU = tuple(f"mmlu_{part}_test" for part in ("stem", "humanities", "social_sciences", "other"))
TASKS = {  # those of Bhagia et al. 2024, section 3
    "mmlu": MMLU,
    "hellaswag": ("hellaswag_val",),
    "arc-challenge": ("arc_challenge_test",),
    "arc-easy": ("arc_easy_test",),
    "piqa": ("piqa_val",),
    "csqa": ("csqa_val",),
    "socialiqa": ("socialiqa_val",),
    "openbookqa": ("openbookqa_test",),
}
LARGE = {"7B": ("peteish7_eval_anneal", 1), "13B": ("peteish13_eval_full", 5)}  # evaluations averaged
NOISE = {"bits": 0.01, "accuracy": 0.015}  # of ln bits; of accuracies: a thousand questions
PLANTED_BITS = np.array([0.4, 120.0, 0.3, 350.0, 0.3])  # E, A, alpha, B, beta
PLANTED_SIGMOID = np.array([0.3, 0.65, 0.85, 8.0])  # floor, height, middle in bits, steepness


def prepare(setting: Mapping, seeds: np.ndarray) -> tuple[dict[str, np.ndarray], tuple[list, dict[str, np.ndarray]]]:
    """Given: `large` N, D and C (trials, 3), and its tasks' fits: `surface` (trials, 8, 5), `sigmoid` (trials, 8, 4).

    `lines` (trials, 8, 4): level and slope in ln C of bits, of accuracies; `nearest` (trials, 8, 2): both of the small
    model of most compute.
    """
    small, large, answers = _published(setting["model"])
    fits = None if setting["data"] == "planted" else _fits(setting["model"], setting["data"])
    given: dict[str, list] = {}
    state, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        tasks = draw(rng, len(TASKS))
        truth = answers
        if fits is None:
            scores, truth = _planted(small[0], rng), _planted(large[None], rng)[:, 0]
        found = fits or _fit_tasks(small[0], scores, start=PLANTED_BITS)
        row = {name: value[tasks] for name, value in found.items()}
        for name, value in (row | {"large": large}).items():
            given.setdefault(name, []).append(value)
        state.append(truth[tasks])
        drawings.add(*_drawn(found["surface"], small[0], small[1] if fits else scores, large, truth))
    return {name: np.array(values) for name, values in given.items()}, (state, drawings.arrays())


def measure(setting: Mapping, state: tuple[list, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Bits a byte and accuracies of the large model on the drawn tasks: (trials, 8) both; the drawing has bits."""
    scores, drawings = state
    found = np.array(scores)
    return {"task_bits": found[..., 0], "task_accuracy": found[..., 1], **drawings}


def fit_sigmoid(bits: np.ndarray, accuracy: np.ndarray) -> np.ndarray:
    """Floor, height, middle and steepness (4,) of accuracy = floor + height / (1 + exp(steepness (bits - middle)))."""
    start = np.array([accuracy.min(), max(0.95 - accuracy.min(), 0.1), np.median(bits), 5.0])
    bounds = ([0, 0, 0, 0.1], [1, 1, 5, 50])

    def residuals(it: np.ndarray) -> np.ndarray:
        return it[0] + it[1] / (1 + np.exp(it[3] * (bits - it[2]))) - accuracy

    return least_squares(residuals, np.clip(start, *bounds), bounds=bounds).x


def _drawn(surfaces, sizes, scores, large, truth) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bits of all tasks over what the surfaces (8, 5) say: every third small model, the large one, and equality."""
    forecasts = np.exp([log_loss(it, sizes[:, 0], sizes[:, 1]) for it in surfaces])
    ahead = np.exp([log_loss(it, *large[:2]) for it in surfaces])
    given = joined(places(it[::3], bits[::3], k) for k, (it, bits) in enumerate(zip(forecasts, scores[..., 0])))
    return given, places(ahead, truth[:, 0], np.arange(len(TASKS))), equality(np.append(forecasts, ahead))


def _fit_tasks(sizes: np.ndarray, scores: np.ndarray, *, start: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Of sizes (30, 3), N, D and C, and scores (8, 30, 2), bits and accuracy: the fits of each task."""
    log_compute = np.log(sizes[:, 2])
    most = np.argmax(sizes[:, 2])
    fits: dict[str, list] = {"surface": [], "sigmoid": [], "lines": [], "nearest": []}
    for bits, accuracy in np.moveaxis(scores, 2, 1):
        fits["surface"].append(fit_surface(sizes[:, 0], sizes[:, 1], bits, start=start))
        fits["sigmoid"].append(fit_sigmoid(bits, accuracy))
        fits["lines"].append(
            np.concatenate([np.polyfit(log_compute, values, 1) for values in (np.log(bits), accuracy)])
        )
        fits["nearest"].append([bits[most], accuracy[most]])
    return {name: np.array(values) for name, values in fits.items()}


def _planted(sizes: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scores (8, rows, 2) at sizes (rows, 3)."""
    noise = rng.standard_normal((2, len(TASKS), len(sizes)))
    exact = log_loss(PLANTED_BITS, sizes[:, 0], sizes[:, 1])
    floor, height, middle, steepness = PLANTED_SIGMOID
    accuracy = floor + height / (1 + np.exp(steepness * (np.exp(exact) - middle)))
    return np.stack([np.exp(exact + NOISE["bits"] * noise[0]), accuracy + NOISE["accuracy"] * noise[1]], axis=2)


@cache
def _fits(model: str, data: str) -> dict[str, np.ndarray]:
    (sizes, scores), _, _ = _published(model)
    return _fit_tasks(np.random.default_rng(0).permutation(sizes) if data == "shuffled" else sizes, scores)


@cache
def _published(model: str) -> tuple[tuple[np.ndarray, np.ndarray], np.ndarray, np.ndarray]:
    """Small models' sizes (30, 3) and scores (8, 30, 2), the large one's (3,) and (8, 2)."""
    runs = olmo_ladder.table()
    small = runs[runs["final"] & (runs["schedule"] == "cosine to a tenth")]
    name, averaged = LARGE[model]
    large = runs[runs["run"] == name].sort_values("tokens").tail(averaged)
    columns = ["parameters", "tokens", "flop"]
    return (small[columns].to_numpy(), _scores(small)), large[columns].to_numpy()[-1], _scores(large).mean(axis=1)


def _scores(rows) -> np.ndarray:
    """Bits and accuracy of each task (8, rows, 2)."""
    return np.array(
        [
            np.stack([rows[[f"{kind}_{part}" for part in parts]].mean(axis=1) for kind in ("bpb", "accuracy")], axis=1)
            for parts in TASKS.values()
        ]
    )
