"""tollens advise"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import click

from runners.commands.options import USAGE
from runners.printable import printable


@click.command("advise")
@click.argument("arguments", nargs=-1, metavar="[OPTIMISER] [NAME=NUMBER]...")
@click.option(
    "--report",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="Take the evidence from this report (of `run --json`) instead of the published one.",
)
def command(arguments: tuple[str, ...], report: Path | None) -> None:
    """Say what the laws say for your optimiser, width, batch, and what they were found to be worth.

    As in: `tollens advise adam learning_rate=0.001 width=256 new_width=1024`. Without numbers it lists what each rule
    asks for. The board's page *What may I rely on?* has the same rules.
    """
    from runners.authoring.advising import advise
    from runners.authoring.courses import UnknownName

    words = [it for it in arguments if "=" not in it]
    if len(words) > 1:
        raise click.UsageError(f"one optimiser, not {' and '.join(words)}; numbers are written as width=256")
    try:
        numbers = {name: _number(name, text) for name, _, text in (it.partition("=") for it in arguments if "=" in it)}
        told = advise(words[0] if words else None, report=report, **numbers)
    except UnknownName as error:
        click.echo(str(error), err=True)
        sys.exit(USAGE)
    click.echo(printable(told.written(width=min(shutil.get_terminal_size().columns, 120))))


def _number(name: str, text: str) -> float:
    from runners.authoring.courses import UnknownName

    try:
        return float(text)
    except ValueError:
        raise UnknownName(f"{name} is {text!r}; it is a number, as in {name}=0.1") from None
