"""Online search on the sphere as a diffusion of one number, the overlap m = theta . theta*.

Conventions: link f of teacher and student, label y = f(z*), steps s v on the sphere with v = y f'(z) (x - z theta),
z = theta . x, z* = theta* . x, h_k = He_k / (k!)^{1/2}. One example takes m to

    m' = (m + s g (z* - m z)) / (1 + s^2 g^2 |x - z theta|^2)^{1/2},    g = y f'(z).

For f = h_k the drift E m' - m is s k m^{k-1} (1 - m^2) less what the sphere takes back, about (m/2) s^2 d E g^2. From
m = d^{-1/2} its leading term alone needs of order d, d ln d and d^{k-1} examples for k = 1, 2 and k > 2 (Ben Arous,
Gheissari and Jagannath 2021, arXiv 2003.10409, section 1). With the noise E (m' - m)^2, the time by which half of all
runs have passed m = 1/2 follows from the backward equation at every d.
"""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.polynomial import hermite_e
from scipy.integrate import solve_ivp

FOUND = 0.5
OVERSHOOT = 0.5826  # -zeta(1/2) / (2 pi)^{1/2}: a walk passes a barrier as a diffusion would one this many steps higher
LOWEST = -0.8  # without symmetry: far below any overlap that a run from d^{-1/2} reaches
CELLS = 600
BANDED = {"method": "LSODA", "lband": 1, "uband": 1, "rtol": 1e-6, "atol": 1e-9}
NODES, WEIGHTS = hermite_e.hermegauss(48)


def median_examples(setting, given) -> float:
    """Examples until half of the runs have found the direction, for a link of information exponent k = degree."""
    return _median(setting["degree"], setting["dimension"], _step(setting), 0.0)


def median_examples_with_linear_part(setting, given) -> float:
    """The same if the link is (h_k + c h_1) / (1 + c^2)^{1/2}, whose information exponent is 1."""
    return _median(setting["degree"], setting["dimension"], _step(setting), setting["linear_part"])


def leading_examples(setting, given) -> float:
    """Leading order in d of int dm / (s k m^{k-1}): 1/(2 s), ln(d)/(4 s) and, for k > 2, d^{k/2 - 1}/(k (k - 2) s)."""
    degree, dimension, step = setting["degree"], setting["dimension"], _step(setting)
    if degree == 1:
        return FOUND / step
    if degree == 2:
        return np.log(dimension) / (4 * step)
    return dimension ** (degree / 2 - 1) / (degree * (degree - 2) * step)


def linear_link_examples(setting, given) -> float:
    """`median_examples` as if the link were linear, k = 1, at the same step: examples in proportion to unknowns."""
    return _median(1, setting["dimension"], _step(setting), 0.0)


def one_example(overlap: float, *, degree: int, dimension: int, step: float, linear_part: float) -> tuple[float, float]:
    """E (m' - m) and E (m' - m)^2 over one example, by Gauss-Hermite quadrature.

    |x - z theta|^2 is the square of one number that the average knows and a sum of d - 2 others, taken at its mean.
    """
    z, across = NODES[:, None], NODES
    weights = np.outer(WEIGHTS, WEIGHTS) / np.sum(WEIGHTS) ** 2
    teacher = overlap * z + np.sqrt(1 - overlap**2) * across
    label = _normalised_hermite(degree, teacher) + linear_part * teacher
    slope = math.sqrt(degree) * _normalised_hermite(degree - 1, z) + linear_part
    push = step * label * slope / (1 + linear_part**2)  # s g
    moved = overlap + push * np.sqrt(1 - overlap**2) * across
    change = moved / np.sqrt(1 + push**2 * (across**2 + dimension - 2)) - overlap
    return np.sum(weights * change), np.sum(weights * change**2)


def median_passage(drift, variance, *, start: float, lowest: float, barrier: float) -> float:
    """Time by which half of all diffusions from `start`, reflected at `lowest`, have passed `barrier`.

    Solves the backward equation du/dt = b u' + (v/2) u'' for the probability u(t, x) of not having passed, drift b and
    variance v a unit of time being functions of an array of places: a walk on CELLS cells with exact drift.
    """
    width = (barrier - lowest) / (CELLS + 0.5)
    places = lowest + width * (0.5 + np.arange(CELLS))  # the next one is the barrier
    b, v = drift(places), variance(places)
    lean = np.where(b == 0, 1e-12, 2 * b * width / v)
    up, down = (v / (2 * width**2) * sign * lean / -np.expm1(-sign * lean) for sign in (1, -1))
    down[0] = 0.0

    def velocity(_, u):
        return up * np.diff(u, append=0.0) - down * np.diff(u, prepend=u[0])

    def half(_, u):
        return np.interp(start, places, u) - 0.5

    half.terminal = True
    longest, whole = width / np.max(np.abs(b)), np.ones(CELLS)
    passed: list = []
    while not len(passed):
        longest *= 8
        solution = solve_ivp(velocity, (0, longest), whole, events=half, t_eval=[], **BANDED)
        (passed,) = solution.t_events
    return passed[0]


def _normalised_hermite(degree: int, z):
    return hermite_e.hermeval(z, np.eye(degree + 1)[degree]) / math.sqrt(math.factorial(degree))


def _step(setting) -> float:
    """The step size s."""
    return setting["learning_rate"] * setting["dimension"] ** -max(1, setting["degree"] / 2)


@cache
def _median(degree: int, dimension: int, step: float, linear_part: float) -> float:
    """`median_passage` of the overlap, or of its size if the link is even; the barrier is moved by the overshoot."""
    lowest = 0.0 if degree % 2 == 0 and linear_part == 0 else LOWEST
    table = np.linspace(lowest, FOUND + 0.1, 200)
    link = {"degree": degree, "dimension": dimension, "step": step, "linear_part": linear_part}
    moments = np.array([one_example(m, **link) for m in table])

    def drift(m):
        return np.interp(m, table, moments[:, 0])

    def variance(m):
        return np.interp(m, table, moments[:, 1])

    barrier = FOUND + OVERSHOOT * np.sqrt(variance(FOUND))
    return median_passage(drift, variance, start=dimension**-0.5, lowest=lowest, barrier=barrier)
