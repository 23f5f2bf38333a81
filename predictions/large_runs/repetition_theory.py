"""What a few epochs cost, by the law of `repetition_law` and its alternatives."""

from __future__ import annotations

import numpy as np

from predictions.large_runs.repetition_law import PUBLISHED, repeated_loss


def no_excess(setting, given):
    """Nothing: up to four epochs are as good as one over as many different tokens."""
    return 0.0


def published_excess(setting, given):
    """Mean over pairs of ln L of few epochs less that of one, by the published law."""
    size, tokens, unique = given["pairs"]
    again, once = (repeated_loss(PUBLISHED, size, tokens, seen) for seen in (unique, tokens))
    return np.mean(np.log(again / once))


def worthless_excess(setting, given):
    """The same if repeated tokens taught nothing."""
    size, tokens, unique = given["pairs"]
    again, once = (repeated_loss(PUBLISHED, size, seen, seen) for seen in (unique, tokens))
    return np.mean(np.log(again / once))
