"""Diagonal linear networks: regression with b = u^2 - v^2, where the scale of the start picks the solution.

theory            the potential that the network minimises unasked, and the two norms between which it lies
gradient_descent  the experiment: interpolate sparse regression data, extrapolated to vanishing steps
"""
