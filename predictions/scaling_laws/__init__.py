"""Scaling laws: how the loss falls with parameters, data and compute, and how compute is best spent."""
