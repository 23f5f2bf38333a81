"""An experiment without a network: responses that obey a law, break it, diverge, or never come.

`response` of a trial is strength / width times log-normal noise, unless its `kind` says otherwise. In the environment,
`TOY_CALLS` names a folder in which every measurement leaves a file, `TOY_SECONDS` makes each of them last, `TOY_BROKEN`
is the first seed of blocks that crash, and `TOY_VANISHES` a kind and after how many blocks its data are gone.
"""

from __future__ import annotations

import os
import signal
import sys
import time
import uuid
from pathlib import Path

import numpy as np

from predictions.data.unavailable import Unavailable

NOISE = {"lawful": 0.01, "noisy": 1.0}


def prepare(setting, seeds):
    generators = [np.random.default_rng(int(seed)) for seed in seeds]
    strength = np.exp([0.3 * generator.standard_normal() for generator in generators])
    noise = np.array([generator.standard_normal() for generator in generators])
    matrices = [generator.standard_normal((300, 300)) for generator in generators]
    spectrum = np.stack([np.arange(1, 4) * value for value in strength])
    return {"strength": strength, "spectrum": spectrum}, {
        "strength": strength,
        "noise": noise,
        "matrices": matrices,
        "seeds": seeds,
    }


def measure(setting, state):
    _leave_trace(setting, state)
    kind, strength, trials = setting["kind"], state["strength"], len(state["strength"])
    steady = np.ones(trials)
    response = strength / setting["width"] * np.exp(NOISE.get(kind, 0.0) * state["noise"])
    profile = np.outer(strength, np.arange(setting["length"] - max(0, setting["width"] - 2)))  # shorter for wide ones
    if kind == "constant":
        response = strength * np.exp(0.01 * state["noise"])
    elif kind == "negative":
        response = -strength
    elif kind == "infinite":
        response = np.full(trials, np.inf)
        profile = np.full_like(profile, np.inf)
    elif kind == "undefined":
        response = np.full(trials, np.nan)
    elif kind == "unsteady":
        steady = np.arange(trials) % 2.0
    elif kind == "eigenvalues":
        profile = np.stack([_eigenvalues(matrix)[: setting["length"]] for matrix in state["matrices"]])
    elif kind == "absent":
        raise Unavailable("the toy is not here; buy one")
    elif kind == "crashing":
        raise RuntimeError("the toy broke")
    elif kind == "misshapen":
        response = response[:, None]
    elif kind == "exiting":
        sys.exit("the toy left")
    elif kind == "sleeping":
        time.sleep(60)
    elif kind == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return {"response": response, "steady": steady, "profile": profile}


def _eigenvalues(matrix):
    """Of a product whose last bits depend on the number of threads."""
    return np.linalg.eigvalsh(matrix @ matrix.T)


def _leave_trace(setting, state):
    if folder := os.environ.get("TOY_CALLS"):
        label = ",".join(f"{axis}={setting[axis]}" for axis in ("kind", "width", "length"))
        Path(folder, f"{label},{state['seeds'][0]}~{uuid.uuid4().hex}").touch()
    time.sleep(float(os.environ.get("TOY_SECONDS", "0")))
    if os.environ.get("TOY_BROKEN") == str(state["seeds"][0]):
        raise RuntimeError("this block of toys broke")
    kind, _, blocks = os.environ.get("TOY_VANISHES", "").partition(":")
    if setting["kind"] == kind and len(list(Path(folder or ".").glob(f"kind={kind},*"))) > int(blocks):
        raise Unavailable("the toys are gone")
