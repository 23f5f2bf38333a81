"""tollens fit-scaling"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from runners.commands.options import USAGE


@click.command("fit-scaling")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--size", default="N", show_default=True, help="Column of the numbers of parameters.")
@click.option("--tokens", default="D", show_default=True, help="Column of the numbers of tokens.")
@click.option("--loss", default="loss", show_default=True, help="Column of the final losses, in nats a token.")
@click.option(
    "--cluster", help="Column of what runs share: a budget, a family. Default: a quarter of a decade of compute."
)
@click.option("--at", "flops", multiple=True, type=float, help="Forecast at this compute, in FLOP; repeatable.")
@click.option("--resamples", type=click.IntRange(20), default=200, show_default=True, help="Resamples of clusters.")
@click.option("--figure", type=click.Path(path_type=Path, dir_okay=False), help="Write a figure, an SVG file.")
def command(
    file: Path,
    size: str,
    tokens: str,
    loss: str,
    cluster: str | None,
    flops: tuple[float, ...],
    resamples: int,
    figure: Path | None,
) -> None:
    """Fit a scaling law to runs of your own, a CSV with a row a run: exponents, best split of compute, forecasts.

    Nothing here is part of the record. Runs that cannot tell the law's terms apart are refused, with the reason.
    """
    import pandas as pd

    from tollens.scaling import TooLittle, fit

    try:
        fitted = fit(pd.read_csv(file), size=size, tokens=tokens, loss=loss, cluster=cluster, resamples=resamples)
    except (TooLittle, ValueError) as error:
        click.echo(f"{file}: {error}", err=True)
        sys.exit(USAGE)
    click.echo(fitted)
    for flop in flops:
        told = fitted.forecast(flop=flop)
        click.echo(
            f"At {flop:.3g} FLOP ({told['beyond']:.3g} times the largest): loss {told['loss']:.4f} "
            f"({fitted.level:.0%}: {told['loss_low']:.4f} to {told['loss_high']:.4f}) with {told['N']:.3g} parameters "
            f"({told['N_low']:.3g} to {told['N_high']:.3g}) and {told['D']:.3g} tokens"
        )
    if figure:
        from leaderboard.scaling_figure import scaling_figure

        figure.write_text(scaling_figure(fitted, flops), encoding="utf-8")
        click.echo(str(figure))
