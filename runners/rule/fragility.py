"""Fragile: a law whose draws come out otherwise in one epoch than in another.

The epochs differ in nothing but their salt, so their draws may change places. Compared are the first 14 draws of each,
which no word can have cut short. Epochs of one word and epochs of another are no sign of it: open after wide is mostly
a matter of power.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

import numpy as np

from runners.rule.betting import FEWEST
from runners.rule.draw_outcomes import APPLICABLE, Draw

FRAGILE = 0.01
"""Level of the test. It is made at each new epoch, so it is low."""
PERMUTATIONS = 9_999


def unlike(epochs: Sequence[Sequence[int] | np.ndarray], *, name: str) -> float:
    """Permutation p-value of the scatter of counts among epochs; 1 with fewer than two that have enough draws.

    What is counted: of the first 14 applicable draws before the first one pending, those that held. `name`, the
    claim's, seeds the permutations.
    """
    return scatter([count for draws in epochs if (count := held_of_first(draws)) is not None], name=name)


def scatter(counts: Sequence[int], *, name: str) -> float:
    """The same from the counts: of each epoch's first 14 applicable draws, those that held."""
    if len(counts) < 2:
        return 1.0
    generator = np.random.default_rng(list(sha256(f"fragility/{name}".encode()).digest()))
    permuted = generator.multivariate_hypergeometric([FEWEST] * len(counts), sum(counts), size=PERMUTATIONS)
    found = np.sum(np.square(counts))  # the total is fixed, so that this grows with the scatter
    return float((1 + np.count_nonzero(np.sum(permuted**2, axis=1) >= found)) / (PERMUTATIONS + 1))


def is_fragile(epochs: Sequence[Sequence[int] | np.ndarray], *, name: str) -> bool:
    """Whether the epochs differ by more than chance."""
    return unlike(epochs, name=name) <= FRAGILE


def held_of_first(draws: Sequence[int] | np.ndarray) -> int | None:
    """Of the first 14 applicable draws before the first one pending, those that held; None if there are fewer."""
    some = [Draw(draw) for draw in draws]
    known = some[: some.index(Draw.PENDING)] if Draw.PENDING in some else some
    first = [draw for draw in known if draw in APPLICABLE][:FEWEST]
    return first.count(Draw.HOLDS) if len(first) == FEWEST else None
