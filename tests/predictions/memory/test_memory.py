"""Capacities: against enumeration, a support vector machine, published numbers, and networks small enough to follow."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import linprog
from sklearn.svm import SVC

from predictions.memory import finite_size, hopfield_retrieval, linear_dichotomies, theory

RANDOM = np.random.default_rng(0)


def divided(rows: np.ndarray, labels: np.ndarray) -> bool:
    """Whether some w has y w . x >= 1 for all rows: a linear programme."""
    found = linprog(np.zeros(rows.shape[1]), -labels[:, None] * rows, -np.ones(len(rows)), bounds=(None, None))
    return found.status == 0


@pytest.mark.parametrize(("rows", "dimension"), [(3, 2), (5, 2), (6, 3)])
def test_the_count_is_that_of_all_labellings(rows, dimension):
    points = RANDOM.standard_normal((rows, dimension))
    share = np.mean([divided(points, np.array(labels)) for labels in product([-1.0, 1.0], repeat=rows)])
    setting = {"dimension": dimension, "patterns_per_weight": rows / dimension}
    assert theory.cover_share(setting, {}) == pytest.approx(share)


def test_half_of_all_labellings_at_twice_as_many_rows_as_weights():
    assert theory.cover_share({"dimension": 30, "patterns_per_weight": 2}, {}) == pytest.approx(0.5)
    assert theory.cover_share({"dimension": 30, "patterns_per_weight": 1}, {}) == pytest.approx(1)


def test_the_margin_is_that_of_a_support_vector_machine():
    """Through the origin: every row is mirrored with the other label, and the best threshold is then 0."""
    rows, labels = RANDOM.standard_normal((12, 10)), RANDOM.choice([-1.0, 1.0], 12)
    machine = SVC(kernel="linear", C=1e8, tol=1e-8).fit(np.vstack([rows, -rows]), np.append(labels, -labels))
    expected = 1 / np.linalg.norm(machine.coef_)
    assert linear_dichotomies.margin(rows, labels) == pytest.approx(expected, rel=1e-4)


def test_rows_that_cannot_be_divided_have_no_margin():
    rows = np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])
    assert not divided(rows, np.ones(3))
    assert linear_dichotomies.margin(rows, np.ones(3)) == 0
    assert linear_dichotomies.margin(rows, np.array([1.0, 1.0, -1.0])) > 0


def test_gardners_margin_solves_his_integral():
    for load in (0.5, 1.0, 1.7):
        kappa = theory.gardner_margin({"patterns_per_weight": load}, {})
        integral, _ = quad(lambda g, k=kappa: np.exp(-(g**2) / 2) * (g + k) ** 2 / np.sqrt(2 * np.pi), -kappa, np.inf)
        assert load * integral == pytest.approx(1)


def test_the_margin_ends_where_cover_has_one_half():
    assert theory.gardner_margin({"patterns_per_weight": 2.0}, {}) == pytest.approx(0, abs=1e-9)


def test_rows_of_one_length_scale_the_margin_and_unequal_ones_shrink_it():
    setting = {"patterns_per_weight": 0.8}
    one = theory.gardner_margin(setting, {})
    assert theory.margin_of_lengths(setting, {"lengths": np.full(5, 3.0)}) == pytest.approx(3 * one)
    unequal = np.sqrt([0.5, 1.5])
    assert theory.margin_of_lengths(setting, {"lengths": unequal}) < one


def test_few_rows_are_nearly_orthogonal_and_hebb_is_right():
    setting = {"patterns_per_weight": 1e-3}
    assert theory.gardner_margin(setting, {}) == pytest.approx(theory.hebb_margin(setting, {}), rel=0.05)


def test_saturation_is_the_published_number():
    """0.137905, replica-symmetric: abstract of Steffan and Kuehn 1994."""
    assert theory.hopfield_saturation({}, {}) == pytest.approx(0.137905, abs=2e-6)


def test_lengths_of_whitened_images_have_mean_square_one():
    setting = {"rows": "digits", "labels": "random", "dimension": 40, "patterns_per_weight": 0.5, "draws": 2}
    given, _ = linear_dichotomies.prepare(setting, np.arange(2, dtype=np.uint64))
    assert np.mean(given["lengths"] ** 2) == pytest.approx(1, rel=0.02)
    assert given["lengths"].shape == (2, 200)


def test_more_components_than_there_are_is_refused():
    setting = {"rows": "mnist1d", "labels": "random", "dimension": 41, "patterns_per_weight": 0.5, "draws": 2}
    with pytest.raises(ValueError, match="40 principal components"):
        linear_dichotomies.prepare(setting, np.arange(2, dtype=np.uint64))


def test_a_single_pattern_is_kept_and_a_stranger_to_the_couplings_is_lost():
    generator = np.random.default_rng(2)
    pattern, other = generator.choice(np.array([-1, 1], dtype=np.float32), size=(2, 400))
    couplings = np.outer(pattern, pattern)
    np.fill_diagonal(couplings, 0)
    assert hopfield_retrieval.retrieved(couplings, pattern, generator) == 1
    assert hopfield_retrieval.retrieved(couplings, other, generator) == 0


def test_a_few_spins_at_fault_are_turned_back():
    generator = np.random.default_rng(3)
    patterns = generator.choice(np.array([-1, 1], dtype=np.float32), size=(8, 400))
    couplings = patterns.T @ patterns
    np.fill_diagonal(couplings, 0)
    assert hopfield_retrieval.retrieved(couplings, patterns[0], generator) == 1


def test_nothing_lost_is_a_load_without_end_and_all_lost_the_first():
    setting = {"couplings": "hebb", "neurons": 200, "networks": 1, "starts": 4, "finer": 0.1}
    few, many = {"least_load": 0.02, "most_load": 0.04}, {"least_load": 0.9, "most_load": 1.2}
    seeds = np.arange(2, dtype=np.uint64)
    for loads, expected in ((few, np.inf), (many, 0.9)):
        _, state = hopfield_retrieval.prepare(setting | loads, seeds)
        assert np.all(hopfield_retrieval.measure(setting | loads, state)["half_load"] == expected)


def test_the_line_through_loads_of_finite_networks():
    sizes = np.array([1000, 2000, 4000])
    loads = np.stack([0.138 + 3 * sizes ** (-2 / 3), 0.1 - sizes ** (-2 / 3), np.array([0.2, np.inf, 0.1])], axis=1)
    found = finite_size.infinite_network(sizes, loads)
    assert found[:2] == pytest.approx([0.138, 0.1])
    assert np.isnan(found[2])
    with pytest.raises(ValueError, match="two different"):
        finite_size.infinite_network(np.array([500]), loads[:1])
