"""Superposition: more sparse features than dimensions, stored at angles that interfere as little as possible.

theory     dimensions that each feature has in a regular polygon, the angles between neighbours, and rivals
toy_model  the experiment: a model with fewer dimensions than features learns to reconstruct them
"""
