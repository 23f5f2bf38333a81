"""Noise of labels moves networks along their minima, towards flat ones.

network_drift   the experiment: networks that interpolate, then descent on labels that are redrawn around theirs
sparse_drift    the experiment: a diagonal linear network that fits sparse regression, and goes on with noisy labels
theory          the flow along the minima that the noise drives, integrated from the start of a trial
sparse_theory   the same for diagonal linear networks, where it is a penalty with a scale that shrinks
"""
