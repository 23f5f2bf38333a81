"""Top-1 accuracy of 338 ImageNet classifiers under 213 test conditions.

Taori et al. 2020 (arXiv 2007.00644): `val` is ImageNet's validation set; others are corruptions, resamplings and new
test sets; subsets of `val` have the classes of those (`val-on-imagenet-a-classes`). Not every model was tested on all.
"""

from __future__ import annotations

import pandas as pd

from predictions.data.fetching import verified_file

SHA256 = "6b32665be2eef1594d6d296fcb07d33fed0dd4ecacacff463841d7cb08e835f7"


def table() -> pd.DataFrame:
    """338 models: source, run (the model's name), and a column a test condition, shares of right answers in [0, 1]."""
    rows = pd.read_csv(verified_file("imagenet-testbed", sha256=SHA256), index_col="model")
    names = pd.DataFrame({"source": "imagenet-testbed", "run": rows.index})
    return pd.concat([names, (rows / 100).reset_index(drop=True)], axis=1)
