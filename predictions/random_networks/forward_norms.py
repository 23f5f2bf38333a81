"""Groups of deep random networks on one input: how much the norm that comes out differs from network to network.

Model      h_0 = x, h_l = phi(sqrt(g/w) G_l h_{l-1}) for l = 1 ... `depth`, with square layers of width w = `width`, no
           biases, phi(z) = z for z > 0 and `negative_slope` z below, and He's gain g = 2/(1 + negative_slope^2).
           `weights`: G_l has independent N(0, 1) entries (gaussian), or is sqrt(w) times a Haar-distributed orthogonal
           matrix (orthogonal).
Data       one random direction x.
Observed   moments of ln(|h_depth|^2/|x|^2), and the kurtosis of the output: a readout v.h_depth/sqrt(w), v ~ N(0, 1);
           the mean over v is taken in closed form, since v is Gaussian by definition: E_v f^4 = 3 (|h|^2/w)^2.
Trial      a group of `networks` networks.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from scipy.stats import skew

WEIGHTS_AT_ONCE = 2**22  # 16 MB of float32


def prepare(setting: Mapping, seeds: np.ndarray):
    """Given: nothing that a theory could need. State: the trials' seeds."""
    return {}, np.asarray(seeds)


def measure(setting: Mapping, state) -> dict[str, np.ndarray]:
    """Output kurtosis; mean, variance and skewness of ln(|h_depth|^2/|x|^2) over the group: each (trials,).

    A network that has died (norm 0) makes the log norm's moments infinite or undefined.
    """
    squares = np.stack([_squared_norms(setting, np.random.default_rng(int(seed))) for seed in state])
    with np.errstate(all="ignore"):
        logs = np.log(squares)
        return {
            "output_kurtosis": 3 * np.mean(squares**2, axis=1) / np.mean(squares, axis=1) ** 2,
            "mean_log_norm": np.mean(logs, axis=1),
            "log_norm_variance": np.var(logs, axis=1, ddof=1),
            "log_norm_skewness": skew(logs, axis=1, bias=False),
        }


def _squared_norms(setting: Mapping, rng: np.random.Generator) -> np.ndarray:
    """|h_depth|^2 / |x|^2 of each network of the group: (networks,), float64."""
    width, slope = setting["width"], setting["negative_slope"]
    gain = np.float32(np.sqrt(2 / (1 + slope**2)))
    direction = rng.standard_normal(width)
    direction = (direction / np.linalg.norm(direction)).astype(np.float32)
    groups = []
    for networks in _pieces(setting["networks"], width):
        activity = np.broadcast_to(direction, (networks, width))
        for _ in range(setting["depth"]):
            signal = gain * np.einsum("nij,nj->ni", _layers(setting["weights"], networks, width, rng), activity)
            activity = np.where(signal > 0, signal, np.float32(slope) * signal)
        groups.append(np.sum(activity.astype(np.float64) ** 2, axis=1))
    return np.concatenate(groups)


def _layers(weights: str, networks: int, width: int, rng: np.random.Generator) -> np.ndarray:
    """One square layer of each network, G/sqrt(w): (networks, w, w)."""
    matrices = rng.standard_normal((networks, width, width), dtype=np.float32)
    if weights == "gaussian":
        return matrices / np.float32(np.sqrt(width))
    orthogonal, upper = np.linalg.qr(matrices)
    # Only with a positive diagonal of R is Q uniformly distributed: Mezzadri 2007 (arXiv math-ph/0609050).
    return orthogonal * np.sign(np.diagonal(upper, axis1=1, axis2=2))[:, None, :]


def _pieces(networks: int, width: int) -> Iterator[int]:
    """The group in pieces whose layers fit in memory."""
    most = max(1, WEIGHTS_AT_ONCE // width**2)
    for start in range(0, networks, most):
        yield min(most, networks - start)
