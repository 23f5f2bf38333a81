"""Lazy and rich: one factor before the output decides whether a network learns features or stays a kernel machine.

theory              how far lazy weights move, what lazy and rich students align with, what that does to test errors
output_multiplier   two-layer networks at growing multipliers: displacement and change of the tangent kernel
teacher_directions  a wide student of a teacher of three neurons in the plane: onto which directions its weights settle
hidden_motion       networks whose output carries a power of the width: how far training to one loss moves hidden units
sparse_target       a quadratic function of one direction, learnt from few samples at a small and a large multiplier
"""
