"""Train two matrices that act as a product, in attention or in two linear layers, and follow their charge.

Model      attention: one head, y_i = sum_j softmax_j(q_i . k_j / sqrt(head)) v . x_j with q = x Q, k = x K, on
           sequences of `tokens` tokens of `features` entries; Q and K, (features, `head`), and v are trained.
           linear: f(x) = x Q K^T, two layers with `head` hidden units and as many outputs as inputs (`model`).
Data       `samples` sequences (linear: inputs) of standard Gaussian entries; targets of a teacher of that kind, whose
           logits (linear: outputs) have the variance 4 (1).
Loss       1/2 mean over sequences and tokens of the squared error (linear: mean over inputs, sum over outputs).
Training   `optimiser`, for a fixed `time` in `steps` effective steps h of `time` / `steps` each: descent with momentum
           `momentum`, whose rate is (1 - momentum) h, or adam, whose rate is h / 10; on batches of `batch` sequences
           drawn afresh (all: every one in each step). `weight_decay` / 2 times the squares of all weights may be added
           to the loss.
Observed   how far the charge Q^T Q - K^T K, (head, head), has drifted, in units of its size at the start; the norm of
           that; the loss that remains.
Trial      data, teacher, initial weights and batches; conditions of a trial share them.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.networks import parameter_counts
from predictions.instruments.optimisers import adam, heavy_ball
from predictions.instruments.trials import over_trials

LOGITS = 2.0
"""Standard deviation of the teacher's logits."""


def prepare(setting, seeds):
    """Given: inputs, targets, initial query, key and value of each trial. State: they, and a seed of batches."""
    features, head, attention = setting["features"], setting["head"], setting["model"] == "attention"
    shape = (setting["samples"], setting["tokens"], features) if attention else (setting["samples"], features)
    trials = []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs = rng.standard_normal(shape)
        # entries of variance c make x Q K^T x' vary by features^2 head c^2
        teacher, start = rng.standard_normal((2, 2, features, head)) / np.sqrt(features)
        value, first_value = rng.standard_normal((2, features)) / np.sqrt(features)
        product = teacher[0] @ teacher[1].T
        if attention:
            logits = inputs @ product @ np.swapaxes(inputs, -1, -2)
            weights = np.exp(LOGITS * logits / logits.std())
            weights /= weights.sum(axis=-1, keepdims=True)
            targets = np.einsum("stu,suf,f->st", weights, inputs, value)
        else:
            targets = inputs @ product / np.sqrt(head)
        trials.append((inputs, targets, *start, first_value, rng.integers(2**31)))
    inputs, targets, query, key, value, batch_seeds = (np.stack(arrays) for arrays in zip(*trials))
    given = {"inputs": inputs, "targets": targets, "query": query, "key": key, "value": value}
    return given | {"parameters": parameter_counts((query, key, value))}, (*given.values(), batch_seeds)


def measure(setting, state):
    """The charge's drift, (trials, head, head) and in the norm, (trials,), and the loss that remains."""
    fixed = ("model", "optimiser", "momentum", "batch", "weight_decay")
    run = partial(_train, *(setting[name] for name in fixed))
    train = jax.jit(lambda rate, steps, arrays: over_trials(partial(run, rate, steps), *arrays))
    observed = train(setting["time"] / setting["steps"], setting["steps"], [jnp.asarray(array) for array in state])
    return {name: np.asarray(values) for name, values in observed.items()}


def _train(
    model, optimiser, momentum, batch, weight_decay, rate, steps, inputs, targets, query, key, value, batch_seed
):
    outputs = {"attention": attention, "linear": linear}[model]
    if optimiser == "adam":
        rule = adam(learning_rate=rate / 10, momentum=momentum)
    else:
        rule = heavy_ball(learning_rate=rate * (1 - momentum), momentum=momentum)

    def loss(weights, inputs, targets):
        errors = outputs(weights, inputs) - targets
        over = errors.size if model == "attention" else len(errors)
        return jnp.sum(errors**2) / (2 * over)

    def penalised(weights, inputs, targets):
        return loss(weights, inputs, targets) + weight_decay / 2 * sum(jnp.sum(array**2) for array in weights)

    def step(number, carry):
        weights, memory = carry
        rows = inputs, targets
        if batch != "all":
            drawn = jax.random.randint(jax.random.fold_in(jax.random.key(batch_seed), number), (batch,), 0, len(inputs))
            rows = inputs[drawn], targets[drawn]
        return rule.move(weights, memory, jax.grad(penalised)(weights, *rows))[:2]

    start = query, key, value
    weights, _ = jax.lax.fori_loop(0, steps, step, (start, rule.start(start)))
    drift = (charge(weights) - charge(start)) / jnp.linalg.norm(charge(start))
    left = loss(weights, inputs, targets) / loss(start, inputs, targets)
    return {"drift": drift, "relative_drift": jnp.linalg.norm(drift), "remaining_loss": left}


def attention(weights, inputs):
    """Outputs (samples, tokens) of one head on (samples, tokens, features)."""
    query, key, value = weights
    logits = (inputs @ query) @ jnp.swapaxes(inputs @ key, -1, -2) / jnp.sqrt(query.shape[1])
    return (jax.nn.softmax(logits, axis=-1) @ (inputs @ value[:, None]))[..., 0]


def linear(weights, inputs):
    """Outputs (samples, features) of two linear layers on (samples, features)."""
    query, key, _ = weights
    return inputs @ query @ key.T


def charge(weights):
    """Q^T Q - K^T K: (head, head)."""
    query, key, _ = weights
    return query.T @ query - key.T @ key
