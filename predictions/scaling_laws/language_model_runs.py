"""Language-model runs (size, compute, loss): the published points, planted ones, and how both are resampled.

The published points are 245 runs that Besiroglu et al. 2024 (arXiv 2404.10102) read off figure 4 of Hoffmann et al.
2022. Most lie on nine IsoFLOP curves, the rest between them. Tokens are D = C / 6N.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from predictions.data.chinchilla import load_chinchilla
from predictions.scaling_laws.parametric_fit import fit_surface, log_loss

BUDGETS = np.array([6e18, 1e19, 3e19, 6e19, 1e20, 3e20, 6e20, 1e21, 3e21])  # FLOP, as in Hoffmann et al.'s figure 3
ON_CURVE = (0.83, 1.05)  # of the nominal budget: runs come out up to 17% short of it
BINS_A_DECADE = 8  # of compute, for the runs between the curves
OUTLIERS = 5  # runs with the highest losses (stopped within a billion tokens), dropped as the refit of 2024 does
NOISE = 0.0048  # of ln L: 1.48 times the median absolute residual (0.0032) of the published points' own fit

FLOOR, REDUCIBLE = 1.8, 0.7  # of planted surfaces: nats a token, the latter at 10^9 parameters and 10^20 FLOP
CURVES = 40
# of planted runs: alpha and beta of L = E + A N^-alpha + B D^-beta
EXPONENTS = {
    "planted-steep": (0.396, 0.367),
    "planted-shallow": (0.3, 0.367),
    "planted-equal": (0.35, 0.35),
    "planted-slow-data": (0.35, 0.259),
}


@dataclass(frozen=True)
class Runs:
    """Size in parameters, compute in FLOP, loss in nats a token and number of the IsoFLOP curve: four arrays (rows,).

    The curves are numbered from 0; -1 is a run between them.
    """

    size: np.ndarray
    compute: np.ndarray
    loss: np.ndarray
    curve: np.ndarray

    @property
    def tokens(self) -> np.ndarray:
        """Training tokens D = C / 6N (rows,)."""
        return self.compute / (6 * self.size)

    def where(self, rows: np.ndarray) -> Runs:
        """The runs that a mask (rows,) selects."""
        return Runs(self.size[rows], self.compute[rows], self.loss[rows], self.curve[rows])


def published_runs(*, outliers: str = "dropped") -> Runs:
    """The 240 published runs without the five highest losses, or all 245 if the outliers are "kept"."""
    size, compute, loss = load_chinchilla()
    runs = Runs(size, compute, loss, curve_of(compute))
    return runs if outliers == "kept" else runs.where(runs.loss < np.sort(runs.loss)[-OUTLIERS])


def shuffled_runs(runs: Runs, rng: np.random.Generator) -> Runs:
    """The same runs with sizes permuted: loss and compute stay together, size means nothing any more."""
    return replace(runs, size=rng.permutation(runs.size))


def planted_runs(runs: Runs, parameters: np.ndarray, rng: np.random.Generator) -> Runs:
    """Losses of a known surface (5 or 6 parameters) at the same sizes and compute, with log-normal noise."""
    noise = NOISE * rng.standard_normal(len(runs.size))
    return replace(runs, loss=np.exp(log_loss(parameters, runs.size, runs.tokens) + noise))


def designed_runs(budgets: np.ndarray) -> Runs:
    """An IsoFLOP curve a budget, 20 sizes 8 times either side of 10^9 (C / 10^20)^(1/2); losses still to be planted."""
    centre = 1e9 * np.sqrt(budgets / 1e20)
    size = centre[:, None] * 8.0 ** np.linspace(-1, 1, 20)
    compute = np.broadcast_to(budgets[:, None], size.shape)
    curve = np.broadcast_to(np.arange(len(budgets))[:, None], size.shape)
    return Runs(size.ravel(), compute.ravel(), np.ones(size.size), curve.ravel())


def curve_of(compute: np.ndarray) -> np.ndarray:
    """Number of the published IsoFLOP curve on which a run lies, -1 between the curves: (rows,)."""
    ratio = compute[:, None] / BUDGETS
    on_curve = (ratio > ON_CURVE[0]) & (ratio < ON_CURVE[1])
    return np.where(on_curve.any(axis=1), on_curve.argmax(axis=1), -1)


def resample(runs: Runs, rng: np.random.Generator, *, split: float = 0.0) -> np.ndarray:
    """How often each run counts (rows,) in a resample of whole clusters of compute.

    A cluster is an IsoFLOP curve, or the runs between the curves within an eighth of a decade. Curves are drawn among
    curves, bins among bins, and those above the compute `split` among themselves.
    """
    between = np.floor(BINS_A_DECADE * np.log10(runs.compute)).astype(int)
    above = runs.compute > split
    draws = np.zeros(len(runs.size), dtype=np.int16)
    for rows, cluster in ((runs.curve >= 0, runs.curve), (runs.curve < 0, between)):
        for stratum in (rows & ~above, rows & above):
            members, index = np.unique(cluster[stratum], return_inverse=True)
            if len(members):
                times = np.bincount(rng.integers(len(members), size=len(members)), minlength=len(members))
                draws[stratum] = times[index]
    return draws


def planted_surface(alpha: float, beta: float) -> np.ndarray:
    """Parameters (5,) of a surface whose size of least loss at 10^20 FLOP is 10^9."""
    tokens = 1e20 / (6 * 1e9)
    size_term = REDUCIBLE * beta / (alpha + beta)
    token_term = REDUCIBLE - size_term
    return np.array([FLOOR, size_term * 1e9**alpha, alpha, token_term * tokens**beta, beta])


def drawn_runs(data: str, rng: np.random.Generator) -> Runs:
    """The 240 published runs, or 800 on forty IsoFLOP curves with losses of a known surface and 0.48% of noise."""
    if data == "published":
        return published_runs()
    design = designed_runs(np.geomspace(BUDGETS[0], BUDGETS[-1], CURVES))
    return planted_runs(design, planted_surface(*EXPONENTS[data]), rng)


def starting_surface(data: str) -> np.ndarray:
    """Parameters (5,) at which the fit of a resample starts: the fit to all published runs, or what was planted."""
    if data == "published":
        runs = published_runs()
        return fit_surface(runs.size, runs.tokens, runs.loss)
    return planted_surface(*EXPONENTS[data])
