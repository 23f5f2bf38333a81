"""The law of the troubled experiment."""

from __future__ import annotations


def inverse_width(condition, given):
    """response = strength / width."""
    return given["strength"] / condition["width"]


def strength(condition, given):
    """response = strength, at every width."""
    return given["strength"]
