"""A table of what there is, printed whole: pandas cuts texts and columns where somebody looks for a name."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import pandas as pd


class Listing(pd.DataFrame):
    """A DataFrame that prints a paragraph a row, with every value in full."""

    @property
    def _constructor(self) -> type[Listing]:
        return Listing

    def __repr__(self) -> str:
        width = max((len(str(column)) for column in self.columns), default=0)
        paragraphs = []
        for name, row in self.iterrows():
            lines = [str(name)]
            for column, value in row.items():
                head = f"  {column!s:{width}}  "
                lines.append(textwrap.fill(_whole(value), 110, initial_indent=head, subsequent_indent=" " * len(head)))
            paragraphs.append("\n".join(lines))
        return "\n\n".join(paragraphs)

    def _repr_html_(self) -> str | None:
        shown = pd.DataFrame({column: self[column].map(_whole) for column in self.columns}, index=self.index)
        with pd.option_context("display.max_colwidth", None, "display.max_columns", None, "display.max_rows", None):
            return shown.to_html()


def _whole(value: Any) -> str:
    """A value as text: the axes of a grid with all of their values, a list of names."""
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_whole(values)}" for name, values in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
