"""How to set hyperparameters at one width and keep them at another.

parametrisations         width's exponents of weights and learning rates: standard and maximal-update
adam                     Adam for many networks at once, each layer with its own learning rate
first_steps              the first steps of Adam: how far they move a network's coordinates, as the width grows
theory                   the very first step in closed form, at finite width
rate_optimum             the learning rate of least loss, from a sweep
perceptron_rates         fully connected networks over a sweep of learning rates
transformer_rates        transformers that learn a text, character by character, over a sweep of learning rates
character_transformer    their forward pass, many at once
"""
