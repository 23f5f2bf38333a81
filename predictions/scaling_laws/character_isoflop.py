"""IsoFLOP curves of small transformers on characters: the lower budgets are given, the highest is measured.

Model      `character_transformer` with `blocks` blocks and `heads` heads, of five widths a budget C: about that of
           (C / 6 r)^{1/2} parameters, r = `tokens_per_parameter`, and of two, four times more and less. Size N: weights
           but for the tables that embeddings are looked up in.
Data       the ASCII characters of the `text`; each batch is `batch` random pieces of `context` characters and the next.
Loss       cross-entropy of the next character, nats.
Training   Adam for C / 6 N characters, N D = C / 6, rates falling linearly to zero; maximal-update parametrisation with
           the rate 2^`octave` at the width `width`. Five budgets up to `compute` FLOP, a factor `spacing` apart.
Observed   at the highest budget, by a parabola of ln L in ln N: the least loss and the size that has it; infinite if
           there is no minimum. `sizes`: trained; shuffled, as if that curve's losses were other sizes'; or smallest,
           the smallest network's loss and size in place of the best one's. The latter two, trained for no other reason,
           have the share `untrue_share` of all compute.
Trial      initial weights, pieces of text; the loss is over `seen` more pieces, which all networks share.
"""

from __future__ import annotations

import numpy as np
import torch

from predictions.hyperparameter_transfer import character_transformer, parametrisations
from predictions.hyperparameter_transfer.sweep import final_losses
from predictions.hyperparameter_transfer.transformer_rates import characters, initial_weights, layers_of
from predictions.scaling_laws.parametric_fit import BREAK_SIZE, PIVOT_TOKENS, fit_surface

BUDGETS = 5
MULTIPLES = 2.0 ** np.arange(-2, 3)  # of the size in the middle of a curve


def prepare(setting, seeds):
    """Given: the lower budgets' `sizes_below` and `losses_below` (trials, budgets, sizes) and `compute_below`, the
    highest's `compute`, and `surface_below` (trials, 5), E, A, alpha, B, beta of a fit to the lower ones. State: seeds,
    and orders of the highest's sizes (trials, sizes).
    """
    orders = [_order(setting, np.random.default_rng(int(seed))) for seed in seeds]
    compute = budgets(setting)
    curves = [_curve(setting, seeds, number) for number in range(BUDGETS - 1)]
    sizes = np.stack([np.tile(found, (len(seeds), 1)) for found, _ in curves], axis=1)
    losses = np.stack([found for _, found in curves], axis=1)
    given = {
        "sizes_below": sizes,
        "losses_below": losses,
        "compute_below": np.tile(compute[:-1], (len(seeds), 1)),
        "compute": np.full(len(seeds), compute[-1]),
        "surface_below": np.stack([_surface(*trial, compute[:-1]) for trial in zip(sizes, losses)]),
        "text_fingerprint": np.full(len(seeds), characters(setting["text"])[2]),
    }
    return given, (np.asarray(seeds), np.stack(orders))


def measure(setting, state):
    """Least loss, nats a character, and its size at the highest budget: (trials,)."""
    seeds, orders = state
    sizes, losses = _curve(setting, seeds, BUDGETS - 1)
    if setting["sizes"] == "smallest":
        return {"least_loss": losses[:, 0], "optimal_size": np.full(len(seeds), sizes[0])}
    found = np.array([vertex(sizes[order], trial) for order, trial in zip(orders, losses)])
    return {"least_loss": found[:, 1], "optimal_size": found[:, 0]}


def budgets(setting) -> np.ndarray:
    """Compute of each curve in FLOP, the highest last: (budgets,)."""
    highest = setting["compute"] * (1 if setting["sizes"] == "trained" else setting["untrue_share"])
    return highest / setting["spacing"] ** np.arange(BUDGETS - 1, -1, -1.0)


def vertex(sizes: np.ndarray, losses: np.ndarray) -> tuple[float, float]:
    """Size and loss at the vertex of the parabola of ln L in ln N; infinite where it opens downwards."""
    middle = np.log(sizes).mean()
    quadratic, linear, level = np.polyfit(np.log(sizes) - middle, np.log(losses), 2)
    if not quadratic > 0:
        return np.inf, np.inf
    place = -linear / (2 * quadratic)
    with np.errstate(over="ignore"):  # a nearly straight curve has its vertex anywhere
        return float(np.exp(middle + place)), float(np.exp(level + linear * place / 2))


def widths(setting, compute: float) -> list[int]:
    """Five widths, multiples of the heads, whose sizes are about `MULTIPLES` of (C / 6 r)^{1/2}."""
    middle = np.sqrt(compute / 6 / setting["tokens_per_parameter"])
    every = np.arange(setting["heads"], 4096, setting["heads"])
    parameters = np.array([size(setting, int(width)) for width in every])
    return [int(every[np.argmin(np.abs(np.log(parameters / (times * middle))))]) for times in MULTIPLES]


def size(setting, width: int) -> int:
    """Parameters of a network of that width, but for the tables of its embeddings."""
    _, alphabet, _ = characters(setting["text"])
    layers = layers_of({**setting, "width": width}, alphabet)
    return sum(layer.rows * layer.fan_out for layer in layers if layer.kind != "input")


def _order(setting, rng: np.random.Generator) -> np.ndarray:
    own = np.arange(len(MULTIPLES))
    return rng.permutation(own) if setting["sizes"] == "shuffled" else own


def _surface(sizes: np.ndarray, losses: np.ndarray, compute: np.ndarray) -> np.ndarray:
    """E, A, alpha, B, beta of the fit to curves (budgets, sizes); made where its pivots lie, among the runs."""
    tokens = compute[:, None] / 6 / sizes
    middle_size, middle_tokens = np.exp(np.log(sizes).mean()), np.exp(np.log(tokens).mean())
    relative = (sizes * BREAK_SIZE / middle_size).ravel(), (tokens * PIVOT_TOKENS / middle_tokens).ravel()
    floor, by_size, alpha, by_tokens, beta = fit_surface(*relative, losses.ravel())
    at_size, at_tokens = (middle_size / BREAK_SIZE) ** alpha, (middle_tokens / PIVOT_TOKENS) ** beta
    return np.array([floor, by_size * at_size, alpha, by_tokens * at_tokens, beta])


def _curve(setting, seeds, number: int) -> tuple[np.ndarray, np.ndarray]:
    """Sizes (sizes,) of the budget with that number, and losses after training (trials, sizes)."""
    text, alphabet, _ = characters(setting["text"])
    compute, context = budgets(setting)[number], setting["context"]
    found, sizes = [], []
    for width in widths(setting, compute):
        sizes.append(size(setting, width))
        steps = max(1, round(compute / (6 * sizes[-1] * setting["batch"] * context)))
        multiple = width / setting["width"]
        layers = layers_of({**setting, "width": width}, alphabet)
        scale = parametrisations.attention_scale("mup", width // setting["heads"], multiple=multiple)
        factors = [parametrisations.rate_factor("mup", layer.kind, multiple=multiple) for layer in layers]
        networks, batches, seen = [], [], []
        for seed in seeds:
            rng = np.random.default_rng([int(seed), number])
            seen.append(np.random.default_rng(int(seed)).integers(len(text) - context, size=setting["seen"]))
            batches.append(rng.integers(len(text) - context, size=(steps, setting["batch"])))
            networks.append(initial_weights({"parametrisation": "mup"}, layers, rng, multiple=multiple))

        def losses(weights: list[torch.Tensor], beginnings: np.ndarray, scale=scale) -> torch.Tensor:
            pieces = torch.as_tensor(text[beginnings[..., None] + np.arange(context + 1)], dtype=torch.int64)
            pieces = pieces.to(weights[0].device)
            return character_transformer.losses(weights, pieces, heads=setting["heads"], scale=scale)

        rate = np.array([2.0 ** setting["octave"]])
        stacked = [np.stack(layer) for layer in zip(*networks)]
        trained = final_losses(stacked, factors, rate, losses, np.stack(batches, axis=1), np.stack(seen))
        found.append(trained[:, 0])
    return np.array(sizes, dtype=float), np.stack(found, axis=1).astype(float)
