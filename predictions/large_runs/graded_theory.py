"""Emergence as a metric's artefact: exact answers are a power of what a graded metric says.

Schaeffer et al. 2023 (arXiv 2304.15004), section 2: if L tokens have to be right, each with chance p, the exact share
is p^L, sharp where p is smooth. BLEU is a geometric mean of precisions of one to four tokens, about p^2.5: so the exact
share is about BLEU^(L / 2.5), and the power is fitted to weak models.
"""

from __future__ import annotations

import numpy as np


def power_shares(setting, given):
    """Mean exact share of each family ahead (families,) by the power of its models' graded scores."""
    return _means(given, given["graded"] ** given["power"])


def line_shares(setting, given):
    """The same if exact shares were proportional to graded scores."""
    return _means(given, np.minimum(given["slope"] * given["graded"], 1.0))


def best_shares(setting, given):
    """The best share among the weaker models."""
    return np.full(len(given["graded"]), given["best"])


def _means(given, shares):
    return np.average(shares, axis=1, weights=given["members"])
