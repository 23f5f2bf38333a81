"""Diffusion models: when an exact score memorises, and when two trained denoisers agree.

theory           the time of that collapse, and how far two denoisers should agree
empirical_score  the exact score of a finite training set, and when it collapses onto single points
two_denoisers    networks, or memorisers, made from disjoint halves of a set of images
"""
