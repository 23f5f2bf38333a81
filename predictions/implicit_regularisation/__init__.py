"""What gradient descent prefers among the solutions that it could find.

theory             the gradient norm that finite steps penalise; in matrix completion the minimal nuclear norm, the path
                   of rank one, the flow of the product; the maximal margin of separable examples, in several norms
penalised_flow     descent, and gradient flow on a loss to which its own squared gradient is added, in JAX
descent_and_flow   the experiment: how far descent ends from the flow with a given penalty
penalty_fit        the experiment: the penalty whose flow ends nearest to descent
completion_flow    the experiment: gradient flow on a factorisation, stopped at a given loss
separable_descent  the experiment: logistic regression on separable examples, steps normalised by the loss
sizes              how many parameters its networks have
"""
