"""The worst linear classifier against a search over the whole disc; the bound by hand."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.uniform_convergence import margin_class, theory
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

CONDITION = {
    "population": "coin-flips",
    "copies": 1,
    "samples": 80,
    "points": 60,
    "dimension": 2,
    "margin": 0.5,
    "delta": 0.05,
    "ascent_steps": 300,
}
SEEDS = derive_seeds("test-margin-class", "explore", range(4))


def run(condition, seeds=SEEDS):
    with profile("float64", frameworks=["jax"]):
        _, state = margin_class.prepare(condition, seeds)
        return state, margin_class.measure(condition, state)


def test_the_search_never_passes_the_supremum_and_mostly_finds_it():
    """A climb from one start: it may end on a lower hill, here in one trial of eight."""
    seeds = derive_seeds("test-margin-class", "explore", range(24))
    (signed_rows, shares), observed = run(CONDITION, seeds)
    angles, radii = np.meshgrid(np.linspace(0, 2 * np.pi, 361), np.linspace(0, 1, 51))
    disc = np.stack([radii * np.cos(angles), radii * np.sin(angles)], axis=-1).reshape(-1, 2)
    suprema = np.empty(len(seeds))
    for trial in range(len(seeds)):
        losses = np.minimum(1, np.maximum(0, 1 - disc @ signed_rows[trial].T / 0.5))
        suprema[trial] = np.max(losses.mean(axis=1) - losses @ shares[trial])
    assert np.all(observed["largest_gap"] <= suprema + 0.002)  # the grid's own resolution
    assert np.mean(observed["largest_gap"] >= 0.85 * suprema) >= 0.75


def test_copies_leave_fewer_independent_rows():
    (_, shares), _ = run(CONDITION | {"copies": 16})
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    assert ((shares > 0).sum(axis=1) <= 5).all()
    np.testing.assert_allclose(shares * 5, np.round(shares * 5))


@pytest.mark.parametrize("population", ["coin-flips", "half-space", "digits"])
def test_rows_have_length_one(population):
    rows = margin_class.population(CONDITION | {"population": population}, np.random.default_rng(0))
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)


def test_half_space_labels_are_separable_and_coin_flips_are_not():
    half, coins = (
        margin_class.population(CONDITION | {"population": kind}, np.random.default_rng(1))
        for kind in ("half-space", "coin-flips")
    )
    angles = np.linspace(0, 2 * np.pi, 3601)
    directions = np.stack([np.cos(angles), np.sin(angles)])
    assert (half @ directions > 0).all(axis=0).any()
    assert not (coins @ directions > 0).all(axis=0).any()


def test_bound_by_hand():
    condition = {"samples": 400, "margin": 0.5, "delta": 0.05}
    assert theory.rademacher_bound(condition, {}) == pytest.approx(0.2 + np.sqrt(np.log(20) / 800))


def test_mean_loss_of_an_unrelated_vector_against_sampling():
    condition = {"margin": 0.15, "dimension": 100}
    rows = np.random.default_rng(0).standard_normal((200_000, 100))
    margins = rows[:, 0] / np.linalg.norm(rows, axis=1) * np.random.default_rng(1).choice([-1, 1], 200_000)
    losses = np.minimum(1, np.maximum(0, 1 - margins / 0.15))
    assert theory.memorised_gap(condition, {}) == pytest.approx(losses.mean(), abs=0.005)
