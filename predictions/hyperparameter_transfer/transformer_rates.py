"""Transformers that learn a text, character by character, by Adam at each of a sweep of learning rates.

Model      `character_transformer` with `blocks` blocks, `heads` heads and `width` channels, Gaussian weights;
           `parametrisation` standard, by-layer or mup (see `parametrisations`), equal at `base_width`.
Data       the ASCII characters of a `text`; each batch is `batch` random pieces of `context` characters and the next.
Loss       cross-entropy of the next character, nats.
Training   `steps` steps of Adam, rates falling linearly to zero. A sweep's rates are 2^`lowest_octave` and on by
           factors of two, `octaves` of them, times each layer's factor of its parametrisation.
Observed   mean loss after training over `seen` more pieces, and the learning rate at its minimum.
Trial      initial weights and pieces of text; the rates of a sweep share them.
"""

from __future__ import annotations

from functools import cache, reduce

import numpy as np
import torch

from predictions.data.text import encoded, fingerprint, text
from predictions.hyperparameter_transfer import character_transformer, parametrisations
from predictions.hyperparameter_transfer.adam import Adam
from predictions.hyperparameter_transfer.rate_optimum import optimal_rates, swept_rates
from predictions.instruments.tensors import as_tensor


@cache
def characters(name: str) -> tuple[np.ndarray, int, np.ndarray]:
    """The text's ASCII characters as numbers (characters,), how many differ, and its fingerprint ()."""
    written = text(name).encode("ascii", "ignore").decode()
    numbers, alphabet = encoded(written)
    return numbers, len(alphabet), fingerprint(written)


def prepare(setting, seeds):
    """Given: fingerprint of the text. State: initial weights and the places where pieces begin, per trial."""
    numbers, alphabet, text_fingerprint = characters(setting["text"])
    places, weights = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        pieces = setting["steps"] * setting["batch"] + setting["seen"]
        places.append(rng.integers(len(numbers) - setting["context"], size=pieces))
        weights.append([_initial(setting, layer, rng) for layer in _layers(setting, alphabet)])
    stacked = [np.stack(layer) for layer in zip(*weights)]
    return {"text_fingerprint": np.full(len(seeds), text_fingerprint)}, (np.stack(places), stacked)


def measure(setting, state, reduce=reduce):
    """Losses of the sweep (trials, rates), learning rate of least loss and its basin (trials,)."""
    places, weights = state
    numbers, alphabet, _ = characters(setting["text"])
    rates, multiple, name = swept_rates(setting), _multiple(setting), setting["parametrisation"]
    copies = [as_tensor(weight).repeat_interleave(len(rates), dim=0).requires_grad_() for weight in weights]
    own = as_tensor(np.tile(rates, len(places)))[:, None, None]
    factors = [
        parametrisations.rate_factor(name, layer.kind, multiple=multiple) for layer in _layers(setting, alphabet)
    ]
    adam = Adam(copies, [own * factor for factor in factors])
    scale = parametrisations.attention_scale(name, setting["width"] // setting["heads"], multiple=multiple)

    def losses(beginnings: np.ndarray) -> torch.Tensor:
        pieces = numbers[beginnings[..., None] + np.arange(setting["context"] + 1)]
        pieces = torch.as_tensor(pieces, dtype=torch.int64, device=own.device).repeat_interleave(len(rates), dim=0)
        return character_transformer.losses(adam.weights, pieces, heads=setting["heads"], scale=scale)

    batches = np.split(places, np.arange(1, setting["steps"] + 1) * setting["batch"], axis=1)

    def advance(carry, step: int):
        adam.carry = carry
        adam.step(losses(batches[step]).sum(), schedule=1 - step / setting["steps"])
        return adam.carry

    adam.carry = reduce(advance, range(setting["steps"]), adam.carry)
    with torch.no_grad():
        final = losses(batches[-1]).reshape(len(places), len(rates)).cpu().numpy()
    optima, basins = optimal_rates(rates, final)
    return {"final_losses": final, "optimal_rate": optima, "basin": basins}


def _layers(setting, alphabet: int) -> list[character_transformer.Layer]:
    return character_transformer.layers(
        width=setting["width"], blocks=setting["blocks"], alphabet=alphabet, context=setting["context"]
    )


def _initial(setting, layer: character_transformer.Layer, rng: np.random.Generator) -> np.ndarray:
    size = parametrisations.initial_deviation(
        setting["parametrisation"], layer.kind, layer.fan_in, multiple=_multiple(setting)
    )
    return np.float32(size) * rng.standard_normal((layer.rows, layer.fan_out), dtype=np.float32)


def _multiple(setting) -> float:
    return setting["width"] / setting["base_width"]
