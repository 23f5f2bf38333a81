"""Rows of a report as columns: a list a field, so that many rows repeat no field's name and no axis' name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, get_args

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, create_model
from pydantic_core import core_schema, to_jsonable_python


@dataclass(frozen=True)
class InColumns:
    """Of a tuple of rows, each a model: JSON has it as columns. One in which every row has the default is left out."""

    by_name: tuple[str, ...] = ()
    """Fields that are a value a name: written as a column a name, null where a row has none."""

    def columns(self, rows: Sequence[BaseModel], model: type[BaseModel]) -> dict[str, Any]:
        """The rows as a report writes them: the fields of this model."""
        written = [row.model_dump(mode="json", exclude_defaults=True) for row in rows]
        columns: dict[str, Any] = {}
        for name, field in model.model_fields.items() if rows else ():
            if name in self.by_name:
                names = dict.fromkeys(key for row in written for key in row[name])
                columns[name] = {key: [row[name].get(key) for row in written] for key in names}
            elif any(name in row for row in written):
                default = None if field.is_required() else to_jsonable_python(field.get_default())
                columns[name] = [row.get(name, default) for row in written]
        return columns

    def rows(self, written: Any) -> Any:
        """The rows of what a report has written in columns; rows stay rows."""
        if not isinstance(written, dict):
            return _in_tuples(written)
        named = {name: written.get(name, {}) for name in self.by_name}
        lists = {name: column for name, column in written.items() if name not in self.by_name}
        if not all(isinstance(columns, dict) for columns in named.values()):
            raise ValueError(f"{' and '.join(self.by_name)} should have a column a name")
        every = [*lists.values(), *(column for columns in named.values() for column in columns.values())]
        if not all(isinstance(column, list) for column in every) or len({len(column) for column in every}) > 1:
            raise ValueError("its columns should be lists of one length")
        count = len(every[0]) if every else 0
        rows: list[dict[str, Any]] = [
            {name: _in_tuples(column[i]) for name, column in lists.items()} for i in range(count)
        ]
        for name, columns in named.items():
            for i, row in enumerate(rows):
                row[name] = {key: its[i] for key, its in columns.items() if its[i] is not None}
        return tuple(rows)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        row = get_args(source)[0]
        written = core_schema.plain_serializer_function_ser_schema(partial(self.columns, model=row), when_used="json")
        described = self._described(row).__pydantic_core_schema__
        metadata = {"pydantic_js_functions": [lambda schema, to_json: to_json(described)]}
        return core_schema.no_info_before_validator_function(
            self.rows, handler(source), serialization=written, metadata=metadata
        )

    def _described(self, row: type[BaseModel]) -> type[BaseModel]:
        """What the columns of such rows are, for the JSON schema."""
        columns: dict[str, Any] = {}
        for name, field in row.model_fields.items():
            its: Any = list[field.rebuild_annotation()]  # type: ignore[misc]
            if name in self.by_name:
                its = dict[str, list[get_args(field.annotation)[1] | None]]  # type: ignore[misc]
            columns[name] = (its, Field(None, description=field.description, json_schema_extra=_without_default))
        return create_model(f"{row.__name__}s", __config__=ConfigDict(extra="forbid"), __doc__=row.__doc__, **columns)


def _without_default(schema: dict[str, Any]) -> None:
    del schema["default"]


def _in_tuples(value: Any) -> Any:
    """JSON's lists as the tuples that models have."""
    if isinstance(value, list):
        return tuple(map(_in_tuples, value))
    return {key: _in_tuples(it) for key, it in value.items()} if isinstance(value, dict) else value
