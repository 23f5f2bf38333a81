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
