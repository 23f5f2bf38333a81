"""tollens verify"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from runners.commands.options import INCOMPLETE, load_registry, open_store, registry_option, store_option


@click.command("verify")
@store_option
@registry_option
@click.option(
    "--report",
    "reports",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    metavar="FILE",
    help="Judge again what this report says (of `run --json` or leaderboard/published), and compare; repeatable.",
)
def command(store: str, extra: tuple[Path, ...], reports: tuple[Path, ...]) -> None:
    """Check every record of a store: its hashes, its trials, the code behind it; with reports, every verdict.

    Exit code 3 if a record was altered, cut off, duplicated, deleted or made by other code, or a verdict is another.
    """
    registry = load_registry(extra, whole=True)

    from runners.upkeep.verification import HARMLESS, breaks, verify

    records = open_store(store)
    findings = verify(records, registry)
    broken = {finding.where for finding in findings if finding.kind not in HARMLESS}
    checked = sorted({path for path, _ in records.record_files()} - set(records.earlier()))
    sound_enough = not breaks(findings)
    findings += [finding for file in reports if sound_enough for finding in _compare(registry, records, file)]
    for finding in findings:
        click.echo(str(finding))
    sound = sum(path not in broken for path in checked)
    if reports and not sound_enough:
        click.echo("Nothing was judged again: the records are not what was measured.")
    click.echo(f"{len(checked)} records in {store}, {sound} of them sound; {len(findings)} findings.")
    sys.exit(INCOMPLETE if breaks(findings) else 0)


def _compare(registry, records, file: Path) -> list:
    """A report against what judging its claims again gives."""
    from runners.commands.judge import stored_judge
    from runners.reporting.published import read_report
    from runners.reporting.report import report
    from runners.upkeep.verification import compare

    published = read_report(file)
    judge = stored_judge(registry, published.tier, records)
    claims = [claim.id for claim in published.claims if claim.id in registry.claims]
    judged = report(judge, [judge.judge(name) for name in claims])
    identities = [path.rsplit("/", 1)[-1].removesuffix(".json") for path, _ in records.record_files()]
    return list(compare(judged, published, identities))
