"""The JSON schema for editors: as committed, complete, and of one mind with the loader."""

from __future__ import annotations

import copy
import json

import jsonschema
import pytest

from runners.registry.document import read
from runners.registry.names import ROOT
from runners.registry.reference import markdown
from runners.registry.schema import json_schema


def test_the_committed_schema_is_the_models():
    """If this fails: `tollens schema > registry.schema.json`."""
    assert (ROOT / "registry.schema.json").read_text() == json.dumps(json_schema(), indent=2) + "\n"


def test_the_committed_reference_is_the_models_too():
    """If this fails: `tollens schema --markdown > docs/registry.md`."""
    assert (ROOT / "docs" / "registry.md").read_text() == markdown()


def test_the_reference_has_a_row_for_every_field():
    schema = json_schema()
    for model in [schema, *(model for model in schema["$defs"].values() if "properties" in model)]:
        name = "A registry file" if model is schema else model["title"]
        section = markdown().partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        rows = {row.split(" | ")[0].strip("| `"): row for row in section.splitlines() if row.startswith("| `")}
        assert rows.keys() == model["properties"].keys()
        assert {field for field, row in rows.items() if "**required**" in row} == set(model.get("required", ()))


def test_every_field_is_described():
    schema = json_schema()
    models = [schema, *schema["$defs"].values()]
    assert len(models) >= 12

    def described(field: dict) -> bool:
        """By itself or, where it would only repeat that, by the model it refers to."""
        target = schema["$defs"].get(field.get("$ref", "").rpartition("/")[2], {})
        return bool(field.get("description", target.get("description", "")).strip())

    silent = [
        f"{model['title']}.{name}"
        for model in models
        for name, field in model.get("properties", {}).items()
        if not described(field)
    ]
    assert silent == []


def test_a_sound_registry_satisfies_it(project):
    jsonschema.validate(read(project.file).data, json_schema())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("experiments", "descent", "rum"), "x"),
        (("experiments", "descent", "precision"), "float16"),
        (("claims", "half-time-slope", "strand"), "nothing"),
        (("claims", "half-time-slope", "agreement", "within"), [0.9]),
        (("claims", "half-time-slope", "expect"), None),
    ],
)
def test_it_refuses_what_the_loader_refuses(project, path, value):
    data = copy.deepcopy(read(project.file).data)
    inside = data
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, json_schema())
