"""Superposition: more sparse features than dimensions, stored at angles that interfere as little as possible.

theory            dimensions that each feature has in a regular polygon, angles, the least overlap of many, and rivals
toy_model         the experiment: a model with fewer dimensions than features learns to reconstruct them
crowded_features  the same with about a hundred features, from a single start
"""
