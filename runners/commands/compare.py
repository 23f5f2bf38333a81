"""tollens compare"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from runners.commands.options import CONTRADICTED

Report = Mapping[str, Any]
DECIDED = {"supported", "refuted", "partly", "vacuous"}


@click.command("compare")
@click.argument("before", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.argument("after", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def command(before: Path, after: Path) -> None:
    """Compare two reports (of `run --json`, or published): verdicts that changed, claims that came or went.

    Exit code 1 if a decided verdict became another decided one, or an error.
    """
    one, other = (json.loads(file.read_text()) for file in (before, after))
    for line in versions(one, other):
        click.echo(line)
    found = list(changes(one, other))
    for line, _ in found:
        click.echo(line)
    if not found:
        click.echo(f"All {len(other['claims'])} verdicts are as they were.")
    sys.exit(CONTRADICTED if any(grave for _, grave in found) else 0)


def changes(before: Report, after: Report) -> Iterator[tuple[str, bool]]:
    """What became of each claim whose verdict is not what it was, and whether that contradicts what was known."""
    old, new = ({claim["id"]: claim for claim in report["claims"]} for report in (before, after))
    for name, claim in new.items():
        if name not in old:
            yield f"{name}: new, {claim['verdict']}", False
        elif claim["verdict"] != old[name]["verdict"]:
            was, now = old[name]["verdict"], claim["verdict"]
            yield f"{name}: was {was}, is {now}: {claim['reason']}", was in DECIDED and now in DECIDED | {"error"}
    for name in old:
        if name not in new:
            yield f"{name}: gone, it was {old[name]['verdict']}", False


def versions(before: Report, after: Report) -> Iterator[str]:
    """Libraries of other versions, where a changed verdict may come from."""
    old, new = (report["environment"]["libraries"] for report in (before, after))
    for library in sorted(old.keys() & new.keys()):
        if old[library] != new[library]:
            yield f"{library} {old[library]} -> {new[library]}"
