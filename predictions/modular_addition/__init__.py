"""Modular addition by a two-layer network: weights that are written down, and what training makes of random ones.

theory            how often the network that is written down is right at a finite width; what of it a trained one has
analytic_network  cosine weights of random frequencies, all pairs of numbers
trained_network   training on a part of all pairs; phases of the neurons, and outputs without some frequencies
sizes             how many parameters its networks have
"""
