"""Mixtures keep their rank: what a regression at a million parameters says of the order at a billion.

Liu et al. 2024 (arXiv 2407.01492) suppose that the order of mixtures by loss depends neither on size nor on tokens.
Ranks (13, 64), a row a domain, are centred and have length 1.
"""

from __future__ import annotations


def regressed_ranks(setting, given):
    """By a regression on the square roots of the weights."""
    return given["roots"]


def linear_ranks(setting, given):
    """By a regression on the weights."""
    return given["weights"]


def nearest_ranks(setting, given):
    """By the losses of the nearest mixtures at a million parameters."""
    return given["nearest"]


def target_ranks(setting, given):
    """The more of the domain on which the loss is taken, the better."""
    return given["target_weight"]
