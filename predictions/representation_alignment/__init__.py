"""Are independently trained networks alike inside? Similarities of representations, with what chance gives removed.

theory         how much a similarity is said to rise with the width
similarity     centred kernel alignment and shared neighbours, raw and calibrated against permuted rows
twin_networks  pairs of networks of growing width, trained on different rows from different weights
"""
