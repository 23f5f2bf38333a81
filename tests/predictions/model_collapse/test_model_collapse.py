"""Models of models: exact sums against limits and a simulation by other means, experiments against themselves."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.model_collapse import refitted_lines, refitted_nets, theory

SEEDS = np.arange(3, dtype=np.uint64)
LINES = {"rows": "gaussian", "dimension": 5, "rows_per_weight": 4, "fit": "accumulate", "generations": 3, "draws": 2}
NETS = {
    "data": "digits",
    "fit": "accumulate",
    "noise_variance": 1.0,
    "samples": 30,
    "test_samples": 50,
    "width": 8,
    "generations": 1,
    "steps": 20,
    "learning_rate": 1.0,
}


def test_one_generation_errs_as_least_squares_does():
    """sigma^2 d / (n - d - 1) on fresh rows, from the mean of an inverse Wishart matrix: 5 / 14."""
    assert theory.refitted_risk({**LINES, "generations": 1}, {}) == pytest.approx(5 / 14)
    assert theory.first_risk(LINES, {}) == pytest.approx(5 / 14)


def test_three_generations_by_hand():
    assert theory.refitted_risk(LINES, {}) == pytest.approx(5 / 14 + 5 / (2 * 34) + 5 / (3 * 54))
    assert theory.refitted_risk({**LINES, "fit": "replace"}, {}) == pytest.approx(15 / 14)


def test_accumulated_errors_stay_below_the_bound_and_reach_it_for_many_rows():
    many = {**LINES, "rows_per_weight": 10**6, "generations": 20_000}
    ratio = theory.refitted_risk(many, {}) / theory.first_risk(many, {})
    assert ratio == pytest.approx(theory.accumulated_bound(many, {}), rel=1e-4)
    assert ratio < theory.accumulated_bound(many, {})
    assert theory.growth({**many, "fit": "accumulate"}, {}) == pytest.approx(ratio, rel=1e-4)


def test_the_sum_is_that_of_fits_to_all_labels_at_once():
    """The same recursion without its algebra: stack all rows and labels and call lstsq."""
    generator, errors = np.random.default_rng(0), []
    for _ in range(4000):
        rows, labels, weights = np.zeros((0, 3)), np.zeros(0), np.zeros(3)
        for _ in range(3):
            new = generator.standard_normal((9, 3))
            rows, labels = np.vstack([rows, new]), np.append(labels, new @ weights + generator.standard_normal(9))
            weights = np.linalg.lstsq(rows, labels, rcond=None)[0]
        errors.append(weights @ weights)
    setting = {"dimension": 3, "rows_per_weight": 3, "fit": "accumulate", "generations": 3}
    assert np.mean(errors) == pytest.approx(theory.refitted_risk(setting, {}), rel=0.05)


def test_growth_is_the_number_of_generations_or_the_sum_of_inverse_squares():
    assert theory.growth({"fit": "replace", "generations": 5}, {}) == 5
    assert theory.growth({"fit": "accumulate", "generations": 3}, {}) == pytest.approx(1 + 1 / 4 + 1 / 9)


def test_the_first_generation_is_the_same_whether_labels_are_kept_or_not():
    for experiment, setting in ((refitted_lines, {**LINES, "generations": 1}), (refitted_nets, NETS)):
        kept, replaced = (
            experiment.measure(one, experiment.prepare(one, SEEDS)[1])
            for one in (setting, {**setting, "fit": "replace"})
        )
        for name in kept:
            assert np.array_equal(kept[name], replaced[name])


def test_a_sequence_of_one_network_has_not_grown():
    _, state = refitted_nets.prepare(NETS, SEEDS)
    assert refitted_nets.measure(NETS, state)["growth"] == pytest.approx(np.ones(3))


def test_rows_of_images_are_white_in_the_directions_that_are_used():
    rows = refitted_lines._population("mnist1d")[:, :20]
    assert rows.T @ rows / len(rows) == pytest.approx(np.eye(20), abs=1e-9)
