"""Power spectra of photographs and of thumbnails: how power falls with spatial frequency, over directions and pictures.

Data       `pictures`: photographs, grey, cut into disjoint crops of 128 x 128 pixels; cifar10, grey thumbnails of 32 x
           32; planted-crops and planted-thumbnails, PLANTED Gaussian fields of 256 x 256 pixels with power f^{-2}, of
           which a quarter is cut out, or which are averaged over patches of 8 x 8. `pixels`: original, or shuffled
           within each crop or thumbnail.
Observed   power: mean removed under a Hann window; |Fourier transform|^2, averaged over rings of integer frequency f
           (cycles a crop), over the crops of a picture, and over pictures; and its slope in double logarithms. Pictures
           are not rescaled: dividing each by its own contrast would weigh those most that happen to have little power
           at low frequency.
Trial      resamples the pictures with replacement.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from predictions.data.cifar10 import load_cifar10
from predictions.data.photographs import PHOTOGRAPHS, fingerprint, photograph
from predictions.instruments.fits import log_slope

CROP, THUMBNAIL = 128, 32  # pixels
BANDS = {CROP: (4, 32), THUMBNAIL: (2, 12)}  # ends of the fit, in cycles a crop: three and two and a half octaves
PLANTED, FIELD = 200, 256


def prepare(setting, seeds):
    """Given: which photographs these are, if any. State: pictures drawn (trials, pictures), spectra (pictures, f)."""
    spectra = _spectra(setting["pictures"], setting["pixels"] == "shuffled")
    draws = [np.random.default_rng(int(seed)).integers(len(spectra), size=len(spectra)) for seed in seeds]
    given = {"photographs": np.full(len(seeds), fingerprint())} if setting["pictures"] == "photographs" else {}
    return given, (np.stack(draws), spectra)


def measure(setting, state):
    """Slope of ln power against ln f over the band (trials,), and the spectrum (trials, f), means over the pictures."""
    draws, spectra = state
    frequency = np.arange(1, spectra.shape[1] + 1)
    low, high = BANDS[2 * spectra.shape[1]]
    band = slice(low - 1, high)
    spectrum = np.stack([spectra[drawn].mean(axis=0) for drawn in draws])
    slope = [log_slope(frequency[band], power[band]) for power in spectrum]
    return {"power_slope": np.array(slope), "power_spectrum": spectrum}


def ring_power(pictures: np.ndarray) -> np.ndarray:
    """Power of square pictures (pictures, n, n) averaged over rings: (pictures, n/2), at f = 1, ..., n/2."""
    side = pictures.shape[-1]
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(side) / side)
    window = np.outer(taper, taper)
    centred = pictures - np.average(pictures.reshape(len(pictures), -1), axis=1, weights=window.ravel())[:, None, None]
    power = np.abs(np.fft.fft2(centred * window)) ** 2
    frequency = np.fft.fftfreq(side, 1 / side)
    ring = np.rint(np.hypot(frequency[:, None], frequency)).astype(int)
    return np.stack([power[:, ring == f].mean(axis=1) for f in range(1, side // 2 + 1)], axis=1)


@lru_cache(maxsize=4)
def _spectra(name: str, shuffled: bool) -> np.ndarray:
    """One spectrum a picture (pictures, f)."""
    rng = np.random.default_rng(0)
    spectra = []
    for crops in _crops(name, rng):
        if shuffled:
            crops = rng.permuted(crops.reshape(len(crops), -1), axis=1).reshape(crops.shape)
        spectra.append(ring_power(crops).mean(axis=0))
    return np.stack(spectra)


def _crops(name: str, rng: np.random.Generator):
    """Each picture as its crops (crops, n, n)."""
    if name == "photographs":
        return [_tiles(photograph(title)) for title in sorted(PHOTOGRAPHS)]
    if name == "cifar10":
        images, _ = load_cifar10(pooled=THUMBNAIL)
        return images.mean(axis=1)[:, None]
    fields = (planted_field(rng) for _ in range(PLANTED))
    if name == "planted-crops":
        return (field[None, :CROP, :CROP] for field in fields)
    patch = FIELD // THUMBNAIL
    return (field.reshape(1, THUMBNAIL, patch, THUMBNAIL, patch).mean(axis=(2, 4)) for field in fields)


def _tiles(picture: np.ndarray) -> np.ndarray:
    """Disjoint crops (crops, CROP, CROP) from the upper left corner on; what is left over is left out."""
    rows, columns = (size // CROP for size in picture.shape)
    tiles = picture[: rows * CROP, : columns * CROP].reshape(rows, CROP, columns, CROP)
    return tiles.swapaxes(1, 2).reshape(-1, CROP, CROP)


def planted_field(rng: np.random.Generator) -> np.ndarray:
    """A periodic Gaussian field (FIELD, FIELD) whose power falls as f^{-2} in all directions, with mean zero."""
    frequency = np.fft.fftfreq(FIELD, 1 / FIELD)
    radius = np.hypot(frequency[:, None], frequency)
    amplitude = np.divide(1, radius, out=np.zeros_like(radius), where=radius > 0)
    return np.fft.ifft2(np.fft.fft2(rng.standard_normal((FIELD, FIELD))) * amplitude).real
