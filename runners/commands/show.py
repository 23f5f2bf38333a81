"""tollens show"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from runners.reporting.condition_model import ConditionReport
    from runners.reporting.report_model import ClaimReport
    from runners.reporting.report_parts import Condition


READING = "nobody has looked up yet where its authors say so, and what they say there (source: at, says, checked)"


@click.command("show")
@click.argument("claim_name", metavar="CLAIM|EXPERIMENT", shell_complete=sealed_claims)
@tier_option("smoke")
@store_option
@epoch_option
@registry_option
@click.option("--plot", is_flag=True, help="Draw the trials against the region, and a curve where there is one.")
@click.option("--code", is_flag=True, help="List the definitions that its seal covers, with file and line, instead.")
def command(
    claim_name: str, tier: str, store: str, epoch_name: str | None, extra: tuple[Path, ...], plot: bool, code: bool
) -> None:
    """Show one claim: statement, formula, source, conditions with predictions, region, controls, last verdict.

    Of an experiment: what is done, under which conditions, what is observed, and at which sizes.
    """
    registry = load_registry(extra, claim=claim_name)
    if claim_name in registry.experiments and claim_name not in registry.claims:
        _show_experiment(registry, claim_name)
        return
    for name in select_claims(registry, (claim_name,)):
        if code:
            _show_code(registry, name)
            continue
        claim = _show(registry, name, tier, store, epoch_name)
        if plot and claim is not None:
            for line in pictures(claim):
                click.echo(f"  {line}".rstrip())


def pictures(claim: ClaimReport) -> list[str]:
    """Text pictures of a claim of a report: trials against the region, then the first condition's curve."""
    from runners.reporting.condition_model import varying_axes
    from runners.reporting.textplot import Strip, curves, strips

    groups = [("", claim.conditions), ("(shown) ", claim.shown)]
    groups += [(f"(must {control.must}) ", control.conditions) for control in claim.controls]
    cells = [(role, cell) for role, conditions in groups for cell in conditions if cell.values]
    if not cells:
        return ["Nothing is measured yet: nothing to draw."]
    varying = varying_axes([cell for _, cell in cells])
    named = [
        ", ".join(f"{axis} {cell.condition[axis]}" for axis in varying if axis in cell.condition) for _, cell in cells
    ]
    rows = [Strip((role + name)[:44], cell.values, claim.agreement.within) for (role, cell), name in zip(cells, named)]
    by, share = claim.agreement.by, claim.agreement.share
    unit = {"ratio": "measured / predicted", "difference": "measured - predicted"}.get(by, "relative distance")
    told = "" if share is None else f" (judged is the share inside: at least {share:g})"
    lines = ["", f"{unit}, a mark a trial over the region{told}"]
    lines += strips(rows, marker=claim.agreement.trial_region.exact)
    for _, cell in cells:
        if drawn := _curve(claim, cell):
            title, x, series = drawn
            return [*lines, "", title, *curves(x, series)]
    return lines


def _curve(
    claim: ClaimReport, cell: ConditionReport
) -> tuple[str, Sequence[float], Mapping[str, Sequence[float]]] | None:
    """Title, x and series of what a condition has to show over an axis; None for a number alone."""
    if example := cell.example:
        series = {"measured": example.measured[0], "predicted": example.predicted[0]}
        return f"{example.observable} against {example.axis}, one trial", example.x, series
    if (points := cell.points) and all(isinstance(x, int | float) for x in points.x):
        series = {"measured": points.middle} | ({"predicted": points.predicted} if points.predicted else {})
        return f"{claim.measured.name} along {points.along}, median of the trials", [*map(float, points.x)], series
    for curve in cell.curves:
        series = {"measured": curve.trials[0][0]}
        if claim.measured.name.endswith(f"_{curve.observable}") and cell.predicted is not None:
            series["predicted"] = (cell.predicted,) * len(curve.x)
        return f"{curve.observable} against {curve.axis}, one trial", curve.x, series
    return None


def _show(registry: Any, name: str, tier: str, store: str, epoch: str | None) -> ClaimReport | None:
    """Print what there is to say of a claim; its report, unless it is unfalsifiable."""
    from runners.commands.judge import stored_judge
    from runners.registry.domains import described_domain
    from runners.reporting.report import report
    from runners.reporting.report_model import ClaimReport
    from runners.reporting.terminal import figure, reach_lines, span

    judge = stored_judge(registry, tier, store, epoch)
    (claim,) = report(judge, [judge.judge(name)]).claims
    source = claim.source
    checked = source.checked and f"looked up on {source.checked}"
    where = ", ".join(part for part in (source.arxiv and f"arXiv {source.arxiv}", source.at, checked) if part)
    click.secho(name, bold=True)
    _paragraph(claim.statement)
    _field("source", f"{source.cite}{f' ({where})' if where else ''}")
    if source.says:
        _field("it says there", source.says)
    if claim.reading:
        _field("a reading", READING)
    if not isinstance(claim, ClaimReport):
        _field("unfalsifiable", claim.reason)
        return None
    _field("formula", claim.formula)
    _field("theory", f"{claim.theory} ({claim.strand}, held by {claim.held_by})")
    _field("measured", f"{claim.measured.name}: {claim.measured.means}")
    _field("predicted", str(claim.predicted))
    _field("region", f"{claim.agreement.by} within {span(claim.agreement.within)}: {claim.agreement.because}")
    for requirement in claim.requires:
        _field("requires", f"{requirement.measured} in {span(requirement.within)}: {requirement.because}")
    for cell in claim.conditions:
        predicted = figure(cell.predicted) or figure(_before_measuring(judge, name, cell.condition)) or "from the trial"
        measured = f", measured {figure(cell.measured)}" if cell.measured is not None else ""
        interval = f", {span(cell.interval)}" if cell.interval else ""
        _field("condition", f"{cell.label}: predicted {predicted}{measured}{interval}: {cell.status}")
    for control in claim.controls:
        kept = {True: "it does", False: "it does not", None: "undecided"}[control.kept]
        conditions = "; ".join(cell.label for cell in control.conditions) or "no condition of this tier"
        away = claim.widths_away(control) if control.must == "fail" else None
        far = f" ({away:.1f} widths of T away)" if away is not None else ""
        _field(f"must {control.must}", f"{control.experiment} at {conditions}{far}: {kept}. {control.because}")
    if why := registry.falsifiable[name].none_nearer:
        _field("none nearer", why)
    for rival in claim.rivals:
        _field("rival", f"{rival.name} ({rival.predicted}): {rival.verdict}")
    told = f" ({claim.caveat})" if claim.caveat else ""
    _field("verdict", f"{claim.verdict} at the {tier} tier: {claim.reason}{told}")
    if claim.sealed:
        times = f", re-sealed {claim.resealed} time{'s' if claim.resealed != 1 else ''}" if claim.resealed else ""
        _field("sealed", f"since {claim.sealed}{times}{'' if claim.seal_holds else '; changed since'}")
    for objection in claim.objections:
        _field("objection", objection)
    _field("scope", claim.scope or "not yet measured")
    if claim.scope and claim.not_measured:
        _field("not measured", ", ".join(claim.not_measured))
    if (found := registry.domain(name)) is not None:
        _field("domain", f"{described_domain(found[1])}: {found[1].because}")
    for line in reach_lines(claim):
        _field(*line.split(": ", 1))
    return claim


def _show_code(registry: Any, name: str) -> None:
    """What a claim's seal covers: its functions, each definition, and what counts whole."""
    from runners.records.seals import Sealing, lock_in_force
    from runners.registry.schema import Unfalsifiable

    click.secho(name, bold=True)
    if isinstance(registry.claims[name], Unfalsifiable):
        _paragraph("It is never run: its seal covers its text alone.")
        return
    sealing = Sealing(registry)
    covered, entry = sealing.coverage(name), lock_in_force(registry.files)["claims"].get(name)
    since = f", sealed on {entry['sealed']}" if entry else ""
    held = "as the lock has it" if entry and entry["seal"] == sealing.seal(name) else "not as the lock has it"
    _field("seal", f"{sealing.seal(name)[:20]}, {held}{since}")
    for role, function in sealing.functions(name).items():
        click.echo(f"  {role}: {function}")
    for part in sorted(covered.parts, key=lambda it: (it.module.name, it.statement.line)):
        if part.module.name not in covered.whole and not part.statement.is_import:
            runs = " (runs when its module is imported)" if part in covered.acting else ""
            click.echo(f"  {part.place}: {part.statement.label}{runs}")
    for module, reason in covered.whole.items():
        click.echo(f"  {module}, the whole module: {reason}")
    for file, digest in covered.files.items():
        click.echo(f"  {file}: SHA-256 {digest}")


def _show_experiment(registry: Any, name: str) -> None:
    from runners.registry import grid

    experiment = registry.experiments[name]
    click.secho(name, bold=True)
    _paragraph(experiment.about)
    _field("module", experiment.module)
    _field(
        "a trial", {"seeds": "a fresh seed", "resamples": "a resample", "none": "deterministic"}[experiment.replication]
    )
    for product in experiment.grid:
        _field("grid", "; ".join(f"{axis}: {_written(values)}" for axis, values in product.items()))
    for observable, it in experiment.observables.items():
        kind = f" ({' x '.join(it.shape)})" if it.shape is not None else ""
        _field("observable", f"{observable}{kind}: {it.means}")
    for tier, it in experiment.tiers.items():
        conditions = len(grid.conditions(experiment, tier))
        constants = "".join(f"; {constant} {value}" for constant, value in it.constants.items())
        _field("tier", f"{tier}: {_written(it.trials)} trials, {conditions} conditions{constants}")
    looking = [claim for claim in registry.claims if name in registry.only([claim]).experiments]
    _field("claims", ", ".join(looking) or "none looks at it")


def _written(values: Sequence[Any]) -> str:
    return ", ".join(map(str, values))


def _before_measuring(judge: Any, name: str, condition: Condition) -> float | None:
    """The prediction, if it follows from the condition alone."""
    from runners.judging.predicting import predict
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
