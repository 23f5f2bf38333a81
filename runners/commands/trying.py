"""tollens try"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands.options import INCOMPLETE, USAGE, load_registry, registry_option, sealed_claims, select_claims
from runners.measuring.profiles import THREADS
from runners.registry.tiers import TIERS

TEXTS = {
    "statement",
    "about",
    "theory",
    "strand",
    "held_by",
    "source",
    "formula",
    "because",
    "truth",
    "expect",
}
"""What a trial does not need."""

WITH = "An axis or a constant at a value of your own, as width=128 or width=32,64 or width=32:256; repeatable."

if TYPE_CHECKING:
    from runners.judging.results import CellResult
    from runners.registry.loaded import LoadedRegistry
    from runners.registry.schema import AxisValue, Claim


@click.command("try")
@click.argument("claim", shell_complete=sealed_claims)
@click.option("--tier", type=click.Choice(TIERS), help="Size; default: the smallest that is judged.")
@click.option("--trials", type=click.IntRange(2), default=2, show_default=True, help="Trials of each condition.")
@click.option("--conditions", type=click.IntRange(1), default=2, show_default=True, help="How many, first to last.")
@click.option("--with", "settings", multiple=True, metavar="AXIS=VALUE", help=WITH)
@registry_option
def command(
    claim: str, tier: str | None, trials: int, conditions: int, settings: tuple[str, ...], extra: tuple[Path, ...]
) -> None:
    """Try a claim out: a few trials in this process, predicted beside measured, and whether the controls fail.

    The seeds are those of exploration, which no record uses; nothing is stored, nothing is judged. One condition of
    each experiment has a trial measured again, alone: it must be what its own seed makes of it. A claim whose
    texts are still to be filled in can be tried, too.
    """
    os.environ.update(dict.fromkeys(THREADS, "1"))  # before numpy is loaded
    registry = load_registry(extra, drafts=True, claim=claim)
    name = _one_claim(registry, claim)

    from runners.authoring.exploring import explore, smallest_tier
    from runners.registry.schema import Unfalsifiable
    from runners.reporting.explaining import beside_truth

    written = registry.claims[name]
    if isinstance(written, Unfalsifiable):
        click.echo(f"{name} is listed as unfalsifiable: there is nothing to try.", err=True)
        sys.exit(USAGE)
    registry, values = at_settings(registry, name, settings)
    conditions = max(conditions, *(len(it) for it in values.values())) if values else conditions
    tier = tier or smallest_tier(registry, name)
    found = explore(registry, name, tier, conditions=conditions, trials=trials) if tier else None
    if found is None or not found.main:
        click.echo(f"No tier of {written.experiment} runs any of the conditions of {name}.", err=True)
        sys.exit(USAGE)
    breaches = [f"{registry.located('experiments', it)}: {it}: {told}" for it, told in found.breaches.items()]
    failures = list(dict.fromkeys([*filter(None, (_failure(registry, name, it) for it in found.results)), *breaches]))
    for failure in failures:
        click.echo(failure, err=True)
    for experiment, told in ((it, told) for it, rounded in found.rounded.items() for told in rounded):
        click.echo(f"warning: {registry.located('experiments', experiment)}: {experiment}: {told}", err=True)
    if failures:
        sys.exit(INCOMPLETE)

    click.secho(f"{name}, {tier} tier, seeds of exploration ({found.seconds:.1f} s)", bold=True)
    low, high = written.agreement.within
    click.echo(f"predicted by {_source(written)}; {written.agreement.by} within [{low:g}, {high:g}]\n")
    rows = []
    for result, missed in zip(found.main, found.missed, strict=True):
        inside = _print_trials(written, result)
        click.echo(f"  {inside} of {len(result.values)} trials inside")
        if aside := int((~result.known).sum()):
            needed = f", for want of {'; of '.join(missed)}" if missed else ": undefined"
            click.echo(f"  {aside} would be set aside{needed}")
        click.echo()
        rows.append(("", result))
    for control, result, among in found.controls:
        part = f" (1 of {among} conditions is tried)" if among > 1 else ""
        click.echo(f"Control, must {control.must}{part}: {control.because}")
        inside = _print_trials(written, result)
        click.echo(f"  {_kept(control.must, inside, len(result.values))}")
        if otherwise := beside_truth(written, result):
            click.echo(f"  {otherwise}")
        click.echo()
        rows.append((f"must {control.must}: ", result))
    _draw(written, rows)
    _print_unfinished(registry, name)


def at_settings(
    registry: LoadedRegistry, name: str, written: Sequence[str]
) -> tuple[LoadedRegistry, dict[str, list[AxisValue]]]:
    """The registry with a claim at settings of one's own, and these; says which of them leave its domain, or exits."""
    from runners.authoring.settings import UnknownSetting, beyond_domain, parsed, with_settings

    try:
        settings = dict(map(parsed, written))
        changed = with_settings(registry, name, settings) if settings else registry
    except UnknownSetting as error:
        click.echo(f"{name}: {error}", err=True)
        sys.exit(USAGE)
    for told in beyond_domain(registry, name, settings):
        click.echo(told, err=True)
    return changed, settings


def _one_claim(registry: LoadedRegistry, claim: str) -> str:
    """The claim that is meant; exits with what is missing, if it cannot be tried as it stands."""
    mistakes = registry.aside.get(("claims", claim), ())
    if claim not in registry.claims and not mistakes:
        (claim, *more) = select_claims(registry, (claim,))
        if more:
            raise click.UsageError(f"Name one claim, not {1 + len(more)}.")
        return claim
    blocking = [it for it in mistakes if not {*it.where.split(".")[2:]} & TEXTS]
    experiment = getattr(registry.claims.get(claim), "experiment", "")
    blocking += registry.aside.get(("experiments", experiment), ())
    if blocking or claim not in registry.claims:
        blocking = blocking or list(mistakes)
        click.echo(f"{claim} cannot be tried before this is done:", err=True)
        for mistake in blocking:
            click.echo(str(mistake), err=True)
        sys.exit(USAGE)
    return claim


def _failure(registry: LoadedRegistry, name: str, result: CellResult) -> str | None:
    """Why a condition has no numbers, at its place in the registry; None if it has some."""
    from runners.rule.verdicts import Status

    if len(result.values):
        return None
    experiment = result.cell.experiment
    theory = result.verdict.reason.startswith("prediction: ")
    place = registry.located("claims", name, "predicted") if theory else registry.located("experiments", experiment)
    reason = result.verdict.reason.removeprefix("prediction: ")
    raised = result.verdict.status is Status.ERROR and re.match(r"\w+: .*\(\S+:\d+\)$", reason, re.DOTALL)
    remedy = "; mend it there (a run that diverges returns inf or nan instead)" if raised else ""
    return f"{place}: {name if theory else experiment}: {reason}{remedy}"


def _print_trials(claim: Claim, result: CellResult) -> int:
    """A line a trial; how many of them lie inside."""
    from runners.reporting.terminal import figure
    from runners.rule.intervals import in_region

    inside = in_region(result.values, claim.agreement.within) & result.known
    scalar = result.measured.ndim == 1
    heads: tuple[str, ...] = ("trial", "predicted", "measured", claim.agreement.by, "", "")
    table = [heads]
    for trial, value in enumerate(result.values):
        predicted = figure(result.predicted[trial]) if scalar else f"array {result.predicted[trial].shape}"
        measured = figure(result.measured[trial]) if scalar else f"array {result.measured[trial].shape}"
        truth = f"truth {figure(result.truth[trial])}" if result.truth.ndim == 1 and len(result.truth) else ""
        side = "inside" if inside[trial] else "outside" if result.known[trial] else "set aside"
        table.append((str(trial), predicted, measured, figure(value), side, truth))
    widths = [max(len(row[column]) for row in table) for column in range(len(heads))]
    click.echo(f"  {result.cell.label}")
    for row in table:
        click.echo("  " + "  ".join(f"{text:>{width}}" for text, width in zip(row, widths)).rstrip())
    return int(inside.sum())


def _kept(must: str, inside: int, trials: int) -> str:
    wanted = trials - inside if must == "fail" else inside
    side = "outside" if must == "fail" else "inside"
    if wanted == trials:
        return f"it {must}s as it must: {wanted} of {trials} trials {side}"
    if wanted:
        return f"undecided: only {wanted} of {trials} trials {side}; more trials will tell, or choose a clearer control"
    rest = "the claim would be vacuous, whatever it measures" if must == "fail" else "a true relation would be refuted"
    return f"it does NOT {must}: {wanted} of {trials} trials {side}; {rest}"


def _draw(claim: Claim, rows: Sequence[tuple[str, CellResult]]) -> None:
    from runners.reporting.textplot import Strip, curves, strips

    perfect = {"ratio": 1.0, "difference": 0.0, "distance": 0.0}[claim.agreement.by]
    labels = [f"{role}{label}" for (role, _), label in zip(rows, told_apart([result for _, result in rows]))]
    drawn = [
        Strip(label, list(map(float, result.values)), claim.agreement.within)
        for label, (_, result) in zip(labels, rows)
    ]
    for line in strips(drawn, marker=perfect):
        click.echo(line)
    click.echo(f"({claim.agreement.by}: ● a trial, ━ the region, ┃ exactly as predicted)")
    first = rows[0][1].curves
    if first is not None:
        click.echo(f"\n{labels[0]}, first trial: {first['observable']} by {first['axis']}")
        for line in curves(first["x"], {"measured": first["measured"][0], "predicted": first["predicted"][0]}):
            click.echo(line)


def told_apart(results: Sequence[CellResult]) -> list[str]:
    """Conditions by the axes in which they differ; by their experiment, if they do not."""
    conditions = [result.cell.condition for result in results]
    axes = list(dict.fromkeys(axis for condition in conditions for axis in condition))
    differing = [axis for axis in axes if len({repr(condition.get(axis)) for condition in conditions}) > 1]
    return [
        ", ".join(f"{axis} = {condition[axis]}" for axis in differing if axis in condition) or result.cell.experiment
        for condition, result in zip(conditions, results)
    ]


def _source(claim: Claim) -> str:
    from runners.registry.schema import FoldedPrediction

    return claim.predicted.of if isinstance(claim.predicted, FoldedPrediction) else str(claim.predicted)


def _print_unfinished(registry: LoadedRegistry, name: str) -> None:
    missing = registry.aside.get(("claims", name), ())
    if missing:
        click.echo(f"\n{len(missing)} things are still to be filled in; `tollens check` names them line by line.")
