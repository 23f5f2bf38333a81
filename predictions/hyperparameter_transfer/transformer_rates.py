"""Transformers of several widths learn a text, character by character, by Adam at each of a sweep of learning rates.

Model      `character_transformer` with `blocks` blocks and `heads` heads, Gaussian weights; channels are `width` and
           `doublings` times twice as many; `parametrisation` standard, by-layer or mup (see `parametrisations`), equal
           at the least width.
Data       the ASCII characters of a `text`; each batch is `batch` random pieces of `context` characters and the next.
Loss       cross-entropy of the next character, nats.
Training   `steps` steps of Adam, rates falling linearly to zero. A sweep's rates are 2^`lowest_octave` and on by
           factors of two, `octaves` of them, times each layer's factor of its parametrisation.
Observed   mean loss after training over `seen` more pieces, and what `rate_optimum.transfer` reads off it; the worst
           width's least loss, over the cross-entropy of a table of pairs of characters on the text that it counted.
Trial      initial weights and pieces of text; rates and widths share the pieces.
"""

from __future__ import annotations

from functools import cache, reduce

import numpy as np
import torch

from predictions.data.text import encoded, fingerprint, text
from predictions.hyperparameter_transfer import character_transformer, parametrisations
from predictions.hyperparameter_transfer.rate_optimum import transfer
from predictions.hyperparameter_transfer.sweep import final_losses, swept_rates


@cache
def characters(name: str) -> tuple[np.ndarray, int, np.ndarray]:
    """The text's ASCII characters as numbers (characters,), how many differ, and its fingerprint ()."""
    written = text(name).encode("ascii", "ignore").decode()
    numbers, alphabet = encoded(written)
    return numbers, len(alphabet), fingerprint(written)


@cache
def pair_entropy(name: str) -> float:
    """-sum_ab p(ab) ln p(b|a) over pairs of neighbours in the text, nats: what the best table of pairs attains."""
    numbers, alphabet, _ = characters(name)
    counts = np.bincount(numbers[:-1] * alphabet + numbers[1:], minlength=alphabet**2).reshape(alphabet, alphabet)
    first, pair = np.nonzero(counts)
    seen = counts[first, pair]
    return float(-np.sum(seen * np.log(seen / counts.sum(axis=1)[first])) / counts.sum())


def prepare(setting, seeds):
    """Given: fingerprint of the text. State: each width's initial weights, and where pieces begin, per trial."""
    numbers, alphabet, text_fingerprint = characters(setting["text"])
    places, weights = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        pieces = setting["steps"] * setting["batch"] + setting["seen"]
        places.append(rng.integers(len(numbers) - setting["context"], size=pieces))
        weights.append([
            initial_weights(setting, layers_of({**setting, "width": width}, alphabet), rng, multiple=multiple)
            for width, multiple in _widths(setting)
        ])  # fmt: skip
    stacked = [[np.stack(layer) for layer in zip(*networks)] for networks in zip(*weights)]
    return {"text_fingerprint": np.full(len(seeds), text_fingerprint)}, (np.stack(places), stacked)


def measure(setting, state, reduce=reduce):
    """Losses of the sweeps (trials, widths, rates), and what they say of a transfer (trials,)."""
    places, weights = state
    numbers, alphabet, _ = characters(setting["text"])
    rates, name, found = swept_rates(setting), setting["parametrisation"], []
    *batches, seen = np.split(places, np.arange(1, setting["steps"] + 1) * setting["batch"], axis=1)
    for (width, multiple), networks in zip(_widths(setting), weights):
        scale = parametrisations.attention_scale(name, width // setting["heads"], multiple=multiple)

        def losses(layers: list[torch.Tensor], beginnings: np.ndarray, scale=scale) -> torch.Tensor:
            pieces = numbers[beginnings[..., None] + np.arange(setting["context"] + 1)]
            pieces = torch.as_tensor(pieces, dtype=torch.int64, device=layers[0].device)
            return character_transformer.losses(layers, pieces, heads=setting["heads"], scale=scale)

        kinds = [layer.kind for layer in layers_of({**setting, "width": width}, alphabet)]
        factors = [parametrisations.rate_factor(name, kind, multiple=multiple) for kind in kinds]
        found.append(final_losses(networks, factors, rates, losses, batches, seen, reduce=reduce))
    swept = np.stack(found)
    least = np.where(np.isfinite(swept), swept, np.inf).min(axis=2).max(axis=0)
    return {
        "final_losses": swept.swapaxes(0, 1),
        "loss_over_pairs": least / pair_entropy(setting["text"]),
        **transfer(np.array([width for width, _ in _widths(setting)]), rates, swept),
    }


def layers_of(setting, alphabet: int) -> list[character_transformer.Layer]:
    """The weights of a network of the setting's `width`."""
    return character_transformer.layers(
        width=setting["width"], blocks=setting["blocks"], alphabet=alphabet, context=setting["context"]
    )


def initial_weights(setting, layers, rng: np.random.Generator, *, multiple: float) -> list[np.ndarray]:
    """One network's, (rows, columns) a layer."""
    sizes = [
        parametrisations.initial_deviation(setting["parametrisation"], layer.kind, layer.fan_in, multiple=multiple)
        for layer in layers
    ]
    return [
        np.float32(size) * rng.standard_normal((layer.rows, layer.fan_out), dtype=np.float32)
        for size, layer in zip(sizes, layers)
    ]


def _widths(setting) -> list[tuple[int, int]]:
    """Each width, and how many times the least one it is."""
    return [(setting["width"] * 2**number, 2**number) for number in range(setting["doublings"] + 1)]
