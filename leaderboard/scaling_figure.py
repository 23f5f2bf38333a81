"""Somebody's runs and the scaling law that was fitted to them, as an SVG file: loss against compute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from leaderboard.axes import Axis
from leaderboard.export import as_file
from leaderboard.figures import Frame
from leaderboard.svg import percent
from tollens.scaling import ScalingFit

POINTS = 40


def scaling_figure(fitted: ScalingFit, forecasts: Sequence[float] = ()) -> str:
    """The runs, the least loss of each compute by the law with its interval (dashed), up to these forecasts."""
    runs = fitted.runs
    flops = np.geomspace(runs["flop"].min(), max([runs["flop"].max(), *forecasts]), POINTS)
    told = [fitted.forecast(flop=flop) for flop in flops]
    losses = [*runs["loss"], *(it[name] for it in told for name in ("loss_low", "loss_high"))]
    frame = Frame(
        Axis.around(list(flops), logarithmic=True),
        Axis.around(losses, logarithmic=True),
        "loss against compute: runs, and the law's least loss with its interval",
    )
    for flop, loss in zip(runs["flop"], runs["loss"], strict=True):
        frame.svg.marker("dot", "fill-0", x=percent(frame.x.fraction(flop)), y=frame.down(loss), radius=3)
    for name, kind in (("loss", "curve colour-1"), ("loss_low", "curve between"), ("loss_high", "curve between")):
        frame.line(kind, [(float(flop), float(it[name])) for flop, it in zip(flops, told, strict=True)])
    law = "L = {E:.4g} + {A:.4g} N^-{alpha:.3f} + {B:.4g} D^-{beta:.3f}".format(**fitted.law)
    caption = f"{law}, {len(runs)} runs; dashed: {fitted.level:.0%} for one more run"
    return as_file(
        frame.svg.markup(),
        across="compute, 6 N D in FLOP",
        up="loss, nats a token",
        below=(caption, "No part of the record"),
    )
