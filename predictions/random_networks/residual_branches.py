"""Groups of deep random residual networks on a pair of inputs: its correlation, and how much norms differ by network.

Model      h_{l+1} = h_l + (a / sqrt(L)) W_l phi(h_l) for l = 0 ... L - 1, of w = `width` units, L = `depth`, a^2 =
           `branch_variance`, no biases; phi(z) = z for z > 0 and `negative_slope` s z below, W_l of independent
           N(0, g/w), g = 2 / (1 + s^2). `block`: that (one-layer); the branch W_l phi(V_l h_l) instead, V_l of
           independent N(0, 1/w) (two-layer); or without skip or factor, h_{l+1} = W_l phi(h_l) (plain).
Data       pairs x, x' in random directions at the exact correlation `input_correlation`, |x|^2 = |x'|^2 = w.
Observed   variance over the group of ln(|h_L|^2/w); mean over the group of the correlation h_L.h'_L / (|h_L| |h'_L|).
Trial      a group of `networks` networks, each with a pair of its own.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

WEIGHTS_AT_ONCE = 2**21  # 8 MB of float32


def prepare(setting: Mapping, seeds: np.ndarray):
    """Given: nothing that a theory could need. State: the trials' seeds."""
    return {}, np.asarray(seeds)


def measure(setting: Mapping, state) -> dict[str, np.ndarray]:
    """Variance of the log norm and mean correlation over the group: each (trials,)."""
    logs, correlations = zip(*(_group(setting, np.random.default_rng(int(seed))) for seed in state))
    return {
        "log_norm_variance": np.var(logs, axis=1, ddof=1),
        "final_correlation": np.mean(correlations, axis=1),
    }


def _group(setting: Mapping, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Log of the first input's squared norm, and correlation of the pair, after the last layer: each (networks,)."""
    most = max(1, WEIGHTS_AT_ONCE // setting["width"] ** 2)  # in pieces whose layers fit in the cache
    pieces = [min(most, setting["networks"] - start) for start in range(0, setting["networks"], most)]
    ends = np.concatenate([_propagate(setting, networks, rng) for networks in pieces]).astype(np.float64)
    first, second = ends[..., 0], ends[..., 1]
    squares = np.sum(first**2, axis=1)
    with np.errstate(all="ignore"):  # a plain network may die
        correlation = np.sum(first * second, axis=1) / np.sqrt(squares * np.sum(second**2, axis=1))
        return np.log(squares / setting["width"]), correlation


def _propagate(setting: Mapping, networks: int, rng: np.random.Generator) -> np.ndarray:
    """Both inputs after the last layer: (networks, width, 2), float32."""
    width, depth, slope = setting["width"], setting["depth"], np.float32(setting["negative_slope"])
    gain = np.sqrt(2 / (1 + slope**2))
    factor = np.float32(np.sqrt(setting["branch_variance"] / depth))

    def matrices():
        return rng.standard_normal((networks, width, width), dtype=np.float32) / np.float32(np.sqrt(width))

    def phi(signal):
        return gain * np.where(signal > 0, signal, slope * signal)  # with the gain of the weights that follow

    signal = _pairs(setting, networks, rng)
    for _ in range(depth):
        if setting["block"] == "plain":
            signal = matrices() @ phi(signal)
        else:
            inner = matrices() @ signal if setting["block"] == "two-layer" else signal
            signal = signal + factor * (matrices() @ phi(inner))
    return signal


def _pairs(setting: Mapping, networks: int, rng: np.random.Generator) -> np.ndarray:
    """Two inputs of norm sqrt(width) at the exact correlation for each network: (networks, width, 2), float32."""
    base, other = rng.standard_normal((2, networks, setting["width"]))
    base /= np.linalg.norm(base, axis=1, keepdims=True)
    other -= base * np.sum(base * other, axis=1, keepdims=True)
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    correlation = setting["input_correlation"]
    partner = correlation * base + np.sqrt(1 - correlation**2) * other
    return (np.sqrt(setting["width"]) * np.stack([base, partner], axis=2)).astype(np.float32)
