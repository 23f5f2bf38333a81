"""Set-up that tests of experiments share."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(scope="session")
def programs(tmp_path_factory):
    """A folder of this process."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture
def compiled_once(programs):
    """A program that some test has compiled is found again: by a fresh copy of its module, in another condition."""
    import jax
    from jax.experimental.compilation_cache import compilation_cache

    settings = {
        "jax_compilation_cache_dir": str(programs),
        "jax_persistent_cache_min_compile_time_secs": 0.05,  # below it, finding is no quicker than compiling
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    before = {name: getattr(jax.config, name) for name in settings}

    def configure(values):
        for name, value in values.items():
            jax.config.update(name, value)
        compilation_cache.reset_cache()  # JAX looks at its settings once

    configure(settings)
    yield
    configure(before)


@pytest.fixture
def hastily_compiled(compiled_once):
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
