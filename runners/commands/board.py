"""tollens board"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands.options import (
    epoch_option,
    load_registry,
    registry_option,
    select_claims,
    store_option,
    tier_option,
)

if TYPE_CHECKING:
    from runners.registry.loaded import LoadedRegistry
    from runners.reporting.report_model import Report


@click.command("board")
@tier_option("smoke")
@epoch_option
@store_option
@registry_option
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), default=Path("site"), show_default=True)
@click.option(
    "--report",
    "report_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Build from this report (of `run --json` or leaderboard/published) instead of the store.",
)
@click.option(
    "--beside",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    multiple=True,
    help="A report of another tier or epoch: a claim without a verdict stands as in it. Repeatable.",
)
@click.option(
    "--edition", "edition_name", metavar="NAME", help="Build the board as it was published: an edition of the history."
)
@click.option(
    "--readme",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Also renew the table of phenomena in this Markdown file, between <!-- board --> and <!-- /board -->.",
)
@click.option(
    "--calibration",
    "calibration_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Add the page of this calibration (of `calibrate --json`).",
)
@click.option(
    "--history",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("leaderboard/published/history"),
    show_default=True,
    help="Folder of the runs published before, for what changed.",
)
@click.option("--site", default="", help="Address where it will be found, for the picture that a link to it shows.")
@click.option("--code", default="", help="Address of the code's repository, for links to commits.")
@click.option("--keep", is_flag=True, help="Add this run to the history, in short and whole, with what changed.")
def command(
    tier: str,
    epoch_name: str | None,
    store: str,
    extra: tuple[Path, ...],
    out: Path,
    report_file: Path | None,
    beside: tuple[Path, ...],
    edition_name: str | None,
    readme: Path | None,
    calibration_file: Path | None,
    history: Path,
    site: str,
    code: str,
    keep: bool,
) -> None:
    """Build the board: a folder of static pages, from a store's records or from a published report."""
    from leaderboard.board import build
    from runners.reporting.editions import edition, editions, keep_edition, until
    from runners.reporting.history import in_short, runs
    from runners.reporting.history import keep as keep_run
    from runners.reporting.lending import with_lent
    from runners.reporting.published import read_report

    if report_file and edition_name:
        raise click.UsageError("--report and --edition both name a report; give one of them")
    if edition_name and keep:
        raise click.UsageError("an edition is kept already; leave --keep away")
    if edition_name:
        if edition_name not in (kept := editions(history)):
            raise click.UsageError(f"{history} keeps no edition {edition_name!r}; it has {', '.join(kept) or 'none'}")
        document = edition(edition_name, history)
    elif report_file:
        document = read_report(report_file)
    else:
        from runners.commands.judge import stored_judge
        from runners.reporting.report import judged_and_reported

        registry = load_registry(extra)
        judge = stored_judge(registry, tier, store, epoch_name)
        _, document = judged_and_reported(judge, select_claims(registry, ()))
    document = with_lent(document, [read_report(path) for path in beside])
    calibration = json.loads(calibration_file.read_text()) if calibration_file else None
    if keep:
        from leaderboard.table import changes_table

        keep_run(in_short(document), history)
        keep_edition(document, history)
        changes = history / "CHANGES.md"
        by_hand = sorted(set(history.glob("*.md")) - {changes})
        changes.write_text("\n".join([changes_table(runs(history)), *(it.read_text() for it in by_hand)]))
    published = until(runs(history), document) if edition_name else runs(history)
    pages = build(
        document, out, calibration=calibration, history=published, editions=editions(history), site=site, code=code
    )
    if readme:
        readme.write_text(_with_table(readme.read_text(), document, load_registry(extra)))
    click.echo(f"{len(pages)} files; open {out / 'index.html'}")


def _with_table(text: str, report: Report, registry: LoadedRegistry) -> str:
    from leaderboard.table import phenomena_table

    before, opening, rest = text.partition("<!-- board -->\n")
    _, closing, after = rest.partition("<!-- /board -->")
    if not opening or not closing:
        raise click.UsageError("the file has no <!-- board --> and <!-- /board --> lines to write the table between")
    if not registry.rooms:
        raise click.UsageError("the registry lists no phenomena, whose table is written; add phenomena: to it")
    rooms: dict[str, list[str]] = {room.package: [] for room in registry.rooms}
    for name in registry.falsifiable:
        if room := registry.room(name):
            rooms[room.package].append(name)
    rows = [(room.package, room.sentence, rooms[room.package]) for room in registry.rooms]
    return f"{before}{opening}{phenomena_table(report, rows)}{closing}{after}"
