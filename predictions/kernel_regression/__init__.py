"""Kernel ridge regression on real images: its test error, estimated from the training set.

theory            the kernel alignment risk estimator, and its rivals
image_regression  the experiment: random splits of an image data set into training and test images
"""
