"""Linear attention in context: the closed form against simulated prompts and its minimum, the layer untrained."""

from __future__ import annotations

import numpy as np
import pytest

from predictions.in_context_learning import linear_attention, theory
from predictions.in_context_learning.setting import LONGER, variances

SETTING = {"dimension": 3, "spectrum_exponent": 1.0, "context": 6}
SEEDS = np.arange(2, dtype=np.uint64)
TRAINING = {"steps": 0, "batch_size": 4, "learning_rate": 0.02, "test_prompts": 2000}


def simulated(answer: np.ndarray, examples: int) -> float:
    """Risk of x . P (1/N) sum_i y_i x_i over random prompts, with numpy alone."""
    generator, scale = np.random.default_rng(0), np.sqrt(variances(SETTING))
    inputs = scale * generator.standard_normal((100_000, examples, 3))
    lines, queries = generator.standard_normal((100_000, 3)), scale * generator.standard_normal((100_000, 3))
    labels = np.einsum("pnd,pd->pn", inputs, lines)
    read = np.einsum("pnd,pn->pd", inputs, labels) / examples
    return np.mean((np.sum(queries * answer * read, axis=1) - np.sum(lines * queries, axis=1)) ** 2)


def trained_answer() -> np.ndarray:
    spectrum, examples = variances(SETTING), SETTING["context"]
    return 1 / ((1 + 1 / examples) * spectrum + 1 / examples)


def test_the_closed_form_is_the_mean_over_prompts():
    assert theory.attention_risk(SETTING, {}) == pytest.approx(simulated(trained_answer(), 6), rel=0.02)
    longer = simulated(trained_answer(), LONGER * 6)
    assert theory.longer_attention_risk(SETTING, {}) == pytest.approx(longer, rel=0.02)


def test_it_is_written_as_in_the_paper():
    spectrum = variances(SETTING)
    assert theory.attention_risk(SETTING, {}) == pytest.approx(1 - np.sum(spectrum**2 * trained_answer()))


def test_no_other_preconditioner_does_better_and_no_number_as_well():
    best = theory.attention_risk(SETTING, {})
    assert theory.plain_step_risk(SETTING, {}) > best
    assert theory.plain_step_risk({**SETTING, "spectrum_exponent": 0.0}, {}) == pytest.approx(
        theory.attention_risk({**SETTING, "spectrum_exponent": 0.0}, {})
    )
    generator = np.random.default_rng(1)
    for _ in range(5):
        other = trained_answer() * np.exp(0.2 * generator.standard_normal(3))
        assert theory._risk(SETTING, other, 1) > best


def test_longer_prompts_help_and_training_on_them_would_help_more():
    assert theory.retrained_risk(SETTING, {}) < theory.longer_attention_risk(SETTING, {})
    assert theory.longer_attention_risk(SETTING, {}) < theory.unchanged_risk(SETTING, {})
    assert theory.least_squares_risk({**SETTING, "context": 1}, {}) == pytest.approx(2 / 3)


def test_an_untrained_layer_answers_next_to_nothing():
    setting = SETTING | TRAINING
    risks = linear_attention.measure(setting, linear_attention.prepare(setting, SEEDS)[1])
    for risk in risks.values():
        assert risk == pytest.approx(np.ones(2), abs=0.15)


def test_training_lowers_the_risk_by_the_examples_that_it_sees():
    setting = SETTING | TRAINING | {"steps": 400, "batch_size": 64}
    risks = linear_attention.measure(setting, linear_attention.prepare(setting, SEEDS)[1])
    assert np.all(risks["risk"] < 0.85)
    assert np.all(risks["longer_risk"] < risks["risk"])
