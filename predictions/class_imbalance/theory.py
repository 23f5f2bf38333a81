"""The optimum of a last layer with free features for two sizes of classes, in closed form up to three numbers.

W and the features (one a class, H) enter the loss through the logits Z = W H, and weight decay as (l/2)(|W|^2 + |H|^2),
whose least value at given Z is l |Z|_*: a convex programme (Fang, He, Long and Su 2021, arXiv 2101.12699, section 4).
With K_A large and K_B small classes of shares p_A, p_B of the samples it has a solution with the classes' symmetry,

    Z_kj = c_A (delta_kj - 1/K_A) + r/K_A   (k, j large),    -r/K_B        (k small, j large),
    Z_kj = c_B (delta_kj - 1/K_B) + s/K_B   (k, j small),    -s/K_A        (k large, j small),

whose nuclear norm is (K_A - 1) c_A + (K_B - 1) c_B + (r^2 K/K_B + s^2 K/K_A)^{1/2} for features that weigh the same.
If a class's features weigh m instead (its share, for ordinary decay), its column z enters the norm as m^{1/2} z.
"""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize

SMOOTHING = 1e-16  # under the root of the norm, which has a kink where it vanishes


def layer_peeled_cosine(setting, given):
    """Cosine between the rows of W of two of the small classes, if the features of all classes weigh the same."""
    return _minority_cosine(setting, per_class=True)


def ordinary_decay_cosine(setting, given):
    """The same, if all samples weigh the same, as under ordinary weight decay."""
    return _minority_cosine(setting, per_class=False)


def simplex_cosine(setting, given):
    """-1/(K - 1): what balanced classes have, whatever the imbalance."""
    return -1 / (setting["majority"] + setting["minority"] - 1)


def critical_imbalance(setting, *, per_class: bool) -> float:
    """Least ratio of class sizes at which small classes share one classifier: c_B = 0 where p_B <= l m_B^{1/2}.

    At c_B = 0 the loss falls with slope p_B in each of the K_B - 1 differences of small classes, and the norm rises
    with slope l m_B^{1/2}. The share p_B is 1/(K_A R + K_B), and m_B is 1 (per-class) or p_B (per-sample).
    """
    large, small, _ = _numbers(setting)
    least_share = setting["decay"] ** (1 if per_class else 2)
    return (1 / least_share - small) / large


def _minority_cosine(setting, *, per_class: bool) -> float:
    large, small, classes = _numbers(setting)
    spread, from_large, from_small = _optimum(setting, per_class)
    # W W^T is in proportion to (Z Z^T)^{1/2}, the columns weighted: spread on differences of small classes, and the
    # singular value of the contrast between large and small
    contrast = np.sqrt(from_large**2 * classes / small + from_small**2 * classes / large)
    shared = contrast * large / (classes * small)
    return float((shared - spread / small) / (shared + spread * (1 - 1 / small)))


def _numbers(setting) -> tuple[int, int, int]:
    large, small = setting["majority"], setting["minority"]
    return large, small, large + small


def _optimum(setting, per_class: bool) -> tuple[float, float, float]:
    """c_B, r and s of the minimum, columns multiplied by the root of their weight."""
    large, small, classes = _numbers(setting)
    share_small = 1 / (large * setting["imbalance"] + small)
    share_large = setting["imbalance"] * share_small
    root_large, root_small = (1.0, 1.0) if per_class else (np.sqrt(share_large), np.sqrt(share_small))

    weight_large, weight_small = root_large * (large - 1), root_small * (small - 1)

    def objective(numbers):
        """Loss over decay, and norm, and their gradient: a class's loss depends on differences of logits."""
        spread_large, spread_small, from_large, from_small = numbers
        loss_large, by_spread_large, by_large = _of_class(large, small, spread_large, from_large)
        loss_small, by_spread_small, by_small = _of_class(small, large, spread_small, from_small)
        contrast = np.sqrt(
            classes * ((root_large * from_large) ** 2 / small + (root_small * from_small) ** 2 / large + SMOOTHING)
        )
        of_large, of_small = large * share_large / setting["decay"], small * share_small / setting["decay"]
        value = of_large * loss_large + of_small * loss_small
        value += weight_large * spread_large + weight_small * spread_small + contrast
        return value, np.array(
            [
                of_large * by_spread_large + weight_large,
                of_small * by_spread_small + weight_small,
                of_large * by_large + classes * root_large**2 * from_large / (small * contrast),
                of_small * by_small + classes * root_small**2 * from_small / (large * contrast),
            ]
        )

    found = minimize(
        objective,
        np.ones(4),
        jac=True,
        method="L-BFGS-B",
        bounds=[(0, None)] * 4,
        options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 10_000, "maxfun": 20_000},
    )
    _, spread_small, from_large, from_small = found.x
    if not max(from_large, from_small) > 1e-4:
        raise ValueError(
            f"decay is {setting['decay']}, so large that small classes have no weights, and these no angle"
        )
    return root_small * spread_small, root_large * from_large, root_small * from_small


def _of_class(own: int, others: int, spread: float, away: float) -> tuple[float, float, float]:
    """Cross entropy of one of `own` classes beside `others` of the other size, and its derivatives.

    Its logit is above those of its own size by c = `spread`, and above the others by c (1 - 1/own) + r/own + r/others,
    r = `away`.
    """
    alike = (own - 1) * np.exp(-spread)
    other = others * np.exp(-spread * (1 - 1 / own) - away * (1 / own + 1 / others))
    total = 1 + alike + other
    return (
        np.log1p(alike + other),
        -(alike + other * (1 - 1 / own)) / total,
        -other * (1 / own + 1 / others) / total,
    )
