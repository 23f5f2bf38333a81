"""Laws at the scale where people use them: forecasts of public training runs, which others measured.

One side of a split that is fixed beforehand is given, the other is measured; whole clusters are resampled, nothing is
trained. What a claim could see was found with planted losses, before the published ones were looked at: so the claims
that stand as they were first written. Those that were changed, or taken out and put back, after their results at
exploring seeds had been seen, say so in their `why`.

sources              thirteen collections of language models, seven sets of IsoFLOP curves
clusters             resamples of whole clusters
drawings             what the pages show of the runs
rate_schedules       learning rates of nine schedules, and their sums

Experiments, each with the theory beside it:
isoflop_sources      growth of the compute-optimal size in seven sources
five_protocols       the same from Kaplan et al.'s protocol to Hoffmann et al.'s
last_layer           the same with sizes that leave the last layer out
allocation_theory    the exponent on another corpus, recounted parameters
loss_ahead           losses above an eighth of the largest compute
ahead_theory         the additive law and what rivals say there
loss_exponents       alpha and beta of thirteen collections
exponents_theory     quanta, equal exponents
best_rates           the best learning rate against the batch in 17 cells
rates_ahead          learning rate and batch of least loss in the larger half of them
rate_theory          Step Law, width, compute
annealing            ends of training curves under other schedules
annealing_laws       annealing law, multi-power law
annealing_theory     what they say of the ends
repeated_epochs      excess of two to four epochs over one
many_epochs          losses after more than 16 epochs
repetition_law       the worth of repeated tokens
repetition_theory    what it says of many epochs, and of few
ladder               task losses and accuracies of 7B and 13B
ladder_theory        additive law and sigmoid
routed               routed models, larger or with more experts
routed_theory        the bilinear law
coverage             problems solved by many samples
coverage_theory      a beta distribution of difficulties
over_trained         many tokens a parameter
over_trained_law     one exponent for size and tokens
over_trained_theory  what it says of losses and of the exponent in compute
mixtures             order of data mixtures at a thousand times the size
mixtures_theory      regressions at a million parameters
shapes               unusual widths over depths
shape_curve          a loss as a curve in the number of parameters
shapes_theory        that curve, and what else might tell
graded_scores        exact answers beside graded scores
graded_theory        a power of the latter
accuracy_lines       classifiers on other test sets than their own
accuracy_theory      lines in probits

Not judged, as these data would catch the nearest rival with less than half a chance:
own law             beta / (alpha + beta) beside the exponent of minima: two thirds of a source's curves give it to 0.03
                    at best, with heavy tails
interaction          of size and experts: it moves a slope by 0.011 from 370M to 1.3B, known to 0.003 from nine numbers
slowdown, 1/p       25% above 10^9 parameters moves forecasts by 0.002; 1/3 and 0.396 are nearer than collections are
equal exponents     of size and tokens, from over-trained runs: 0.26 and 0.36 move the exponent in compute by 0.002
vocabulary's .83    read off six sizes at 30 tokens a parameter, with the scatter that losses have about parabolas in
                    ln V, the exponent is known to .08; growth in proportion, the nearest rival, is .17 away: half
                    of that gap is one standard error
"""
