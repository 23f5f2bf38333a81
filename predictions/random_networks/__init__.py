"""Deep networks before any training: what they do to one input, to a pair of inputs, and to a small perturbation.

forward_norms        groups of random ReLU networks on one input: kurtosis of the output, moments of the log norm
signal_propagation   random networks of bounded units: correlation of pairs and growth of perturbations, layer by layer
jacobian_edge        the largest singular value of a random network's Jacobian
residual_branches    groups of random residual networks on pairs of inputs: spread of norms, correlation of pairs
trainability         deep networks that are trained for a while: how much they learn
finite_width_theory  exact moments at any width and depth
free_probability_theory  that value at infinite width
residual_theory      what the two are at large width
sigmoids             the bounded units
mean_field_theory    order, chaos and depth scales at infinite width
sizes                how many parameters its networks have
"""
