"""OLMo's ladder: 190M to 3B parameters at 0.5 to 10 times 20 tokens a parameter, and OLMo-2 7B and 13B, as curves.

Bhagia et al. 2024 (arXiv 2412.04403), section 3. N leaves out the input embedding alone; N and the FLOP a token (with
attention) are the constants of their code (`MODEL_PARAMS`, `MODEL_FLOPS`; allenai/OLMo-ladder). The ladder decays by a
cosine to a tenth of the peak over each run's own length. The loss is that on C4's validation set; ten others,
accuracies and bits a byte of right answers (five examples in the prompt) stand beside it. The 7B model comes at two
peak rates and, after its last decay to zero, as a row of its own; the 13B model ends with its decay.
"""

from __future__ import annotations

import re

import pandas as pd

from predictions.data.fetching import verified_files
from predictions.data.runs.tables import NATS, tidy

SHA256 = "2a8fe8355bc3904dac6f1c8078949ee9520b9ff3ae45461f9f1efa366125e70f"
PARAMETERS = {
    "190M": 190_354_176,
    "370M": 371_262_464,
    "760M": 758_220_288,
    "1B": 1_279_395_840,
    "3B": 3_169_537_280,
    "7B": 6_887_575_552,
    "13B": 13_202_396_160,
}
FLOP_A_TOKEN = {
    "190M": 1_903_391_232,
    "370M": 3_443_922_944,
    "760M": 6_373_843_968,
    "1B": 10_109_071_360,
    "3B": 22_970_355_200,
    "7B": 49_412_071_424,
    "13B": 91_335_915_520,
}
LARGE = {  # files that hold a whole run; the others hold parts of these
    "peteish7_eval_full": ("7B", "cosine"),
    "peteish7_medlr_eval_full": ("7B", "cosine"),
    "peteish7_eval_anneal": ("7B", "cosine, then linear to 0"),
    "peteish13_eval_full": ("13B", "cosine, then linear to 0"),
}
NAMES = {
    r"eval/(.+)-validation/CrossEntropyLoss": r"loss_\1",
    r"eval/downstream_bpb/(.+)_rc_5shot_bpb": r"bpb_\1",
    r"eval/downstream/(.+)_rc_5shot_(?:len_norm|acc)": r"accuracy_\1",
}


def table() -> pd.DataFrame:
    """Evaluations after step 0 of 34 runs; families are sizes; also step, loss_CORPUS, bpb_TASK and accuracy_TASK."""
    files = verified_files("olmo-ladder", sha256=SHA256)
    named = {name.split("/")[-1].removesuffix(".csv"): path for name, path in files.items()}
    wanted = {name: path for name, path in named.items() if name in LARGE or not name.startswith("peteish")}
    return pd.concat([_curve(name, path) for name, path in wanted.items()], ignore_index=True)


def _curve(name: str, path) -> pd.DataFrame:
    size, schedule = LARGE.get(name) or (name.split("-")[0], "cosine to a tenth")
    rows = pd.read_csv(path, low_memory=False)
    batch = rows["batch_size_in_tokens"].astype(float)  # FLOP exceed 64-bit integers
    # the single evaluation after the 7B model's decay has no step
    tokens = rows["_step"] * batch if "_step" in rows else rows["throughput/total_tokens"]
    measures = {_renamed(column): rows[column] for column in rows if _renamed(column)}
    return tidy(
        pd.DataFrame(
            {
                "tokens": tokens,
                "flop": FLOP_A_TOKEN[size] * tokens,
                "loss": measures["loss_c4_en"],
                "rate": rows["learning_rate_peak"],
                "batch": batch,
                "final": tokens == tokens.max(),
                "step": tokens / batch,
                **measures,
            }
        ).query("step > 0"),
        source="olmo-ladder",
        family=size,
        run=name,
        parameters=PARAMETERS[size],
        schedule=schedule,
        counts="without the input embedding",
        flop_by="measured: with attention",
        loss_on="validation: C4",
        loss_unit=NATS,
    )


def _renamed(column: str) -> str | None:
    """The column's name here; None if it is not kept."""
    return next((re.sub(old, new, column) for old, new in NAMES.items() if re.fullmatch(old, column)), None)
