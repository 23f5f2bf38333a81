"""What the numbers of a setting stand for, written out by hand."""

from __future__ import annotations

import pytest

from predictions.feature_regression import setting


def test_spectra_are_powers_of_the_mode():
    three = {"modes": 3, "eigenvalue_exponent": 1.5, "weight_exponent": 0.5, "target_exponent": 2, "test_exponent": 1.0}
    assert setting.eigenvalues(three) == pytest.approx([1, 0.3535534, 0.1924501])
    assert setting.feature_eigenvalues(three) == pytest.approx([1, 0.25, 1 / 9])
    assert setting.target_energies(three) == pytest.approx([36 / 49, 9 / 49, 4 / 49])
    assert setting.test_variances(three) == pytest.approx([1, 2**0.5, 3**0.5])


@pytest.mark.parametrize(("ratio", "samples", "features"), [(0.5, 20, 10), (4, 10, 40)])
def test_the_smaller_of_samples_and_features_is_the_size(ratio, samples, features):
    of_size = {"size": 10, "features_per_sample": ratio}
    assert setting.samples_and_features(of_size) == (samples, features)
    assert setting.sample_count(of_size) == samples
    assert setting.sample_count({"samples": 7}) == 7
