"""What is measured on a user's JAX model, against dense Hessians and the same model in torch."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from jax.flatten_util import ravel_pytree

import tollens.torch as in_torch
from tollens.jax import Watch, noise_scale, ntk, sharpness, spectrum


def apply(parameters, inputs):
    return jnp.tanh(inputs @ parameters["in"]) @ parameters["out"]


def loss(parameters, batch):
    inputs, targets = batch
    return jnp.mean((apply(parameters, inputs) - targets) ** 2)


@pytest.fixture
def problem():
    generator = np.random.default_rng(5)
    parameters = {"in": generator.standard_normal((4, 7)) / 2, "out": generator.standard_normal((7, 2)) / 7**0.5}
    batch = generator.standard_normal((30, 4)), generator.standard_normal((30, 2))
    as_single = lambda tree: jax.tree.map(lambda it: jnp.asarray(it, jnp.float32), tree)  # noqa: E731
    return as_single(parameters), as_single(batch)


class Twin(torch.nn.Module):
    """The same network in torch."""

    def __init__(self, parameters):
        super().__init__()
        self.hidden, self.out = (torch.nn.Parameter(torch.tensor(np.asarray(parameters[it]))) for it in ("in", "out"))

    def forward(self, inputs):
        return torch.tanh(inputs @ self.hidden) @ self.out


def test_curvature_is_the_dense_hessians(problem):
    parameters, batch = problem
    flat, restore = ravel_pytree(parameters)
    hessian = np.asarray(jax.jit(jax.hessian(lambda it: loss(restore(it), batch)))(flat), np.float64)
    exact = np.linalg.eigvalsh(hessian)[::-1]
    assert sharpness(loss, parameters, batch) == pytest.approx(exact[0], rel=3e-3)
    assert spectrum(loss, parameters, batch, largest=4) == pytest.approx(exact[:4], rel=2e-3)
    scale = np.random.default_rng(0).uniform(0.5, 2, flat.size).astype(np.float32)
    scaled = np.linalg.eigvalsh(scale[:, None] * hessian * scale)[-1]
    assert sharpness(loss, parameters, batch, scale=restore(jnp.asarray(scale))) == pytest.approx(scaled, rel=3e-3)


def test_both_frameworks_see_the_same(problem):
    parameters, (inputs, targets) = problem
    twin = Twin(parameters)
    pair = torch.tensor(np.asarray(inputs)), torch.tensor(np.asarray(targets))

    def squares(outputs, targets):
        return ((outputs - targets) ** 2).mean()

    assert sharpness(loss, parameters, (inputs, targets)) == pytest.approx(
        in_torch.sharpness(twin, squares, pair), rel=5e-3
    )
    assert np.asarray(ntk(apply, parameters, inputs[:5])) == pytest.approx(
        in_torch.ntk(twin, pair[0][:5]).detach().numpy(), rel=1e-4
    )
    batches = [(inputs[i : i + 10], targets[i : i + 10]) for i in (0, 10, 20)]
    torch_batches = [(pair[0][i : i + 10], pair[1][i : i + 10]) for i in (0, 10, 20)]
    ours, theirs = (
        noise_scale(loss, parameters, batches, examples=10),
        in_torch.noise_scale(twin, squares, torch_batches),
    )
    assert ours == pytest.approx(theirs, rel=1e-3)


def test_a_watch_follows_the_sharpness_through_a_training(problem):
    parameters, batch = problem
    rate = 1 / sharpness(loss, parameters, batch)  # starts half-way to the edge
    step = jax.jit(lambda it: jax.tree.map(lambda w, g: w - rate * g, it, jax.grad(loss)(it, batch)))
    watch = Watch(loss, batch, parameters, threshold=2 / rate, apply=apply, inputs=batch[0][:4], every=50)
    for _ in range(400):
        parameters = step(parameters)
        watch.step(parameters)
    frame = watch.frame()
    assert list(frame["step"]) == list(range(0, 401, 50))
    assert frame["ratio"].iloc[0] == pytest.approx(0.5, rel=0.01)
    assert frame["sharpness"].iloc[-1] == pytest.approx(sharpness(loss, parameters, batch), rel=0.01)
    assert frame["loss"].iloc[-1] < frame["loss"].iloc[0]
    assert frame["kernel_change"].iloc[0] == 0
    assert frame["kernel_change"].iloc[-1] > 0.05


def test_alignment_and_charges_are_those_of_the_same_network_in_torch(problem):
    """A network of ReLU with a bias, moved by hand, watched by both."""
    _, (inputs, targets) = problem
    generator = np.random.default_rng(7)
    sizes = {"in": (4, 7), "bias": (1, 7), "hidden": (7, 6), "out": (6, 2)}
    parameters = {name: jnp.asarray(generator.standard_normal(size), jnp.float32) for name, size in sizes.items()}

    def network(parameters, inputs):
        first = jax.nn.relu(inputs @ parameters["in"] + parameters["bias"])
        return jax.nn.relu(first @ parameters["hidden"]) @ parameters["out"]

    def layers(parameters):
        return [jnp.vstack([parameters["in"], parameters["bias"]]), parameters["hidden"], parameters["out"]]

    watched = {"apply": network, "inputs": inputs[:5], "targets": targets[:5], "layers": layers, "every": 1}
    ours = Watch(
        lambda it, batch: jnp.mean((network(it, batch[0]) - batch[1]) ** 2), (inputs, targets), parameters, **watched
    )
    linear = torch.nn.Linear
    twin = torch.nn.Sequential(
        linear(4, 7), torch.nn.ReLU(), linear(7, 6, bias=False), torch.nn.ReLU(), linear(6, 2, bias=False)
    )

    def load(parameters):
        with torch.no_grad():
            for part, name in ((twin[0], "in"), (twin[2], "hidden"), (twin[4], "out")):
                part.weight.copy_(torch.tensor(np.asarray(parameters[name]).T))
            twin[0].bias.copy_(torch.tensor(np.asarray(parameters["bias"])[0]))

    load(parameters)
    data = torch.tensor(np.asarray(inputs)), torch.tensor(np.asarray(targets))
    observe = ["kernel_alignment", "charge_drift"]
    theirs = in_torch.Watch(twin, torch.nn.functional.mse_loss, data, probe=5, every=1, observe=observe)
    moved = {name: it + 0.1 * generator.standard_normal(it.shape).astype(np.float32) for name, it in parameters.items()}
    load(moved)
    one, other = ours.step(moved), theirs.step()
    assert other["charge_drift"] > 0.01
    for name in observe:
        assert one[name] == pytest.approx(other[name], rel=1e-4), name
    with pytest.raises(ValueError, match=r"shape \(5, 7\) does not lead into one of \(6, 2\)"):
        Watch(loss, problem[1], parameters, layers=lambda it: [layers(it)[0], it["out"]])


def test_what_is_missing_is_said(problem):
    parameters, batch = problem
    with pytest.raises(ValueError, match="give apply and inputs with them"):
        Watch(loss, batch, parameters, targets=batch[1])
    with pytest.raises(ValueError, match="takes both"):
        Watch(loss, batch, parameters, apply=apply)
    with pytest.raises(ValueError, match="two batches"):
        noise_scale(loss, parameters, [batch], examples=30)
