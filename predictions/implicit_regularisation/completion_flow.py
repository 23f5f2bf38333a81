"""Complete a 2 x 2 matrix by gradient flow on a factorisation, and look at the matrix when the loss has become small.

Model      W = W_2 W_1 with 2 x 2 factors, or for the start `generic` with inner dimension 4, so that the stacked factor
           (W_2; W_1^T), whose square has W as its off-diagonal block, has full dimension.
Data       w_12 = w_21 = 1 and w_22 = `corner` are observed, w_11 is not.
Loss       1/2 of the summed squared errors of the observed entries.
Training   gradient flow by an adaptive Runge-Kutta method of order 8, until the loss is `loss_level`, from a `start`:
           positive   W(0) = Q^T diag(s_1, s_2) Q with a random rotation Q and s_1, s_2 near 1e-4: positive determinant
           negative   the same with s_2 = -s_1: negative determinant, and two directions of equal strength
           far        w_11 = -2 to -3, the observed entries between 0.2 and 1: negative determinant
           generic    Gaussian factors of standard deviation 1e-6
           In the first three the factors are symmetric square roots, and so balanced: W_2^T W_2 = W_1 W_1^T.
Observed   nuclear norm, unobserved entry and imbalance there; the smallest determinant on the way.
Trial      whatever the start leaves open.
"""

from __future__ import annotations

import numpy as np
from scipy.integrate import solve_ivp

OBSERVED = np.array([[0.0, 1.0], [1.0, 1.0]])
LONGEST = 1e6  # time after which a flow that has not come down is given up


def prepare(setting, seeds):
    """Given: the product of the initial factors."""
    factors = [draw_factors(np.random.default_rng(int(seed)), setting["start"]) for seed in seeds]
    return {"initial_product": np.stack([last @ first for first, last in factors])}, factors


def measure(setting, state):
    """Nuclear norm, unobserved entry and imbalance at the loss level; the smallest determinant on the way there."""
    trials = [_observe(*flow(*factors, setting["corner"], setting["loss_level"])) for factors in state]
    return {name: np.array([trial[name] for trial in trials]) for name in trials[0]}


def draw_factors(rng: np.random.Generator, start: str) -> tuple[np.ndarray, np.ndarray]:
    """W_1 (inner, 2) and W_2 (2, inner)."""
    if start == "generic":
        return 1e-6 * rng.standard_normal((4, 2)), 1e-6 * rng.standard_normal((2, 4))
    if start == "far":
        beside, corner = rng.uniform(0.2, 0.8), rng.uniform(0.2, 1)
        return balanced_factors(np.array([[-rng.uniform(2, 3), beside], [beside, corner]]))
    if start not in ("positive", "negative"):
        raise ValueError(f"start is {start!r}, but must be one of positive, negative, far, generic")
    angle, ratio = rng.uniform(0, 2 * np.pi), np.exp(rng.uniform(-1, 1))
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    strengths = 1e-4 * np.array([ratio, 1 / ratio] if start == "positive" else [1, -1])
    return balanced_factors((rotation.T * strengths) @ rotation)


def balanced_factors(product: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """W_1 = |S|^{1/2} V^T and W_2 = V S |S|^{-1/2} of a symmetric matrix V S V^T."""
    strengths, vectors = np.linalg.eigh(product)
    gains = np.sqrt(np.abs(strengths))
    return gains[:, None] * vectors.T, vectors * (gains * np.sign(strengths))


def flow(first, last, corner: float, loss_level: float):
    """Factors along gradient flow at each step of the integrator, (steps, inner, 2) and (steps, 2, inner)."""
    shape, target = first.shape, np.array([[0, 1], [1, corner]])

    def parts(flat):
        return flat[: first.size].reshape(shape), flat[first.size :].reshape(shape[::-1])

    def errors(flat):
        first, last = parts(flat)
        return OBSERVED * (last @ first - target)

    def velocity(_, flat):
        (first, last), gradient = parts(flat), errors(flat)
        return -np.concatenate([(last.T @ gradient).ravel(), (gradient @ first.T).ravel()])

    def above(_, flat):
        return np.log(np.sum(errors(flat) ** 2) / (2 * loss_level))

    above.terminal = True
    start = np.concatenate([first.ravel(), last.ravel()])
    path = solve_ivp(velocity, (0, LONGEST), start, method="DOP853", rtol=1e-11, atol=1e-15, events=above)
    if not len(path.t_events[0]):
        return np.full((1, *shape), np.nan), np.full((1, *shape[::-1]), np.nan)
    steps = [parts(flat) for flat in path.y.T]
    return np.stack([first for first, _ in steps]), np.stack([last for _, last in steps])


def _observe(first: np.ndarray, last: np.ndarray) -> dict[str, float]:
    products = last @ first
    square = first.shape[1] == 2  # then each factor's determinant is known to better than that of the product
    determinants = np.linalg.det(last) * np.linalg.det(first) if square else np.linalg.det(products)
    end = products[-1]
    finite = np.isfinite(end).all()
    return {
        "nuclear_norm": np.linalg.norm(end, "nuc") if finite else np.inf,
        "unobserved_entry": end[0, 0],
        "smallest_determinant": determinants.min(),
        "imbalance": np.abs(first[-1] @ first[-1].T - last[-1].T @ last[-1]).max(),
    }
