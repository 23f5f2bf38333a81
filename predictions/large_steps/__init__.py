"""Large steps at initialisation: a wide network that should diverge is catapulted into a flatter region instead.

theory           up to which step size training survives, and what wide networks and linear models say
two_layers       a two-layer network on one datum, its curvature, and descent at a step size in units of it
largest_step     the experiment: the step size at which training breaks down, by bisection
catapult_run     the experiment: one training, how high the output is thrown and how flat it comes down
sizes            how many parameters its networks have
"""
