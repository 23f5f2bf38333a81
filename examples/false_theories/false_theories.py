"""Theories that are false on purpose: what the suite must refute, from outside the tree."""

from __future__ import annotations

import numpy as np

from predictions.deep_linear_networks import theory as deep_linear


def half_time_of_squared_strength(setting, given):
    """The half-time with s^2 where the theory has s: ln(s/u0 - 1)/(2 s^2)."""
    weakest = np.argmin(given["singular_values"])
    strength, start = given["singular_values"][weakest], given["initial_strengths"][weakest]
    return np.log(strength / start - 1) / (2 * strength**2)


def two_layer_sigmoid(setting, given):
    """The two-layer sigmoid, at every depth."""
    return deep_linear.sigmoid_trajectory(setting, given)


def one_over_eta(setting, given):
    """Sharpness 1/eta: half of the stability threshold, as if the loss were stepped on without its factor 1/2."""
    return 1 / setting["learning_rate"]


def below_the_edge(setting, given):
    """Sharpness 1.7/eta: as if training stopped short of the edge."""
    return 1.7 / setting["learning_rate"]


def beyond_the_edge(setting, given):
    """Sharpness 2.5/eta: as if training went on past the edge."""
    return 2.5 / setting["learning_rate"]
