"""Neural collapse: the geometry of last-layer features and classifiers once the training rows are fitted.

theory          the simplex that training ends in, and the classifiers parallel to it
geometry        how far class means and classifiers are from a simplex, and features from their class means
terminal_phase  networks trained with weight decay long after they fit, on balanced and on unbalanced classes
sizes           how many parameters its networks have
"""
