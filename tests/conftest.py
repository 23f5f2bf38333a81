"""Set-up shared by all tests: what has to be in the environment before JAX, torch or Ray is imported."""

from __future__ import annotations

import gc
import os
import secrets
import sys

import hypothesis
import pytest

# One thread, as blocks have: the number of threads changes the last bits, and NPROC is what XLA's CPU pool obeys.
os.environ |= {"NPROC": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
os.environ["TOLLENS_CACHE"] = "off"  # the user's own is no business of a test
if "RAY_AUTH_MODE" not in os.environ:  # Ray reads it on import, and some test may import Ray before it is started
    os.environ |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}

# The same examples on every machine, each run; JAX compiles within some of them, which no deadline foresees.
hypothesis.settings.register_profile("tollens", derandomize=True, database=None, deadline=None, max_examples=50)
hypothesis.settings.load_profile("tollens")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep each file's tests in one process, for their fixtures' sake, and all that start Ray in one.

    Groups with slow tests come first: whoever takes one of them last lets the other processes wait.
    """
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.xdist_group(item.location[0]))
    slow = {_group(item) for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: _group(item) not in slow)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: the garbage collector need not go through it in each test."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True, scope="session")
def no_wait_for_the_disk():
    """What tests record need not outlive a power cut. What is no open file is still an error."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", _is_open)
        yield


def _is_open(descriptor: int) -> None:
    os.fstat(descriptor)


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    assert marker is not None
    return marker.args[0]


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip tests marked `gpu` unless JAX was told to use one. Each begins in torch's own precision."""
    if torch := sys.modules.get("torch"):
        torch.set_default_dtype(torch.float32)
    if item.get_closest_marker("gpu") and os.environ["JAX_PLATFORMS"] == "cpu":
        pytest.skip("needs a GPU: run with JAX_PLATFORMS=cuda")
