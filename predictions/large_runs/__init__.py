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

Not judged, as these data would catch the nearest rival with less than half a chance:
own law             beta / (alpha + beta) beside the exponent of minima: two thirds of a source's curves give it to 0.03
                    at best, with heavy tails
last layer          what its omission does to the exponent: recounted surfaces differ by 0.13 between resamples
best rate, batch    of the larger half of 17 cells: root mean squares differ by 0.16 and 0.33, where permuted cells err
                    by no more than 0.6
interaction         of size and experts: it moves a slope by 0.011 from 370M to 1.3B, known to 0.003 from nine numbers
epochs beyond 16    with decays fitted below: the mean of ln L is known to 0.056, a nearest run errs by 0.04
slowdown, 1/p       25% above 10^9 parameters moves forecasts by 0.002; 1/3 and 0.396 are nearer than collections are
emergence           one task of one table has a graded metric beside its own
"""
