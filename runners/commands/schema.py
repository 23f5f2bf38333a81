"""tollens schema"""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.option("--markdown", "as_markdown", is_flag=True, help="Print the reference for people: docs/registry.md.")
@click.option("--report", "of_report", is_flag=True, help="Print the JSON schema of reports: report.schema.json.")
def command(as_markdown: bool, of_report: bool) -> None:
    """Print the JSON schema of the registry, for editors (the committed copy is registry.schema.json)."""
    if as_markdown:
        from runners.registry.reference import markdown

        click.echo(markdown(), nl=False)
        return
    if of_report:
        from runners.reporting.report_model import json_schema
    else:
        from runners.registry.schema import json_schema
    click.echo(json.dumps(json_schema(), indent=2))
