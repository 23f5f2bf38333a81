"""Parametrisations: how the size of each layer's weights and of its Adam learning rate scales with the width.

A layer's kind is its place: `input` (from a fixed dimension to the width: also embeddings and biases), `hidden` (width
to width) or `output` (width to a fixed dimension). With m = width / base_width, at m = 1 all are the same network.

              initial standard deviation     Adam learning rate     attention logits
standard      fan_in^-1/2                    eta                    q.k / sqrt(d)
mup: input    fan_in^-1/2                    eta
mup: hidden   fan_in^-1/2                    eta / m
mup: output   fan_in^-1/2 m^-1/2             eta / m                q.k sqrt(d_base) / d
by-layer      standard weights and attention, learning rates of mup

Yang et al. 2022, Tensor Programs V (arXiv 2203.03466), table 3 and definition 4.1; by-layer is the standard
parametrisation with rates by layer of Everett et al. 2024 (arXiv 2407.05872), for full alignment. The others are mup
with one line of its recipe left out, as controls: its attention, its readout, its embeddings' rate (the matrices'
instead), its matrices' rate.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Exponents(NamedTuple):
    """Powers of m: of the learning rates by kind, of the readout's initial deviation and of the attention logits."""

    input_rate: float = 0
    hidden_rate: float = 0
    output_rate: float = 0
    readout: float = 0
    attention: float = 0


STANDARD, BY_LAYER, MAXIMAL_UPDATE = "standard", "by-layer", "mup"
MUP = Exponents(input_rate=0, hidden_rate=-1, output_rate=-1, readout=-0.5, attention=-0.5)
EXPONENTS = {
    STANDARD: Exponents(),
    BY_LAYER: MUP._replace(readout=0, attention=0),
    MAXIMAL_UPDATE: MUP,
    "root-attention": MUP._replace(attention=0),
    "large-readout": MUP._replace(readout=0),
    "slow-embeddings": MUP._replace(input_rate=-1),
    "fast-matrices": MUP._replace(hidden_rate=0),
}


def initial_deviation(parametrisation: str, kind: str, fan_in: int, *, multiple: float) -> float:
    """Standard deviation of the initial weights of a layer; `multiple` is width / base_width."""
    deviation = fan_in**-0.5
    return deviation * multiple ** EXPONENTS[parametrisation].readout if kind == "output" else deviation


def rate_factor(parametrisation: str, kind: str, *, multiple: float) -> float:
    """A layer's Adam learning rate over the network's."""
    return float(multiple ** getattr(EXPONENTS[parametrisation], f"{kind}_rate"))


def attention_scale(parametrisation: str, head_width: int, *, multiple: float) -> float:
    """What multiplies q.k in attention; heads widen with the network, their number is fixed."""
    return head_width**-0.5 * multiple ** EXPONENTS[parametrisation].attention


def kinds(layers: int) -> Sequence[str]:
    """Kinds of the layers of a fully connected network, from input to output."""
    return ["input", *["hidden"] * (layers - 2), "output"]
