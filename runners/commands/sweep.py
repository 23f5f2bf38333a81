"""tollens sweep"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runners.commands.options import INCOMPLETE, USAGE, load_registry, registry_option, select_claims
from runners.commands.trying import at_settings, told_apart
from runners.measuring.profiles import THREADS
from runners.registry.tiers import TIERS

if TYPE_CHECKING:
    from runners.judging.results import CellResult
    from runners.registry.loaded import LoadedRegistry
    from runners.registry.schema import AxisValue, Claim


@click.command("sweep")
@click.argument("arguments", nargs=-1, required=True, metavar="CLAIM... AXIS=VALUES...")
@click.option("--tier", type=click.Choice(TIERS), help="Size; default: each claim's smallest one.")
@click.option("--trials", type=click.IntRange(2), default=3, show_default=True, help="Trials of each setting.")
@registry_option
def command(arguments: tuple[str, ...], tier: str | None, trials: int, extra: tuple[Path, ...]) -> None:
    """Try claims along axes of their experiments: where does the law hold, and where not?

    Values are written as width=32,64 or width=32:256 (doublings) or width=32:256:5 (so many, evenly in the log). Claims
    without such an axis or constant are left out, and named. The seeds are those of exploration, which no record uses;
    nothing is stored, nothing is judged. Which laws break at width 32? `tollens sweep edge-of-stability width=32`,
    or of the laws on the front page: `tollens sweep headline width=32`
    """
    os.environ.update(dict.fromkeys(THREADS, "1"))  # before numpy is loaded
    claims = tuple(it for it in arguments if "=" not in it)
    settings = [it for it in arguments if "=" in it]
    if not claims or not settings:
        raise click.UsageError("Name at least one claim and one axis with its values, as in: eos-gd-* width=32:256")
    registry = load_registry(extra, wanted=claims)
    selected = [name for name in select_claims(registry, claims) if name in registry.falsifiable]
    if len(selected) > 1:
        selected = [name for name in selected if _has_all(registry, name, settings)]
    if not selected:
        click.echo(
            "None of these claims has such axes; `tollens show EXPERIMENT` lists what an experiment has.", err=True
        )
        sys.exit(USAGE)
    incomplete = False
    for name in selected:
        changed, along = at_settings(registry, name, settings)
        for line, fine in _rows(changed, name, tier, trials, along):
            click.echo(line)
            incomplete |= not fine
    sys.exit(INCOMPLETE if incomplete else 0)


def _has_all(registry: LoadedRegistry, name: str, settings: list[str]) -> bool:
    """Whether a claim can be tried there; one that cannot is named."""
    from runners.authoring.settings import UnknownSetting, parsed, with_settings

    try:
        with_settings(registry, name, dict(map(parsed, settings)))
    except UnknownSetting as error:
        click.echo(f"{name} is left out: {error}", err=True)
        return False
    return True


def _rows(
    registry: LoadedRegistry, name: str, tier: str | None, trials: int, along: Mapping[str, Sequence[AxisValue]]
) -> Iterator[tuple[str, bool]]:
    """A head, then a line a setting, in the order of the values that are swept, and whether it has numbers."""
    from runners.authoring.exploring import explore, smallest_tier

    claim: Claim = registry.falsifiable[name]
    tier = tier or smallest_tier(registry, name)
    found = explore(registry, name, tier, conditions=10**6, trials=trials, controls=False) if tier else None
    if found is None or not found.main:
        yield f"{name}: no tier of {claim.experiment} runs any of its conditions there", False
        return
    low, high = claim.agreement.within
    yield click.style(f"{name}, {tier} tier: {claim.agreement.by} within [{low:g}, {high:g}]", bold=True), True

    def place(result: CellResult) -> list[int]:
        met = ((values, result.cell.condition.get(axis)) for axis, values in along.items())
        return [values.index(value) if value in values else -1 for values, value in met]

    results = sorted(found.main, key=place)
    labels = told_apart(results)
    width = max(map(len, labels))
    for label, result in zip(labels, results):
        yield f"  {label:{width}}  {_told(claim, result)}", bool(len(result.values))


def _told(claim: Claim, result: CellResult) -> str:
    """`measured 12.1  predicted 12  ratio 1.01  3 of 3 inside`."""
    import numpy as np

    from runners.reporting.terminal import figure
    from runners.rule.intervals import in_region

    if not len(result.values):
        return f"nothing measured: {result.verdict.reason}"
    inside = in_region(result.values, claim.agreement.within)
    told = [f"{claim.agreement.by} {figure(float(np.median(result.values)))}"]
    if result.measured.ndim == 1:
        told = [
            f"measured {figure(float(np.median(result.measured)))}",
            f"predicted {figure(float(np.median(result.predicted)))}",
            *told,
        ]
    mark = "inside" if inside.all() else "OUTSIDE" if not inside.any() else "either"
    return "  ".join([*told, f"{inside.sum()} of {len(inside)} inside", mark])
