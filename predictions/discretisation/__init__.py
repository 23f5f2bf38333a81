"""The Discretisation Hypothesis: finite networks, steps and batches as worse versions of the limits that they approach.

tuned_sizes      one network, in several finite sizes of one kind, each at its own best hyperparameters
theory           what the hypothesis allows
sizes            how many parameters its networks have
"""
