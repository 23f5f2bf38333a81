"""Worker profiles: precision and threads, fixed before a framework starts and restored after each block."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from threadpoolctl import threadpool_limits

from runners.measuring.compiled import keep_compiled

FRAMEWORKS = ("jax", "torch")
THREADS = ("NPROC", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
"""What sizes the thread pools of numpy, torch and XLA (NPROC), read when they are loaded."""


def environment(precision: str, threads: int, *, gpu: float = 0) -> dict[str, str]:
    """Environment variables that a worker needs before it imports a framework; `gpu`: its part of GPUs."""
    variables = {
        **dict.fromkeys(THREADS, str(threads)),
        "JAX_ENABLE_X64": "1" if precision == "float64" else "0",
    }
    if gpu:
        # JAX takes its memory at once, by default three quarters of a GPU that others share
        variables["XLA_CLIENT_MEM_FRACTION"] = f"{0.9 * min(gpu, 1):.3g}"
    else:
        variables |= {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    return variables


@contextmanager
def profile(precision: str, threads: int = 1, *, frameworks: Iterable[str] = ()) -> Iterator[None]:
    """Run with this precision and number of threads, and leave every framework as it was found.

    `frameworks` are imported first: one that came in later would start with its own defaults. A framework that is
    neither named nor imported already stays out of the process.
    """
    for name in frameworks:
        importlib.import_module(name)
    loaded = [name for name in FRAMEWORKS if name in sys.modules]
    restore = [undo for name in loaded for undo in _SETTERS[name](precision, threads)]
    try:
        # The environment says so, too, but a library that was loaded before it did has its own idea.
        with threadpool_limits(threads):
            yield
        late = [name for name in FRAMEWORKS if name in sys.modules and name not in loaded]
        if late:
            raise RuntimeError(f"{late[0]} came in while trials ran, too late to set its precision; import it at top")
    finally:
        for undo in reversed(restore):
            undo()


def _set_jax(precision: str, threads: int) -> list[Callable[[], None]]:
    import jax

    before = jax.config.jax_enable_x64  # type: ignore[attr-defined]
    jax.config.update("jax_enable_x64", precision == "float64")
    return [keep_compiled(), lambda: jax.config.update("jax_enable_x64", before)]


def _set_torch(precision: str, threads: int) -> list[Callable[[], None]]:
    import torch

    dtype, count = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(getattr(torch, precision))
    torch.set_num_threads(threads)
    return [lambda: torch.set_default_dtype(dtype), lambda: torch.set_num_threads(count)]


_SETTERS = {"jax": _set_jax, "torch": _set_torch}


def frameworks_of(condition_backend: object, libraries: Iterable[str]) -> list[str]:
    """The frameworks that a block computes with: its condition's backend, else whatever its code imports."""
    if condition_backend in FRAMEWORKS:
        return [str(condition_backend)]
    return [name for name in FRAMEWORKS if name in libraries]
