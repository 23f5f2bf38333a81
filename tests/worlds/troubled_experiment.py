"""An experiment that obeys its law, and whose process meets with an accident where `TROUBLES` says so.

`TROUBLES` names a folder. A block of a condition whose `trouble` is, say, `segfault` looks for a file of that name
there, removes it, and has the accident: as many files, as many accidents; `segfault.always` is never removed. Without
a file it computes like any other.
"""

from __future__ import annotations

import contextlib
import ctypes
import itertools
import os
import signal
import time
from pathlib import Path

import numpy as np


def prepare(setting, seeds):
    generators = [np.random.default_rng(int(seed)) for seed in seeds]
    strength = np.exp([0.3 * generator.standard_normal() for generator in generators])
    return {"strength": strength}, {"strength": strength, "draws": [g.standard_normal((60, 60)) for g in generators]}


def measure(setting, state):
    time.sleep(setting["pause"])
    if _comes_up(setting["trouble"]):
        _ACCIDENTS[setting["trouble"]]()
    spectrum = np.stack([np.linalg.eigvalsh(draw @ draw.T) for draw in state["draws"]])
    scale = setting["width"] if setting["law"] == "inverse" else 1
    return {"response": state["strength"] / scale * (1 + 1e-4 * spectrum[:, 0]), "spectrum": spectrum}


def _comes_up(trouble: str) -> bool:
    folder = os.environ.get("TROUBLES")
    if not folder or trouble == "none":
        return False
    if Path(folder, f"{trouble}.always").exists():
        return True
    for file in sorted(Path(folder).glob(f"{trouble}.*")):
        try:
            file.unlink()
            return True
        except FileNotFoundError:  # another worker's
            continue
    return False


def _raise() -> None:
    raise RuntimeError("it broke")


def _eat() -> None:
    """More memory every moment; it stops short of harming the machine."""
    eaten = []
    for _ in range(40):
        eaten.append(np.ones(100 * 2**17))
        time.sleep(0.05)
    time.sleep(3600)


def _kill_node() -> None:
    """The node's raylet, which is a worker's parent, and with it the worker."""
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def _swallow() -> None:
    """An experiment that catches what it does not know."""
    with contextlib.suppress(Exception):
        time.sleep(3600)


_ACCIDENTS = {
    "exception": _raise,
    "sleep": lambda: time.sleep(3600),
    "swallow": _swallow,
    "spin": lambda: sum(itertools.repeat(0)),  # in C, and it keeps the interpreter's lock
    "segfault": lambda: ctypes.string_at(0),
    "abort": lambda: os.abort(),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "freeze": lambda: os.kill(os.getpid(), signal.SIGSTOP),
    "leave": lambda: os._exit(3),
    "no-memory": lambda: (_ for _ in ()).throw(MemoryError("no more")),
    "memory": _eat,
    "node": _kill_node,
}
