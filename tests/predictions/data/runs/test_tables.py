"""Tables of runs have the same columns everywhere, and refuse what no source can mean."""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pandas as pd
import pytest

from predictions.data import fetching
from predictions.data.runs.tables import COLUMNS, NUMBERS, tidy

OF_LOSSES = [
    "chinchilla",
    "gemstones",
    "isoflops",
    "misfitting",
    "multi_power",
    "olmo_ladder",
    "over_training",
    "porian",
    "regmix",
    "repetition",
    "routing",
    "steplaw",
    "vocabulary",
]
OTHERS = ["imagenet_testbed", "monkeys", "observational"]
ROWS = pd.DataFrame({"run": ["a", "b"], "parameters": [1, 2], "tokens": [3, 4], "flop": [18, 48], "loss": [2.0, -1.0]})
SAME = {
    "source": "s",
    "family": "f",
    "schedule": "none",
    "final": True,
    "counts": "all",
    "flop_by": "6ND",
    "loss_on": "here",
    "loss_unit": "nats a token",
}


def test_every_set_of_runs_has_a_reader_that_states_its_content():
    listed = {data_set.name for data_set in fetching.public_runs()}
    modules = [name for name in OF_LOSSES + OTHERS if name != "chinchilla"]
    assert {name.replace("_", "-") for name in modules} == listed
    for name in modules:
        stated = import_module(f"predictions.data.runs.{name}").SHA256
        assert stated == fetching.catalogue()[name.replace("_", "-")].sha256, name


def test_no_run_fetches_any_of_them():
    sets = fetching.public_runs()
    assert sum(len(data_set.downloads) for data_set in sets) == 194
    assert not any(data_set.by_run for data_set in sets)


def test_a_table_has_the_common_columns_first_and_says_what_is_unstated():
    table = tidy(ROWS.assign(width=7), **SAME)
    assert list(table.columns) == [*COLUMNS, "width"]
    assert table["rate"].isna().all()
    assert table["parameters"].dtype == np.float64


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("loss", np.nan, "loss of s, run b, is nan"),
        ("tokens", -4, "tokens of s, run b, is -4"),
        ("flop", 0, "flop of s, run b, is 0"),
    ],
)
def test_an_impossible_number_is_a_reader_s_mistake(column, value, message):
    rows = ROWS.assign(**{column: [ROWS[column][0], value]})
    with pytest.raises(ValueError, match=message):
        tidy(rows, **SAME)


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="lacks counts"):
        tidy(ROWS, **{name: value for name, value in SAME.items() if name != "counts"})


@pytest.mark.parametrize("name", OF_LOSSES)
def test_each_table_is_tidy_and_its_accounting_complete(table_of, name):
    table = table_of(name)
    assert list(table.columns)[: len(COLUMNS)] == list(COLUMNS)
    assert table.drop(columns=list(NUMBERS))[[c for c in COLUMNS if c not in NUMBERS]].notna().all(axis=None)
    ended = table[table["final"]]
    assert len(ended) > 0
    if name != "porian":  # a curve read at a budget is not the end of its run
        assert set(table["run"]) == set(ended["run"]) or name == "misfitting"
    exact = table[table["flop_by"] == "6ND"]
    np.testing.assert_allclose(exact["flop"], 6 * exact["parameters"] * exact["tokens"], rtol=1e-9)
    smaller = table.dropna(subset="non_embedding")
    assert (smaller["non_embedding"] <= smaller["parameters"]).all()
