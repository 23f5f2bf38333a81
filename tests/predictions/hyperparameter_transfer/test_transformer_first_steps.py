"""First moves of a transformer against differences by hand, and their exponents against wide sums of aligned signs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from predictions.hyperparameter_transfer import coordinate_exponents, transformer_first_steps
from predictions.hyperparameter_transfer.parametrisations import EXPONENTS
from runners.measuring.profiles import profile

CONDITION = {
    "text": "standard-library", "parametrisation": "mup", "width": 8, "base_width": 4, "blocks": 1, "heads": 2,
    "context": 5, "batch": 2, "steps": 1, "learning_rate": 0.01,
}  # fmt: skip
SEEDS = np.array([3, 33], dtype=np.uint64)


def normed(vectors):
    return vectors / torch.sqrt((vectors**2).mean(dim=-1, keepdim=True) + 1e-6)


def by_hand(weights, text, scale):
    """Embedded characters, attention logits, inner pre-activations, next logits and loss of one network, one block."""
    tokens, places, query, key, value, joined, up, down, unembedding = weights
    letters, following = text[:, :-1], text[:, 1:]
    stream = embedding = tokens[letters] + places
    parts = [[normed(stream) @ m for m in (query, key, value)]]
    ((q, k, v),) = parts
    heads, mixed = [], []
    allowed = torch.tril(torch.ones(5, 5, dtype=torch.bool))
    for head in (slice(0, 4), slice(4, 8)):
        logits = scale * torch.einsum("pid,pjd->pij", q[..., head], k[..., head])
        heads.append(torch.where(allowed, logits, 0.0))
        mixed.append(torch.softmax(torch.where(allowed, logits, -torch.inf), dim=2) @ v[..., head])
    stream = stream + torch.cat(mixed, dim=2) @ joined
    inner = normed(stream) @ up
    output = normed(stream + torch.relu(inner) @ down) @ unembedding
    loss = torch.nn.functional.cross_entropy(output.flatten(0, 1), following.flatten())
    return (embedding, torch.stack(heads), inner, output.gather(2, following[..., None])), loss


@pytest.mark.parametrize(
    ("name", "rates", "scale"),
    [
        ("mup", (1, 1 / 2, 1 / 2), 4**-0.5 / 2**0.5),
        ("root-attention", (1, 1 / 2, 1 / 2), 4**-0.5),
        ("slow-embeddings", (1 / 2, 1 / 2, 1 / 2), 4**-0.5 / 2**0.5),
        ("fast-matrices", (1, 1, 1 / 2), 4**-0.5 / 2**0.5),
    ],
)
def test_the_moves_are_those_of_steps_by_the_sign_of_the_gradient(name, rates, scale):
    condition = {**CONDITION, "parametrisation": name}
    with profile("float64", frameworks=["torch"]):
        _, state = transformer_first_steps.prepare(condition, SEEDS)
        observed = transformer_first_steps.measure(condition, state)
    pieces, weights = state
    for trial in range(2):
        own = [torch.tensor(weight[trial].astype(float), requires_grad=True) for weight in weights]
        text = torch.tensor(pieces[trial].astype(np.int64))
        before, loss = by_hand(own, text, scale)
        signs = [gradient.sign() for gradient in torch.autograd.grad(loss, own)]
        factors = [rates[0]] * 2 + [rates[1]] * 6 + [rates[2]]
        after, _ = by_hand([w - 0.01 * f * s for w, f, s in zip(own, factors, signs)], text, scale)
        for coordinate, old, new in zip(("embedding", "attention", "hidden", "output"), before, after):
            expected = ((new - old) ** 2).mean().sqrt().item()
            assert observed[f"{coordinate}_move"][trial] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("name", "deviation"), [("mup", 1 / 40), ("large-readout", 1 / 20), ("fast-matrices", 1 / 40)])
def test_readouts_of_400_channels_over_100(name, deviation):
    condition = {**CONDITION, "width": 400, "base_width": 100, "parametrisation": name}
    _, (_, weights) = transformer_first_steps.prepare(condition, SEEDS)
    assert weights[-1].std() == pytest.approx(deviation, rel=0.02)


def aligned_moves(powers, width: int) -> dict[str, float]:
    """One position, one head: signs of a gradient met by what made it, in sums over the width; base 1, rate small."""
    rng, rate = np.random.default_rng(width), 1e-9
    x, key, pull, readout, unit = rng.standard_normal((5, width))
    slow, fast = rate * width**powers.hidden_rate, rate * width**powers.input_rate
    inner, readout = unit / width**0.5, readout * width**-0.5 * width**powers.readout
    query_move = slow * np.outer(np.sign(x), np.sign(key)).T @ x
    stream_move = slow * np.outer(np.sign(x), np.sign(readout)).T @ x + fast * np.sign(readout)
    return {
        "embedding": fast,
        "hidden": slow * np.abs(x).sum() + abs(inner @ (fast * np.sign(pull))),
        "attention": abs(width**-0.5 * width**powers.attention * query_move @ key),
        "output": rate * width**powers.output_rate * np.abs(x).sum() + abs(readout @ stream_move),
    }


@pytest.mark.parametrize("name", EXPONENTS)
def test_exponents_are_those_of_wide_sums_of_aligned_signs(name):
    narrow, wide = (aligned_moves(EXPONENTS[name], width) for width in (500, 8000))
    for coordinate in narrow:
        exponent = getattr(coordinate_exponents, f"{coordinate}_exponent")({"parametrisation": name}, {})
        assert exponent == pytest.approx(np.log(wide[coordinate] / narrow[coordinate]) / np.log(16), abs=0.1)


def test_maximal_update_moves_no_coordinate_by_the_width_and_the_root_of_the_heads_width_attention():
    mup, root = ({"parametrisation": name} for name in ("mup", "root-attention"))
    names = [f"{coordinate}_exponent" for coordinate in ("embedding", "hidden", "attention", "output")]
    assert [getattr(coordinate_exponents, name)(mup, {}) for name in names] == [0, 0, 0, 0]
    assert coordinate_exponents.width_free(mup, {}) == 0
    assert coordinate_exponents.root_attention(root, {}) == 0.5
