"""Structure of data: power laws of words and images, dimension of manifolds, and what a learner makes of them.

item_memorisation    a table learns items of unequal frequency; item_network, a small network does
memorisation_theory  their learning curves
new_words            vocabulary growth and unseen words in windows of a text
vocabulary_theory    both from the counts of words, by Zipf's law or by exchangeability
nearest_neighbours   dimension of manifolds from the two nearest neighbours; dimension_theory, what it should be
image_power          power spectra of photographs and thumbnails; image_theory, averaging over pixels
"""
