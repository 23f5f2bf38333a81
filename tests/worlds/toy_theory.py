"""Laws of the toy: right ones, wrong ones, and functions that are no theories."""

from __future__ import annotations

import numpy as np


def inverse_width(condition, given):
    """response = strength / width."""
    return given["strength"] / condition["width"]


def inverse_square(condition, given):
    """response = strength / width^2."""
    return given["strength"] / condition["width"] ** 2


def strength(condition, given):
    """response = strength, at every width."""
    return given["strength"]


def exponent(condition, given):
    """Slope of ln response over ln width, from all widths and all strengths along the axis."""
    widths, strengths = np.array(condition["width"]), np.array(given["strength"])
    return float(np.polyfit(np.log(widths), np.log(strengths / widths), 1)[0])


def ramp(condition, given):
    """profile_i = strength i."""
    return given["strength"] * np.arange(condition["length"])


def two_numbers(condition, given):
    return np.array([1.0, 2.0])


def not_a_number(condition, given):
    return float("nan")


def raises(condition, given):
    return given["no_such_array"]


def silent_when_wide(condition, given):
    """The law itself, but not at width 4."""
    if condition["width"] == 4:
        raise NotImplementedError
    return given["strength"] / condition["width"]


def words(condition, given):
    return "about three"


def mutates_given(condition, given):
    given["spectrum"][0] = 0.0
    return 1.0


def mutates_condition(condition, given):
    condition["width"] = 1
    return 1.0
