"""Samples of three networks from one noise: whose images they are taught, the null of other noise, copies by hand."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.diffusion_models import nearest_machine, one_noise, theory
from predictions.diffusion_models.denoiser_training import cosine, nonlinear_part
from runners.measuring.profiles import profile
from runners.records.seeds import derive_seeds

SEEDS = derive_seeds("test-one-noise", "explore", range(2))
CONDITION = {
    "side": 4,
    "samples": 3,
    "images": "same",
    "width": 64,
    "channels": 8,
    "tokens": 16,
    "noises": 300,
    "flow_steps": 10,
    "test_samples": 50,
    "steps": 300,
    "batch": 16,
    "learning_rate": 0.01,
}


@pytest.fixture(autouse=True)
def smooth_images(monkeypatch):
    """Sums of a few waves in place of photographs, so that no file is needed."""
    rng = np.random.default_rng(0)
    points = rng.standard_normal((200, 16)) * np.linspace(2, 0.1, 16)
    points -= points.mean(axis=0)
    points /= np.sqrt(np.mean(points**2))
    for module in (one_noise, nearest_machine):
        monkeypatch.setattr(module, "standardised_photographs", lambda side: points)
    return points


def test_the_same_images_or_disjoint_ones_and_others_for_the_test():
    for images, different in (("same", 3), ("disjoint", 9)):
        _, state = one_noise.prepare({**CONDITION, "images": images}, SEEDS)
        for tasks, _, _, (clean, noisy, _) in state:
            taught = np.unique(np.concatenate([task.images for task in tasks]), axis=0)
            assert len(taught) == different
            assert len(np.unique(np.concatenate([taught, clean]), axis=0)) == different + 50
            assert np.std(noisy - clean) == pytest.approx(0.6, rel=0.1)
            assert len({task.seed for task in tasks}) == 1


def test_exact_denoisers_share_everything_or_nothing():
    (same, _), (disjoint, _) = (
        one_noise.prepare({**CONDITION, "noises": 2000, "images": images}, SEEDS) for images in ("same", "disjoint")
    )
    np.testing.assert_allclose(same["memorised_shared"], 1)
    assert np.all(np.abs(disjoint["memorised_shared"]) < 0.5)
    predicted = [theory.memorised_sets({}, {"memorised_shared": value}) for value in same["memorised_shared"]]
    np.testing.assert_allclose(predicted, 1)


def test_taught_longer_networks_share_more_and_nothing_with_other_noise():
    with profile("float32", frameworks=["torch"]):
        _, state = one_noise.prepare(CONDITION, SEEDS[:1])
        short, long = (one_noise.measure({**CONDITION, "steps": steps}, state) for steps in (5, 300))
    assert np.all(long["shared"] > short["shared"] + 0.05)
    assert np.all(long["exact"] > short["exact"] + 0.05)
    assert np.all(np.abs(long["other_noise"]) < 0.15)
    assert np.all(short["raw_shared"] > short["shared"] + 0.2)


def test_copies_by_hand():
    images = np.array([[0.0], [4.0], [100.0]])
    assert one_noise.copies(np.array([[0.9], [1.1], [-1.9], [-2.1]]), images) == 0.5


def test_wiener_filter_is_the_regression_of_clean_on_noisy(smooth_images):
    rng = np.random.default_rng(5)
    clean = np.tile(smooth_images, (200, 1))
    noisy = clean + 0.7 * rng.standard_normal(clean.shape)
    fit, *_ = np.linalg.lstsq(noisy, clean, rcond=None)
    np.testing.assert_allclose(one_noise.wiener_filter(smooth_images, noisy[:20], 0.7), noisy[:20] @ fit, atol=0.05)


def test_a_common_part_that_is_the_greater_makes_a_cosine_of_more_than_a_half():
    rng = np.random.default_rng(6)
    common, *own = rng.standard_normal((3, 100_000))
    for power, above in ((1.1, True), (0.9, False)):
        one, two = (np.sqrt(power) * common + each for each in own)
        assert (cosine(one, two) > theory.greater_part({}, {})) == above


def test_leads_of_the_machines_themselves():
    condition = {**CONDITION, "architecture": "local"}
    given, state = nearest_machine.prepare(condition, SEEDS)
    for number, (_, noise, made) in enumerate(state):
        beyond = {name: nonlinear_part(samples, noise) for name, samples in made.items()}
        alike = np.corrcoef(beyond["equivariant"].ravel(), beyond["memorised"].ravel())[0, 1]
        predicted = theory.memorised_lead({}, {"memorised_lead": given["memorised_lead"][number]})
        assert predicted == pytest.approx(alike - 1, abs=1e-3)
    assert all(np.all(lead < -theory.least_lead({}, {})) for lead in given.values())


def test_a_network_that_is_the_equivariant_machine_leads_by_what_the_next_one_differs(monkeypatch):
    condition = {**CONDITION, "architecture": "local"}
    _, state = nearest_machine.prepare(condition, SEEDS[:1])
    made = state[0][2]
    monkeypatch.setattr(nearest_machine, "trained", lambda tasks, **_: [lambda noisy, level: noisy])
    monkeypatch.setattr(nearest_machine, "probability_flow", lambda *_: made["equivariant"])
    found = nearest_machine.measure(condition, state)
    assert found["equivariant"][0] == pytest.approx(1)
    assert found["raw_equivariant"][0] == pytest.approx(1)
    assert found["strength"][0] == pytest.approx(1)
    nearest = max(found[name][0] for name in ("placed", "memorised", "strangers"))
    assert found["lead"][0] == pytest.approx(1 - nearest)
