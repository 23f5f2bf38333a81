"""Routed language models: 15M to 1.3B parameters a token, 1 to 512 experts, three routers, every 10,000 steps.

Clark et al. 2022 (arXiv 2202.01169), appendices A and E. N ("dense parameters") are those that one token sees, without
embeddings; `total_parameters` are all experts'. The file's `flops_per_step` are a forward step's; they equal
(2 N + 2 V d + 6 l s h k) 524,288 to 0.4% (vocabulary V = 32,000, width d, l blocks, context s = 2,048, h heads of k
dimensions), so that a step takes 524,288 tokens, and a run's 250,000 steps 131 billion, as the paper says. Training
compute is three forward steps a step. The last evaluation is at step 249,000.
"""

from __future__ import annotations

import pandas as pd

from predictions.data.fetching import verified_file
from predictions.data.runs.tables import NATS, WITHOUT, tidy

SHA256 = "c03e7531add85e594f368d33bac4a0220280be858a7ed12d147cf73af6a3819f"
BATCH = 524_288  # tokens a step
ELSEWHERE = ("c4", "curation_corpus", "lambada", "pile", "wikitext103")


def table() -> pd.DataFrame:
    """Evaluations after the first step of 223 runs; families are sizes.

    Also router, experts, k (experts a token), routing_frequency, widening (of a dense model's hidden layers), seed,
    total_parameters, width, layers, step, and the losses on five other corpora.
    """
    rows = pd.read_csv(verified_file("routing", sha256=SHA256))
    rows = rows[(rows["step"] > 0) & rows["loss_validation"].notna()]
    return tidy(
        pd.DataFrame(
            {
                "family": rows["model_size_label"],
                "run": rows["hyper_id"],
                "parameters": rows["dense_parameter_count"],
                "non_embedding": rows["dense_parameter_count"],
                "tokens": BATCH * rows["step"],
                "flop": 3 * rows["flops_per_step"] * rows["step"],
                "loss": rows["loss_validation"],
                "final": rows["step"] == rows.groupby("hyper_id")["step"].transform("max"),
                "router": rows["router_type"],
                "experts": rows["num_experts"],
                "k": rows["k"],
                "routing_frequency": rows["routing_frequency"],
                "widening": rows["flop_increase"],
                "seed": rows["seed"],
                "total_parameters": rows["total_parameter_count"],
                "width": rows["d_model"],
                "layers": rows["num_blocks"],
                "step": rows["step"],
                **{f"loss_{corpus}": rows[f"loss_{corpus}"] for corpus in ELSEWHERE},
            }
        ),
        source="routing",
        batch=BATCH,
        schedule="as the source",
        counts=f"{WITHOUT}, those that a token sees",
        flop_by="measured: three forward steps",
        loss_on="validation: held out of the training data",
        loss_unit=NATS,
    )
