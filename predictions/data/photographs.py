"""Photographs that scikit-learn and scikit-image ship with their packages, in grey."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import numpy as np

from predictions.data.unavailable import Unavailable

# all photographs of scenes and surfaces; no scans, drawings, microscope, medical or astronomical pictures
PHOTOGRAPHS = {
    "astronaut": "skimage/data/astronaut.png",
    "brick": "skimage/data/brick.png",
    "camera": "skimage/data/camera.png",
    "chelsea": "skimage/data/chelsea.png",
    "china": "sklearn/datasets/images/china.jpg",
    "coffee": "skimage/data/coffee.png",
    "coins": "skimage/data/coins.png",
    "flower": "sklearn/datasets/images/flower.jpg",
    "grass": "skimage/data/grass.png",
    "gravel": "skimage/data/gravel.png",
    "motorcycle": "skimage/data/motorcycle_left.png",
    "rocket": "skimage/data/rocket.jpg",
}


def file_of(name: str) -> Path:
    """Where a photograph lies. Raises `Unavailable` if its package is absent."""
    package, *inside = PHOTOGRAPHS[name].split("/")
    found = find_spec(package)
    path = Path(found.origin).parent.joinpath(*inside) if found and found.origin else None
    if path is None or not path.is_file():
        distribution = {"skimage": "scikit-image", "sklearn": "scikit-learn"}[package]
        raise Unavailable(f"the photograph {name} is not here; install {distribution}, which ships it")
    return path


@cache
def photograph(name: str) -> np.ndarray:
    """One photograph (rows, columns), mean of its colours, in [0, 1]. Raises `Unavailable` if its package is absent."""
    from PIL import Image

    with Image.open(file_of(name)) as image:
        pixels = np.asarray(image, dtype=float) / 255
    return pixels[:, :, :3].mean(axis=2) if pixels.ndim == 3 else pixels


@cache
def fingerprint() -> float:
    """CRC-32 of all photographs as 8-bit grey: it tells editions of the packages apart."""
    pixels = [np.rint(255 * photograph(name)).astype(np.uint8).tobytes() for name in sorted(PHOTOGRAPHS)]
    return float(crc32(b"".join(pixels)))
