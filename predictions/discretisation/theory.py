"""What the Discretisation Hypothesis allows: Simon et al. 2026, arXiv 2604.21691, section 2.2."""

from __future__ import annotations


def no_finite_benefit(setting, given) -> float:
    """Test loss at the limit over that of any finite size, each at its best: at most 1 where finiteness is no benefit.

    An average over networks is a limit, too, of which this is proved: a convex loss of a mean is at most the mean of
    the losses. Of widths, steps and batches nobody has proved it.
    """
    return 1.0
