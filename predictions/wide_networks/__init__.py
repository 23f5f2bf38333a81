"""What wide networks make of their data: when they learn which frequency, and what an ensemble of them samples.

theory          learning times from the tangent kernel's eigenvalues; covariance of trained networks, and the Bayesian
                posteriors that it is taken for
circle_tones    two-layer ReLU networks learn one pure tone on the circle
deep_ensembles  spread of independently trained networks on unseen inputs
"""
