"""Loss under another schedule: the law's sums by hand, a planted law, and what cannot be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from tollens.schedules import CannotTell, fit, sums

STEPS = 4000
COSINE = 3e-4 * (0.1 + 0.45 * (1 + np.cos(np.pi * np.arange(STEPS) / STEPS)))


def planted(rates: np.ndarray) -> np.ndarray:
    """L0 2.5, A .4 at a sum of 1, a .5, C 400 a unit of rate that fell, in the memory of 1/(1 - .999) steps."""
    summed, memory, fallen = np.cumsum(rates), 0.0, 0.0
    losses = []
    for step, rate in enumerate(rates):
        memory = 0.999 * memory + (rates[step - 1] - rate if step else 0.0)
        fallen += memory
        losses.append(2.5 + 0.4 * summed[step] ** -0.5 - 0.3 * fallen)
    return np.array(losses)


def curve(rates: np.ndarray, *, every: int = 20, noise: float = 0.0) -> pd.DataFrame:
    losses = planted(rates) * np.exp(noise * np.random.default_rng(0).standard_normal(len(rates)))
    steps = np.arange(len(rates))
    return pd.DataFrame({"step": steps, "rate": rates, "loss": np.where(steps % every == 0, losses, np.nan)})


def test_sums_by_hand():
    """A warm-up of two steps, the peak, and one drop by 2 that is remembered by .999 a step."""
    first, second = sums(np.array([1.0, 2.0, 3.0, 3.0, 1.0, 1.0]))
    np.testing.assert_allclose(first, [1, 3, 6, 9, 10, 11])
    np.testing.assert_allclose(second, [0, 0, 0, 0, 2, 2 + 2 * 0.999])


@pytest.mark.parametrize(("noise", "within"), [(0.0, 1e-4), (0.002, 3e-3)])
def test_one_cosine_gives_the_end_of_a_constant_rate_with_a_drop(noise, within):
    fitted = fit(curve(COSINE, noise=noise))
    other = np.where(np.arange(STEPS) < 3000, 3e-4, 0.3e-4)
    assert fitted.loss(other)[-1] == pytest.approx(planted(other)[-1], rel=within)
    assert fitted.beyond(np.tile(COSINE, 3)) == pytest.approx(3, rel=0.01)
    assert abs(planted(other)[-1] / planted(COSINE)[-1] - 1) > 5 * within  # they differ by more than it errs


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda it: it.assign(rate=3e-4), "what annealing gains cannot be told"),
        (lambda it: it.assign(rate=3e-4 * np.minimum(1, it["step"] / 500)), "after its peak the rate falls by less"),
        (lambda it: it.iloc[:0], "there are no curves"),
        (lambda it: it.iloc[::2], "step has gaps"),
        (lambda it: it.assign(loss=it["loss"].where(it["step"] < 200)), "10 losses for a law of four"),
        (lambda it: it.assign(rate=it["rate"].where(it["step"] != 7)), "a rate is missing"),
    ],
)
def test_what_cannot_be_told_is_refused(spoil, told):
    with pytest.raises(CannotTell, match=told):
        fit(spoil(curve(COSINE)))
    with pytest.raises(ValueError, match="no column 'lr'; there are step, rate, loss"):
        fit(curve(COSINE), rate="lr")
