"""Equilibrium of weights that are perpendicular to their gradients: w . g = 0, as the loss does not know their size.

Heavy ball with decay in the gradient, v' = beta v - eta (g + lambda w), w' = w + v'. With V = <|v|^2>, W = <|w|^2> and
S = <w . v'>: w . v' = beta w . v - eta lambda |w|^2, w . v = (w before) . v + |v|^2, so that a stationary state has

    S = beta (S + V) - eta lambda W    and, as W does not change,    2 S + V = 0:    V / W = 2 eta lambda / (1 + beta),

exactly. Adam's steps v' = beta v + (1 - beta) eta g/P with decoupled decay, w' = (1 - eta lambda) w - v', give in the
same way, where the divisors P are so even that w . (g/P) = 0,

    V / W = 2 eta lambda (1 - beta) / (1 + beta),

to first order in eta lambda. V is nearly all perpendicular to w (S/W is of order eta lambda), so that V / W is the
square of the angle. Kosson, Messmer and Jaggi 2023 (arXiv 2305.17212), from a random walk, which is not needed here.
"""

from __future__ import annotations

import numpy as np


def rotation(setting, given) -> float:
    """Root mean square angle a step, radians: of descent with momentum, or of Adam with decoupled decay."""
    beta = setting["momentum"]
    averaged = 1 - beta if setting["optimiser"] == "adamw" else 1.0
    return float(np.sqrt(2 * setting["decay_rate"] * averaged / (1 + beta)))


def rotation_of_longer_steps(setting, given) -> float:
    """The same if momentum were a step longer by 1 / (1 - beta), and in averages nothing: (2 eta lambda / (1 -
    beta))^{1/2}.

    Adam's averaging form has no longer step: (2 eta lambda)^{1/2}.
    """
    longer = 1.0 if setting["optimiser"] == "adamw" else 1 - setting["momentum"]
    return float(np.sqrt(2 * setting["decay_rate"] / longer))


def decay_times(setting, given) -> float:
    """eta lambda T: how many times over a run of T steps forgets the norm it began with."""
    return setting["decay_rate"] * setting["steps"]
