"""Networks trained until they fit: what counting parameters and measuring flatness say of their test error.

widths           networks of growing width, on true and on random labels
bounds           complexity measures behind bounds, ranked against the gap of networks that fit the same rows
capacity         how many rows with random labels a network fits
width_peak       networks of growing width to the end of training on noisy labels: where they test worst
peaks            the fold that finds that width
families         networks that differ in one setting of the training: flatness against test error
training         stochastic gradient descent to a given training loss
theory           the gap that a count of parameters predicts, and what is said of random labels and of flat minima
sizes            how many parameters its networks have
"""
