"""One large step of the first layer: a spike along the target, of a size and a direction that random matrices predict.

first_step  the experiment: the first layer's weights before and after one step, on Gaussian rows or on real ones
theory      the largest singular value after it, and how much of the target its direction has
"""
