"""Ends of training curves from the schedule of the learning rate alone.

By Tissue et al.'s law and Luo et al.'s (`annealing_laws`), whose constants come from a cosine and a constant rate.
"""

from __future__ import annotations

import numpy as np

from predictions.large_runs.annealing_laws import HELD_OUT, annealing_curve, multi_power_curve
from predictions.large_runs.rate_schedules import evaluated


def annealed_losses(setting, given):
    """Losses at the ends of the drawn schedules (3, 6), by Tissue et al.'s law."""
    return _ends(annealing_curve, given["annealing"], setting, given)


def multi_power_losses(setting, given):
    """The same by Luo et al.'s law, fitted to the same two curves."""
    return _ends(multi_power_curve, given["multi_power"], setting, given)


def unannealed_losses(setting, given):
    """The same if only the sum of rates counted, L0 + A S1^-a, fitted to the same two curves."""
    return _ends(annealing_curve, np.pad(given["rate_sum_alone"], ((0, 0), (0, 1))), setting, given)


def cosine_ends(setting, given):
    """The end of the shorter cosine, the nearest curve that is given."""
    return np.repeat(given["cosine_end"][:, None], len(given["schedule"]), axis=1)


def _ends(curve, constants, setting, given):
    """Geometric means over the last `window` steps (sizes, schedules)."""
    drawn = list(zip(given["schedule"].astype(int), given["last_step"].astype(int), strict=True))

    def end(it, schedule, last):
        return np.exp(np.log(curve(it, HELD_OUT[schedule], last, evaluated(last, setting["window"]))).mean())

    return np.array([[end(it, *of) for of in drawn] for it in constants])
