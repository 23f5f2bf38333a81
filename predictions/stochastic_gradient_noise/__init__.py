"""What the noise of minibatches does: fluctuations around a minimum, and the trade of batch size against step size."""
