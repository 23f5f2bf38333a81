"""Data that experiments read.

unavailable      what is raised where data or hardware are missing, with the way out
fetching         where files lie, and how they get there: the one module here that no seal covers, since what it hands
                 over is identified by SHA-256. sets.toml: the sets; files.txt: their files (pooch's format)
cifar10_archive  the part of CIFAR-10 that is kept, cut out of the official archive when it is fetched

Readers, whose constants say by SHA-256 what they read:
chinchilla       language-model runs of Hoffmann et al. 2022
cifar10          images, averaged over patches
text             tiny Shakespeare, the sources of Python's standard library
photographs      those that scikit-learn and scikit-image ship
mnist1d          MNIST-1D, made by its procedure
datasets         classification: digits, MNIST-1D and CIFAR-10, standardised
"""
