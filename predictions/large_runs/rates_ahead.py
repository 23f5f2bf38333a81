"""Learning rate and batch of least loss in 17 cells of size and tokens, those of most compute held out.

Data       losses of 1,911 language models over learning rate and batch in 17 cells of (N, D) (`data`: published); the
           same with the cells' names permuted once (shuffled); or losses planted on the same grids with 0.2% of noise,
           of a known best rate and batch (planted). Nothing is trained. Ahead are the eight cells of most compute 6 N
           D.
Observed   best rates and batches of the drawn cells ahead, at the vertex of a paraboloid of ln L around the best run.
           Given beside them: sizes, tokens, widths and compute of the cells ahead, and power laws fitted to the
           vertices of the others.
Trial      resamples cells, on both sides of the split; planted losses have fresh noise.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from predictions.data.runs import steplaw
from predictions.large_runs.best_rates import NEAR, NOISE, Cell
from predictions.large_runs.clusters import draw
from predictions.large_runs.drawings import Drawings, equality, places

AHEAD = 8  # cells
PLANTED = {"level": np.log(1.79), "size": -0.713, "tokens": 0.307, "batch": np.log(0.58), "batch_tokens": 0.571}
CURVATURE = (0.01, 0.006, -0.004)  # of ln L in ln rate, ln batch, and both: a batch law of 0.2 at fixed size


def prepare(
    setting: Mapping, seeds: np.ndarray
) -> tuple[dict[str, np.ndarray], tuple[np.ndarray, dict[str, np.ndarray]]]:
    """Given: `shapes` (trials, 8, 3) ahead, their ln N, ln D and ln width; fits to the vertices of the drawn others.

    `rate_law` (trials, 3): k, a, b of ln rate = k + a ln N + b ln D; `batch_law` (trials, 2): k, b in ln D;
    `by_compute` (trials, 2, 2): level and slope in ln 6ND of ln rate and ln batch; `offsets` (trials, 2): mean of
    ln rate + ln width, and of ln rate; `mean_batch` (trials,): mean of ln batch.
    """
    given: dict[str, list] = {}
    state, drawings = [], Drawings()
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        cells, vertices = _read(setting["data"], rng)
        below, ahead = draw(rng, len(cells) - AHEAD), len(cells) - AHEAD + draw(rng, AHEAD)
        row = _laws(cells[below], vertices[below]) | {"shapes": cells[ahead]}
        for name, value in row.items():
            given.setdefault(name, []).append(value)
        state.append(vertices[ahead])
        forecasts = np.exp(np.column_stack([np.ones(len(cells)), cells[:, :2]]) @ row["rate_law"])
        both = places(forecasts, np.exp(vertices[:, 0]))
        drawings.add(both[:, :-AHEAD], both[:, -AHEAD:], equality(forecasts))
    return {name: np.array(values) for name, values in given.items()}, (np.array(state), drawings.arrays())


def measure(setting: Mapping, state: tuple[np.ndarray, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Best rates and batches (in tokens) of the drawn cells ahead (trials, 8); the drawing has the rates of all."""
    vertices, drawings = state
    best = np.exp(vertices)
    return {"best_rate": best[..., 0], "best_batch": best[..., 1], **drawings}


def vertex(cell: Cell) -> np.ndarray:
    """ln rate and ln batch (2,) of least loss: the vertex of a paraboloid through the runs near the best one.

    The best run itself where the paraboloid opens downwards or has its vertex farther off than its runs.
    """
    best = np.argmin(cell.log_loss)
    x, y = cell.log_rate - cell.log_rate[best], cell.log_batch - cell.log_batch[best]
    near = (np.abs(x) < NEAR) & (np.abs(y) < NEAR)  # two octaves, inside the grids of ten octaves of batch
    x, y = x[near], y[near]
    design = np.stack([np.ones(len(x)), x, y, x * x, x * y, y * y], axis=1)
    _, bx, by, xx, xy, yy = np.linalg.lstsq(design, cell.log_loss[near], rcond=None)[0]
    hessian = np.array([[2 * xx, xy], [xy, 2 * yy]])
    found = np.zeros(2)
    if np.linalg.eigvalsh(hessian)[0] > 0:
        found = -np.linalg.solve(hessian, [bx, by])
    if np.abs(found).max() > NEAR:
        found = np.zeros(2)
    return found + np.array([cell.log_rate[best], cell.log_batch[best]])


def _laws(cells: np.ndarray, vertices: np.ndarray) -> dict[str, np.ndarray]:
    """Power laws through vertices (rows, 2) of cells (rows, 3)."""
    log_size, log_tokens, log_width = cells.T
    log_rate, log_batch = vertices.T
    ones = np.ones(len(cells))
    log_compute = np.log(6) + log_size + log_tokens
    by_compute = np.linalg.lstsq(np.stack([ones, log_compute], axis=1), vertices, rcond=None)[0].T
    return {
        "rate_law": np.linalg.lstsq(np.stack([ones, log_size, log_tokens], axis=1), log_rate, rcond=None)[0],
        "batch_law": np.linalg.lstsq(np.stack([ones, log_tokens], axis=1), log_batch, rcond=None)[0],
        "by_compute": by_compute,
        "offsets": np.array([np.mean(log_rate + log_width), np.mean(log_rate)]),
        "mean_batch": np.mean(log_batch),
    }


def _read(data: str, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Cells (17, 3) by compute, and vertices (17, 2)."""
    shapes, cells = _published()
    if data == "planted":
        return shapes, np.array([vertex(_planted(*it, rng)) for it in zip(shapes, cells, strict=True)])
    order = np.random.default_rng(0).permutation(len(cells)) if data == "shuffled" else np.arange(len(cells))
    return shapes, _published_vertices()[order]


def _planted(shape: np.ndarray, cell: Cell, rng: np.random.Generator) -> Cell:
    log_size, log_tokens, _ = shape
    x = cell.log_rate - (PLANTED["level"] + PLANTED["size"] * log_size + PLANTED["tokens"] * log_tokens)
    y = cell.log_batch - (PLANTED["batch"] + PLANTED["batch_tokens"] * log_tokens)
    xx, yy, xy = CURVATURE
    noise = NOISE * rng.standard_normal(len(x))
    return Cell(cell.log_rate, cell.log_batch, xx * x * x + yy * y * y + xy * x * y + noise)


@cache
def _published_vertices() -> np.ndarray:
    return np.array([vertex(cell) for cell in _published()[1]])


@cache
def _published() -> tuple[np.ndarray, list[Cell]]:
    """ln N, ln D and ln width of the 17 cells (17, 3), and their runs, in the order of their compute."""
    groups = [runs for _, runs in steplaw.table().groupby(["parameters", "tokens"])]
    groups.sort(key=lambda runs: runs["flop"].iloc[0])
    shapes = np.log([runs[["parameters", "tokens", "width"]].iloc[0].to_numpy(float) for runs in groups])
    return shapes, [Cell(*np.log(runs[["rate", "batch", "loss"]].to_numpy().T)) for runs in groups]
