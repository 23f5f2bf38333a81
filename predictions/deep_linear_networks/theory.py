"""How the modes of a deep linear network are learnt, in closed form or by an ordinary differential equation.

Conventions: loss 1/2 ||W_L ... W_1 - T||_F^2 with whitened inputs, time t = learning rate x steps, unit rate in every
layer (Saxe et al. set tau = 1), s a singular value of T, u the network's strength in that mode, u0 its initial one.

Gradient descent with step eta follows the flow da/dt = f(a) up to O(eta^2) in the modified flow
da/dt = f - (eta/2) f' f (backward error analysis: Hairer, Lubich and Wanner, Geometric Numerical Integration,
chapter IX). On one path, the modified flow needs the time

    t_eta(a) = t_0(a) + (eta/2) ln(f(a) / f(a0))

to get from a0 to a: the finite-step term below, free of any fit. On the plateau it replaces the growth rate s by
s (1 - eta s / 2), the first terms of ln(1 + eta s) / eta.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import quad, solve_ivp
from scipy.optimize import brentq

from predictions.deep_linear_networks.mode_curves import kendall_tau

ODE_TOLERANCES = {"method": "DOP853", "rtol": 1e-9, "atol": 1e-12}


def sigmoid(singular_value, initial_strength, time):
    """Gradient flow of a balanced mode of two layers: solves du/dt = 2 u (s - u). Saxe et al. 2014, section 1.3."""
    s, u0, t = singular_value, initial_strength, time
    return s / (1 + (s / u0 - 1) * np.exp(-2 * s * t))


def sigmoid_trajectory(setting, given):
    """Strength of each mode of a balanced two-layer network over time: (modes, times).

    u(t) = s e^{2st} / (e^{2st} - 1 + s/u0), Saxe, McClelland and Ganguli 2014 (arXiv 1312.6120), section 1.3, read at
    the time t - eta [3/4 ln(u/u0) - s t] that finite steps leave of t; f = u^{1/2} (s - u) for L = 2.
    """
    eta, t = setting["learning_rate"], given["times"]
    s, u0 = given["singular_values"][:, None], given["initial_strengths"][:, None]
    delay = eta * (0.75 * np.log(sigmoid(s, u0, t) / u0) - s * t)
    return sigmoid(s, u0, t - delay)


def half_time(setting, given):
    """Time at which the weakest mode of a balanced two-layer network reaches s/2.

    The flow's ln(s/u0 - 1) / (2 s), Saxe et al. 2014, section 1.3 at u = s/2, and the finite-step term.
    """
    eta, s, u0 = setting["learning_rate"], given["singular_values"][-1], given["initial_strengths"][-1]
    flow = np.log(s / u0 - 1) / (2 * s)
    return flow + eta * (0.75 * np.log(s / (2 * u0)) - s * flow)


def random_start_half_time(setting, given):
    """Time at which the weakest mode of a two-layer network reaches s/2 from small weights, aligned or not.

    Of W_1 r_i and W_2^T l_i only the mean g_i grows while the weights are small, their difference decays: from then on
    the layers are balanced. With S = diag(s) and G_ij = g_i . g_j, the mode matrix P = (l_i . W_2 W_1 r_j) solves
    dP/dt = S P + P S - 2 P^2, so that

        P(t)^{-1} = e^{-St} G^{-1} e^{-St} + S^{-1} (1 - e^{-2St}),

    the balanced solution of Fukumizu 1998 and Braun et al. 2022 (NeurIPS, "Exact learning dynamics of deep linear
    networks with prior knowledge") in the basis of the target. A diagonal G gives `sigmoid` mode by mode; overlaps
    G_ij of order hidden^{-1/2} delay the weaker modes. Finite steps as in `half_time`, u0 being the start of the
    sigmoid that passes s/2 at the same time.
    """
    eta, s, gram = setting["learning_rate"], given["singular_values"], growing_gram(given)
    inverse_gram = np.linalg.inv(gram)

    def excess(t):
        decay = np.exp(-s * t)
        inverse = decay[:, None] * inverse_gram * decay + np.diag((1 - decay**2) / s)
        return np.linalg.inv(inverse)[-1, -1] - s[-1] / 2

    alone = np.log(s[-1] / gram[-1, -1] - 1) / (2 * s[-1])  # half-time of the mode without the others
    flow = brentq(excess, 0.5 * alone, 2 * alone + 10 / s[-1], xtol=1e-12)
    growth = 0.75 * np.log((1 + np.exp(2 * s[-1] * flow)) / 2)
    return flow + eta * (growth - s[-1] * flow)


def growing_gram(given):
    """Inner products of the growing hidden vectors g_i = (W_1 r_i + W_2^T l_i) / 2: (modes, modes)."""
    modes = len(given["singular_values"])
    return given["hidden_gram"].reshape(2, modes, 2, modes).sum(axis=(0, 2)) / 4


def independent_modes_half_time(setting, given):
    """`random_start_half_time` without the overlaps: each mode alone, on its own sigmoid from |g_i|^2."""
    return half_time(setting, {**given, "initial_strengths": np.diag(growing_gram(given))})


def initial_overlap_half_time(setting, given):
    """`half_time` read literally at random weights: a sigmoid that starts at |l . W_2 W_1 r|."""
    return half_time(setting, {**given, "initial_strengths": np.abs(given["initial_strengths"])})


def depth_trajectory(setting, given):
    """Strength of each mode of a balanced network of L layers over time: (modes, times).

    Integrates du/dt = L u^{2-2/L} (s - u): Saxe et al. 2014, section 2 (their N_l - 1 is L), and Arora, Cohen and Hazan
    2018 (arXiv 1802.06509). Written for the gain a = u^{1/L} of one layer, which rids it of fractional powers, it is
    da/dt = f(a) = a^{L-1} (s - a^L), with the finite-step term -(eta/2) f' f.
    """
    eta, depth, s = setting["learning_rate"], setting["depth"], given["singular_values"]

    def velocity(_, a):
        f = a ** (depth - 1) * (s - a**depth)
        slope = a ** (depth - 2) * ((depth - 1) * s - (2 * depth - 1) * a**depth)
        return f * (1 - eta / 2 * slope)

    gain = _integrate(velocity, given["initial_strengths"] ** (1 / depth), given["times"])
    return gain**depth


def depth_half_time(setting, given):
    """Time at which the weakest mode of a balanced network of L layers reaches s/2: `depth_trajectory`, integrated.

    t = int_{u0}^{s/2} du / (L u^{2-2/L} (s - u)) = int da / f(a), and (eta/2) ln(f(a) / f(a0)) for finite steps.
    """
    eta, depth = setting["learning_rate"], setting["depth"]
    s, u0 = given["singular_values"][-1], given["initial_strengths"][-1]

    def force(a):
        return a ** (depth - 1) * (s - a**depth)

    start, end = u0 ** (1 / depth), (s / 2) ** (1 / depth)
    # over ln a: a plateau of many orders of magnitude is none to the quadrature
    flow, _ = quad(lambda x: np.exp(x) / force(np.exp(x)), np.log(start), np.log(end), epsrel=1e-10, limit=200)
    return flow + eta / 2 * np.log(force(end) / force(start))


def unbalanced_trajectory(setting, given):
    """Strength of each mode of an aligned network whose layers start with any gains: (modes, times).

    Integrates da_l/dt = (s - u) u / a_l for the gains a_l of all layers, u their product, with the finite-step term
    -(eta/2) J f, J the Jacobian of that velocity f. Without it, a_l^2 - a_m^2 is conserved (Saxe et al. 2014,
    section 1.3); equal gains give `depth_trajectory`.
    """
    eta, s = setting["learning_rate"], given["singular_values"]
    gains = given["layer_gains"]

    def velocity(_, flat):
        a = flat.reshape(gains.shape)
        u = a.prod(axis=0)
        slopes, error = u / a, s - u  # du/da_l, (layers, modes); (modes,)
        f = error * slopes
        pairs = slopes * ((f / a).sum(axis=0) - f / a)  # sum over m != l of d(u/a_l)/da_m f_m
        jacobian_f = error * pairs - slopes * (slopes * f).sum(axis=0)
        return (f - eta / 2 * jacobian_f).ravel()

    flat = _integrate(velocity, gains.ravel(), given["times"])
    return flat.reshape(*gains.shape, -1).prod(axis=0)


def frozen_features_half_time(setting, given):
    """Time at which the weakest mode reaches s/2 if only the second of two layers is trained.

    The error of linear regression on fixed features of gain g shrinks by 1 - eta g^2 a step, whatever s is: the
    half-time is ln 2 / g^2, but for the start at u0 and the step.
    """
    eta, s, u0 = setting["learning_rate"], given["singular_values"][-1], given["initial_strengths"][-1]
    gain = given["layer_gains"][0, -1]
    return -np.log(2 * (1 - u0 / s)) * eta / np.log1p(-eta * gain**2)


def frozen_features_mode_order(setting, given):
    """Kendall's tau of singular values against the order of learning if only the second of two layers is trained.

    Every mode then covers half of its way in ln 2 / g^2: the gains g of the fixed features set the order.
    """
    return float(kendall_tau(given["singular_values"], given["layer_gains"][0]))


def exponential_trajectory(setting, given):
    """Relaxation without a plateau, s - (s - u0) e^{-st}: the same rates, but as if the problem were convex."""
    s, u0 = given["singular_values"][:, None], given["initial_strengths"][:, None]
    return s - (s - u0) * np.exp(-s * given["times"])


def exponential_half_time(setting, given):
    """Time at which `exponential_trajectory` of the weakest mode reaches s/2: ln(2 - 2 u0/s) / s."""
    s, u0 = given["singular_values"][-1], given["initial_strengths"][-1]
    return np.log(2 - 2 * u0 / s) / s


def _integrate(velocity, start, times):
    return solve_ivp(velocity, (times[0], times[-1]), start, t_eval=times, **ODE_TOLERANCES).y


def order_of_strength(setting, given):
    """Kendall's tau of strengths and (negative) times at which modes are half learnt: 1, strong modes come first.

    Two-layer modes that start at u_0 << s reach s/2 after ln(s/u_0) / (2 s), which falls with s: Saxe et al. 2014
    (arXiv 1312.6120), section 1.3.
    """
    return 1.0


def same_recursion(setting, given):
    """Relative difference of two programs that compute the same recursion from the same numbers: 0, up to rounding."""
    return 0.0
