"""Runs that the tests share."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from predictions.data import fetching
from predictions.scaling_laws import isoflop_minima, loss_extrapolation, loss_level, size_break
from predictions.scaling_laws.language_model_runs import BUDGETS, Runs, curve_of, designed_runs
from predictions.scaling_laws.parametric_fit import log_loss

LAW = np.array([1.8, 420.0, 0.34, 1900.0, 0.36])  # E, A, alpha, B, beta


@pytest.fixture
def exact_runs() -> Runs:
    """IsoFLOP curves and runs between them, their losses exactly those of LAW."""
    curves = designed_runs(BUDGETS)
    between = np.geomspace(4e18, 2e22, 40)
    size = 1e9 * np.sqrt(between / 1e20) * np.resize([0.5, 1.0, 3.0], 40)
    compute = np.append(curves.compute, between)
    runs = Runs(np.append(curves.size, size), compute, np.ones(len(compute)), curve_of(compute))
    return replace(runs, loss=np.exp(log_loss(LAW, runs.size, runs.tokens)))


@pytest.fixture
def published(exact_runs, monkeypatch) -> Runs:
    """Stands in for the published points: the exact runs with 0.4% of noise."""
    noise = 0.004 * np.random.default_rng(0).standard_normal(len(exact_runs.size))
    runs = replace(exact_runs, loss=exact_runs.loss * np.exp(noise))
    for experiment in (isoflop_minima, loss_extrapolation, loss_level, size_break):
        monkeypatch.setattr(experiment, "published_runs", lambda **_: runs)
    return runs


@pytest.fixture
def real_points() -> None:
    """Skips where the published points are not on this machine."""
    found = next(it for it in fetching.status() if it.data_set.name == "chinchilla")
    if found.state is not fetching.State.PRESENT:
        pytest.skip("the published points are not on this machine: tollens data fetch chinchilla")
