"""What a step size eta above 2/lambda does to a wide network of two linear layers. Lewkowycz et al. 2020, section 2.

For one datum (x, y), the output f, its error e = f - y and the curvature lambda follow a closed recursion,

    e    <- e (1 - eta lambda + eta^2 x^2 f e / m)
    lambda <- lambda + (eta e^2 x^2 / m) (eta lambda - 4 f / e),

m being the width (the paper has x = 1 and y = 0). While |e| << sqrt(m), lambda stands still and e is multiplied by
1 - eta lambda, which is growth once eta lambda > 2; when |e| has reached sqrt(m), f/e is 1, and lambda falls as long as
eta lambda < 4.
"""

from __future__ import annotations


def catapult_limit(setting, given):
    """Largest step size 4/lambda_0: below it the curvature falls while the error is large, above it it grows."""
    return 4 / given["initial_curvature"]


def linear_model_limit(setting, given):
    """Largest step size 2/lambda_0 of a model whose curvature is constant."""
    return 2 / given["initial_curvature"]


def stable_curvature(setting, given):
    """Curvature 2/eta, eta = rate/lambda_0. No minimum above it is stable: descent that ends, ends below."""
    return 2 * given["initial_curvature"] / setting["rate"]


def initial_curvature(setting, given):
    """Curvature lambda_0: as if training left it alone."""
    return given["initial_curvature"]


def peak_exponent(setting, given):
    """d ln max |f - y| / d ln m = 1/2: lambda moves, and ends the growth, once e is of order m^{1/2}."""
    return 0.5
