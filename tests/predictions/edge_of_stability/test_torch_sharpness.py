"""Lanczos in torch against dense eigenvalues, trial by trial."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.edge_of_stability.torch_sharpness import hessian_product, largest_eigenvalues
from runners.measuring.profiles import profile


def random_symmetric(spectra):
    """Matrices (trials, size, size) with these eigenvalues (trials, size), in random bases."""
    generator = np.random.default_rng(0)
    bases = np.linalg.qr(generator.standard_normal((*spectra.shape, spectra.shape[1])))[0]
    return torch.as_tensor(bases * spectra[:, None] @ bases.transpose(0, 2, 1))


def largest(matrices, start, **settings):
    return largest_eigenvalues(lambda vectors: (matrices @ vectors[:, :, None])[:, :, 0], start, **settings)


def test_largest_algebraic_eigenvalue_of_each_trial():
    """Not the largest in size: one trial has -9, another nothing but negative eigenvalues."""
    spectra = np.array([np.linspace(-9, 5, 60), np.linspace(0, 1, 60) ** 8, np.linspace(-3, -1, 60)])
    with profile("float64"):
        start = torch.as_tensor(np.random.default_rng(1).standard_normal((3, 60)))
        values, _ = largest(random_symmetric(spectra), start, tolerance=1e-6, most=60)
    np.testing.assert_allclose(values, [5, 1, -1], rtol=1e-5)


def test_a_trial_is_done_when_it_is_whatever_the_others_need():
    """Nearly all of one trial's eigenvalues coincide, the other's crowd at the top, and it needs many more products."""
    easy = np.append(np.zeros(59), 5.0)
    hard = np.append(np.linspace(0, 1, 59), 1.001)
    with profile("float64"):
        start = torch.as_tensor(np.random.default_rng(1).standard_normal((2, 60)))
        perturbed = np.linspace(0, 1e-2, 60) + easy  # so that further products would change it
        matrices = random_symmetric(np.array([perturbed, hard]))
        together, alone = largest(matrices, start), largest(matrices[:1], start[:1])
    for block, single in zip(together, alone):
        np.testing.assert_allclose(block[:1], single, rtol=0, atol=1e-13)


def test_a_next_search_finds_the_eigenvalue_that_has_overtaken_the_largest():
    spectra = np.tile(np.append(np.linspace(0, 1, 58), [4.9, 5]), (1, 1))
    with profile("float64"):
        matrices = random_symmetric(spectra)
        _, start = largest(matrices, torch.as_tensor(np.random.default_rng(1).standard_normal((1, 60))))
        _, vectors = torch.linalg.eigh(matrices)
        second = vectors[:, :, -2]
        values, _ = largest(matrices + 0.6 * second[:, :, None] * second[:, None, :], start)
    assert values.item() == pytest.approx(5.5, rel=3e-3)


def test_an_operator_of_fewer_dimensions_than_products_is_exhausted():
    with profile("float64"):
        values, onward = largest(torch.diag(torch.tensor([1.0, 2]))[None], torch.ones(1, 2))
    assert values.item() == pytest.approx(2)
    assert onward.shape == (1, 2)


def test_what_is_not_finite_spoils_its_own_trial_alone():
    matrices = torch.stack([torch.eye(4), torch.full((4, 4), torch.nan)])
    values, _ = largest(matrices, torch.ones(2, 4))
    assert values[0].item() == pytest.approx(1)
    assert values[1].isnan()


def test_hessian_product_keeps_trials_apart():
    """sum_i w_i^4/12 + a w_0 w_1 has second derivatives w_i^2 and a."""
    with profile("float64"):
        weights = torch.tensor([[1.0, 2], [3, 4]])
        coupling = torch.tensor([0.5, -0.5])
        product = hessian_product(lambda w: (w**4).sum(1) / 12 + coupling * w[:, 0] * w[:, 1], weights)
        np.testing.assert_allclose(product(torch.tensor([[1.0, 0], [0, 1]])), [[1, 0.5], [-0.5, 16]])
