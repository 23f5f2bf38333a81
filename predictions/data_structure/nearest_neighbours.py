"""Intrinsic dimension from the two nearest neighbours of each point, on manifolds whose dimension is known.

Data       `points` on a `manifold` of `dimension` d in R^64, turned at random: the unit sphere of R^{d+1}; the torus of
           d circles of radius 1/d^{1/2} in R^{2d}; a flat cube [0, 1]^d, which unlike the two has an edge. `density`:
           uniform, or graded, ~ e^{2 x_1} on the sphere, e^{2 cos phi} in each angle of the torus. `curvature` k > 0
           bends the manifold into further directions, by y_j = k x_j^2 / 2 for its coordinates x_j in a random frame.
           Each coordinate of R^64 gets Gaussian noise of `noise` times the median distance of nearest neighbours.
Observed   (points - 1) / sum_i ln(r_2i / r_1i), distances to the first and second neighbour. Facco et al. 2017 (arXiv
           1803.06992), by maximum likelihood instead of the fitted line.
Trial      points, turn and noise.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

AMBIENT = 64
CONCENTRATION = 2.0  # of the graded densities


def prepare(setting, seeds):
    """Given: the covariance spectrum of the points (trials, 64), largest first. State: points (trials, points, 64)."""
    clouds = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        coordinates = MANIFOLDS[setting["manifold"]](
            setting["points"], setting["dimension"], setting["density"] == "graded", rng
        )
        if setting["curvature"]:
            coordinates = bent(coordinates, setting["curvature"], rng)
        frame, _ = np.linalg.qr(rng.standard_normal((AMBIENT, coordinates.shape[1])))
        scale = setting["noise"] * np.median(neighbour_distances(coordinates)[:, 0])
        clouds.append(coordinates @ frame.T + scale * rng.standard_normal((len(coordinates), AMBIENT)))
    clouds = np.stack(clouds)
    spectra = [np.linalg.eigvalsh(np.cov(points, rowvar=False))[::-1] for points in clouds]
    return {"spectrum": np.stack(spectra)}, clouds


def measure(setting, state):
    """The estimate of the dimension (trials,)."""
    return {"neighbour_dimension": np.array([two_neighbour_dimension(points) for points in state])}


def two_neighbour_dimension(points: np.ndarray) -> float:
    """Maximum-likelihood exponent of the Pareto law of r_2 / r_1, unbiased if that law is exact."""
    nearest, second = neighbour_distances(points).T
    return (len(points) - 1) / np.sum(np.log(second / nearest))


def neighbour_distances(points: np.ndarray) -> np.ndarray:
    """Distances to the first and second nearest other point (points, 2)."""
    return KDTree(points).query(points, k=3)[0][:, 1:]


def sphere(points: int, dimension: int, graded: bool, rng: np.random.Generator) -> np.ndarray:
    """Points (points, dimension + 1) of the unit sphere; the graded density by rejection."""
    kept = np.empty((0, dimension + 1))
    while len(kept) < points:
        drawn = rng.standard_normal((4 * points, dimension + 1))
        drawn /= np.linalg.norm(drawn, axis=1, keepdims=True)
        accepted = not graded or rng.random(len(drawn)) < np.exp(CONCENTRATION * (drawn[:, 0] - 1))
        kept = np.concatenate([kept, drawn[accepted] if graded else drawn])
    return kept[:points]


def torus(points: int, dimension: int, graded: bool, rng: np.random.Generator) -> np.ndarray:
    """Points (points, 2 dimension) of a product of circles of radius dimension^{-1/2}."""
    shape = (points, dimension)
    angles = rng.vonmises(0, CONCENTRATION, shape) if graded else rng.uniform(0, 2 * np.pi, shape)
    return np.hstack([np.cos(angles), np.sin(angles)]) / np.sqrt(dimension)


def flat(points: int, dimension: int, graded: bool, rng: np.random.Generator) -> np.ndarray:
    """Points (points, dimension) of the unit cube; graded, each coordinate is the square of a uniform one."""
    return rng.random((points, dimension)) ** (2 if graded else 1)


def bent(points: np.ndarray, curvature: float, rng: np.random.Generator) -> np.ndarray:
    """Points (points, m) of a manifold as a graph over itself, (points, 2 m): (x, k x_j^2 / 2), x in a random frame."""
    frame, _ = np.linalg.qr(rng.standard_normal((points.shape[1], points.shape[1])))
    turned = points @ frame
    return np.hstack([turned, curvature / 2 * turned**2])


MANIFOLDS = {"flat": flat, "sphere": sphere, "torus": torus}
