"""Products of powers in descending order: the spectrum of a kernel on Gaussian data, one Hermite polynomial each."""

from __future__ import annotations

import heapq

import numpy as np


def largest_products(first: float, ratios: np.ndarray, count: int) -> np.ndarray:
    """The `count` largest of first * prod_i ratios_i^(k_i) over all k_i = 0, 1, 2 ..., descending: (count,).

    `ratios` (p,) are below 1 and descend. A product is reached from exactly one other: raise the last factor once
    more, or move it on to the next one, so that each is met once and none before a larger one.
    """
    if not np.all((ratios >= 0) & (ratios < 1)) or np.any(np.diff(ratios) > 0):
        raise ValueError("ratios must descend and lie in [0, 1): else the largest products are infinitely many")
    found = [first]
    queue = [(-first * ratios[0], 0)]
    while len(found) < count:
        value, last = heapq.heappop(queue)
        found.append(-value)
        heapq.heappush(queue, (value * ratios[last], last))
        if last + 1 < len(ratios) and ratios[last] > 0:
            heapq.heappush(queue, (value * ratios[last + 1] / ratios[last], last + 1))
    return np.array(found)
