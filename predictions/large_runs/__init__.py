"""Laws at the scale where people use them: forecasts of public training runs, which others measured.

One side of a split that is fixed beforehand is given, the other is measured; whole clusters are resampled, nothing is
trained. What a claim could see was found with planted losses, before the published ones were looked at.

sources             thirteen collections of language models, seven sets of IsoFLOP curves
clusters            resamples of whole clusters
rate_schedules      learning rates of nine schedules, and their sums

Experiments, each with the theory beside it:
isoflop_sources     growth of the compute-optimal size in seven sources
five_protocols      the same from Kaplan et al.'s protocol to Hoffmann et al.'s
allocation_theory   the exponent on another corpus
loss_ahead          losses above an eighth of the largest compute
ahead_theory        the additive law and what rivals say there
loss_exponents      alpha and beta of thirteen collections
exponents_theory    quanta, equal exponents
best_rates          the best learning rate against the batch in 17 cells
annealing           ends of training curves under other schedules
annealing_laws      annealing law, multi-power law
annealing_theory    what they say of the ends
repeated_epochs     excess of two to four epochs over one
repetition_law      the worth of repeated tokens
repetition_theory   what it says of few epochs
ladder              task losses and accuracies of 7B and 13B
ladder_theory       additive law and sigmoid
routed              routed models, larger or with more experts
routed_theory       the bilinear law
coverage            problems solved by many samples
coverage_theory     a beta distribution of difficulties
"""
