"""tollens why"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from runners.commands.options import (
    epoch_option,
    load_registry,
    registry_option,
    sealed_claims,
    select_claims,
    store_option,
    tier_option,
)


@click.command("why")
@click.argument("claim_name", metavar="CLAIM", shell_complete=sealed_claims)
@tier_option("smoke")
@store_option
@epoch_option
@registry_option
def command(claim_name: str, tier: str, store: str, epoch_name: str | None, extra: tuple[Path, ...]) -> None:
    """Say what decided a claim's verdict, and what would change it, from the stored records."""
    registry = load_registry(extra, wanted=(claim_name,))
    for name in select_claims(registry, (claim_name,)):
        _explain(registry, name, tier, store, epoch_name)


def _explain(registry: Any, name: str, tier: str, store: str, epoch: str | None) -> None:
    from runners.commands.judge import stored_judge
    from runners.registry.schema import Unfalsifiable
    from runners.reporting.explaining import beside_truth, decided_by, worth_a_look, would_change
    from runners.reporting.report import report
    from runners.rule.contests import OWN

    judge = stored_judge(registry, tier, store, epoch)
    result = judge.judge(name)
    claim = registry.claims[name]
    click.secho(f"{name}: {result.outcome.word} at the {tier} tier", bold=True)
    _lines("", [result.outcome.value, result.reason])
    if isinstance(claim, Unfalsifiable):
        return
    _lines("What decided it", decided_by(judge, result))
    _lines("What would change it", would_change(judge, result))
    (described,) = report(judge, [result]).falsifiable
    remarks = []
    if described.contradicts_expectation:
        remarks.append(f"the literature leads one to expect {claim.expect}: {claim.why or 'nobody has said why yet'}")
    if described.caveat:
        remarks.append(described.caveat)
    if not described.seal_holds:
        remarks.append("it is not sealed as it stands; `tollens lock` seals it, before it is measured")
    remarks += [f"rival {rival.name} on the same trials: {rival.verdict}" for rival in described.rivals]
    for own in (contestant for contestant in result.contest if contestant.name == OWN):
        places = {"closer than": own.beats, "tied with": own.ties, "farther off than": own.loses_to}
        remarks += [f"trial by trial {place} {', '.join(names)}" for place, names in places.items() if names]
    for cell in (cell for control in result.controls for cell in control.cells):
        if aside := beside_truth(claim, cell):
            remarks.append(f"control at {cell.cell.label}: {aside}")
    _lines("Remarks", remarks)
    look = worth_a_look(judge, result)
    if look is not None:
        told = f"trial {look.trial} at {look.condition} ({claim.agreement.by} {look.value:.4g})"
        _lines("The trial worth a look", [f"{told}: tollens rerun {look.record} --trial {look.trial}"])


def _lines(title: str, lines: Iterable[str]) -> None:
    lines = list(filter(None, lines))
    if lines and title:
        click.echo(f"\n{title}")
    for line in lines:
        click.echo(textwrap.fill(line, 110, initial_indent="  ", subsequent_indent="    "))
