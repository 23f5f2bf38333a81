"""MNIST-1D: signals of 40 numbers in ten classes, made by a procedure. Greydanus and Kobak 2020 (arXiv 2011.14439).

Each class has a template of 12 points that looks like a digit's stroke. A signal is its template behind which 36 to 60
zeros are put, stretched to 72 points, scaled by 0.8 to 1.2, rolled by up to 47 points, with smooth noise where it was
zero and a little white noise everywhere, sheared, and sampled at 40 points.
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter1d

SAMPLES, LENGTH, STRETCHED = 5000, 40, 72
PADDING = (36, 60)
SCALE, SHEAR, ROLL = 0.4, 0.75, 48
SMOOTH_NOISE, SMOOTHNESS, WHITE_NOISE = 0.25, 2, 0.02
TEMPLATES = np.array(
    [
        [5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5],
        [5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5],
        [5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5],
        [5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5],
        [5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5],
        [5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5],
        [5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5],
        [5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5],
        [5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5],
    ]
)


def signals(generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """5,000 signals (samples, 40) in random order, as many of each class, and their classes (samples,)."""
    labels = generator.permutation(np.arange(SAMPLES) % len(TEMPLATES))
    return np.stack([_signal(label, generator) for label in labels]), labels


def _signal(label: int, generator: np.random.Generator) -> np.ndarray:
    stroke = TEMPLATES[label] / TEMPLATES[label].std()
    stroke = (stroke - stroke[0]) / 6  # it begins and ends at zero
    padded = np.append(stroke, np.zeros(generator.integers(PADDING[0], PADDING[1] + 1)))
    drawn = np.append(np.ones(len(stroke)), np.zeros(len(padded) - len(stroke)))
    signal = _resampled(padded, STRETCHED) * (1 + SCALE * (generator.random() - 0.5))
    roll = generator.integers(ROLL)
    signal, drawn = np.roll(signal, roll), np.roll(_resampled(drawn, STRETCHED) > 0, roll)
    smooth = gaussian_filter1d(SMOOTH_NOISE * generator.standard_normal(STRETCHED), SMOOTHNESS)
    signal = np.where(drawn, signal, smooth) + WHITE_NOISE * generator.standard_normal(STRETCHED)
    signal = signal - SHEAR * (generator.random() - 0.5) * np.linspace(-0.5, 0.5, STRETCHED)
    return _resampled(signal, LENGTH)


def _resampled(signal: np.ndarray, points: int) -> np.ndarray:
    """Linear interpolation at equally spaced points from end to end."""
    return np.interp(np.linspace(0, 1, points), np.linspace(0, 1, len(signal)), signal)
