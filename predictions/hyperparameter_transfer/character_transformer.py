"""A small decoder-only transformer, many networks at once: every weight has the networks as its first axis.

Token and position embeddings, then blocks h <- h + attention(norm h), h <- h + W_down relu(W_up norm h), then logits
U norm h. Norms divide by the root mean square and learn nothing; no biases; causal attention with `heads` heads.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F

from predictions.instruments.torch_losses import cross_entropy

WIDENING = 4  # units of a block's inner layer per unit of width


class Layer(NamedTuple):
    """Place of a weight matrix: its name, its kind for a parametrisation, and its shape."""

    name: str
    kind: str
    fan_in: int
    fan_out: int
    rows: int


def layers(*, width: int, blocks: int, alphabet: int, context: int) -> list[Layer]:
    """All weights, in the order in which `losses` takes them; an embedding looks up one row, so its fan-in is one."""
    inner = WIDENING * width
    listed = [Layer("tokens", "input", 1, width, alphabet), Layer("positions", "input", 1, width, context)]
    for _ in range(blocks):
        listed += [Layer(name, "hidden", width, width, width) for name in ("query", "key", "value", "joined")]
        listed += [Layer("up", "hidden", width, inner, width), Layer("down", "hidden", inner, width, inner)]
    return [*listed, Layer("logits", "output", width, alphabet, width)]


class Coordinates(NamedTuple):
    """What the network computes on the way, each with the networks first; of the last block where it is a block's."""

    embedding: torch.Tensor  # (networks, batch * context, width), the stream before the first block
    attention: torch.Tensor  # (networks, batch, heads, context, context), logits of what a position may look at, else 0
    hidden: torch.Tensor  # (networks, batch * context, 4 width), pre-activations of the inner layer
    output: torch.Tensor  # (networks, batch * context, alphabet), logits of the next character


def losses(weights: list[torch.Tensor], text: torch.Tensor, *, heads: int, scale: float) -> torch.Tensor:
    """Mean cross-entropy of the next character: (networks,), for pieces of text (networks, batch, context + 1)."""
    output = coordinates(weights, text[:, :, :-1], heads=heads, scale=scale).output
    return cross_entropy(output, text[:, :, 1:].flatten(1, 2))


def coordinates(weights: list[torch.Tensor], text: torch.Tensor, *, heads: int, scale: float) -> Coordinates:
    """The forward pass over pieces of text (networks, batch, context).

    `weights` are (networks, rows, columns), `scale` multiplies the attention logits.
    """
    tokens, positions, *inner, unembedding = weights
    context = text.shape[2]
    # A product with ones and zeros looks up the rows: the gradient of indexing would be summed in any order on a GPU.
    chosen = F.one_hot(text.flatten(1, 2), tokens.shape[1]).to(tokens.dtype)
    stream = embedding = chosen @ tokens + positions[:, :context].tile(1, text.shape[1], 1)
    for block in zip(*[iter(inner)] * 6):
        query, key, value, joined, up, down = block
        seen = normed(stream)
        mixed, attention = _attention(seen @ query, seen @ key, seen @ value, (context, heads), scale)
        stream = stream + mixed @ joined
        hidden = normed(stream) @ up
        stream = stream + torch.relu(hidden) @ down
    return Coordinates(embedding, attention.unflatten(0, text.shape[:2]), hidden, normed(stream) @ unembedding)


def normed(stream: torch.Tensor) -> torch.Tensor:
    """Each position's vector over its root mean square."""
    return stream * torch.rsqrt(stream.square().mean(dim=-1, keepdim=True) + 1e-6)


def _attention(query, key, value, shape: tuple[int, int], scale: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Causal attention of (networks, batch * context, width) within each piece and head, and its logits."""
    context, heads = shape

    def split(signal):  # (networks * batch, heads, context, width / heads)
        return signal.reshape(-1, context, heads, signal.shape[2] // heads).transpose(1, 2)

    logits = scale * split(query) @ split(key).transpose(2, 3)
    later = torch.ones(context, context, dtype=torch.bool, device=logits.device).triu(1)
    mixed = logits.masked_fill(later, -torch.inf).softmax(dim=3) @ split(value)
    return mixed.transpose(1, 2).reshape(query.shape), logits.masked_fill(later, 0)
