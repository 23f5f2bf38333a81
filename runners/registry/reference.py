"""The registry's reference for people, in Markdown, from the models that check it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runners.registry.schema import json_schema

Property = Mapping[str, Any]
_SCALARS = {"string", "boolean", "integer", "number"}

PREFACE = """\
# The registry, field by field

*Written by `tollens schema --markdown` from the models that check a registry; editors read the same from
[registry.schema.json](../registry.schema.json).*

A registry is a YAML file with two mappings, `experiments` and `claims`. [registry.yaml](../registry.yaml) is the
project's own; `--registry my.yaml` adds another one from anywhere, whose dotted names are looked up in its own folder
first. **A registry runs code**: the modules that it names. Give only files that you trust.

Of YAML it means the core schema, strictly: `1e-3` and `1.0e9` are numbers, `no` and `on` are words, a repeated key is a
mistake, and there are no anchors, aliases and tags. Its first line may tell an editor what to complete and to check:

    # yaml-language-server: $schema=registry.schema.json

Numbers of a pair stand in the order low, high; `.inf` and `-.inf` leave a side open.
"""
WORDS = {"string": "text", "number": "number", "integer": "whole number", "boolean": "true or false", "value": "value"}
LIMITS = {"minimum": "from {}", "exclusiveMinimum": "above {}", "maximum": "to {}", "exclusiveMaximum": "below {}"}


def markdown() -> str:
    """A section a model, a row a field: what may be written, whether it must be, and what it means."""
    schema = json_schema()
    models = schema["$defs"]
    order = _reached(schema, models)
    sections = [_section("A registry file", schema, models)]
    sections += [_section(name, models[name], models) for name in order]
    return "\n".join([PREFACE, *sections])


def _section(name: str, model: Property, models: Mapping[str, Property]) -> str:
    rows = ["| field | what may be written | default | meaning |", "|---|---|---|---|"]
    required = set(model.get("required", ()))
    for field, written in model["properties"].items():
        default = "**required**" if field in required else _default(written.get("default"))
        meant = written if "description" in written else models[_references(written)[0]]
        kind = f"{_kind(written)}{_limits(written)}"
        rows.append(f"| `{field}` | {kind} | {default} | {_cell(meant['description'])} |")
    return "\n".join([f"## {name}", "", _cell(model.get("description", "")), "", *rows, ""])


def _reached(schema: Property, models: Mapping[str, Property]) -> list[str]:
    """Names of the models in the order in which a reader meets them."""
    found: list[str] = []
    waiting = _references(schema["properties"])
    while waiting:
        name = waiting.pop(0)
        if name not in found and "properties" in models[name]:
            found.append(name)
            waiting = _references(models[name]["properties"]) + waiting
    return found


def _references(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        own = [value["$ref"].rsplit("/", 1)[-1]] if "$ref" in value else []
        return own + [name for inside in value.values() for name in _references(inside)]
    return [name for inside in value for name in _references(inside)] if isinstance(value, list) else []


def _kind(written: Property) -> str:
    """What may be written, in words."""
    if "$ref" in written:
        name = written["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    if "enum" in written or "const" in written:
        return " / ".join(f"`{word}`" for word in written.get("enum", [written.get("const")]))
    if "anyOf" in written:
        options = [option for option in written["anyOf"] if option.get("type") != "null"]
        if {option.get("type") for option in options} >= _SCALARS:  # whatever a condition may hold
            options = [{"type": "value"}, *(option for option in options if option.get("type") not in _SCALARS)]
        return ", or ".join(dict.fromkeys(f"{_kind(option)}{_limits(option)}" for option in options))
    if written.get("type") == "array":
        if "prefixItems" in written:
            return "[low, high]"
        return f"list of {_plural(written['items'])}"
    if written.get("type") == "object":
        inside = written.get("additionalProperties")
        return f"names, each with: {_kind(inside)}" if isinstance(inside, Mapping) else "mapping"
    return WORDS[written["type"]]


def _plural(written: Property) -> str:
    kind = _kind(written)
    return f"{kind}s" if kind in (*WORDS.values(), "mapping") else f"({kind})" if "," in kind else kind


def _limits(written: Property) -> str:
    told = [phrase.format(written[key]) for key, phrase in LIMITS.items() if key in written]
    return f" {' '.join(told)}" if told else ""


def _default(value: Any) -> str:
    if value is None or value in ({}, []):
        return "–"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
