"""tollens calibrate"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from runners.commands.options import INCOMPLETE, load_registry, registry_option


@click.command("calibrate")
@registry_option
@click.option("--thorough", is_flag=True, help="Every combination, not only the telling ones: takes many minutes.")
@click.option("--worlds", type=click.IntRange(100), default=10_000, show_default=True, help="Worlds for each rate.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the document here.")
@click.option("--all", "everything", is_flag=True, help="Print every rate, not only the largest of each kind.")
def command(extra: tuple[Path, ...], thorough: bool, worlds: int, json_file: Path | None, everything: bool) -> None:
    """Test the tests: run the whole rule on synthetic trials whose truth is known.

    Reports how often a false claim is supported and a true one refuted. Exit code 3 if a rate exceeds its nominal
    error by more than simulation noise.
    """
    registry = load_registry(extra, whole=True)

    from runners.calibration.document import calibrate
    from runners.calibration.table import print_calibration

    document = calibrate(registry, worlds=worlds, thorough=thorough, report=_progress)
    if json_file:
        json_file.write_text(json.dumps(document, indent=1) + "\n")
    print_calibration(document, everything=everything)
    sys.exit(0 if document["holds"] else INCOMPLETE)


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r\x1b[K{line}", nl=False, err=True)
