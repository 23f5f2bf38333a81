"""The charge between two matrices that act as a product, and by how much steps, momentum and batches move it.

A loss that depends on Q and K, (features, head), through M = Q K^T alone has gradients g_Q = G K and g_K = G^T Q,
G = dL/dM. Then Q^T g_Q - K^T g_K is antisymmetric, so that the flow conserves C = Q^T Q - K^T K: for layers Du, Hu and
Lee 2018 (arXiv 1806.00900), for queries and keys by the same symmetry (Kunin et al. 2021, arXiv 2012.04728). With

    q(g) = g_Q^T g_Q - g_K^T g_K,

a step of descent adds eta^2 q, exactly. Heavy ball w' = w + v', v' = beta v - (1 - beta) h g, of effective step h,
adds q(v') and the symmetric part 2 S' of w^T v', for which S'_n = beta (S'_{n-1} + q(v_n)), as that of w^T g vanishes.
Summed,

    C(T) - C(0) = kappa sum_n q(v_n) - 2 beta / (1 - beta)^2 h^2 q_T,    kappa = (1 + beta) / (1 - beta).

v is the mean of h g over the last 1 / (1 - beta) steps. Of a mean gradient it is h g, less its lag; while it grows from
v = 0 the weights fall behind the flow by a time h beta / (1 - beta), and the growth itself is missing. The sum is

    h int q dt + h^2 (1/2 + 2 beta / (1 - beta)) (q_0 - q_T) - h^2 q_0 (2 beta / (1 - beta) - beta^2 / (1 - beta^2)).

Noise that is fresh in every step is averaged: q(v) has (1 - beta) / (1 + beta) h^2 of its q, so that kappa cancels, and
momentum leaves what noise does to the charge as it was at the same effective step.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp


def drift(setting, given) -> np.ndarray:
    """(C(T) - C(0)) / |C(0)|, (head, head), to second order in the step, the noise of batches to first.

    Along the path that descent takes on average: dw/dt = -g(w + (kappa h / 2) g(w)), the flow on L + (kappa h / 4)
    |g|^2 to first order in h (Barrett and Dherin 2021, arXiv 2009.11162; with momentum Ghosh et al. 2023, 2302.00849).
    """
    return _drift(setting, given, _kappa(setting))


def drift_without_momentum(setting, given) -> np.ndarray:
    """The same if momentum did nothing but enlarge the step by 1 / (1 - beta): kappa = 1."""
    return _drift(setting, given, 1.0)


def drift_with_noise_amplified(setting, given) -> np.ndarray:
    """The same if momentum amplified what noise does to the charge as it does what the mean gradient does."""
    alone = _drift({**setting, "batch": "all"}, given, _kappa(setting))
    return alone + _kappa(setting) * (drift(setting, given) - alone)


def drift_without_noise(setting, given) -> np.ndarray:
    """The same if only the mean gradient counted."""
    return _drift({**setting, "batch": "all"}, given, _kappa(setting))


def drift_and_decay(setting, given) -> np.ndarray:
    """The drift with a weight decay so small that the path is the same: less the share 1 - e^{-2 lambda T} of C(0)."""
    lost = -np.expm1(-2 * setting["weight_decay"] * setting["time"])
    first = charge(given["query"], given["key"])
    return drift(setting, given) - lost * first / np.linalg.norm(first)


def order_of_descent(setting, given) -> float:
    """d ln |C(T) - C(0)| / d ln n = -1 under n steps of descent in a fixed time: each adds (T / n)^2 q."""
    return -1.0


def order_of_adam(setting, given) -> float:
    """The same under Adam: 0.

    Its flow dw/dt = -P^-1 m divides every entry by a size of its own; Q^T P_Q^-1 g_Q - K^T P_K^-1 g_K has a symmetric
    part, so that C moves at first order already, by an amount that the path fixes and not the step.
    """
    return 0.0


def _kappa(setting) -> float:
    momentum = setting["momentum"]
    return (1 + momentum) / (1 - momentum)


def _drift(setting, given, kappa: float) -> np.ndarray:
    step, time = setting["time"] / setting["steps"], setting["time"]
    beta = (kappa - 1) / (kappa + 1)
    sizes = [given[name].shape for name in ("query", "key", "value")]
    start = np.concatenate([given[name].ravel() for name in ("query", "key", "value")])
    head = given["query"].shape[1]

    def told(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Mean gradient, its q, and the q of a batch's noise."""
        parts = np.split(weights, np.cumsum([int(np.prod(shape)) for shape in sizes])[:-1])
        rows = row_gradients(setting, given, *(part.reshape(shape) for part, shape in zip(parts, sizes)))
        mean = [row.mean(axis=0) for row in rows]
        own = imbalance(mean[0], mean[1])
        noise = np.zeros_like(own)
        if setting["batch"] != "all":
            singles = np.einsum("nfa,nfb->ab", rows[0], rows[0]) - np.einsum("nfa,nfb->ab", rows[1], rows[1])
            noise = (singles / len(rows[0]) - own) / setting["batch"]
        return np.concatenate([part.ravel() for part in mean]), own, noise

    def flow(_, extended):
        gradient, own, noise = told(extended[: len(start)])
        motion = -told(extended[: len(start)] + kappa * step / 2 * gradient)[0]
        return np.concatenate([motion, own.ravel(), noise.ravel()])

    begun = np.concatenate([start, np.zeros(2 * head**2)])
    path = solve_ivp(flow, (0, time), begun, rtol=1e-6, atol=1e-9, t_eval=[time]).y[:, -1]
    own, noise = path[len(start) :].reshape(2, head, head)
    first, last = told(start)[1], told(path[: len(start)])[1]
    lag = beta / (1 - beta)
    squares = step * own + step**2 * ((0.5 + 2 * lag) * (first - last) - first * (2 * lag - beta**2 / (1 - beta**2)))
    moved = kappa * squares - 2 * beta / (1 - beta) ** 2 * step**2 * last + step * noise
    return moved / np.linalg.norm(charge(given["query"], given["key"]))


def charge(query: np.ndarray, key: np.ndarray) -> np.ndarray:
    """C = Q^T Q - K^T K: (head, head)."""
    return query.T @ query - key.T @ key


def imbalance(query: np.ndarray, key: np.ndarray) -> np.ndarray:
    """q of a gradient: the charge that it would have if it were the weights."""
    return charge(query, key)


def row_gradients(setting, given, query, key, value):
    """Gradients of each sequence's loss, mean of which over sequences is that of L: in Q, K and v, (samples, ...)."""
    inputs, targets = given["inputs"], given["targets"]
    if setting["model"] == "linear":
        errors = inputs @ query @ key.T - targets
        by_product = np.einsum("nf,ng->nfg", inputs, errors)
        return by_product @ key, np.swapaxes(by_product, 1, 2) @ query, np.zeros((len(inputs), len(value)))
    scale = np.sqrt(query.shape[1])
    logits = inputs @ query @ key.T @ np.swapaxes(inputs, 1, 2) / scale
    weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
    weights /= weights.sum(axis=-1, keepdims=True)  # (samples, tokens, tokens)
    values = inputs @ value
    outputs = np.einsum("stu,su->st", weights, values)
    errors = (outputs - targets) / targets.shape[1]
    by_value = np.einsum("st,stu,suf->sf", errors, weights, inputs)
    by_logits = errors[..., None] * weights * (values[:, None, :] - outputs[..., None])
    by_product = np.swapaxes(inputs, 1, 2) @ by_logits @ inputs / scale
    return by_product @ key, np.swapaxes(by_product, 1, 2) @ query, by_value
