"""The experiment against scikit-learn's kernel ridge regression and against distances computed one by one."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import rbf_kernel

from predictions.kernel_regression import image_regression
from predictions.kernel_regression.image_regression import kernel_of

SEEDS = np.arange(50, 53, dtype=np.uint64)
CONDITION = {
    "data": "digits",
    "kernel": "laplace",
    "length_scale": 1.0,
    "ridge": 0.02,
    "test_images": "original",
    "samples": 60,
    "test_samples": 90,
    "splits": 2,
}


@pytest.mark.parametrize(("test_images", "sign"), [("original", 1), ("inverted", -1)])
def test_errors_are_those_of_an_independent_fit(test_images, sign):
    condition = {**CONDITION, "test_images": test_images}
    given, state = image_regression.prepare(condition, SEEDS)
    measured = image_regression.measure(condition, state)
    images, labels = image_regression.labelled_images("digits")
    expected = np.zeros((len(SEEDS), 2))
    residual = np.zeros((len(SEEDS), 2))
    for trial, fits in enumerate(state):
        for number, fit in enumerate(fits):
            train, test = images[fit.train], sign * images[fit.test]
            model = KernelRidge(alpha=60 * 0.02, kernel="precomputed")
            model.fit(np.exp(-cdist(train, train) / 8), labels[fit.train])
            predicted = model.predict(np.exp(-cdist(test, train) / 8))
            expected[trial, number] = np.mean((predicted - labels[fit.test]) ** 2)
            fitted = model.predict(np.exp(-cdist(train, train) / 8))
            residual[trial, number] = np.mean((fitted - labels[fit.train]) ** 2)
    np.testing.assert_allclose(measured["test_error"], expected.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(measured["explained"], 1 - expected.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(measured["fitted"], 1 - residual.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(0.02**2 * given["squared_dual"], residual, rtol=1e-6)


def test_given_statistics_are_those_of_the_resolvent():
    given, state = image_regression.prepare(CONDITION, SEEDS[:1])
    images, labels = image_regression.labelled_images("digits")
    train = state[0][1].train
    inverse = np.linalg.inv(np.exp(-cdist(images[train], images[train]) / 8) / 60 + 0.02 * np.eye(60))
    assert given["resolvent_trace"][0, 1] == pytest.approx(np.trace(inverse) / 60, rel=1e-6)
    errors = inverse @ labels[train] / np.diag(inverse)
    assert given["leave_one_out_error"][0, 1] == pytest.approx(np.mean(errors**2), rel=1e-6)


def test_labels_tell_even_from_odd_and_a_constant_explains_nothing():
    from sklearn.datasets import load_digits

    _, labels = image_regression.labelled_images("digits")
    assert labels.mean() == pytest.approx(0, abs=1e-12)
    assert labels.var() == pytest.approx(1)
    np.testing.assert_array_equal(labels > 0, load_digits().target % 2 == 0)


def test_splits_are_disjoint():
    condition = {**CONDITION, "samples": 1000, "test_samples": 1000, "splits": 1}
    _, state = image_regression.prepare(condition, SEEDS)
    assert len(state[0][0].train) == 1000
    assert len(state[0][0].test) == 797
    assert not set(state[0][0].train) & set(state[0][0].test)
    assert set(state[0][0].test) != set(state[1][0].test)


@pytest.mark.parametrize("kernel", ["laplace", "gaussian", "cauchy"])
def test_kernel_of_coinciding_images_is_one(kernel):
    images = np.random.default_rng(0).standard_normal((5, 16))
    matrix = kernel_of({"kernel": kernel, "length_scale": 0.7}, images, images)
    np.testing.assert_allclose(np.diag(matrix), 1, atol=1e-6)


def test_kernels_against_scikit_learn_and_distances_one_by_one():
    first, second = np.random.default_rng(1).standard_normal((2, 6, 9))  # 3 = sqrt(d)
    gaussian = kernel_of({"kernel": "gaussian", "length_scale": 0.5}, first, second)
    np.testing.assert_allclose(gaussian, rbf_kernel(first, second, gamma=1 / (2 * 9 * 0.5**2)))
    distances = cdist(first, second) / 3 / 2
    laplace, cauchy = (kernel_of({"kernel": it, "length_scale": 2.0}, first, second) for it in ("laplace", "cauchy"))
    np.testing.assert_allclose(laplace, np.exp(-distances))
    np.testing.assert_allclose(cauchy, 1 / (1 + distances**2))
