"""Power spectra of pictures whose power falls as f^-2, as they are and averaged over pixels.

Field 1987 (doi 10.1364/JOSAA.4.002379) for the law.
"""

from __future__ import annotations

import numpy as np

SIDE, PATCH, BAND = 32, 8, (2, 12)
"""Pixels of a thumbnail, original pixels a side that each of them averages, and the frequencies of the fit."""


def thumbnail_slope(setting, given):
    """Slope of ln power against ln f of thumbnails that are averages over pixels of pictures with power f^{-2}.

    S(u, v) = sum over aliases u + 32 i, v + 32 j of |f|^{-2} D(u)^2 D(v)^2, D(u) = sin(pi u/32) / (8 sin(pi u/256))
    being the transform of a patch of 8 pixels; seen through a Hann window, whose transform is (-1/4, 1/2, -1/4), and
    averaged over rings of integer frequency.
    """
    full = SIDE * PATCH
    original = np.fft.fftfreq(full, 1 / full)
    with np.errstate(divide="ignore", invalid="ignore"):
        patch = np.where(original == 0, 1, np.sin(np.pi * original / SIDE) / (PATCH * np.sin(np.pi * original / full)))
        power = np.where(original[:, None] ** 2 + original**2 > 0, 1 / (original[:, None] ** 2 + original**2), 0)
    power = power * patch[:, None] ** 2 * patch**2
    # the frequencies u, u + 32, u + 64, ... of the original are one frequency of the thumbnail
    power = power.reshape(PATCH, SIDE, PATCH, SIDE).sum(axis=(0, 2))
    for axis in (0, 1):
        power = power / 4 + (np.roll(power, 1, axis) + np.roll(power, -1, axis)) / 16
    frequency = np.fft.fftfreq(SIDE, 1 / SIDE)
    ring = np.rint(np.hypot(frequency[:, None], frequency)).astype(int)
    fitted = np.arange(BAND[0], BAND[1] + 1)
    return float(np.polyfit(np.log(fitted), np.log([power[ring == f].mean() for f in fitted]), 1)[0])
