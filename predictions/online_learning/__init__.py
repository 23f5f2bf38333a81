"""Online learning: each example is seen once, and a few overlaps tell the whole story.

soft_committee      one soft committee machine learns another: the generalisation error over time
overlap_theory      the differential equations of its overlaps, with their rivals
gaussian_averages   averages of erf units over Gaussian fields, which both need
single_index        online search for the one direction that the label depends on: the number of examples
search_theory       the overlap with that direction as a diffusion, and when it has passed 1/2
"""
