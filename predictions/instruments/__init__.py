"""What experiments measure and train with.

curvature      a loss's Hessian as an operator, and its largest eigenvalue
empirical_ntk  tangent kernels of finite networks
kernels        kernels of infinitely wide networks
networks       fully connected networks, initial weights, activations
sizes          how many parameters networks have, told from settings
optimisers     update rules, each with its convention
losses         losses, each with its factor and its mean;  torch_losses, the same for many networks side by side
tensors        arrays in torch
trials         trials as an array axis, as JAX runs them
fits           laws read off numbers
folds          how an observable looks along an axis, where a slope or a spread does not say it
"""
