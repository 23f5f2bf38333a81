"""The width at which weights are as many as targets, by counting; the fold that finds a peak; a run to the end."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from predictions.instruments.networks import uniform_weights
from predictions.trained_networks import peaks, theory, width_peak

SETTING = {
    "data": "digits", "rows": 20, "outputs": 10, "trained": "all", "width": 4, "label_noise": 0.4, "test_rows": 50,
    "networks": 2, "steps": 60,
}  # fmt: skip


@pytest.mark.parametrize(("features", "width", "outputs"), [(64, 8, 10), (40, 3, 1)])
def test_weights_are_counted(features, width, outputs):
    weights = sum(
        leaf.size for leaf in jax.tree.leaves(uniform_weights(np.random.default_rng(0), [features, width, outputs]))
    )
    setting = {"rows": weights / outputs, "outputs": outputs}
    assert theory.width_of_as_many_weights(setting, {"features": (features,)}) == pytest.approx(width)
    assert theory.width_of_weights_as_rows({**setting, "rows": weights}, {"features": (features,)}) == pytest.approx(
        width
    )


def test_units_and_a_bias_fit_as_many_rows():
    assert theory.width_of_as_many_units({"rows": 40}, {}) == 39


def test_a_peak_between_widths_is_found():
    """ln loss = 3 - (ln w - ln 7)^2, which a parabola through three widths gives back."""
    widths = np.array([2.0, 4, 6, 10, 16])
    losses = np.exp(3 - (np.log(widths) - np.log(7)) ** 2)[:, None]
    np.testing.assert_allclose(peaks.logarithmic_peak(widths, losses), [7], rtol=1e-9)


def test_inputs_that_vary_are_counted_by_hand():
    given, state = width_peak.prepare(SETTING, [1, 2])
    varying = [[len([c for c in rows.T if len(set(c)) > 1]) for rows in trial] for trial in state[0]]
    np.testing.assert_allclose(given["features"], np.mean(varying, axis=1))
    assert given["parameters"].tolist() == [65 * 4 + 5 * 10] * 2


def test_a_readout_alone_fits_no_better_than_least_squares():
    """The least squared error of the readout on the units as they were drawn, by numpy; all weights get below it."""
    setting = {**SETTING, "steps": 2000}
    _, state = width_peak.prepare(setting, [3])
    inputs, targets, _, _, ((hidden, bias), _) = state
    least = []
    for network in range(2):
        units = np.maximum(inputs[0, network] @ hidden[0, network] + bias[0, network], 0)
        design = np.column_stack([units, np.ones(len(units))])
        left = targets[0, network] - design @ np.linalg.lstsq(design, targets[0, network], rcond=None)[0]
        least.append(np.mean(np.sum(left**2, axis=1)))
    floor = np.exp(np.mean(np.log(least)))
    readout = width_peak.measure({**setting, "trained": "readout"}, state)["training_loss"]
    np.testing.assert_allclose(readout, floor, rtol=0.01)
    assert width_peak.measure(setting, state)["training_loss"] < 0.5 * floor
