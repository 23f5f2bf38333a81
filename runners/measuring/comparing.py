"""Two blocks with one trial in common: whether what `prepare` returned holds the same of it in both.

A state is whatever `measure` needs: arrays of numpy, jax or torch in tuples, mappings, lists with an entry a trial,
generators, objects. Nobody declares where its trials lie. So a value counts as the same if all of it is (it belongs to
all trials), or if the trial's part is, along some axis that both blocks fill in proportion to their trials.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

_LEAVES = (int, float, complex, str, bytes, type, types.ModuleType, types.BuiltinFunctionType, types.CodeType)


class Comparison:
    """Of trial `at` of a block of trials with trial `there` of another block; both are given by their seeds.

    `precision`: floating-point numbers may differ by rounding, half the digits of that precision. `seeds_aside`: that
    each holds the seed of its own trial is no difference.
    """

    def __init__(
        self,
        seeds: Sequence[int],
        at: int,
        other_seeds: Sequence[int],
        there: int,
        *,
        precision: str | None = None,
        seeds_aside: bool = False,
    ):
        self.trials, self.at, self.other_trials, self.there = len(seeds), at, len(other_seeds), there
        self.precision = precision
        self._aside = (int(seeds[at]), int(other_seeds[there])) if seeds_aside else None
        self._known: dict[tuple[int, int], tuple[Any, Any, str | None]] = {}
        """What was compared already, by its addresses; kept, so that no address is used again meanwhile."""

    def difference(self, path: str, one: Any, other: Any) -> str | None:
        """The first place where the trial is not the same in both, or None."""
        key = id(one), id(other)
        if key not in self._known:
            self._known[key] = one, other, None  # a value that contains itself: nothing new
            self._known[key] = one, other, self._difference(path, _plain(one), _plain(other))
        return self._known[key][-1]

    def _difference(self, path: str, one: Any, other: Any) -> str | None:
        if isinstance(one, np.ndarray) and isinstance(other, np.ndarray):
            return None if any(self._same(*pair) for pair in self._parts(one, other)) else path
        if _kind(one) != _kind(other):
            return path
        if isinstance(one, Mapping):
            if one.keys() != other.keys():  # an entry a trial, perhaps
                return self._among(path, list(one.items()), list(other.items()))
            return self._first((f"{path}[{name!r}]", value, other[name]) for name, value in one.items())
        if isinstance(one, list | tuple):
            return self._among(path, one, other)
        if isinstance(one, types.CellType):
            return self.difference(path, one.cell_contents, other.cell_contents)
        if isinstance(one, types.FunctionType):
            inside = ("__code__", "__defaults__", "__kwdefaults__", "__closure__")
            return self._first((f"{path}.{name}", getattr(one, name), getattr(other, name)) for name in inside)
        if isinstance(one, _LEAVES) or one is None:
            return None if self._same_leaf(one, other) else path
        return self.difference(path, _copied(one), _copied(other))

    def _first(self, places: Iterable[tuple[str, Any, Any]]) -> str | None:
        return next(filter(None, (self.difference(*place) for place in places)), None)

    def _among(self, path: str, one: Sequence, other: Sequence) -> str | None:
        """Of two sequences: of parts that hold all trials, or of so many entries a trial."""
        found: str | None = path
        if len(one) == len(other):
            found = self._first((f"{path}[{i}]", *pair) for i, pair in enumerate(zip(one, other, strict=True)))
        stretches = self._stretches(len(one), len(other)) if found else None
        if stretches:
            pairs = zip(one[stretches[0]], other[stretches[1]], strict=True)
            found = self._first((f"{path}[{stretches[0].start + i}]", *pair) for i, pair in enumerate(pairs))
        return found

    def _parts(self, one: np.ndarray, other: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """The trial's part of both arrays, along every axis that may be the trials'; and both as they are."""
        for axis in range(one.ndim if one.ndim == other.ndim else 0):
            if stretches := self._stretches(one.shape[axis], other.shape[axis]):
                before = (slice(None),) * axis
                yield one[(*before, stretches[0])], other[(*before, stretches[1])]
        yield one, other

    def _stretches(self, length: int, other_length: int) -> tuple[slice, slice] | None:
        """Where the trial lies in so many entries of either block, if they are as many a trial in both."""
        count = length // self.trials
        if not count or length != count * self.trials or other_length != count * self.other_trials:
            return None
        return slice(self.at * count, (self.at + 1) * count), slice(self.there * count, (self.there + 1) * count)

    def _same(self, one: np.ndarray, other: np.ndarray) -> bool:
        if one.dtype != other.dtype or one.shape != other.shape:
            return False
        if np.ascontiguousarray(one).tobytes() == np.ascontiguousarray(other).tobytes():
            return True
        if one.size == 1 and one.dtype.kind in "iu":
            return self._aside == (int(one.item()), int(other.item()))
        if self.precision is None or one.dtype.kind not in "fc":
            return False
        largest = np.max(np.abs(one[np.isfinite(one)]), initial=0.0)
        return np.allclose(one, other, rtol=0, atol=rounding(self.precision) * largest, equal_nan=True)

    def _same_leaf(self, one: Any, other: Any) -> bool:
        """Equal; or how many trials or things of theirs there are; or the trial's seed, if that is set aside."""
        if isinstance(one, types.CodeType):
            return one == other
        if one is other or repr(one) == repr(other):  # by what is written: not-a-number is itself
            return True
        if not isinstance(one, int) or isinstance(one, bool):
            return False
        return one * self.other_trials == other * self.trials or self._aside == (one, other)


def rounding(precision: str) -> float:
    """Half the digits of a floating-point format: the relative difference that rounding may make."""
    return float(np.sqrt(np.finfo(precision).eps))


def _plain(value: Any) -> Any:
    """Arrays of jax and torch, and keys of jax, as numpy's; entries of an array of objects as a list."""
    jax, torch = sys.modules.get("jax"), sys.modules.get("torch")
    if jax is not None and isinstance(value, jax.Array):
        key = jax.dtypes.issubdtype(value.dtype, jax.dtypes.prng_key)
        value = np.asarray(jax.random.key_data(value) if key else value)
    elif torch is not None and isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        value = (value.float() if value.dtype == torch.bfloat16 else value).resolve_conj().numpy()
    elif torch is not None and isinstance(value, torch.Generator):
        value = value.get_state().numpy()
    elif isinstance(value, np.generic):
        value = np.asarray(value)
    return value.tolist() if isinstance(value, np.ndarray) and value.dtype.hasobject else value


def _kind(value: Any) -> str:
    """Its type by name, as a module that is loaded twice has two types of one name."""
    return f"{type(value).__module__}.{type(value).__qualname__}"


def _copied(value: Any) -> Any:
    """What `copy` makes such an object from: its attributes, its entries. None for what cannot be copied: a lock."""
    try:
        made = value.__reduce_ex__(4)
    except Exception:
        return None
    return [list(part) if isinstance(part, Iterator) else part for part in made] if isinstance(made, tuple) else made
