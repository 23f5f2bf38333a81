"""The suite tests itself: the whole rule on synthetic trials, from worlds in which the truth is known.

* `worlds`        noise of many shapes, and trials of correlated conditions
* `settings`      what is put to the test: what the registry's tiers really use, and what it refuses
* `errors`        chances of a false verdict, with binomial intervals
* `refused`       what other rules would cost
* `curves`        chances of a right verdict against the distance from the edge, and the trials that it takes
* `reach_worlds`  laws whose reach is known: words, limits, epochs, the sentence about where they fail
* `rival_worlds`  true rivals, and settings in which a law holds, called counterexamples
* `document`      all of it as JSON, `table` in the terminal
"""
