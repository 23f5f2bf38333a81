"""Data sets are standardised, and rows are drawn as they say."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits

from predictions.data.cifar10 import load_cifar10
from predictions.data.datasets import Classification, cifar10, classification, draw_rows, standardised
from predictions.data.unavailable import Unavailable

CODED = Classification(np.arange(1000.0)[:, None], np.arange(1000) % 10, classes=10)  # an input tells its row and class


def test_digits_are_standardised_images_in_their_order():
    digits = classification("digits")
    images, labels = load_digits(return_X_y=True)
    np.testing.assert_array_equal(digits.labels, labels)
    varied = images.std(axis=0) > 0
    np.testing.assert_allclose(digits.inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(digits.inputs.var(axis=0), varied)
    np.testing.assert_allclose(np.corrcoef(digits.inputs[:, 20], images[:, 20])[0, 1], 1)


def test_cifar10_are_standardised_patch_averages():
    try:
        images, labels = load_cifar10(pooled=32)
    except Unavailable as reason:
        pytest.skip(str(reason))
    pooled = classification("cifar10")
    assert pooled.inputs.shape == (4566, 192)
    np.testing.assert_array_equal(pooled.labels, labels)
    np.testing.assert_allclose(pooled.inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(pooled.inputs.var(axis=0), 1)
    patch = images[:, 1, 8:12, 20:24].mean(axis=(1, 2))  # green, third row and sixth column of patches
    np.testing.assert_allclose(pooled.inputs[:, 64 + 2 * 8 + 5], (patch - patch.mean()) / patch.std())


def test_cifar10_absent_is_unavailable_with_a_way_out(tmp_path, monkeypatch):
    monkeypatch.setenv("TOLLENS_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    cifar10.cache_clear()
    with pytest.raises(Unavailable, match=r"cifar10 \(170.5 MB\) is not here; run `tollens data fetch cifar10"):
        classification("cifar10")


def test_standardised_by_hand():
    inputs = np.array([[1.0, 7.0], [3.0, 7.0]])
    np.testing.assert_array_equal(standardised(inputs), [[-1, 0], [1, 0]])


def test_rows_are_drawn_once_with_their_labels():
    inputs, targets = draw_rows(CODED, 400, np.random.default_rng(0))
    rows = inputs[:, 0].astype(int)
    assert len(set(rows)) == 400
    np.testing.assert_array_equal(targets, np.eye(10)[rows % 10])


def test_label_noise_redraws_that_share_among_all_classes():
    inputs, targets = draw_rows(CODED, 1000, np.random.default_rng(0), label_noise=0.5)
    changed = np.mean(targets.argmax(axis=1) != inputs[:, 0] % 10)
    assert changed == pytest.approx(0.45, abs=4 * np.sqrt(0.45 * 0.55 / 1000))  # a tenth of the redrawn stay
    np.testing.assert_array_equal(targets.sum(axis=1), 1)


def test_errors_name_the_way_out():
    with pytest.raises(ValueError, match=r"no data set 'digit'; there are: .*digits"):
        classification("digit")
    with pytest.raises(ValueError, match=r"1001 rows asked for, but the data set has 1000"):
        draw_rows(CODED, 1001, np.random.default_rng(0))
