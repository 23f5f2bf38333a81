"""Set-up that tests of experiments share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture
def hastily_compiled():
    """Most of the time would go into optimising what runs for a moment; TOLLENS_TEST_OPTIMISED=1 has JAX do it.

    Trials are the same bits whether a loop is optimised or not, and what draws across trials differs either way. One
    of the Pythons in CI optimises, and so does each run, which holds its first block to the same contract.
    """
    if os.environ.get("TOLLENS_TEST_OPTIMISED") == "1":
        yield
        return
    import jax

    before = jax.config.read("jax_disable_most_optimizations")
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", before)
