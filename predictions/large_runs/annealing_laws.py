"""Two laws of training curves, as functions of their constants and of the schedule of the learning rate.

Annealing (Tissue et al. 2024, arXiv 2408.11029, eq. 1):  L = L0 + A S1^-a - C S2
Multi-power (Luo et al. 2025, arXiv 2503.12811, eq. 1):   L = L0 + A S1^-a - B sum_k (eta_(k-1) - eta_k) G(eta_k^-g S_k)
with G(x) = 1 - (1 + C x)^-b, S_k the sum of rates from step k on, S1 that of all of them, S2 what their fall leaves in
a memory of a thousand steps (`rate_schedules`).
"""

from __future__ import annotations

import numpy as np

from predictions.large_runs.rate_schedules import EVERY, annealing_sum, rate_sum, rates

FITTED = ("cosine_24000", "constant_24000")
HELD_OUT = ("cosine_72000", "wsd_20000_24000", "wsdld_20000_24000", "wsdcon_3", "wsdcon_9", "wsdcon_18")


def annealing_curve(constants, schedule, last, at):
    """Losses at the steps `at` (after warm-up): L0, A, a, C of Tissue et al.'s law."""
    floor, factor, exponent, gain = constants
    return floor + factor * rate_sum(schedule, last)[at] ** -exponent - gain * annealing_sum(schedule, last)[at]


def multi_power_curve(constants, schedule, last, at):
    """The same by Luo et al.'s law: L0, A, a, B, C, b, g; falls of the rate are summed over blocks of 128 steps."""
    floor, factor, exponent, gain, speed, decay, slowness = constants
    eta, total = rates(schedule, last), rate_sum(schedule, last)
    ends = np.unique(np.append(np.arange(0, len(eta), EVERY), at))
    falls = -np.diff(eta[ends], prepend=eta[0])
    felt = np.maximum(total[at][:, None] - total[ends], 0)  # of later falls nothing: (1 + 0)^-b is 1
    annealed = falls * (1 - (1 + speed * eta[ends] ** -slowness * felt) ** -decay)
    return floor + factor * total[at] ** -exponent - gain * annealed.sum(axis=1)
