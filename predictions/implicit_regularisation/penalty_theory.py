"""The penalty that finite steps put on the gradient, by backward error analysis.

A method with step h follows, up to O(h^2) over a fixed time, the flow on L + c h |grad L|^2.
"""

from __future__ import annotations


def order_of_what_is_left(setting, given) -> float:
    """d ln distance / d ln h = 2: descent and the flow on L + (h/4) |grad L|^2 part at the second order of h.

    Barrett and Dherin 2021 (arXiv 2009.11162), theorem 3.1: each step errs by h^3, T / h of them by h^2; without the
    penalty a step errs by h^2.
    """
    return 2.0


def descent_coefficient(setting, given) -> float:
    """c = 1/4, of gradient descent. Barrett and Dherin 2021 (arXiv 2009.11162), theorem 3.1.

    The flow dw/dt = F moves w by h F + (h^2/2) F'F in a time h, which is a step -h g if F = -g - (h/2) H g + O(h^2):
    the gradient of L + (h/4) |g|^2.
    """
    return 1 / 4


def polyak_coefficient(setting, given) -> float:
    """c = (1 + beta) / (4 (1 - beta)): 1/4 without momentum. Barrett and Dherin 2021 (arXiv 2009.11162), theorem 3.1.

    For v <- beta v - (1 - beta) h g, w <- w + v, let w follow dw/dt = F. Then w(t +- h) = w +- h F + (h^2/2) F'F in
    w(t + h) - w - beta (w - w(t - h)) = -(1 - beta) h g gives F + (h/2) (1 + beta)/(1 - beta) F'F = -g, F'F = H g.
    Ghosh, Lyu, Zhang and Wang 2023 (arXiv 2302.00849) have the same factor (1 + beta)/(1 - beta).
    """
    beta = setting["momentum"]
    return (1 + beta) / (4 * (1 - beta))


def nesterov_coefficient(setting, given) -> float:
    """c = (1 + beta) / (4 (1 - beta)) - beta / 2, if the gradient is taken at w + beta v.

    There it is g + beta h H F = g - beta h H g to first order, which takes beta h H g from the right-hand side above.
    """
    beta = setting["momentum"]
    return (1 + beta) / (4 * (1 - beta)) - beta / 2
