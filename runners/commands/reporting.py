"""Where verdicts go besides the terminal: files for machines, and GitHub's pages."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from runners.registry.loaded import LoadedRegistry
    from runners.reporting.report_model import Report


def report_options(command: Callable) -> Callable:
    """`--json`, `--junit`, `--github`: what `write_reports` takes."""
    file = click.Path(path_type=Path, dir_okay=False)
    for option in (
        click.option("--github", is_flag=True, help="Annotate the registry's lines, and write the step's summary."),
        click.option("--junit", "junit_file", type=file, help="Write the verdicts here as JUnit's XML."),
        click.option("--json", "json_file", type=file, help="Write the report here."),
    ):
        command = option(command)
    return command


def write_reports(
    report: Report,
    registry: LoadedRegistry,
    wanted: Sequence[str],
    *,
    json_file: Path | None,
    junit_file: Path | None,
    github: bool,
) -> None:
    """The report as JSON, as JUnit's XML; on stdout as annotations, and in the file that GITHUB_STEP_SUMMARY names.

    Of the claims that are `wanted`, those that are set aside are errors to machines.
    """
    from runners.reporting.ci_report import junit, step_summary, workflow_commands
    from runners.selection import set_aside

    aside = {name: registry.aside[("claims", name)] for name in set_aside(registry, wanted)}

    def place(claim: str):
        return registry.located("claims", claim)

    if json_file:
        _write(json_file, report.written())
    if junit_file:
        _write(junit_file, junit(report, place, aside))
    if github:
        for line in workflow_commands(report, place, aside):
            click.echo(line)
        if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
            from leaderboard.table import markdown_table

            with Path(summary).open("a", encoding="utf-8") as page:
                page.write(step_summary(report, markdown_table(report)))


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
