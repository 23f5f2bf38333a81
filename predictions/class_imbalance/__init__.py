"""Class imbalance: what becomes of the classifiers of rare classes.

unconstrained_features  last layer and free features, trained by gradient descent with weight decay
theory                  their optimum, and the imbalance from which rare classes share one classifier
sizes                   how many parameters its networks have
"""
