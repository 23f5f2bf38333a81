"""Power spectra: rings by a plain loop, fields of known power, the thumbnail formula against averaged fields."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.data import photographs
from predictions.data.unavailable import Unavailable
from predictions.data_structure import image_power, theory
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("test-image-power", "explore", range(4))


def test_a_wave_has_its_power_at_its_frequency():
    x = np.arange(64)
    wave = 3 + np.cos(2 * np.pi * (6 * x[:, None] + 8 * x) / 64)  # frequency (36 + 64)^{1/2} = 10
    power = image_power.ring_power(wave[None])[0]
    assert power.shape == (32,)
    assert np.argmax(power) == 9
    assert power[[0, 1, 4, 20]].max() < 1e-12 * power[9]


def test_rings_by_a_plain_loop():
    picture = np.random.default_rng(3).standard_normal((8, 8))
    taper = np.sin(np.pi * np.arange(8) / 8) ** 2
    window = taper[:, None] * taper
    centred = (picture - np.sum(picture * window) / np.sum(window)) * window
    found = {}
    for u in range(-4, 4):
        for v in range(-4, 4):
            wave = np.exp(-2j * np.pi * (u * np.arange(8)[:, None] + v * np.arange(8)) / 8)
            found.setdefault(round(np.hypot(u, v)), []).append(abs(np.sum(centred * wave)) ** 2)
    expected = [np.mean(found[f]) for f in (1, 2, 3, 4)]
    np.testing.assert_allclose(image_power.ring_power(picture[None])[0], expected)


def test_planted_fields_have_their_slope_and_shuffling_takes_it():
    slopes = {}
    for pixels in ("original", "shuffled"):
        condition = {"pictures": "planted-crops", "pixels": pixels}
        slopes[pixels] = image_power.measure(condition, image_power.prepare(condition, SEEDS)[1])["power_slope"]
    np.testing.assert_allclose(slopes["original"], -2, atol=0.05)
    np.testing.assert_allclose(slopes["shuffled"], 0, atol=0.05)


def test_thumbnail_slope_against_averaged_fields():
    rng = np.random.default_rng(5)
    fields = np.stack([image_power.planted_field(rng) for _ in range(400)])
    power = image_power.ring_power(fields.reshape(400, 32, 8, 32, 8).mean(axis=(2, 4))).mean(axis=0)
    measured = np.polyfit(np.log(np.arange(2, 13)), np.log(power[1:12]), 1)[0]
    assert theory.thumbnail_slope({}, {}) == pytest.approx(measured, abs=0.05)
    assert theory.thumbnail_slope({}, {}) < -2.1


def test_crops_are_disjoint_and_whole():
    picture = np.arange(300 * 400.0).reshape(300, 400)
    tiles = image_power._tiles(picture)
    assert tiles.shape == (6, 128, 128)
    assert len(np.unique(tiles)) == 6 * 128 * 128
    np.testing.assert_array_equal(tiles[1], picture[:128, 128:256])


@pytest.mark.parametrize("name", photographs.PHOTOGRAPHS)
def test_photographs_are_grey_and_large_enough(name):
    try:
        picture = photographs.photograph(name)
    except Unavailable as absent:
        pytest.skip(str(absent))
    assert picture.ndim == 2
    assert min(picture.shape) >= 2 * image_power.CROP
    assert 0 <= picture.min() < picture.max() <= 1


def test_fingerprint_changes_with_one_pixel(monkeypatch):
    pictures = {name: np.full((2, 2), 0.5) for name in photographs.PHOTOGRAPHS}
    monkeypatch.setattr(photographs, "photograph", pictures.__getitem__)
    before = photographs.fingerprint.__wrapped__()
    pictures["coins"] = np.array([[0.5, 0.5], [0.5, 0.6]])
    assert photographs.fingerprint.__wrapped__() != before


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(photographs, "find_spec", lambda package: None)
    photographs.photograph.cache_clear()
    with pytest.raises(Unavailable, match="install scikit-image"):
        photographs.photograph("camera")
    photographs.photograph.cache_clear()


def test_octaves_hold_the_same_energy_at_the_scale_invariant_slope():
    """Sums of f^slope over the whole numbers of the plane, from octave to octave."""
    x, y = np.meshgrid(np.arange(-256, 257), np.arange(-256, 257))
    frequency = np.hypot(x, y)
    power = np.where(frequency > 0, np.maximum(frequency, 1), np.inf) ** theory.scale_invariant_slope({}, {})
    energies = [power[(frequency >= low) & (frequency < 2 * low)].sum() for low in (16, 32, 64, 128)]
    np.testing.assert_allclose(energies, 2 * np.pi * np.log(2), rtol=0.02)


def test_the_slope_of_thumbnails_follows_from_the_covariance_of_averages():
    """Without aliases or a window's transform: averages of a field with this covariance, cut out and windowed."""
    side, patch = theory.SIDE, theory.PATCH
    f = np.fft.fftfreq(side * patch, 1 / (side * patch))
    squared = f[:, None] ** 2 + f**2
    squared[0, 0] = np.inf
    covariance = np.fft.ifft2(1 / squared).real
    triangle = np.zeros(side * patch)
    for i in range(patch):
        for j in range(patch):
            triangle[(i - j) % (side * patch)] += 1 / patch**2  # how often two pixels of two patches are so far apart
    averaged = np.fft.ifft2(np.fft.fft2(covariance) * np.outer(np.fft.fft(triangle), np.fft.fft(triangle))).real
    averaged = averaged[::patch, ::patch]
    hann = np.sin(np.pi * np.arange(side) / side) ** 2
    lagged = np.array([hann @ np.roll(hann, lag) for lag in range(side)])
    power = np.fft.fft2(averaged * np.outer(lagged, lagged)).real
    u = np.fft.fftfreq(side, 1 / side)
    ring = np.rint(np.hypot(u[:, None], u)).astype(int)
    fitted = np.arange(theory.BAND[0], theory.BAND[1] + 1)
    slope = np.polyfit(np.log(fitted), np.log([power[ring == k].mean() for k in fitted]), 1)[0]
    assert theory.thumbnail_slope({}, {}) == pytest.approx(slope, rel=1e-9)
