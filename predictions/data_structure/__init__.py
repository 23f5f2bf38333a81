"""Structure of data: power laws of words and images, dimension of manifolds, and what a learner makes of them.

theory              learning curves of memorisation, growth of vocabularies, dimensions, spectra of pictures
item_memorisation   a table learns items of unequal frequency
item_network        a small network does
new_words           vocabulary growth and unseen words in windows of a text
nearest_neighbours  dimension of manifolds from the two nearest neighbours
image_power         power spectra of photographs and thumbnails
"""
