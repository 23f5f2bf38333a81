"""How many patterns a linear threshold or a network of them can hold.

theory              the predictions: Cover's count, Gardner's margin, the saturation of a Hopfield network
linear_dichotomies  random labels on random rows and on images: separable or not, and by which margin
finite_size         what infinitely large networks would do
hopfield_retrieval  the load up to which a Hopfield network keeps its patterns
sizes               how many parameters its networks have
"""
