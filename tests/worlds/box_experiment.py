"""A response that obeys a law in a part of its domain that the setting names: true boxes for tests of reach.

The law is response = level. `truth` says where it holds: everywhere, half (x < .5), most (outside 5% of x), corner (not
where both x and y are large), noisy (everywhere, with three trials in ten off), none. `sloped` is another: response =
level / y where x < .5 and the flavour is a, else level / y^.5.
A run is finished if its seed's share of luck is below steps / 100, so that four times the steps finish more of them.
"""

from __future__ import annotations

import math

import numpy as np


def prepare(setting, seeds):
    generators = [np.random.default_rng(int(seed)) for seed in seeds]
    noise = np.array([generator.standard_normal() for generator in generators])
    luck = np.array([generator.random() for generator in generators])
    off = np.array([generator.random() < 0.3 for generator in generators])
    return {"level": np.full(len(seeds), 2.0), "scale": np.full(len(seeds), setting["x"] * setting["y"])}, (
        noise,
        luck,
        off,
    )


def measure(setting, state):
    noise, luck, off = state
    x, y = setting["x"], math.log(setting["y"]) / math.log(100)
    truth = setting["truth"]
    holds = {
        "everywhere": True,
        "half": x < 0.5,
        "most": not 0.45 <= x < 0.5,
        "corner": not (x > 0.5 and y > 0.5),
        "noisy": True,
        "none": False,
        "off": False,
        "sloped": True,
    }[truth]
    wrong = np.full(len(noise), not holds) | (off if truth == "noisy" else False)
    power = 0.0 if truth != "sloped" else 1.0 if x < 0.5 and setting["flavour"] == "a" else 0.5
    return {
        "response": 2.0 * np.exp(0.01 * noise) * np.where(wrong, 1.5, 1.0) / setting["y"] ** power,
        "settled": (luck < setting["steps"] / 100).astype(float),
    }
