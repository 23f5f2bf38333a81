"""When the exact score of a training set collapses onto single training points.

Model      the score of the empirical distribution at time t: a mean over the points with weights w_i ~ exp(-|x - e^{-t}
           a_i|^2 / 2 (1 - e^{-2t})), where x_t = e^{-t} a + (1 - e^{-2t})^{1/2} z, z ~ N(0, I).
Data       `points` Gaussian points a_i in `dimension` d, of variance one along `rank` random directions, zero across.
Observed   the time at which Y(t), the mean of sum_i w_i^2 over `probes` x_t, each begun at a training point, is 1/2; it
           falls from 1 (one point) to 1/points (all).
Trial      one training set, with one noise z a probe for all times.
"""

from __future__ import annotations

import numpy as np

BISECTIONS = 16


def prepare(setting, seeds):
    """Given: mean squared distance of a point to its nearest neighbour (trials,).

    State, for each trial: inner products of the probes' points and of their noises with all points (probes, points)
    each, and the squared norms of all points (points,).
    """
    nearest, state = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        # distances need no coordinates across the rank: there the points are all zero
        data = rng.standard_normal((setting["points"], setting["rank"]))
        starts = rng.integers(setting["points"], size=setting["probes"])
        noise = rng.standard_normal((setting["probes"], setting["rank"]))
        squares = np.sum(data**2, axis=1)
        inner = data[starts] @ data.T
        distance = squares[starts, None] + squares - 2 * inner
        distance[np.arange(len(starts)), starts] = np.inf
        nearest.append(distance.min(axis=1).mean())
        state.append((inner, noise @ data.T, squares))
    return {"nearest_squared_distance": np.array(nearest)}, state


def measure(setting, state):
    """Time at which Y is 1/2 (trials,)."""
    return {"collapse_time": np.array([crossing(trial, 0.5) for trial in state])}


def concentration(trial, time: float) -> float:
    """Y at one time. What x has in common with all points, |x|^2, drops out of the weights."""
    inner, noise_inner, squares = trial
    shrink, variance = np.exp(-time), -np.expm1(-2 * time)
    overlap = shrink * (shrink * inner + np.sqrt(variance) * noise_inner)
    log_weight = (overlap - shrink**2 * squares / 2) / variance
    log_weight -= log_weight.max(axis=1, keepdims=True)
    weight = np.exp(log_weight)
    return float(np.mean(np.sum(weight**2, axis=1) / np.sum(weight, axis=1) ** 2))


def crossing(trial, level: float) -> float:
    """Time at which Y falls through a level, by bisection in ln t between 1e-3 and 10."""
    low, high = np.log(1e-3), np.log(10.0)
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if concentration(trial, np.exp(middle)) > level else (low, middle)
    return float(np.exp((low + high) / 2))
