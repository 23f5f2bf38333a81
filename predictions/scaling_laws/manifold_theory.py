"""Exponents in size of networks that learn functions on d-dimensional data, from how finely they can cut the data up.

With N pieces of diameter s ~ N^(-1/d), a fit of order p to a smooth function errs by s^p, its square by N^(-2p/d).
"""

from __future__ import annotations


def linear_pieces_exponent(setting, given):
    """alpha = 4/d: pieces on which a relu network is linear. Sharma and Kaplan 2020 (arXiv 2004.10802), section 2."""
    return 4 / setting["dimension"]


def constant_pieces_exponent(setting, given):
    """alpha = 2/d: pieces on which the fit is constant, or a function that is Lipschitz and no more."""
    return 2 / setting["dimension"]


def rough_exponent(setting, given):
    """alpha = 1/d: a function of Hoelder exponent 1/2, whatever the pieces carry."""
    return 1 / setting["dimension"]
