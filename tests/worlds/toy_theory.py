"""Laws of the toy: right ones, wrong ones, and functions that are no theories."""

from __future__ import annotations

import numpy as np


def inverse_width(setting, given):
    """response = strength / width."""
    return given["strength"] / setting["width"]


def inverse_square(setting, given):
    """response = strength / width^2."""
    return given["strength"] / setting["width"] ** 2


def strength(setting, given):
    """response = strength, at every width."""
    return given["strength"]


def exponent(setting, given):
    """Slope of ln response over ln width, from all widths and all strengths along the axis."""
    widths, strengths = np.array(setting["width"]), np.array(given["strength"])
    return float(np.polyfit(np.log(widths), np.log(strengths / widths), 1)[0])


def ramp(setting, given):
    """profile_i = strength i."""
    return given["strength"] * np.arange(setting["length"] - max(0, setting["width"] - 2))


def two_numbers(setting, given):
    return np.array([1.0, 2.0])


def not_a_number(setting, given):
    return float("nan")


def raises(setting, given):
    return given["no_such_array"]


def silent_when_wide(setting, given):
    """The law itself, but not at width 4."""
    if setting["width"] == 4:
        raise NotImplementedError
    return given["strength"] / setting["width"]


def words(setting, given):
    return "about three"


def mutates_given(setting, given):
    given["spectrum"][0] = 0.0
    return 1.0


def mutates_condition(setting, given):
    setting["width"] = 1
    return 1.0
