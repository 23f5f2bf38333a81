"""Pickles that others publish, read without letting them call anything but what builds arrays and tables.

A pickle is a program: it names functions and calls them. Here it may name only the constructors below; their arguments
are built under the same rule, and none of them imports, evaluates or opens anything.
"""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import IO, Any

import numpy as np

CONSTRUCTORS = {
    "builtins": {"slice"},
    "numpy": {"dtype", "ndarray"},
    "numpy.core.multiarray": {"_reconstruct", "scalar"},
    "numpy.core.numeric": {"_frombuffer"},
    "pandas": {"DataFrame", "Index", "RangeIndex", "Series"},
    "pandas.core.frame": {"DataFrame"},
    "pandas.core.indexes.base": {"Index", "_new_Index"},
    "pandas.core.indexes.range": {"RangeIndex"},
    "pandas.core.internals.managers": {"BlockManager", "SingleBlockManager"},
    "pandas.core.series": {"Series"},
    "pandas._libs.internals": {"_unpickle_block"},
}


class Refused(pickle.UnpicklingError):
    """A pickle names something that is neither numpy's nor pandas' constructor."""


class TableUnpickler(pickle.Unpickler):
    """An unpickler that admits the constructors above, by their exact names."""

    def find_class(self, module: str, name: str) -> Any:
        asked = module.replace("numpy._core", "numpy.core")  # numpy 2 renamed its package; both spellings are around
        if name not in CONSTRUCTORS.get(asked, ()):  # a dotted name ("DataFrame.to_pickle") is none of them either
            raise Refused(f"the pickle asks for {module}.{name}, which builds no array or table; nothing of it is used")
        if asked == "numpy" and name == "dtype":
            return _plain_dtype
        return super().find_class(asked.replace("numpy.core", "numpy._core"), name)


def read_pickle(source: Path | IO[bytes], *, encoding: str = "ASCII") -> Any:
    """What a pickle holds; raises `Refused` before anything that it must not name is called."""
    if isinstance(source, Path):
        with source.open("rb") as file:
            return read_pickle(file, encoding=encoding)
    return TableUnpickler(source, encoding=encoding).load()


def _plain_dtype(*arguments: Any) -> np.dtype:
    """A data type from its text: other arguments could make numpy look at attributes of what it is given."""
    if not arguments or not isinstance(arguments[0], str | bytes):
        raise Refused(f"the pickle makes a data type of {arguments[:1]!r}, not of its name")
    return np.dtype(*arguments)
