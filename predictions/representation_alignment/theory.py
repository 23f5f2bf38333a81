"""What is said of the similarity of independently trained networks as they widen, and of what learning adds to it.

The rise is the similarity of the widest pair less that of the narrowest, the gain that of a trained pair less that of
the same pair untrained; chance removed, on a scale from 0 to 1.
"""

from __future__ import annotations


def least_rise(setting, given):
    """A tenth of the scale, the least rise that counts as convergence; its size is this registry's.

    Huh, Cheung, Wang and Isola 2024 (arXiv 2405.07987), section 2; of nearest neighbours, Groeger, Wen and Brbic 2026
    (arXiv 2602.14486), abstract.
    """
    return 0.1


def no_rise(setting, given):
    """0: of networks without a common task (Huh et al. 2024, section 3), or of any once chance is removed (Groeger)."""
    return 0.0


def least_gain(setting, given):
    """A tenth of the scale, as for the rise: the least that counts as learnt."""
    return 0.1
