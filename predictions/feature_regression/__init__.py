"""Ridge regression on Gaussian features with a power-law spectrum: learning curves in closed form.

theory             the predictions: test risk, training error, noise amplification, exponents, and their rivals
self_consistent    the fixed-point equations behind them, for any spectrum and target
setting            what a condition fixes: spectrum, target, sizes
gaussian_data      random rows, targets and label noise, the ridge fit, and its exact errors
kernel_regression  the experiment with all features at hand
random_features    the experiment with a finite number of random features
"""
