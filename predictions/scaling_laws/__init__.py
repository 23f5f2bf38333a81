"""Scaling laws: loss as a power of size, data and compute, in public runs and in models where it can be solved.

theory               language models, the exponents that theories give them, manifolds, skills
flow_theory          gradient flow on random features
language_model_runs  the published runs, planted ones, and how both are resampled
parametric_fit       the surface E + A/N^alpha + B/D^beta and its robust fit

Experiments on language-model runs; nothing is trained:
loss_level           mean log loss of the runs
loss_extrapolation   losses above a compute, beside fits to those below
size_exponent        alpha, fitted anew in each resample
token_exponent       beta, beside the alpha of the same fit
size_break           whether the size term bends at 10^9 parameters
isoflop_minima       sizes of least loss on the published IsoFLOP curves
planted_isoflop      the same on curves whose law is known

Experiments that are solved or trained:
flow_schedule        spectrum, sizes, times and budgets that a setting fixes, for the flow and its theory
quanta_setting       frequencies of tasks and numbers of samples that a setting fixes
projected_flow       a linear model on random projections of features with a power-law spectrum
planted_quanta       parities of unequal frequency, learned from one stream
manifold_students    networks that learn a random function of d variables
manifold_grid        piecewise linear interpolation of it
character_isoflop    transformers on characters at five budgets, the highest predicted from the others
random_fields        that function
sizes                how many parameters its networks have
"""
