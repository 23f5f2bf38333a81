"""In what time a class is learnt, as a power of its frequency: Kunstner et al. 2024, arXiv 2402.19449.

Their simplest model: the rows of class k are all the same unit vector, another one for each class, and a linear softmax
starts from zero. The margin z of class k over each other class then moves alone, with p = 1 / (1 + (K - 1) e^{-z}):

    flow of the loss    dz/dt = pi_k (1 - p) K / (K - 1)    hence    z + (e^z - 1) / (K - 1) = pi_k t K / (K - 1)
    sign descent        dz/dt = 2

A loss -ln p of any height is reached after a time inverse in the frequency pi_k, and after one that has nothing of it.
"""

from __future__ import annotations


def inverse_frequency(setting, given) -> float:
    """d ln (time until class k has half of its first loss) / d ln pi_k = -1 under gradient descent."""
    return -1.0


def no_frequency(setting, given) -> float:
    """The same under sign descent: 0."""
    return 0.0
