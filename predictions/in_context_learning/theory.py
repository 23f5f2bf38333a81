"""Risk of a layer of linear attention on random lines, over the variance of y; inputs of covariance L, trace 1."""

from __future__ import annotations

import numpy as np

from predictions.in_context_learning.setting import LONGER, variances


def attention_risk(setting, given):
    """tr L - tr L^2 G^-1, G = (1 + 1/N) L + tr L / N, for prompts of N examples as in training.

    The flow ends at the answer x . G^-1 (1/N) sum_i y_i x_i: Zhang, Frei and Bartlett 2024 (arXiv 2306.09927), theorem
    4.1. With S the covariance of a prompt's examples E S^2 = L G, and the risk is E tr L (1 - G^-1 S)^2.
    """
    return _risk(setting, 1 / _moment(setting, 1), 1)


def longer_attention_risk(setting, given):
    """The same weights on longer prompts: tr L - 2 tr L^2 G^-1 + tr L^2 G^-2 G', G' being G with their length."""
    return _risk(setting, 1 / _moment(setting, 1), LONGER)


def plain_step_risk(setting, given):
    """The best number in place of G^-1: one step of descent on the prompt's examples, without a preconditioner."""
    return _risk(setting, _best_step(setting), 1)


def retrained_risk(setting, given):
    """What weights that were trained on prompts of that length would reach on longer ones."""
    return _risk(setting, 1 / _moment(setting, LONGER), LONGER)


def unchanged_risk(setting, given):
    """The risk of prompts as long as in training, as if further examples told nothing."""
    return attention_risk(setting, given)


def least_squares_risk(setting, given):
    """What the best algorithm loses of a noiseless line: 1 - N/d of it for isotropic inputs, nothing from N = d on."""
    return max(1 - setting["context"] / setting["dimension"], 0.0)


def _risk(setting, answer, factor: int) -> float:
    """Risk of the answer x . P (1/N) sum y_i x_i, P diagonal, for `factor` times as many examples as in training."""
    spectrum = variances(setting)
    return float(np.sum(spectrum - 2 * spectrum**2 * answer + spectrum**2 * answer**2 * _moment(setting, factor)))


def _best_step(setting) -> float:
    spectrum = variances(setting)
    return float(np.sum(spectrum**2) / np.sum(spectrum**2 * _moment(setting, 1)))


def _moment(setting, factor: int) -> np.ndarray:
    """The diagonal of G for `factor` times as many examples as in training."""
    spectrum, examples = variances(setting), factor * setting["context"]
    return (1 + 1 / examples) * spectrum + np.sum(spectrum) / examples
