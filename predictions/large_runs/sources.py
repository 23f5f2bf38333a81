"""Whose runs there are: thirteen collections of language models from eight laboratories, seven sets of IsoFLOP curves.

A collection is in if its runs differ by ten times in size and in tokens; it counts sizes as its source does, and losses
of two collections are never compared (other data, other tokens). Gemstones (tokens differ by three times), Step Law
(sizes by five) and routed models (one number of tokens) are out by that rule. Of IsoFLOP curves, Misfitting's are out:
of losses planted on them with their own noise, one data set in five has a curve without a minimum.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from predictions.data.runs import chinchilla, isoflops, misfitting, olmo_ladder, over_training, porian, repetition
from predictions.scaling_laws.language_model_runs import Runs

LABORATORIES = {
    "chinchilla": "DeepMind",
    "llama": "Meta",
    "marin-comma": "Marin",
    "marin-dclm": "Marin",
    "marin-nemotron": "Marin",
    "misfitting": "Li et al.",
    "porian-rw": "Porian et al.",
    "porian-owt2": "Porian et al.",
    "gadre-c4": "Gadre et al.",
    "gadre-rpj": "Gadre et al.",
    "gadre-rw": "Gadre et al.",
    "olmo": "OLMo",
    "muennighoff": "Muennighoff et al.",
}
COLLECTIONS = tuple(LABORATORIES)
ISOFLOPS = {
    "chinchilla": "epochai_chinchilla/massivetext/chinchilla",
    "llama": "llama_3/raw_loss",
    "marin-comma": "marin_202603/comma/llama_2",
    "marin-dclm": "marin_202603/dclm/llama_2",
    "marin-nemotron": "marin_202603/nemotron/llama_2",
}
CURVES = (*ISOFLOPS, "porian-rw", "porian-owt2")
CORPORA = {"gadre-c4": "c4_original", "gadre-rpj": "rpj", "gadre-rw": "rw_original"}
TUNED = "tuned/short/const/standard/val"  # Porian et al.'s last protocol
AROUND = 7  # sizes nearest to that of least loss that a wide curve keeps: a parabola holds near the minimum only


@dataclass(frozen=True)
class Collection:
    """Runs of one source: N, D, loss (rows,), and which rows are drawn together."""

    size: np.ndarray
    tokens: np.ndarray
    loss: np.ndarray
    cluster: np.ndarray

    @property
    def compute(self) -> np.ndarray:
        """C = 6 N D, FLOP (rows,)."""
        return 6 * self.size * self.tokens

    def where(self, rows: np.ndarray) -> Collection:
        """The runs that a mask (rows,) selects."""
        return Collection(self.size[rows], self.tokens[rows], self.loss[rows], self.cluster[rows])


@cache
def collection(name: str) -> Collection:
    """The runs of one of `COLLECTIONS`; clusters are IsoFLOP budgets, else (N, D) cells."""
    if name == "chinchilla":
        rows = chinchilla.table().query("not outlier")
        # an eighth of a decade of compute: most lie on IsoFLOP curves
        return _collection(rows, np.floor(8 * np.log10(rows["flop"])))
    if name in ISOFLOPS:
        rows = isoflops.table()
        rows = rows[(rows["source"] == ISOFLOPS[name]) & ~rows["outlier"].astype(bool)]
        return _collection(rows, rows["flop"])
    if name == "misfitting":  # the best rate of each cell
        rows = misfitting.table().query("final")
        rows = rows.loc[rows.groupby(["parameters", "tokens"])["loss"].idxmin()]
    elif name.startswith("porian"):
        rows = porian_curves(name.removeprefix("porian-"), TUNED)
        return _collection(rows, rows["flop"])
    elif name in CORPORA:
        rows = over_training.table()
        rows = rows[rows["family"] == CORPORA[name]]
    elif name == "olmo":
        rows = olmo_ladder.table()
        rows = rows[rows["final"] & (rows["schedule"] == "cosine to a tenth")]
    else:
        rows = repetition.table().query("fitted and epochs == 1")
    cells = rows.groupby(["parameters", "tokens"]).ngroup()
    return _collection(rows, cells)


@cache
def isoflop_curves(name: str) -> Runs:
    """A source's IsoFLOP curves, numbered by budget: without the points that their compilers set aside."""
    if name in ISOFLOPS:
        rows = isoflops.table()
        rows = rows[(rows["source"] == ISOFLOPS[name]) & ~rows["outlier"].astype(bool)]
    else:
        rows = porian_curves(name.removeprefix("porian-"), TUNED)
        rows = pd.concat(
            [
                it.iloc[nearest_sizes(it["parameters"].to_numpy(), it["loss"].to_numpy())]
                for _, it in rows.groupby("flop")
            ]
        )
    return as_curves(rows)


def as_curves(rows: pd.DataFrame) -> Runs:
    """Rows with parameters, flop and loss as curves, one a budget."""
    curve = rows["flop"].rank(method="dense").astype(int) - 1
    size, compute, loss = rows[["parameters", "flop", "loss"]].to_numpy().T
    return Runs(size, compute, loss, curve.to_numpy())


def porian_curves(corpus: str, protocol: str) -> pd.DataFrame:
    """Rows of one of Porian et al.'s protocols."""
    rows = porian.table()
    return rows[(rows["corpus"] == corpus) & (rows["protocol"] == protocol)]


def nearest_sizes(size: np.ndarray, loss: np.ndarray) -> np.ndarray:
    """Indices of the sizes nearest to that of least loss."""
    return np.argsort(np.abs(np.log(size / size[loss.argmin()])), kind="stable")[:AROUND]


def _collection(rows: pd.DataFrame, cluster) -> Collection:
    size, tokens, loss = rows[["parameters", "tokens", "loss"]].to_numpy().T
    return Collection(size, tokens, loss, np.asarray(cluster))
