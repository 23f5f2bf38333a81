"""The first steps of Adam in a transformer: how far they move its coordinates, as the width grows.

Model      `character_transformer` with `blocks` blocks, `heads` heads and `width` channels, Gaussian weights;
           `parametrisation` mup, or mup with a line of its recipe left out (see `parametrisations`), all equal at
           `base_width`.
Data       `batch` random pieces of `context` ASCII characters, and the next, of a `text`.
Loss       cross-entropy of the next character.
Training   `steps` steps of Adam on these pieces; the first is the sign of the gradient. Each layer's learning rate is
           `learning_rate` times its parametrisation's factor.
Observed   root mean square of the moves of embedded characters, of attention logits and the inner layer's
           pre-activations, both of the last block, and of the logit of the character that comes next.
Trial      initial weights and pieces of text.
"""

from __future__ import annotations

import numpy as np
import torch

from predictions.hyperparameter_transfer import character_transformer, parametrisations
from predictions.hyperparameter_transfer.adam import Adam
from predictions.hyperparameter_transfer.transformer_rates import characters, initial_weights, layers_of
from predictions.instruments.tensors import as_tensor


def prepare(setting, seeds):
    """Given: fingerprint of the text. State: pieces of text (trials, batch, context + 1) and initial weights."""
    numbers, alphabet, text_fingerprint = characters(setting["text"])
    layers = layers_of(setting, alphabet)
    pieces, weights = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        places = rng.integers(len(numbers) - setting["context"], size=setting["batch"])
        pieces.append(numbers[places[:, None] + np.arange(setting["context"] + 1)])
        weights.append(initial_weights(setting, layers, rng, multiple=setting["width"] / setting["base_width"]))
    stacked = [np.stack(layer) for layer in zip(*weights)]
    return {"text_fingerprint": np.full(len(seeds), text_fingerprint)}, (np.stack(pieces), stacked)


def measure(setting, state):
    """The four moves, each (trials,)."""
    pieces, weights = state
    weights = [as_tensor(weight).requires_grad_() for weight in weights]
    pieces = torch.as_tensor(pieces, dtype=torch.int64, device=weights[0].device)
    name, multiple = setting["parametrisation"], setting["width"] / setting["base_width"]
    scale = parametrisations.attention_scale(name, setting["width"] // setting["heads"], multiple=multiple)
    attending = {"heads": setting["heads"], "scale": scale}
    rates = [
        setting["learning_rate"] * parametrisations.rate_factor(name, layer.kind, multiple=multiple)
        for layer in layers_of(setting, weights[0].shape[1])
    ]
    adam = Adam(weights, rates)
    before = _coordinates(weights, pieces, attending)
    for _ in range(setting["steps"]):
        adam.step(character_transformer.losses(weights, pieces, **attending).sum())
    squares = {
        name: (new - old).square().flatten(1).mean(dim=1)
        for (name, old), new in zip(before._asdict().items(), _coordinates(weights, pieces, attending))
    }
    return {f"{name}_move": square.sqrt().cpu().numpy() for name, square in squares.items()}


@torch.no_grad()
def _coordinates(weights, pieces, attending) -> character_transformer.Coordinates:
    """Of the output only what the loss pulls at: the others move by what happens to point their way."""
    found = character_transformer.coordinates(weights, pieces[:, :, :-1], **attending)
    following = pieces[:, :, 1:].flatten(1, 2)[:, :, None]
    return found._replace(output=found.output.gather(2, following))
