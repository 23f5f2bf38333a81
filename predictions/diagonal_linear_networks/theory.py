"""Which of all interpolating solutions a diagonal linear network b = u^2 - v^2 reaches, and its rivals.

Gradient flow on any loss of X b multiplies u by e^{h} and v by e^{-h}, with h in the row space of X: the product u v of
each coordinate stays, and the last b satisfies X b = y and

    asinh(b / (2 u0 v0)) - ln(u0 / v0) in the row space of X,

the optimality condition of a convex problem. For u0 = v0 = alpha that is

    minimise sum_i alpha^2 q(b_i / alpha^2) subject to X b = y,    q(z) = 2 - (4 + z^2)^{1/2} + z asinh(z/2),

Woodworth et al. 2020 (arXiv 2002.09277), theorem 1: the squared l2 norm for large alpha, the l1 norm for small.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog, minimize


def hypentropy_minimiser(setting, given):
    """The interpolating b of least hyperbolic entropy at the scale alpha, (dimension,)."""
    scale = setting["alpha"] ** 2
    return _stationary(given["rows"], given["labels"], scale=scale, shift=np.zeros_like(given["u"]))


def shifted_hypentropy_minimiser(setting, given):
    """The same for unequal first weights: the potential's scale is u0 v0, its minimum the first b, u0^2 - v0^2."""
    u, v = given["u"], given["v"]
    return _stationary(given["rows"], given["labels"], scale=u * v, shift=np.log(u / v))


def least_squares_norm(setting, given):
    """The interpolating b of least l2 norm, (dimension,): kernel regression with the tangent kernel at u = v."""
    return np.linalg.pinv(given["rows"]) @ given["labels"]


def least_absolute_norm(setting, given):
    """An interpolating b of least l1 norm, (dimension,): basis pursuit, a linear programme in its two signed parts."""
    rows, dimension = given["rows"], given["rows"].shape[1]
    parts = linprog(np.ones(2 * dimension), A_eq=np.hstack([rows, -rows]), b_eq=given["labels"]).x
    return parts[:dimension] - parts[dimension:]


def _stationary(rows, labels, *, scale, shift):
    """b = 2 scale sinh(X^T w + shift) with X b = y.

    The multiplier w minimises the convex dual, sum_i 2 scale cosh(x_i . w + shift) - w . y.
    """

    def exponent(w):
        return np.clip(rows.T @ w + shift, -300, 300)  # keeps far trial steps finite

    def dual(w):
        return np.sum(2 * scale * np.cosh(exponent(w))) - w @ labels

    def gradient(w):
        return rows @ (2 * scale * np.sinh(exponent(w))) - labels

    def hessian(w):
        return (rows * (2 * scale * np.cosh(exponent(w)))) @ rows.T

    start = np.zeros(len(labels))
    size = np.max(np.abs(labels))
    w = minimize(dual, start, jac=gradient, hess=hessian, method="trust-exact", options={"gtol": 1e-8 * size}).x
    for _ in range(2):  # Newton steps: the dual's value resolves w to the root of its rounding only
        w = w - np.linalg.solve(hessian(w), gradient(w))
    if not np.max(np.abs(gradient(w))) <= 1e-6 * size:
        raise ValueError(
            f"no solution found at the scale {np.max(scale):.1e}: rows are dependent, or it is out of range"
        )
    return 2 * scale * np.sinh(exponent(w))
