"""What gradient descent conserves, and how it dissipates its loss: laws of the flow, and what finite steps do to them.

theory             how far charges drift at finite steps, and by how much one step lowers the loss
homogeneous_units  the experiment on charges: two layers of homogeneous units, |a|^2 - |w|^2 of each followed
matrix_charges     the experiment on queries and keys, or two linear layers: Q^T Q - K^T K under four optimisers
matrix_theory      how far steps, momentum and batches move that charge
minibatch_steps    the experiment on dissipation: one step of stochastic descent, on its own batch or another's
"""
