"""A small network trained by either framework: its last bits depend on precision and on the number of threads."""

from __future__ import annotations

import numpy as np

STEPS = 60


def prepare(setting, seeds):
    generators = [np.random.default_rng(int(seed)) for seed in seeds]
    inputs = np.stack([generator.standard_normal((512, 64)) for generator in generators])
    weights = np.stack([generator.standard_normal((64, 64)) / 8 for generator in generators])
    return {"scale": np.ones(len(seeds))}, (inputs, weights)


def measure(setting, state):
    train = {"jax": _in_jax, "torch": _in_torch}[setting["backend"]]
    losses = np.stack([train(inputs, weights) for inputs, weights in zip(*state, strict=True)])
    return {"loss": losses[:, -1], "losses": losses}


def _in_jax(inputs, weights):
    import jax
    import jax.numpy as jnp

    inputs, weights = jnp.asarray(inputs), jnp.asarray(weights)

    def loss(weights):
        return jnp.mean((jnp.tanh(inputs @ weights) - jnp.roll(inputs, 1, axis=1)) ** 2)

    def step(weights, _):
        value, gradient = jax.value_and_grad(loss)(weights)
        return weights - 0.5 * gradient, value

    return np.asarray(jax.lax.scan(step, weights, length=STEPS)[1])


def _in_torch(inputs, weights):
    import torch

    inputs = torch.as_tensor(inputs, dtype=torch.get_default_dtype())
    weights = torch.as_tensor(weights, dtype=torch.get_default_dtype()).requires_grad_()
    losses = []
    for _ in range(STEPS):
        loss = torch.mean((torch.tanh(inputs @ weights) - torch.roll(inputs, 1, dims=1)) ** 2)
        (gradient,) = torch.autograd.grad(loss, weights)
        with torch.no_grad():
            weights -= 0.5 * gradient
        losses.append(loss.item())
    return np.array(losses)
