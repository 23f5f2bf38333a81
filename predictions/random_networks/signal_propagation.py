"""Random networks, layer by layer: pairs of inputs drift together or apart, small perturbations shrink or grow.

Model      z_1 = sigma_w W_1 x/sqrt(w) + sigma_b b_1, z_{l+1} = sigma_w W_{l+1} phi(z_l)/sqrt(w) + sigma_b b_{l+1},
           `depth` layers of w = `width`, all weights and biases N(0, 1); sigma_w^2 = `weight_variance`, sigma_b^2 =
           `bias_variance`; phi = `activation` tanh, erf or arctan, (2/pi) arctan(pi z/2).
Data       inputs of w numbers with |x|^2/w = `input_variance`: `inputs` random base inputs a network, each beside two
           others at the exact correlations `lower_correlation` and `upper_correlation`, and beside a linearised
           perturbation in a random direction.
Observed   growth of the perturbation, late correlation z.z'/(|z| |z'|), and the rate at which the gap between the
           pairs' correlations closes from `first_layer` to `last_layer`.
Trial      `networks` networks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from predictions.random_networks.sigmoids import SIGMOIDS


class Trajectories(NamedTuple):
    """What one network shows after each layer, for each base input: (depth, inputs)."""

    lower: np.ndarray
    """Correlation with the input that started at the lower correlation."""
    upper: np.ndarray
    """Correlation with the input that started at the upper one."""
    log_growth: np.ndarray
    """ln of the factor by which the layer changed the perturbation's squared norm."""


def prepare(setting: Mapping, seeds: np.ndarray):
    """Given: nothing that a theory could need. State: the trials' seeds."""
    return {}, np.asarray(seeds)


def measure(setting: Mapping, state) -> dict[str, np.ndarray]:
    """Perturbation growth, late correlation, closing rate of the gap between two pairs' correlations: (trials,)."""
    rows = [_observe(setting, np.random.default_rng(int(seed))) for seed in state]
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def _observe(setting: Mapping, rng: np.random.Generator) -> dict[str, float]:
    runs = [_propagate(setting, rng) for _ in range(setting["networks"])]
    lower, upper, log_growth = (np.stack(curves) for curves in zip(*runs))  # (networks, depth, inputs)
    settled, late = setting["depth"] // 4, 3 * setting["depth"] // 4
    gap = np.abs(np.mean(upper - lower, axis=(0, 2)))  # (depth,)
    layers = np.arange(setting["first_layer"], setting["last_layer"] + 1)
    with np.errstate(all="ignore"):
        slope = np.polyfit(layers, np.log(gap[layers - 1]), 1)[0]
    return {
        "perturbation_growth": np.mean(log_growth[:, settled:]),
        "late_correlation": np.mean(lower[:, late:]),
        "gap_rate": -slope,
    }


def _propagate(setting: Mapping, rng: np.random.Generator) -> Trajectories:
    width, inputs, sigmoid = setting["width"], setting["inputs"], SIGMOIDS[setting["activation"]]
    base, lower, upper = activity = _draw_inputs(setting, rng)  # each (width, inputs)
    weight_scale = np.float32(np.sqrt(setting["weight_variance"] / width))
    bias_scale = np.float32(np.sqrt(setting["bias_variance"]))
    tangent = rng.standard_normal((width, inputs), dtype=np.float32)
    slope = np.ones_like(tangent)
    curves = Trajectories([], [], [])
    for _ in range(setting["depth"]):
        weights = weight_scale * rng.standard_normal((width, width), dtype=np.float32)
        bias = bias_scale * rng.standard_normal((width, 1), dtype=np.float32)
        tangent = tangent / np.linalg.norm(tangent, axis=0)
        columns = weights @ np.concatenate([*activity, slope * tangent], axis=1)
        *signals, tangent = np.split(columns, 4, axis=1)
        base, lower, upper = (signal + bias for signal in signals)
        curves.lower.append(_correlation(base, lower))
        curves.upper.append(_correlation(base, upper))
        curves.log_growth.append(2 * np.log(np.linalg.norm(tangent.astype(np.float64), axis=0)))
        activity = [sigmoid.phi(signal) for signal in (base, lower, upper)]
        slope = sigmoid.slope(base)
    return Trajectories(*(np.stack(curve) for curve in curves))


def _draw_inputs(setting: Mapping, rng: np.random.Generator) -> list[np.ndarray]:
    """Base inputs and their partners at the lower and the upper correlation: three of (width, inputs), float32."""
    base, other = rng.standard_normal((2, setting["width"], setting["inputs"]))
    base /= np.linalg.norm(base, axis=0)
    other -= base * np.sum(base * other, axis=0)
    other /= np.linalg.norm(other, axis=0)
    scale = np.sqrt(setting["width"] * setting["input_variance"])
    correlations = (1.0, setting["lower_correlation"], setting["upper_correlation"])
    return [(scale * (c * base + np.sqrt(1 - c**2) * other)).astype(np.float32) for c in correlations]


def _correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    first, second = first.astype(np.float64), second.astype(np.float64)
    return np.sum(first * second, axis=0) / np.linalg.norm(first, axis=0) / np.linalg.norm(second, axis=0)
