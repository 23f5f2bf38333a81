"""Losses after many epochs, and what a few epochs cost, by the law of `repetition_law` and its alternatives."""

from __future__ import annotations

import numpy as np

from predictions.large_runs.repetition_law import PUBLISHED, repeated_loss


def forecast_log_loss(setting, given):
    """Mean ln L of the runs ahead by the law whose decays come from runs of fewer epochs."""
    return _mean([*PUBLISHED[:4], *given["decays"]], given["ahead"], given["counts"])


def published_log_loss(setting, given):
    """The same with the published constants, which were fitted to the runs ahead, too."""
    return _mean(PUBLISHED, given["ahead"], given["counts"])


def fresh_log_loss(setting, given):
    """The same if a repeated token were as good as a new one."""
    return _mean([*PUBLISHED[:4], np.inf, np.inf], given["ahead"], given["counts"])


def exhausted_log_loss(setting, given):
    """The same if nothing were gained after the last epoch of the fitted runs."""
    size, tokens, unique = given["ahead"]
    seen = np.minimum(tokens, setting["fitted_epochs"] * unique)
    return _mean(PUBLISHED, (size, seen, unique), given["counts"])


def nearest_log_loss(setting, given):
    """The losses of the nearest runs below the split."""
    return given["nearest"]


def no_excess(setting, given):
    """Nothing: up to four epochs are as good as one over as many different tokens."""
    return 0.0


def published_excess(setting, given):
    """Mean over pairs of ln L of few epochs less that of one, by the published law."""
    size, tokens, unique = given["pairs"]
    again, once = (repeated_loss(PUBLISHED, size, tokens, seen) for seen in (unique, tokens))
    return np.mean(np.log(again / once))


def worthless_excess(setting, given):
    """The same if repeated tokens taught nothing."""
    return _excess_if_worth(0, given)


def quarter_excess(setting, given):
    """The same if a repeated token taught a quarter of what a new one does."""
    return _excess_if_worth(1 / 4, given)


def _excess_if_worth(share, given):
    size, tokens, unique = given["pairs"]
    again, once = (repeated_loss(PUBLISHED, size, seen, seen) for seen in (unique + share * (tokens - unique), tokens))
    return np.mean(np.log(again / once))


def _mean(constants, runs, counts):
    return np.average(np.log(repeated_loss(constants, *runs)), weights=counts)
