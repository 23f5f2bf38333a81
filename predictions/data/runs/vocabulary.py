"""Six sizes x ten vocabularies of 4,096 to 96,256 entries, evaluated twenty times each.

Tao et al. 2024 (arXiv 2407.13623), section 2 and appendix A: Llama's architecture on SlimPajama. The loss is normalised
by the unigram model, so that vocabularies can be compared: nats a token below a model that knows only frequencies
(negative). Text is counted in characters; tokens are FLOP / 6 (Nnv + V d), which equals characters x f(V) with their
fitted log f = .00639 log(V)^2 - .158 log V + 1.205. A row is an evaluation during training: the rate had not decayed.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from predictions.data.fetching import verified_file
from predictions.data.runs.tables import SIX_ND, WITH, tidy

SHA256 = "6571e877469a44cb50b2d05e1fa485587369ee1c47941a4b3b2bfef80496f1b2"


def table() -> pd.DataFrame:
    """1,200 evaluations; families are sizes; also vocabulary, vocabulary_parameters, width and characters."""
    rows = pd.read_csv(verified_file("vocabulary", sha256=SHA256))
    in_vocabulary = rows["vocab_size"] * rows["embed_dim"]
    size = rows["Non_vocab_parameters"] + in_vocabulary
    run = [f"{body:.3g} V={entries:g}" for body, entries in zip(rows["Non_vocab_parameters"], rows["vocab_size"])]
    return tidy(
        pd.DataFrame(
            {
                "family": rows["Non_vocab_parameters"].map("{:.3g}".format),
                "run": run,
                "parameters": size,
                "non_embedding": rows["Non_vocab_parameters"],
                "tokens": rows["FLOPs"] / (6 * size),
                "flop": rows["FLOPs"],
                "loss": rows["Lossu"],
                "final": rows["FLOPs"] == rows.groupby(np.array(run))["FLOPs"].transform("max"),
                "vocabulary": rows["vocab_size"],
                "vocabulary_parameters": in_vocabulary,
                "width": rows["embed_dim"],
                "characters": rows["num_characters"],
            }
        ),
        source="vocabulary",
        schedule="as the source",
        counts=f"{WITH}, once",
        flop_by=SIX_ND,
        loss_on="validation",
        loss_unit="nats a token below a unigram model",
    )
