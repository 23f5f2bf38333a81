"""What the noise of minibatches does: fluctuations around a minimum, and the trade of batch size against step size.

least_squares_chains   many chains of descent around one quadratic minimum: their covariance and excess loss
theory                 that covariance at finite steps, with the noise of real minibatches, and its rivals
batch_and_rate         batch and learning rate multiplied together: the loss, sample for sample, and where it falls back
adam_batch_and_rate    the same for Adam, whose rate goes with the root of the batch and whose averages shorten with it
stationary_state       a trained network at one rate: what its gradients pull back and their noise drives out
"""
