"""Online learning in many dimensions: overlaps of a committee that obey differential equations; a search that diffuses.

Committee (Saad and Solla 1995): fields x_i = J_i . xi / N^{1/2} and y_n = B_n . xi / N^{1/2} of an input
xi ~ N(0, 1)^N, units g(u) = erf(u / sqrt(2)), loss (sigma - zeta)^2 / 2, steps eta / N^{1/2} in J, time = examples / N;
overlaps Q = E x x^T, R = E x y^T, T = E y y^T. With D = zeta - sigma,

    dR_in/dt = eta E g'(x_i) D y_n
    dQ_ik/dt = eta E (g'(x_i) x_k + g'(x_k) x_i) D + eta^2 E g'(x_i) g'(x_k) D^2.

Search for one direction: m = theta . theta*, link f of teacher and student, label y = f(z*), steps s v on the sphere
with v = y f'(z) (x - z theta), z = theta . x, z* = theta* . x, h_k = He_k / (k!)^{1/2}. One example takes m to

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

from predictions.online_learning.gaussian_averages import drifts, fluctuations, generalisation_error, noise_products


def error_curve(setting, given):
    """Generalisation error at the times, (times,): the equations from the measured first overlaps, without noise.

    Saad and Solla 1995 (Physical Review E 52, 4225), the equations of motion; Goldt et al. 2019 (arXiv 1906.08632)
    prove that a network of N inputs deviates from them by order N^{-1/2}.
    """
    return _error_curve(setting, given, second_order=1.0, noise_variance=0.0)


def noisy_error_curve(setting, given):
    """The same if labels carry noise of the variance s^2, which adds eta^2 s^2 E g'(x_i) g'(x_k) to dQ_ik/dt.

    Goldt et al. 2019 (arXiv 1906.08632), section 2.
    """
    return _error_curve(setting, given, second_order=1.0, noise_variance=setting["label_noise"] ** 2)


def gradient_flow_error_curve(setting, given):
    """The same without the terms in eta^2: gradient flow on the generalisation error."""
    return _error_curve(setting, given, second_order=0.0, noise_variance=0.0)


def _error_curve(setting, given, *, second_order: float, noise_variance: float):
    eta, teachers, times = setting["learning_rate"], given["teachers"], given["times"]
    units, teacher_units = given["cross"].shape
    students = slice(0, units)
    signs = np.concatenate([-np.ones(units), np.ones(teacher_units)])  # D = sum over all fields of sign x g

    def unpack(flat):
        return flat[: units**2].reshape(units, units), flat[units**2 :].reshape(units, teacher_units)

    def velocity(_, flat):
        own, cross = unpack(flat)
        covariance = np.block([[own, cross], [cross.T, teachers]])
        first = drifts(covariance)[students] @ signs  # E g'(x_i) u_n D, (units, fields)
        pull = first[:, students]
        second = fluctuations(covariance, units) @ signs @ signs
        second += noise_variance * noise_products(covariance)[students, students]
        own_velocity = eta * (pull + pull.T) + second_order * eta**2 * second
        return np.concatenate([own_velocity.ravel(), eta * first[:, units:].ravel()])

    start = np.concatenate([given["students"].ravel(), given["cross"].ravel()])
    path = solve_ivp(velocity, (0, times[-1]), start, t_eval=times, method="LSODA", rtol=1e-6, atol=1e-8).y
    return np.array([generalisation_error(*unpack(flat), teachers) for flat in path.T])


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


def local_exponent(setting, given) -> float:
    """log2 of `median_examples` in 2d over those in d dimensions; k - 1 or 1 only as d grows without end."""
    return _local(median_examples, setting)


def local_exponent_with_linear_part(setting, given) -> float:
    """The same of `median_examples_with_linear_part`."""
    return _local(median_examples_with_linear_part, setting)


def linear_link_local_exponent(setting, given) -> float:
    """The same of `linear_link_examples`: the step's own exponent, max(1, k/2), and what is left of noise."""
    return _local(linear_link_examples, setting)


def limiting_exponent(setting, given) -> float:
    """max(1, k - 1): n ~ d, d ln d and d^(k-1) read as powers of d. Ben Arous et al. 2021, section 1."""
    return max(1.0, setting["degree"] - 1.0)


def _local(examples, setting) -> float:
    return float(np.log2(examples(setting | {"dimension": 2 * setting["dimension"]}, {}) / examples(setting, {})))


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
    with np.errstate(over="ignore"):  # against a drift that noise cannot overcome the rate is 0
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
