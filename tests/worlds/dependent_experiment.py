"""An experiment whose trials are what they say, and the ways in which they may not be: `flaw`.

x of a trial is `level` + 0.1 `noise`, two standard normal numbers. `shape` says how the state holds them.
"""

from __future__ import annotations

from typing import NamedTuple

import jax
import numpy as np
import torch

_kept = {}


class Drawn(NamedTuple):
    level: np.ndarray
    noise: np.ndarray


class Held:
    """An object that holds arrays, and itself."""

    def __init__(self, drawn):
        self.drawn, self.itself = drawn, self


def prepare(setting, seeds):
    flaw = setting["flaw"]
    own = [np.random.default_rng(int(seed)) for seed in seeds]
    noise = np.array([generator.standard_normal(4) for generator in own])
    level = np.array([generator.standard_normal() for generator in own])
    if flaw == "a draw of the first seed":
        level = np.full(len(seeds), np.random.default_rng(int(seeds[0])).standard_normal())
    elif flaw == "a draw of the last seed":
        level = np.full(len(seeds), np.random.default_rng(int(seeds[-1])).standard_normal())
    elif flaw == "a generator for the block":
        level = np.random.default_rng([int(seed) for seed in seeds]).standard_normal(len(seeds))
    elif flaw == "a generator that is always the same":
        level = np.random.default_rng(0).standard_normal(len(seeds))
    elif flaw == "the global generator":
        level = np.random.standard_normal(len(seeds))  # noqa: NPY002 (the flaw)
    elif flaw == "a generator without a seed":
        level = np.random.default_rng().standard_normal(len(seeds))
    elif flaw == "a level kept for good":
        level = np.full(len(seeds), _kept.setdefault("level", level[0]))
    elif flaw == "a block kept for good":
        level, noise = _kept.setdefault("block", (level, noise))
    elif flaw == "seeds ignored":
        level, noise = np.full(len(seeds), 0.3), np.full((len(seeds), 4), 0.1)
    elif flaw == "centred over the block":
        level = level - level.mean()
    elif flaw == "padded to the longest":
        noise = np.pad(noise, ((0, 0), (0, int(np.max(seeds) % 7))))
    return {"level": level}, _shaped(setting, level, noise, seeds)


def measure(setting, state):
    flaw, (level, noise) = setting["flaw"], _unshaped(setting, state)
    trials = len(level)
    if flaw == "randomness in measure":
        level = level + 1e-9 * np.random.standard_normal(trials)  # noqa: NPY002 (the flaw)
    elif flaw == "a generator over the trials in measure":
        level = level + np.random.default_rng(0).standard_normal(trials)
    elif flaw == "the mean of the block taken off":
        level = level - level.mean()
    elif flaw == "seeds carried along and ignored":
        level, noise = np.full(trials, 0.1234567891), np.zeros_like(noise)
    elif flaw == "rounded in a block" and trials > 1:
        level = np.nextafter(level, np.inf)
    elif flaw == "one observable too few":
        return {"x": level}
    return {"x": level + 0.1 * noise[:, 0], "path": noise}


def _shaped(setting, level, noise, seeds):
    match setting["shape"]:
        case "a tuple":
            return level, noise
        case "a mapping with counts":
            return {"level": level, "noise": noise, "trials": len(seeds), "name": "x", "none": None, "seeds": seeds}
        case "a named tuple":
            return Drawn(level, noise)
        case "a list of trials":
            return [Drawn(*row) for row in zip(level, noise)]
        case "a mapping by seed":
            return {int(seed): row for seed, *row in zip(seeds, level, noise)}
        case "trials last":
            return level, np.ascontiguousarray(noise.T), np.arange(8.0)
        case "several rows a trial":
            return level, noise.reshape(-1)
        case "an object":
            return Held(Drawn(level, noise))
        case "an array of objects":
            rows = np.empty(len(level), dtype=object)
            rows[:] = [Held(Drawn(*row)) for row in zip(level, noise)]
            return rows
        case "a function":
            return lambda: (level, noise)
        case "arrays of jax":
            return jax.tree.map(jax.numpy.asarray, Drawn(level, noise))
        case "tensors of torch":
            return torch.from_numpy(level), [torch.from_numpy(row) for row in noise]
        case "seeds":
            return {"seeds": seeds, "size": noise.shape[1]}
        case "generators":
            return [np.random.default_rng(int(seed)) for seed in seeds]
        case "keys of jax":
            return jax.vmap(jax.random.key)(np.asarray(seeds % 2**31, dtype=np.uint32)), level, noise
    raise ValueError(setting["shape"])


def _unshaped(setting, state):
    match setting["shape"]:
        case "a mapping with counts":
            return state["level"], state["noise"]
        case "a list of trials":
            return np.array([row.level for row in state]), np.array([row.noise for row in state])
        case "a mapping by seed":
            return np.array([row[0] for row in state.values()]), np.array([row[1] for row in state.values()])
        case "trials last":
            return state[0], state[1].T
        case "several rows a trial":
            return state[0], state[1].reshape(len(state[0]), -1)
        case "an object":
            return state.drawn
        case "an array of objects":
            return np.array([row.drawn.level for row in state]), np.array([row.drawn.noise for row in state])
        case "a function":
            return state()
        case "arrays of jax":
            return tuple(map(np.asarray, state))
        case "tensors of torch":
            return state[0].numpy(), np.stack([row.numpy() for row in state[1]])
        case "seeds" | "generators":
            own = state if isinstance(state, list) else [np.random.default_rng(int(seed)) for seed in state["seeds"]]
            noise = np.array([generator.standard_normal(4) for generator in own])
            return np.array([generator.standard_normal() for generator in own]), noise
        case "keys of jax":
            return state[1], state[2]
    return state
