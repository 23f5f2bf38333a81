"""tollens schema"""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON schema of the registry, for editors (the committed copy is registry.schema.json)."""
    from runners.registry.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
