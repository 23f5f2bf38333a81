"""Public records of large training runs, one tidy table a set: `table()` of the module with the set's name.

tables            the columns that all have, with the accounting: which N, which FLOP, which loss
chinchilla        245 runs of Hoffmann et al. 2022
isoflops          IsoFLOP curves of six sources
porian            from Kaplan's exponent to Chinchilla's in five protocols
misfitting        12M-1B under several rates, with all evaluations
steplaw           rate x batch in 17 cells of (N, D)
multi_power       curves under nine schedules of the rate
over_training     5 to 640 tokens a parameter
repetition        up to 9,000 epochs
olmo_ladder       190M-3B, 7B and 13B, with accuracies
routing           mixtures of experts
gemstones         22 shapes
regmix            mixtures of 17 domains
vocabulary        ten sizes of vocabulary
monkeys           right answers of 10,000 samples (parquet: the extra `runs`)
observational     148 public base models on benchmarks
imagenet_testbed  338 classifiers under 213 conditions
"""
