"""Diffusion models: when an exact score memorises, when trained denoisers agree, and with what.

theory              the time of that collapse, and how far denoisers should agree
empirical_score     the exact score of a finite training set, and when it collapses onto single points
two_denoisers       networks, or memorisers, made from disjoint halves of a set of images
denoising_networks  four architectures that denoise small images
denoiser_training   how these are trained, and sampled from noise without noise of their own
score_machines      denoisers that training images, locality and equivariance determine
one_noise           samples of three architectures from the same noise
nearest_machine     samples of a network beside those of the score machines
sizes               how many parameters its networks have
"""
