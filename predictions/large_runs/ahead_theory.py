"""Forecasts of losses ahead: what laws that are fitted to smaller runs say of larger ones.

The additive law is L = E + A / N^alpha + B / D^beta (Hoffmann et al. 2022, arXiv 2203.15556, eq. 2); its constants, and
those of its rivals, come from the runs below the split, and each forecast is the geometric mean over the runs ahead.
"""

from __future__ import annotations


def surface_loss(setting, given):
    """By the additive law (laboratories,)."""
    return given["surface"]


def saturated_loss(setting, given):
    """By the additive law, as if compute beyond the split bought nothing: N and D shrunk alike."""
    return given["saturated"]


def floorless_loss(setting, given):
    """By straight lines in log-log plots, ln L = k - a ln N - b ln D."""
    return given["floorless"]


def nearest_loss(setting, given):
    """The nearest runs below."""
    return given["nearest"]
