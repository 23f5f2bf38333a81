"""What one exponent of the additive law says of the other, in the mean over collections.

The size exponents alpha of the drawn collections come from the same fits as the token exponents beta that are measured.
"""

from __future__ import annotations

import numpy as np


def quanta_mean(setting, given):
    """Mean of alpha / (1 + alpha), quanta of frequencies k^-(1 + alpha). Michaud et al. 2023 (2303.13506)."""
    alpha = given["size_exponents"]
    return np.mean(alpha / (1 + alpha))


def equal_mean(setting, given):
    """Mean of alpha: beta = alpha. Bahri et al. 2021, arXiv 2102.06701."""
    return np.mean(given["size_exponents"])
