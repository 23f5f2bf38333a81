"""Trials as an array axis: the one place that decides how JAX runs them."""

from __future__ import annotations

from collections.abc import Callable

import jax


def over_trials(function: Callable, *arguments, small: bool = False):
    """Apply `function` to each trial (leading axis of every argument) and stack the results.

    A CPU runs trials one after the other (`lax.map`): faster there than `vmap` where matrix products dominate, and
    the same bits for a trial alone or in a block. `small` says that one trial is too small to fill even one core
    (overhead-bound loops over matrices of a few dozen rows), where `vmap` wins on a CPU, too. A GPU always gets `vmap`.
    """
    if small or jax.default_backend() != "cpu":
        return jax.vmap(function)(*arguments)
    return jax.lax.map(lambda trial: function(*trial), arguments)
