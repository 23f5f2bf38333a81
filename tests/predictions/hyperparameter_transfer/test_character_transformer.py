"""The transformer against one network written out position by position, and what its sweep trains."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.data.unavailable import Unavailable
from predictions.hyperparameter_transfer import character_transformer, transformer_rates
from runners.measuring.profiles import profile

CONDITION = {
    "text": "standard-library", "parametrisation": "mup", "width": 4, "doublings": 1, "blocks": 2, "heads": 2,
    "context": 6, "batch": 3, "steps": 5, "seen": 10, "lowest_octave": -9, "octaves": 6,
}  # fmt: skip
SEEDS = np.array([5, 55], dtype=np.uint64)


@pytest.fixture
def networks():
    """Weights of two networks with two blocks, and their pieces of text, (2, 3, 7)."""
    rng = np.random.default_rng(0)
    listed = character_transformer.layers(width=8, blocks=2, alphabet=5, context=6)
    weights = [torch.tensor(rng.standard_normal((2, layer.rows, layer.fan_out))) for layer in listed]
    return weights, torch.tensor(rng.integers(5, size=(2, 3, 7)))


def loss_by_hand(weights: list[np.ndarray], piece: np.ndarray, scale: float) -> float:
    """One network on one piece, in numpy, a position and a head at a time."""

    def normed(vectors):
        return vectors / np.sqrt(np.mean(vectors**2, axis=-1, keepdims=True) + 1e-6)

    tokens, positions, *inner, unembedding = weights
    stream = np.array([tokens[letter] + positions[place] for place, letter in enumerate(piece[:-1])])
    for start in (0, 6):
        query, key, value, joined, up, down = inner[start : start + 6]
        q, k, v = (normed(stream) @ matrix for matrix in (query, key, value))
        mixed = np.zeros_like(stream)
        for place in range(len(stream)):
            for head in (slice(0, 4), slice(4, 8)):
                weight = np.exp(scale * k[: place + 1, head] @ q[place, head])
                mixed[place, head] = weight @ v[: place + 1, head] / weight.sum()
        stream = stream + mixed @ joined
        stream = stream + np.maximum(normed(stream) @ up, 0) @ down
    logits = normed(stream) @ unembedding
    return np.mean([np.log(np.exp(row).sum()) - row[letter] for row, letter in zip(logits, piece[1:])])


def test_the_loss_is_that_of_one_network_written_out(networks):
    weights, text = networks
    found = character_transformer.losses(weights, text, heads=2, scale=0.3).numpy()
    for number in range(2):
        own = [weight[number].numpy() for weight in weights]
        expected = np.mean([loss_by_hand(own, piece, 0.3) for piece in text[number].numpy()])
        assert found[number] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("name", "slow"), [("mup", 0.5), ("standard", 1.0)])
def test_a_rate_of_the_sweep_is_a_run_of_torchs_adam(name, slow):
    condition = {**CONDITION, "parametrisation": name}
    with profile("float64", frameworks=["torch"]):
        _, (places, (narrow, weights)) = transformer_rates.prepare(condition, SEEDS)
        observed = transformer_rates.measure(condition, (places, (narrow, weights)))
        numbers = transformer_rates.characters("standard-library")[0]
        own = [torch.tensor(weight[1:].astype(float), requires_grad=True) for weight in weights]
        fast = {0, 1}  # the embeddings
        groups = [{"params": [w], "lr": 2.0**-6 * (1 if i in fast else slow)} for i, w in enumerate(own)]
        optimiser = torch.optim.Adam(groups, eps=1e-20)
        scale = 4**-0.5 * (0.5**0.5 if name == "mup" else 1)
        for step in range(5):
            for group in optimiser.param_groups:
                group["lr"] *= (1 - step / 5) / (1 - max(step - 1, 0) / 5)
            optimiser.zero_grad()
            pieces = piece_of(numbers, places[1, 3 * step : 3 * step + 3])
            character_transformer.losses(own, pieces, heads=2, scale=scale).backward()
            optimiser.step()
        final = character_transformer.losses(own, piece_of(numbers, places[1, 15:]), heads=2, scale=scale)
    assert observed["final_losses"][1, 1, 3] == pytest.approx(final.item(), rel=1e-6)


def piece_of(numbers, beginnings):
    return torch.tensor(np.stack([numbers[start : start + 7] for start in beginnings])[None].astype(np.int64))


def test_the_least_loss_is_told_in_units_of_a_table_of_pairs():
    numbers, alphabet, _ = transformer_rates.characters("standard-library")
    counts = np.zeros((alphabet, alphabet))
    np.add.at(counts, (numbers[:-1], numbers[1:]), 1)
    joint = counts / counts.sum()
    entropy = -sum(p * np.log(p) for p in joint[joint > 0]) + sum(p * np.log(p) for p in joint.sum(axis=1) if p > 0)
    with profile("float32", frameworks=["torch"]):
        observed = transformer_rates.measure(CONDITION, transformer_rates.prepare(CONDITION, SEEDS)[1])
    worst = observed["final_losses"].min(axis=2).max(axis=1)
    assert observed["loss_over_pairs"] == pytest.approx(worst / entropy, rel=1e-6)


def test_a_table_of_pairs_attains_on_shakespeare_what_is_known_of_it():
    """2.4526 nats: the loss of a table of counted pairs on this text (Karpathy's makemore: 2.45)."""
    try:
        assert transformer_rates.pair_entropy("tiny-shakespeare") == pytest.approx(2.45, abs=0.01)
    except Unavailable as absent:
        pytest.skip(str(absent))


def test_parametrisations_agree_at_the_least_width_and_not_beyond():
    with profile("float32", frameworks=["torch"]):
        standard, mup = (
            transformer_rates.measure(setting, transformer_rates.prepare(setting, SEEDS)[1])["final_losses"]
            for setting in ({**CONDITION, "parametrisation": name} for name in ("standard", "mup"))
        )
    assert np.array_equal(mup[:, 0], standard[:, 0])
    assert np.abs(mup[:, 1] - standard[:, 1]).min() > 1e-6
