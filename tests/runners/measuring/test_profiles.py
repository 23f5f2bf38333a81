"""Profiles: precision and threads hold while a block runs, and nothing of it afterwards."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from runners.measuring.profiles import environment, frameworks_of, profile


def threads_of_numpy() -> set[int]:
    return {found["num_threads"] for found in threadpool_info() if "numpy" in found["filepath"]}


def test_threads_hold_inside_whatever_the_library_was_loaded_with():
    np.linalg.eigvalsh(np.eye(3))
    with threadpool_limits(2):
        for threads in (1, 2):
            with profile("float64", threads):
                assert threads_of_numpy() <= {threads}
        assert threads_of_numpy() <= {2}


def test_precision_holds_inside_and_is_forgotten_outside_even_after_an_error():
    import jax
    import torch

    for before in ("float32", "float64"):
        with profile(before):
            for inside in ("float64", "float32"):
                with contextlib.suppress(ZeroDivisionError), profile(inside):
                    assert jax.numpy.asarray(np.ones(2)).dtype == inside
                    assert torch.ones(2).dtype == getattr(torch, inside)
                    raise ZeroDivisionError
            assert jax.numpy.asarray(np.ones(2)).dtype == before
            assert torch.ones(2).dtype == getattr(torch, before)


@pytest.mark.parametrize("named", [[], ["torch"]])
def test_a_framework_is_imported_first_or_refused(named):
    """One that came in while trials run would have computed them with its own defaults."""
    code = (
        "from runners.measuring.profiles import profile\n"
        f"with profile('float64', frameworks={named}):\n"
        "    import torch\n"
        "    print(torch.ones(1).dtype)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    if named:
        assert done.stdout.strip() == "torch.float64"
    else:
        assert "too late to set its precision" in done.stderr


def test_a_block_computes_with_its_backend_or_with_whatever_its_code_imports():
    assert frameworks_of("jax", ["jax", "torch", "numpy"]) == ["jax"]
    assert frameworks_of(None, ["numpy", "torch"]) == ["torch"]
    assert frameworks_of("numpy", ["numpy"]) == []


def test_the_environment_of_a_worker_without_a_gpu_hides_it():
    variables = environment("float64", 3)
    assert {variables[name] for name in ("NPROC", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")} == {"3"}
    assert (variables["JAX_ENABLE_X64"], variables["JAX_PLATFORMS"], variables["CUDA_VISIBLE_DEVICES"]) == (
        "1",
        "cpu",
        "",
    )
    assert "CUDA_VISIBLE_DEVICES" not in environment("float32", 1, gpu=True)
