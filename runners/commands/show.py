"""tollens show"""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Any

import click

from runners.commands.options import load_registry, registry_option, select_claims, store_option, tier_option


@click.command("show")
@click.argument("claim_name", metavar="CLAIM")
@tier_option("smoke")
@store_option
@registry_option
def command(claim_name: str, tier: str, store: str, extra: tuple[Path, ...]) -> None:
    """Show one claim: statement, formula, source, conditions with predictions, region, controls, last verdict."""
    registry = load_registry(extra)
    for name in select_claims(registry, (claim_name,)):
        _show(registry, name, tier, store)


def _show(registry: Any, name: str, tier: str, store: str) -> None:
    from runners.commands.judge import stored_judge
    from runners.report import report
    from runners.terminal import figure, span

    judge = stored_judge(registry, tier, store)
    document = report(judge, [judge.judge(name)])["claims"][0]
    source = document["source"]
    where = ", ".join(part for part in (source["arxiv"] and f"arXiv {source['arxiv']}", source["where"]) if part)
    click.secho(name, bold=True)
    _paragraph(document["statement"])
    _field("source", f"{source['cite']}{f' ({where})' if where else ''}")
    if document["kind"] == "unfalsifiable":
        _field("unfalsifiable", document["reason"])
        return
    _field("formula", document["formula"])
    _field("theory", f"{document['theory']} ({document['strand']}, held by {document['held_by']})")
    _field("measured", f"{document['measured']['name']}: {document['measured']['means']}")
    _field("predicted", str(document["predicted"]))
    agreement = document["agreement"]
    _field("region", f"{agreement['by']} within {span(agreement['within'])}: {agreement['because']}")
    for requirement in document["requires"]:
        _field("requires", f"{requirement['measured']} in {span(requirement['within'])}: {requirement['because']}")
    for cell in document["conditions"]:
        predicted = (
            figure(cell["predicted"]) or figure(_before_measuring(judge, name, cell["condition"])) or "from the trial"
        )
        measured = f", measured {figure(cell['measured'])}" if cell["measured"] is not None else ""
        interval = f", {span(cell['interval'])}" if cell["interval"] else ""
        _field("condition", f"{cell['label']}: predicted {predicted}{measured}{interval}: {cell['status']}")
    for control in document["controls"]:
        kept = {True: "it does", False: "it does not", None: "undecided"}[control["kept"]]
        conditions = "; ".join(cell["label"] for cell in control["conditions"])
        _field(f"must {control['must']}", f"{control['experiment']} at {conditions}: {kept}. {control['because']}")
    for rival in document["rivals"]:
        _field("rival", f"{rival['name']} ({rival['predicted']}): {rival['verdict']}")
    _field("verdict", f"{document['verdict']} at the {tier} tier: {document['reason']}")


def _before_measuring(judge: Any, name: str, condition: dict[str, Any]) -> float | None:
    """The prediction, if it follows from the condition alone."""
    from runners.comparison import predict
    from runners.registry.names import load_function

    claim = judge.registry.claims[name]
    if not isinstance(claim.predicted, str):
        return float(claim.predicted) if isinstance(claim.predicted, int | float) else None
    constants = judge.registry.experiments[claim.experiment].tiers[judge.tier].constants
    try:
        value = predict(load_function(claim.predicted), {**constants, **condition}, {}, name=claim.predicted)
    except KeyError:  # it reads something of the trial
        return None
    return float(value) if value.ndim == 0 else None


def _field(name: str, text: str) -> None:
    click.echo(textwrap.fill(text, 110, initial_indent=f"  {name:14}", subsequent_indent=" " * 16))


def _paragraph(text: str) -> None:
    click.echo(textwrap.fill(text, 110, initial_indent="  ", subsequent_indent="  "))
