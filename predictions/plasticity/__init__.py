"""Plasticity: whether a network that has learnt many tasks learns the next one as a network without a past would.

relabelled_tasks  the experiment: Adam on images with random labels, task after task; lengths of weights exchanged
theory            what follows if a long past costs nothing, or nothing but step size
"""
