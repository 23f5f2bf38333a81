"""Edge of stability: the step size of descent decides how sharp a minimum it trains into.

theory                 where descent turns unstable, with momentum, without, and with Adam; and what rivals would say
descent                the loop that trains and records, and what is observed of its curves
network_descent        the experiment: a fully connected network, any optimiser, its sharpness followed through training
least_squares_descent  its control: the same data and descent, a loss of constant curvature
image_descent          the experiment with convolutional and residual networks, in torch
image_networks         these networks
photograph_descent     the experiment with the source's kinds of networks on photographs, in torch
photograph_networks    these networks
torch_descent          the loop in torch
torch_sharpness        the Hessian's top eigenvalue in torch
sizes                  how many parameters its networks have
"""
