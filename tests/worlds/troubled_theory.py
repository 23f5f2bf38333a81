"""The law of the troubled experiment."""

from __future__ import annotations


def inverse_width(setting, given):
    """response = strength / width."""
    return given["strength"] / setting["width"]


def strength(setting, given):
    """response = strength, at every width."""
    return given["strength"]
