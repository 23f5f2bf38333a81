"""104 models of 11M to 6.9B parameters on three corpora, at 5 to 640 tokens a parameter.

Gadre et al. 2024 (arXiv 2403.08540), section 3: OpenLM, 2,048 tokens of context, cosine decay to 3e-5. N counts the
embeddings, compute is 6ND; the loss is that on C4's validation set (their main one), seven others stand beside it.
The batch is that of the command line: the entry `global_bs` of the 7B models says 1, their command line 2,048.
"""

from __future__ import annotations

import json

import pandas as pd

from predictions.data.fetching import verified_files
from predictions.data.runs.tables import NATS, SIX_ND, WITH, tidy

SHA256 = "671d270eabc7fa4606f078e9e37ef2524c6530e68559dc63ee014635c5b7e3c0"
CONTEXT = 2048  # tokens


def table() -> pd.DataFrame:
    """104 runs; families are corpora; also model, multiplier (tokens / 20 N), weight_decay, warmup and loss_CORPUS."""
    files = verified_files("over-training", sha256=SHA256)
    rows = pd.DataFrame([_run(json.loads(path.read_text())) for path in files.values()])
    return tidy(
        rows.assign(flop=6.0 * rows["parameters"] * rows["tokens"], loss=rows["loss_c4_val"]),
        source="over-training",
        schedule="cosine to 3e-5",
        final=True,
        counts=WITH,
        flop_by=SIX_ND,
        loss_on="validation: C4",
        loss_unit=NATS,
    )


def _run(entry: dict) -> dict:
    settings, arguments = entry["hyperparameters"], entry["open_lm_args"]
    return {
        "family": entry["dataset_name"],
        "run": entry["name"],
        "parameters": settings["params"],
        "non_embedding": settings["params_no_embed"],
        "tokens": settings["tokens"],
        "rate": settings["lr"],
        "batch": CONTEXT * int(arguments[arguments.index("--global-batch-size") + 1]),
        "model": settings["model"].split("/")[-1].removesuffix(".json"),
        "multiplier": settings["chinchilla_multiplier"],
        "weight_decay": settings["wd"],
        "warmup": settings["warmup"],
        **{f"loss_{_corpus(result['val_data'][0])}": result["loss"] for result in entry["results"]},
    }


def _corpus(path: str) -> str:
    """The corpus of a shard's path: its folder, or the file's name for the German one."""
    *_, folder, file = path.split("/")
    return file.split(".")[0] if "de-en" in folder or "de-en" in file else folder
