"""When a mode of the input-output correlation is half learnt by two layers from a small start, inputs not whitened.

While weights are small, S_yx = sum_k s_k l_k r_k^T alone drives them: W_1 r_k and W_2^T l_k grow together, as
e^{s_k t}, from their mean g_k; u_0 = |g_k|^2. A single mode is a chain of a gain a and a vector w over the inputs,

    da/dt = (s r - a S_xx w) . w,   dw/dt = a (s r - a S_xx w),   from a = u_0^{1/2}, w = u_0^{1/2} r,

watched by c = a r . S_xx w, which ends at s. If S_xx r = r, this is Saxe's sigmoid, c = u (1312.6120, section 1.3).
Several modes are taken to be as many chains: their l_k are orthogonal, and so, nearly, are the hidden vectors of a
random start; left out is that S_xx w_k has a part along w_j while both are being learnt.
"""

from __future__ import annotations

import numpy as np

from predictions.deep_linear_networks import theory

MOST_STEPS = 1_000_000


def correlation_half_time(setting, given):
    """Saxe's half-time from S_yx alone, ln(s/u_0 - 1) / (2 s) and its finite-step term, as if inputs were white."""
    mode = {"singular_values": [given["singular_value"]], "initial_strengths": [given["start"]]}
    return theory.half_time({"learning_rate": given["learning_rate"]}, mode)


def covariance_half_time(setting, given):
    """The chain above with the inputs' covariance, step by step as gradient descent takes them, in S_xx's eigenbasis.

    w_i = r_i v_i, so that only the share r_i^2 of each eigenvalue enters. inf if c is below s/2 after MOST_STEPS.
    """
    s, eta, eigenvalues, shares = (given[name] for name in ("singular_value", "learning_rate", "eigenvalues", "shares"))
    gain, vector = np.sqrt(given["start"]), np.full_like(eigenvalues, np.sqrt(given["start"]))
    before = 0.0
    for step in range(MOST_STEPS):
        now = gain * np.sum(shares * eigenvalues * vector)
        if now >= s / 2:
            return eta * (step - (now - s / 2) / (now - before))
        force = s - gain * eigenvalues * vector
        gain, vector, before = gain + eta * np.sum(shares * vector * force), vector + eta * gain * force, now
    return np.inf


def steep_half_time(setting, given):
    """`covariance_half_time` of erf units, of slope k = 2/pi^{1/2} at zero: s becomes k s, S_xx becomes k^2 S_xx."""
    slope = 2 / np.sqrt(np.pi)
    steeper = {"singular_value": slope * given["singular_value"], "eigenvalues": slope**2 * given["eigenvalues"]}
    return covariance_half_time(setting, {**given, **steeper})


def regression_half_time(setting, given):
    """One layer instead of two, from zero: c = s sum_i r_i^2 (1 - (1 - eta lambda_i)^t), without a plateau."""
    eta, eigenvalues, shares = (given[name] for name in ("learning_rate", "eigenvalues", "shares"))
    before = 0.0
    for step in range(MOST_STEPS):
        now = np.sum(shares * (1 - (1 - eta * eigenvalues) ** step))
        if now >= 0.5:
            return eta * (step - (now - 0.5) / (now - before))
        before = now
    return np.inf
