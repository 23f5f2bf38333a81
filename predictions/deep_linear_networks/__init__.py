"""Deep linear networks: gradient descent on a product of matrices, solved mode by mode.

theory            the sigmoid of two layers, its half-time, the depth ODE, and what holds where these fail
gradient_descent  the experiment: train on a random target of known singular vectors, observe its modes
initial_weights   targets and initial weights: aligned, unbalanced, frozen, small or large and random
mode_curves       when a mode is half learnt, and in which order the modes are
jax_training      the training loop in JAX (gradients by autodiff)
torch_training    the same loop in torch (gradients written out)

Relatives, an experiment and its theory each:

first_passage        how long small layers keep the network on its first plateau
plateau_theory       that time
largest_step         the largest step size that still reaches a global minimum
flat_minimum_theory  the flattest global minimum, and the step sizes that it leaves
first_layer_gram     the first layer against the average gradient outer product
gram_theory          the power that relates the two
nonlinear_first_layer  the same for networks of ReLU units that have learnt images, first and second layer
natural_inputs       two layers, linear or not, on inputs that are not white, until a mode is half learnt
natural_theory       when that is: from correlations alone, and from the inputs' covariance as well
sizes             how many parameters its networks have
"""
