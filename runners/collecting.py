"""Python's collector of garbage in cycles, kept from looking where there is much to look at and nothing to find."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Within, nothing is looked for: of reading a registry, which stays, looking through it again took a third."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Within, it is looked for when there are a million containers more than before.

    Records make thirty each, and no cycles of them; those that a store keeps are fewer than that, and are let go.
    """
    before = gc.get_threshold()
    gc.set_threshold(1_000_000, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
