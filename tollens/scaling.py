"""Scaling laws of one's own runs: L(N, D) = E + A N^-alpha + B D^-beta, what it says of larger ones, and how surely.

    fitted = fit(pandas.read_csv("runs.csv"))      # columns N (parameters), D (tokens), loss (nats); cluster, if known
    print(fitted)                                  # exponents, best split of compute, rivals on the largest runs
    fitted.forecast(flop=1e24)                     # size, tokens and loss there, with intervals

Hoffmann et al. 2022, section 3.3: a Huber loss of width 1e-3 on residuals of ln L, from nine starts. Compute is 6 N D.
Intervals come from whole clusters drawn again; runs of one cluster (a budget, a family) share what is peculiar to it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from scipy.optimize import minimize
from scipy.special import betaln

from predictions.large_runs.coverage import beta_shapes
from predictions.scaling_laws.parametric_fit import HUBER_WIDTH, fit_surface, log_loss

FEWEST_RUNS, FEWEST_CLUSTERS, SPREAD, ALIKE = 12, 5, 8.0, 0.98
FEWEST_FLOP = 1e10
"""Below it sizes and tokens are in millions or billions, of which the fit's starts know nothing."""
HELD_OUT = 8.0
"""Runs within this factor of the largest compute are held out when laws are compared by what they forecast."""
NAMES = ("E", "A", "alpha", "B", "beta")


class TooLittle(ValueError):
    """The runs cannot tell the law's terms apart; the message says what is missing."""


@dataclass(frozen=True, repr=False)
class ScalingFit:
    """A fitted law with its resamples."""

    runs: pd.DataFrame
    """N, D, loss, flop, cluster, and `residual`: ln loss minus the law's."""
    law: pd.Series
    """E, A, alpha, B, beta."""
    resampled: np.ndarray
    """(resamples, 5): the law of each resample of clusters."""
    rivals: pd.DataFrame
    """By law: the error of ln L (root mean square) on the runs within a factor of 8 of the largest compute, fitted on
    the others, and on how many."""
    level: float
    """Of all intervals."""

    @property
    def exponents(self) -> pd.DataFrame:
        """alpha, beta and a = beta / (alpha + beta), the exponent of the best size in compute, with intervals."""
        alpha, beta = self.resampled[:, 2], self.resampled[:, 4]
        found = {"alpha": (self.law["alpha"], alpha), "beta": (self.law["beta"], beta)}
        found["a"] = self.law["beta"] / (self.law["alpha"] + self.law["beta"]), beta / (alpha + beta)
        rows = {name: {"value": value, **self._limits(value, drawn)} for name, (value, drawn) in found.items()}
        return pd.DataFrame.from_dict(rows, orient="index")

    @property
    def caught(self) -> float:
        """Difference of the exponent a that such runs would show with a chance of 80%, at 5%: 2.8 standard errors."""
        alpha, beta = self.resampled[:, 2], self.resampled[:, 4]
        return float(2.8 * np.std(beta / (alpha + beta)))

    def forecast(
        self, flop: float | None = None, *, size: float | None = None, tokens: float | None = None
    ) -> pd.Series:
        """Loss at a size and a number of tokens, or at the best split of a compute: with a prediction interval.

        The interval holds the law's uncertainty, and the scatter of single runs about it or, if larger, what the law
        missed its largest runs by when it was fitted on the smaller ones. It holds nothing of what lies beyond the law:
        another architecture, other data, a bend; benchmarks/forecast_coverage.py says how often that was enough.
        `beyond`: how many times the largest compute that was fitted.
        """
        if (flop is None) == (size is None and tokens is None):
            raise ValueError("give flop, or size and tokens")
        laws = np.vstack([self.law.to_numpy(), self.resampled])
        if flop is not None:
            sizes = best_size(laws, flop)
            pairs = sizes, flop / 6 / sizes
        elif size is None or tokens is None:
            raise ValueError("give size and tokens both, or flop")
        else:
            pairs = np.full(len(laws), float(size)), np.full(len(laws), float(tokens))
        logs = np.array([float(log_loss(law, n, d)) for law, n, d in zip(laws, *pairs)])
        scatter = float(np.quantile(np.abs(self.runs["residual"]), 0.68))  # a standard deviation, if they are normal
        missed = float(self.rivals["error"].get("chinchilla", 0.0))
        noise = np.random.default_rng(0).standard_normal(len(laws) - 1) * max(scatter, missed)
        told: dict[str, float] = {}
        for name, values in {"N": np.log(pairs[0]), "D": np.log(pairs[1]), "loss": logs}.items():
            limits = self._limits(values[0], values[1:], noise if name == "loss" else 0.0)
            told |= {name: np.exp(values[0])} | {f"{name}_{side}": np.exp(it) for side, it in limits.items()}
        return pd.Series({**told, "beyond": 6 * told["N"] * told["D"] / self.runs["flop"].max()})

    def _limits(self, value: float, drawn: np.ndarray, noise: np.ndarray | float = 0.0) -> dict[str, float]:
        """Quantiles of the resamples about the value, wider where clusters are few.

        Resamples of k clusters scatter too little by ((k - 1)/k)^1/2, and what k clusters say of their scatter is
        itself uncertain: Student's quantile stands in for the normal one.
        """
        clusters = self.runs["cluster"].nunique()
        tail = (1 + self.level) / 2
        wider = np.sqrt(clusters / (clusters - 1)) * stats.t.ppf(tail, clusters - 1) / stats.norm.ppf(tail)
        low, high = np.quantile(value + wider * (drawn - np.median(drawn)) + noise, [1 - tail, tail])
        return {"low": low, "high": high}

    def __repr__(self) -> str:
        runs, a = self.runs, self.exponents.loc["a"]
        lines = [
            f"{len(runs)} runs in {runs['cluster'].nunique()} clusters, "
            f"{runs['flop'].min():.2g} to {runs['flop'].max():.2g} FLOP",
            "L = {E:.4g} + {A:.4g} N^-{alpha:.3f} + {B:.4g} D^-{beta:.3f}".format(**self.law),
            self.exponents.to_string(float_format="{:.3f}".format),
            f"Best size grows as C^{a['value']:.2f} ({self.level:.0%}: {a['low']:.2f} to {a['high']:.2f}); "
            f"these runs would show a difference of {self.caught:.2f}.",
            f"Error of ln L on the runs within a factor of {HELD_OUT:g} of the largest compute, fitted on the others:",
            self.rivals.to_string(float_format="{:.4f}".format),
        ]
        return "\n".join(lines)


def fit(
    runs: pd.DataFrame,
    *,
    size: str = "N",
    tokens: str = "D",
    loss: str = "loss",
    cluster: str | None = None,
    resamples: int = 200,
    level: float = 0.9,
    seed: int = 0,
) -> ScalingFit:
    """Fit the law to a table of runs, a row a finished run. Raises TooLittle where it cannot be told.

    `cluster` names a column of what runs share; without it runs of a quarter of a decade of compute are one cluster.
    """
    if missing := [name for name in (size, tokens, loss, *([cluster] if cluster else [])) if name not in runs.columns]:
        there = ", ".join(map(str, runs.columns))
        raise ValueError(
            f"there is no column {missing[0]!r}; there are {there}; say which is which by size, tokens and loss "
            "(--size, --tokens, --loss)"
        )
    table = pd.DataFrame({"N": runs[size], "D": runs[tokens], "loss": runs[loss]}).astype(float).reset_index(drop=True)
    table["flop"] = 6 * table["N"] * table["D"]
    table["cluster"] = runs[cluster].to_numpy() if cluster else np.floor(4 * np.log10(table["flop"]))
    _check(table)
    columns = [table[name].to_numpy() for name in ("N", "D", "loss")]
    law = fit_surface(*columns)
    codes = table["cluster"].factorize()[0]
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        times = np.bincount(generator.integers(codes.max() + 1, size=codes.max() + 1), minlength=codes.max() + 1)
        drawn.append(fit_surface(*columns, draws=times[codes], start=law))
    table["residual"] = np.log(table["loss"]) - log_loss(law, table["N"].to_numpy(), table["D"].to_numpy())
    return ScalingFit(table, pd.Series(law, index=NAMES), np.array(drawn), _rivals(table), level)


def best_size(laws: np.ndarray, flop: float) -> np.ndarray:
    """Size of least loss at a compute, (laws,), of laws (laws, 5): where alpha A N^-alpha = beta B D^-beta, 6 N D = C.

    Hoffmann et al. 2022, equation 4: N = G (C/6)^(beta/(alpha+beta)), G = (alpha A / (beta B))^(1/(alpha+beta)).
    """
    _, a, alpha, b, beta = np.asarray(laws).T
    return (alpha * a / (beta * b)) ** (1 / (alpha + beta)) * (flop / 6) ** (beta / (alpha + beta))


def _check(table: pd.DataFrame) -> None:
    """Raise TooLittle, with what is missing, where a fit would be a number without a meaning."""
    values = table[["N", "D", "loss"]].to_numpy()
    if not (np.isfinite(values) & (values > 0)).all():
        row = int(np.flatnonzero(~(np.isfinite(values) & (values > 0)).all(axis=1))[0])
        raise TooLittle(
            f"row {row} has N, D, loss = {tuple(values[row].tolist())}; drop what diverged or is not finished"
        )
    if (largest := table["flop"].max()) < FEWEST_FLOP:
        raise TooLittle(f"the largest run takes {largest:.2g} FLOP, 6 N D; count parameters and tokens one by one")
    if len(table) < FEWEST_RUNS:
        raise TooLittle(f"{len(table)} runs for a law of five parameters; at least {FEWEST_RUNS}")
    if (clusters := table["cluster"].nunique()) < FEWEST_CLUSTERS:
        raise TooLittle(f"{clusters} clusters give no interval; at least {FEWEST_CLUSTERS} budgets or families")
    for name, told in (("N", "sizes"), ("D", "tokens")):
        if (spread := table[name].max() / table[name].min()) < SPREAD:
            raise TooLittle(f"{told} span a factor of {spread:.2g}; an exponent takes at least {SPREAD:g}")
    alike = np.corrcoef(np.log(table["N"]), np.log(table["D"]))[0, 1]
    if abs(alike) > ALIKE:
        raise TooLittle(
            f"size and tokens go together (correlation {alike:.3f} of their logs): what belongs to which cannot be "
            "told; add runs of one size with fewer and more tokens"
        )


def _rivals(table: pd.DataFrame) -> pd.DataFrame:
    """Each law's error ahead: fitted below an eighth of the largest compute, compared above it."""
    ahead = (table["flop"] > table["flop"].max() / HELD_OUT).to_numpy()
    below, above = table[~ahead], table[ahead]
    rows = {}
    for name, law in LAWS.items():
        if len(below) < FEWEST_RUNS:
            break
        predicted = law(*(below[it].to_numpy() for it in ("N", "D", "loss")))(
            above["N"].to_numpy(), above["D"].to_numpy()
        )
        error = float(np.sqrt(np.mean((predicted - np.log(above["loss"].to_numpy())) ** 2)))
        rows[name] = {"error": error, "runs": len(above)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["error", "runs"]).rename_axis("law")


Law = Callable[[np.ndarray, np.ndarray], np.ndarray]


def _chinchilla(size: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> Law:
    fitted = fit_surface(size, tokens, loss)
    return lambda n, d: log_loss(fitted, n, d)


def _bent(size: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> Law:
    fitted = fit_surface(size, tokens, loss, bent=True)
    return lambda n, d: log_loss(fitted, n, d)


def _kaplan(size: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> Law:
    """L = ((Nc/N)^(aN/aD) + Dc/D)^aD (Kaplan et al. 2020, equation 1.5): no floor."""
    pivot = np.log(np.median(size)), np.log(np.median(tokens))

    def log_of(parameters: np.ndarray, n: np.ndarray, d: np.ndarray) -> np.ndarray:
        log_n, log_d, ratio, power = parameters
        return power * np.logaddexp(ratio * (log_n + pivot[0] - np.log(n)), log_d + pivot[1] - np.log(d))

    starts = [(0.0, 0.0, 1.0, 0.1), (0.0, 0.0, 0.8, 0.3)]
    best = min((_minimised(log_of, start, size, tokens, loss) for start in starts), key=lambda it: it.fun)
    return lambda n, d: log_of(best.x, n, d)


def _without_floor(size: np.ndarray, tokens: np.ndarray, loss: np.ndarray) -> Law:
    """L = k N^-a D^-b: straight lines on logarithmic axes."""
    design = np.column_stack([np.ones(len(size)), np.log(size), np.log(tokens)])
    found, *_ = np.linalg.lstsq(design, np.log(loss), rcond=None)
    return lambda n, d: found[0] + found[1] * np.log(n) + found[2] * np.log(d)


def _minimised(log_of: Callable, start, size: np.ndarray, tokens: np.ndarray, loss: np.ndarray):
    def objective(parameters: np.ndarray) -> float:
        residuals = log_of(parameters, size, tokens) - np.log(loss)
        clipped = np.clip(residuals, -HUBER_WIDTH, HUBER_WIDTH)
        return float(np.sum(clipped * (residuals - 0.5 * clipped))) / HUBER_WIDTH

    scale = np.median(loss)
    first = np.array([start[0] + np.log(scale) / start[3] / 2, start[1] + np.log(scale) / start[3] / 2, *start[2:]])
    return minimize(objective, first, method="Nelder-Mead", options={"maxiter": 4000, "xatol": 1e-6, "fatol": 1e-6})


LAWS: dict[str, Callable[[np.ndarray, np.ndarray, np.ndarray], Law]] = {
    "chinchilla": _chinchilla,
    "bent at 10^9": _bent,
    "kaplan": _kaplan,
    "power without floor": _without_floor,
}


def pass_at(
    k: int | Sequence[int],
    correct: Sequence[int] | np.ndarray,
    samples: int | Sequence[int],
    *,
    resamples: int = 200,
    level: float = 0.9,
) -> pd.Series | pd.DataFrame:
    """Chance that one of k samples is right, from few: its value, and limits from problems drawn again.

    `correct`: right ones of so many `samples` of each problem; these are one number, or one a problem. Chances are held
    to be beta distributed over problems; k may exceed `samples` (Schaeffer et al. 2025, section 3). Returns a Series
    with value, low, high; of several k a frame, a row each.
    """
    counts, drawn = np.atleast_1d(correct), np.atleast_1d(samples)
    if counts.ndim != 1 or len(counts) < 2:
        raise ValueError(
            f"correct is {correct!r}; it has the number of right ones of each problem, two problems at least"
        )
    if drawn.shape not in ((1,), counts.shape):
        raise ValueError(f"samples are {len(drawn)} numbers for {len(counts)} problems; give one, or one a problem")
    if not ((counts >= 0) & (counts <= drawn) & (counts == np.round(counts))).all():
        raise ValueError(f"right answers are counted, and lie between 0 and {drawn.max()} of {drawn.max()} samples")
    drawn = np.broadcast_to(drawn, counts.shape)
    asked = np.atleast_1d(k).astype(float)

    def at(rows: np.ndarray) -> np.ndarray:
        a, b = beta_shapes(counts[rows], drawn[rows])
        return -np.expm1(betaln(a, b + asked) - betaln(a, b))

    generator, problems = np.random.default_rng(0), np.arange(len(counts))
    again = [at(generator.choice(problems, len(problems))) for _ in range(resamples)]
    low, high = np.quantile(again, [(1 - level) / 2, (1 + level) / 2], axis=0)
    table = pd.DataFrame({"value": at(problems), "low": low, "high": high}, index=pd.Index(np.atleast_1d(k), name="k"))
    return table if np.ndim(k) else table.iloc[0].rename(None)
