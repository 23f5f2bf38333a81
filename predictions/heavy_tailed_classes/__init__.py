"""Many classes, most of them rare: how long each takes under gradient descent and under its sign.

class_times  the experiment: classes with frequencies of a power of their rank, by full-batch descent or by its sign
theory       in what time a class is learnt, as a power of its frequency, and its rivals
"""
