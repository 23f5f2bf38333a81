"""Edge of stability: the step size of full-batch descent decides how sharp a minimum it trains into.

theory                 where descent turns unstable, with and without momentum, and what rivals would say
full_batch_descent     the experiment: a tanh network, its sharpness followed through training
least_squares_descent  its control: the same data and optimiser, a loss of constant curvature
descent                the training loop that both share, and what is observed of it
optimiser_theory       where Nesterov's momentum and Adam turn unstable
optimiser_descent      the experiment with these two
optimisers             their update rules, and the preconditioner of each
minibatch_descent      the experiment with mini-batches
image_descent          the experiment with convolutional and residual networks
image_networks         these networks, in torch
torch_descent          the same training of the tanh network in torch
torch_sharpness        the Hessian's top eigenvalue in torch
"""
