"""The sizes at which a claim can be put to the test, smallest first."""

TIERS = ("smoke", "standard", "long", "full")
"""Seconds a claim; a laptop; hours of one, where a claim needs them; GPUs, a cluster."""
