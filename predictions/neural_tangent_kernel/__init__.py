"""Infinitely wide networks train as kernel machines: what the tangent kernel says, and how fast width makes it true.

theory             predictions of the tangent-kernel limit and the powers of width by which networks approach it
at_initialisation  tangent kernels of groups of random networks, before any training
width_sweep        groups of networks of one width, trained by gradient descent beside their linearisations
ensembles          what both draw: inputs on a sphere, and groups of random networks
parity_theory      eigenvalues on the hypercube, and what they say of learning parities
parity_kernels     regression of parities with kernels of infinitely wide networks
parities           networks that learn parities
hypercube          corners and parities, which both draw
sizes              how many parameters its networks have
"""
