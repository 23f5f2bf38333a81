"""tollens export"""

from __future__ import annotations

from pathlib import Path

import click

from runners.commands.options import (
    epoch_option,
    load_registry,
    registry_option,
    sealed_claims,
    store_option,
    tier_option,
)


@click.command("export")
@click.argument("claim_name", metavar="CLAIM", shell_complete=sealed_claims)
@tier_option("smoke")
@epoch_option
@store_option
@registry_option
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Take it from this report (of `run --json` or leaderboard/published) instead of the store.",
)
@click.option("--figure", type=click.Path(path_type=Path, dir_okay=False), help="Write its figure, an SVG file.")
@click.option("--data", type=click.Path(path_type=Path, dir_okay=False), help="Write its conditions, a CSV file.")
def command(
    claim_name: str,
    tier: str,
    epoch_name: str | None,
    store: str,
    extra: tuple[Path, ...],
    report_file: Path | None,
    figure: Path | None,
    data: Path | None,
) -> None:
    """Write a claim's figure and its numbers as files of their own, for a paper or a slide."""
    from leaderboard.export import figure_file
    from leaderboard.table import conditions_csv

    if not figure and not data:
        raise click.UsageError("say what to write: --figure FILE.svg, --data FILE.csv, or both")
    if report_file:
        from runners.reporting.published import read_report

        document = read_report(report_file)
    else:
        from runners.commands.judge import stored_judge
        from runners.reporting.report import judged_and_reported

        registry = load_registry(extra, wanted=(claim_name,))
        if claim_name not in registry.falsifiable:
            raise click.UsageError(f"{claim_name} is no claim of the registry; `tollens list` shows them")
        _, document = judged_and_reported(stored_judge(registry, tier, store, epoch_name), [claim_name])
    claim = next((it for it in document.falsifiable if it.id == claim_name), None)
    if claim is None:
        raise click.UsageError(f"{claim_name} is not in {report_file or store}")
    try:
        if figure:
            figure.write_text(figure_file(document, claim), encoding="utf-8")
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if data:
        data.write_text(conditions_csv(claim), encoding="utf-8")
    for path in filter(None, (figure, data)):
        click.echo(str(path))
