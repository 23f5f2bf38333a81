"""Worker profiles: precision and threads, fixed before a framework starts and restored after each block."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def environment(precision: str, threads: int, *, gpu: bool = False) -> dict[str, str]:
    """Environment variables that a worker needs before it imports a framework."""
    count = str(threads)
    variables = {
        "NPROC": count,  # sizes XLA's CPU thread pool; OMP_NUM_THREADS does not
        "OMP_NUM_THREADS": count,
        "MKL_NUM_THREADS": count,
        "OPENBLAS_NUM_THREADS": count,
        "JAX_ENABLE_X64": "1" if precision == "float64" else "0",
    }
    if not gpu:
        variables |= {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": ""}
    return variables


@contextmanager
def profile(precision: str, threads: int = 1) -> Iterator[None]:
    """Run with this precision and number of threads in whichever of JAX and torch is imported meanwhile or before.

    Frameworks are set only if this process has them, so that a torch-free experiment stays torch-free.
    """
    os.environ["JAX_ENABLE_X64"] = "1" if precision == "float64" else "0"
    restore = [*_set_jax(precision), *_set_torch(precision, threads)]
    try:
        yield
    finally:
        for undo in reversed(restore):
            undo()


def _set_jax(precision: str):
    jax = sys.modules.get("jax")
    if jax is None:
        return
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", precision == "float64")
    yield lambda: jax.config.update("jax_enable_x64", before)


def _set_torch(precision: str, threads: int):
    torch = sys.modules.get("torch")
    if torch is None:
        return
    dtype, count = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(getattr(torch, precision))
    torch.set_num_threads(threads)
    yield lambda: torch.set_default_dtype(dtype)
    yield lambda: torch.set_num_threads(count)
