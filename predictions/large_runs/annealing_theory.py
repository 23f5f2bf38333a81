"""Ends of training curves from the schedule of the learning rate alone.

By Tissue et al.'s law and Luo et al.'s (`annealing_laws`), whose constants come from a cosine and a constant rate.
"""

from __future__ import annotations

import numpy as np

from predictions.large_runs.annealing_laws import HELD_OUT, annealing_curve, multi_power_curve
from predictions.large_runs.rate_schedules import evaluated


def annealed_log_loss(setting, given):
    """Mean ln L over the last `window` steps of the drawn schedules, by Tissue et al.'s law."""
    return _mean(annealing_curve, given["annealing"], setting, given)


def multi_power_log_loss(setting, given):
    """The same by Luo et al.'s law, fitted to the same two curves."""
    return _mean(multi_power_curve, given["multi_power"], setting, given)


def unannealed_log_loss(setting, given):
    """The same if only the sum of rates counted, L0 + A S1^-a, fitted to the same two curves."""
    return _mean(annealing_curve, np.append(given["rate_sum_alone"], 0.0), setting, given)


def cosine_end_log_loss(setting, given):
    """The end of the shorter cosine, the nearest curve that is given."""
    return given["cosine_end"]


def _mean(curve, constants, setting, given):
    ends = [
        np.log(curve(constants, HELD_OUT[k], int(last), evaluated(int(last), setting["window"]))).mean()
        for k, last in zip(given["schedule"].astype(int), given["last_step"], strict=True)
    ]
    return np.mean(ends)
