"""What repeated tokens are worth: each epoch after the first less, by a decay of its own.

Muennighoff et al. 2023 (arXiv 2305.16264), section 3.1, eqs. 5 to 7: L = E + A / N'^alpha + B / D'^alpha,
D' = U (1 + R* (1 - exp(-R / R*))) for U unique tokens seen 1 + R times, N' likewise of the parameters that U tokens can
use; alpha = beta. Constants travel as (ln A, ln B, ln E, alpha, R*_D, R*_N).
"""

from __future__ import annotations

import numpy as np

PUBLISHED = np.array([6.255414, 7.3049974, 0.6254804, 0.3526596, 15.387756, 5.309743])  # of their fit to 182 runs


def repeated_loss(constants, size, tokens, unique):
    """Loss in nats a token of `size` parameters after `tokens` tokens, of which so many are unique."""
    log_a, log_b, log_floor, exponent, token_decay, size_decay = constants
    best = np.exp((log_a - log_b) / exponent) * unique  # size at which both terms are equal after one epoch
    used = np.minimum(best, size)
    size = used * _worth(size / used, size_decay)
    tokens = unique * _worth(tokens / unique, token_decay)
    return np.exp(log_floor) + np.exp(log_a - exponent * np.log(size)) + np.exp(log_b - exponent * np.log(tokens))


def _worth(times, decay):
    """1 + R* (1 - exp(-R / R*)) of R = times - 1 repeats; all of them without a decay."""
    repeats = np.maximum(times - 1, 0)
    return 1 + (repeats if np.isinf(decay) else decay * -np.expm1(-repeats / decay))
