"""Attention that learns a line from the examples in its context.

theory            the predictions: the risk of the best linear attention, and of what it could be mistaken for
setting           variances of the inputs, length of longer prompts
linear_attention  a layer of linear attention, trained on prompts of examples of random lines
"""
