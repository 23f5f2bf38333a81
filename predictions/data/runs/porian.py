"""IsoFLOP curves under five protocols that lead from Kaplan et al.'s exponent to Hoffmann et al.'s, on two corpora.

Porian et al. 2024 (arXiv 2406.19146), section 3 and figure 1, on RefinedWeb (`rw`) and OpenWebText2 (`owt2`). A
protocol is hyperparameters (base or tuned) / warm-up (long or short) / decay (`kaplan`: cosine over one long budget,
`chinchilla`: cosine over 20 tokens a parameter, `const`: none) / count / loss. The count decides N and C = 6ND:
`kaplan` leaves out the last layer, `standard` counts it (once, and no input embedding), `attention` adds the
attention's products to N. Where the rate does not decay to the row's budget, the loss was read off on the way (`final`
is False).
"""

from __future__ import annotations

import lzma

import pandas as pd

from predictions.data.fetching import verified_files
from predictions.data.runs.tables import NATS, SIX_ND, WITHOUT, tidy
from predictions.data.unpickling import read_pickle

SHA256 = "510fd0d3e8076e5a1313df66b167351cfdf3bb18e4efc02ea8e6805d3fc4517d"
AXES = ("hparams", "warmup", "decay", "param_count", "val")
COUNTS = {
    "kaplan": WITHOUT,
    "standard": "with the last layer",
    "attention": "with the last layer and the attention's products",
}
LOSSES = {"train": "training, smoothed", "val": "validation"}


def table() -> pd.DataFrame:
    """Runs at each budget; families are corpus and protocol; also corpus and protocol."""
    return pd.concat([_curves(entry) for entry in _entries()], ignore_index=True)


def minima() -> pd.DataFrame:
    """The authors' minimum of each curve: corpus, protocol, flop, parameters, tokens, log_std (of the parameters).

    Medians over the seeds' noise that they add; budgets whose minimum lies at an end of the sizes are left out.
    """
    found = []
    for entry in _entries():
        pairs = entry["optimal_pairs"].dropna(subset=["n"])
        found.append(
            pd.DataFrame(
                {
                    "corpus": entry["dataset"],
                    "protocol": _protocol(entry),
                    "flop": pairs["flops"],
                    "parameters": pairs["n"].astype(float),
                    "tokens": pairs["t"].astype(float),
                    "log_std": pairs["n_star_std"].astype(float),
                }
            )
        )
    return pd.concat(found, ignore_index=True)


def _curves(entry: pd.Series) -> pd.DataFrame:
    protocol = _protocol(entry)
    corpus = entry["dataset"]
    rows = [
        pd.DataFrame({"flop": budget, "parameters": sizes, "tokens": tokens, "loss": list(losses)})
        for budget, sizes, tokens, losses in entry["optimal_pairs"][["flops", "n_vals", "t_vals", "loss_vals"]].values
    ]
    table = pd.concat(rows, ignore_index=True)
    return tidy(
        table.assign(
            run=[f"{corpus} {protocol} N={size:.0f} C={flop:g}" for size, flop in zip(table.parameters, table.flop)]
        ),
        source="porian",
        family=f"{corpus} {protocol}",
        schedule=entry["decay"],
        final=entry["decay"] == "chinchilla",
        counts=COUNTS[entry["param_count"]],
        flop_by=SIX_ND,
        loss_on=f"{LOSSES[entry['val']]}: {corpus}",
        loss_unit=NATS,
        corpus=corpus,
        protocol=protocol,
    )


def _protocol(entry: pd.Series) -> str:
    return "/".join(entry[axis] for axis in AXES)


def _entries() -> list[pd.Series]:
    found = []
    for path in verified_files("porian", sha256=SHA256).values():
        with lzma.open(path) as file:
            found += [entry for _, entry in read_pickle(file).iterrows()]
    return found
