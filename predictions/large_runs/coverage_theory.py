"""What a beta distribution of difficulties says of coverage, the chance that one of k samples is right.

Over problems whose chance p has the density p^(a-1) (1-p)^(b-1) / B(a, b), E[1 - (1-p)^k] = 1 - B(a, b + k) / B(a, b).
Schaeffer et al. 2025 (arXiv 2502.17578), section 3.
"""

from __future__ import annotations

import numpy as np
from scipy.special import betaln


def beta_coverage(setting, given):
    """Coverage of each model (7,) at `most` samples, of the beta distribution that the few make most likely."""
    a, b = given["shapes"].T
    return -np.expm1(betaln(a, b + setting["most"]) - betaln(a, b))


def no_further_coverage(setting, given):
    """The coverage of the few samples: what they did not solve is beyond the model."""
    return given["early_coverage"][:, 1]


def logarithmic_coverage(setting, given):
    """Coverage linear in ln k through its values at `few`/10 and `few` samples, up to 1."""
    early, late = given["early_coverage"].T
    decades = np.log10(setting["most"] / setting["few"])
    return np.minimum(1.0, late + (late - early) * decades)
