"""Uniform convergence: how far the worst member of a class can be from its training error, and what bounds say of it.

theory        Rademacher's bound for linear classes with a margin loss, and what memorising does to it
margin_class  the worst linear classifier for a sample drawn from a population that is known in full
"""
