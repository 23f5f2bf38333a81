"""Tables of runs, for tests that need the files."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pandas as pd
import pytest

from predictions.data import fetching
from predictions.data.unavailable import Unavailable


@pytest.fixture(scope="session")
def table_of() -> Callable[[str], pd.DataFrame]:
    """The table of a set by its module's name; skips where its files are not on this machine."""
    read: dict[str, pd.DataFrame] = {}

    def table(name: str, function: str = "table") -> pd.DataFrame:
        if (name, function) not in read:
            data_set = fetching.catalogue()[name.replace("_", "-")]
            if fetching._look_for(data_set).state is not fetching.State.PRESENT:
                pytest.skip(f"{data_set.name} is not on this machine: tollens data fetch {data_set.name}")
            try:
                read[name, function] = getattr(import_module(f"predictions.data.runs.{name}"), function)()
            except Unavailable as reason:  # pyarrow is missing
                pytest.skip(str(reason))
        return read[name, function]

    return table
