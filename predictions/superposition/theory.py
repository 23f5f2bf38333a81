"""What geometry says of sparse features of equal importance in fewer dimensions.

Elhage et al. 2022, "Toy Models of Superposition": features that seldom meet are stored at angles; n equal ones in m
dimensions share them alike.
"""

from __future__ import annotations


def equal_share(setting, given):
    """Dimensionality m/n of every feature: 2/5 in a pentagon, 1/2 in antipodal pairs.

    The dimensionalities of features that span m dimensions sum to at most m, and to m for a tight frame.
    """
    return setting["dimensions"] / setting["features"]


def equal_angles(setting, given):
    """Angle 360/n, in degrees, between neighbouring features in two dimensions: a regular polygon."""
    return 360 / setting["features"]


def principal_share(setting, given):
    """Least dimensionality if the model kept the m most important features and dropped the others, as PCA would: 0."""
    return 0.0


def paired_angles(setting, given):
    """Widest angle, in degrees, if features lay on two orthogonal axes, in pairs or alone: 90."""
    return 90.0


def least_overlap(setting, given):
    """Least mean squared cosine of two of n directions in m dimensions, (n - m)/(m (n - 1)): Welch 1974.

    With V of unit columns sum_ij (v_i . v_j)^2 = |V V'|^2 >= tr(V V')^2/m = n^2/m, with equality for tight frames.
    """
    m, n = setting["dimensions"], setting["features"]
    return (n - m) / (m * (n - 1))


def random_overlap(setting, given):
    """Mean squared cosine 1/m of random directions in m dimensions."""
    return 1 / setting["dimensions"]


def crowding(setting, given):
    """Features a dimension, n/m: directions at random overlap by (n - 1)/(n - m) times the least, 1.2 at six."""
    return setting["features"] / setting["dimensions"]
