"""Weights whose size does not matter: how fast they turn once steps and weight decay are in balance.

normalised_layers  the experiment: networks with layer normalisation, trained to equilibrium by four optimisers
theory             the rotation a step in equilibrium, and its rivals
"""
