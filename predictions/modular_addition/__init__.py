"""Modular addition by a two-layer network whose weights are written down and not learnt.

theory            how often such a network is right at a finite width
analytic_network  cosine weights of random frequencies, all pairs of numbers
"""
