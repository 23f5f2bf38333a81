"""Online learning: each example is seen once, and a few overlaps tell the whole story.

theory             the differential equations of a committee's overlaps; a search's overlap as a diffusion; rivals
soft_committee     one soft committee machine learns another: the generalisation error over time
gaussian_averages  averages of erf units over Gaussian fields, which theory and experiment need
single_index       online search for the one direction that the label depends on: the number of examples
sizes              how many parameters its networks have
"""
