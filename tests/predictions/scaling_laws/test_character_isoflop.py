"""IsoFLOP curves of small transformers: vertex, sizes and surface against what is known, and one tiny run."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.scaling_laws import character_isoflop, theory
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SETTING = {
    "text": "standard-library",
    "sizes": "trained",
    "compute": 4e6,
    "spacing": 2,
    "tokens_per_parameter": 0.2,
    "blocks": 1,
    "heads": 2,
    "context": 8,
    "batch": 4,
    "width": 4,
    "octave": -7,
    "seen": 16,
    "untrue_share": 1,
}
SURFACE = np.array([1.2, 40.0, 0.4, 90.0, 0.35])  # E, A, alpha, B, beta


def planted(compute):
    sizes = np.sqrt(compute / 120)[:, None] * character_isoflop.MULTIPLES
    return sizes, theory.additive_law(SURFACE, sizes, compute[:, None] / 6 / sizes)


def test_vertex_of_a_parabola_that_is_known():
    sizes = np.array([1e4, 3e4, 1e5, 2e5])
    losses = np.exp(0.7 + 0.05 * (np.log(sizes) - np.log(5e4)) ** 2)
    np.testing.assert_allclose(character_isoflop.vertex(sizes, losses), (5e4, np.exp(0.7)))
    assert character_isoflop.vertex(sizes, 1 / losses) == (np.inf, np.inf)


def test_surface_of_planted_losses_gives_back_their_optimum():
    """At five times the highest budget that was fitted, against a search over sizes."""
    compute = character_isoflop.budgets(SETTING | {"compute": 2e13, "spacing": 3})
    sizes, losses = planted(compute[:-1])
    given = {"surface_below": character_isoflop._surface(sizes, losses, compute[:-1]), "sizes_below": sizes}
    given["compute"], setting = compute[-1], {"tokens_per_parameter": 20}
    every = np.geomspace(1e3, 1e8, 100_001)
    expected = theory.additive_law(SURFACE, every, compute[-1] / 6 / every)
    assert theory.extrapolated_least_loss(setting, given) == pytest.approx(expected.min(), rel=1e-3)
    assert theory.extrapolated_optimal_size(setting, given) == pytest.approx(every[expected.argmin()], rel=0.02)
    middle = (compute[-1] / 120) ** 0.5
    smallest = theory.additive_law(SURFACE, middle / 4, compute[-1] / 6 / (middle / 4))
    assert theory.extrapolated_loss_of_the_smallest(setting, given) == pytest.approx(smallest, rel=1e-3)


def test_rivals_on_power_laws_by_hand():
    """Least losses 3 C^(-0.1) lie on a line; the best size grows by 4^(1/2) where both exponents are alike."""
    compute = 4.0 ** np.arange(4)
    losses = np.stack([3 * compute**-0.1, 9 + 0 * compute], axis=1)
    given = {
        "compute_below": compute,
        "losses_below": losses,
        "surface_below": np.array([0.0, 1.0, 0.5, 1.0, 0.5]),
    }
    given["compute"], setting = 4.0**4, {}
    assert theory.floorless_least_loss(setting, given) == pytest.approx(3 * 4**-0.4)
    assert theory.least_loss_below(setting, given) == pytest.approx(3 * 4**-0.3)
    assert theory.best_size_below(setting, given) == pytest.approx((4**3 / 6) ** 0.5)
    assert theory.size_in_proportion(setting, given) == pytest.approx(4 * (4**3 / 6) ** 0.5)


def test_sizes_at_the_long_tier_are_what_the_claim_says():
    setting = SETTING | {"compute": 2e13, "spacing": 3, "tokens_per_parameter": 200, "blocks": 2, "heads": 4}
    sizes = [
        [character_isoflop.size(setting, width) for width in character_isoflop.widths(setting, compute)]
        for compute in character_isoflop.budgets(setting)
    ]
    wanted = np.sqrt(character_isoflop.budgets(setting) / 1200)[:, None] * character_isoflop.MULTIPLES
    np.testing.assert_allclose(sizes, wanted, rtol=0.35)  # widths are multiples of the heads
    assert 3e3 < np.min(sizes) < 5e3
    assert 4e5 < np.max(sizes) < 7e5


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # so few steps bend no curve: the fit may overflow
def test_curves_are_trained_and_sizes_can_be_shuffled():
    seeds = derive_seeds("test-character-isoflop", "explore", range(2))
    with profile("float32", frameworks=["torch"]):
        given, state = character_isoflop.prepare(SETTING, seeds)
        observed = character_isoflop.measure(SETTING, state)
        _, (_, orders) = character_isoflop.prepare(SETTING | {"sizes": "shuffled"}, seeds)
        smallest = character_isoflop.measure(SETTING | {"sizes": "smallest"}, state)
    assert given["losses_below"].shape == given["sizes_below"].shape == (2, 4, 5)
    by_budget = given["losses_below"].mean(axis=(0, 2))
    assert by_budget[-1] < by_budget[0]
    np.testing.assert_array_equal(state[1], [range(5)] * 2)
    np.testing.assert_array_equal(np.sort(orders), [range(5)] * 2)
    assert np.any(orders != state[1])
    assert np.all(smallest["optimal_size"] < given["sizes_below"][:, -1].mean(axis=1))
    assert observed["least_loss"].shape == (2,)
