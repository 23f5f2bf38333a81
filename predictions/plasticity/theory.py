"""What a past should cost a network that learns the next task."""

from __future__ import annotations


def as_fresh(setting, given) -> float:
    """Loss that a network with a past learns a task to, over that of one without: 1 where the past costs nothing."""
    return 1.0


def told_from_fresh(setting, given) -> float:
    """The least such ratio that counts as a loss: two and a half standard errors of a trial's, 11% each, above 1."""
    return 1.3


def all_of_it(setting, given) -> float:
    """Share of the loss of plasticity, in ln of the loss, that lengths account for where no length matters to outputs.

    f(c W) = f(W) makes gradients at c W those at W over c. Adam divides by their size, so that its steps are as long as
    before and turn c W by 1/c of the angle: a matrix that is c times as long learns at the rate eta/c, and as before if
    it is given back its length. Lyle et al. 2024 (arXiv 2407.01800); plain descent has eta/c^2.
    """
    return 1.0


def none_of_it(setting, given) -> float:
    """The same share if what a past does to weights is where they point: units that died, directions that were lost."""
    return 0.0
