"""Diffusion models: when an exact score memorises, and when two trained denoisers agree.

empirical_score       the exact score of a finite training set, and when it collapses onto single points
collapse_time_theory  that time, in the limit of many dimensions and at finite size
two_denoisers         networks, or memorisers, made from disjoint halves of a set of images
agreement_theory      how far their outputs should agree
"""
