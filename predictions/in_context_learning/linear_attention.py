"""A layer of linear attention that is trained to continue examples of random lines.

Model      output for a query x: u . G V x, G = (1/N) sum_i e_i e_i^T over the N examples e_i = (x_i, y_i) of the
           prompt; u, (d + 1), is the value's last row, V, (d + 1, d), the product of keys and queries. All entries
           N(0, 0.01) at the start.
Data       x ~ N(0, L) in d = `dimension`, L diagonal, proportional to i^-a, a = `spectrum_exponent`, of trace 1;
           y = w . x, w ~ N(0, 1) anew in each prompt; N = `context`.
Loss       mean squared error of the query's y, over the variance of y, 1.
Training   Adam, `steps` steps of `batch_size` fresh prompts, `learning_rate` falling to 0 as a cosine.
Observed   mean squared error on `test_prompts` fresh prompts, in units of the variance of y, for prompts as long as
           those in training and for prompts with four times as many examples.
Trial      weights and prompts.
"""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.in_context_learning.setting import LONGER, variances
from predictions.instruments.optimisers import adam
from predictions.instruments.trials import over_trials

START = 0.1


def prepare(setting, seeds):
    """Given: `parameters`, how many there are. State: a key of random numbers and weights of each trial."""
    d = setting["dimension"]
    generators = [np.random.default_rng(int(seed)) for seed in seeds]
    keys = np.stack([rng.integers(2**32, size=2, dtype=np.uint32) for rng in generators])
    values = START * np.stack([rng.standard_normal(d + 1) for rng in generators])
    products = START * np.stack([rng.standard_normal((d + 1, d)) for rng in generators])
    return {"parameters": np.full(len(seeds), (d + 1) ** 2)}, tuple(map(jnp.asarray, (keys, values, products)))


def measure(setting, state):
    """Mean squared error on fresh prompts and on longer ones, each (trials,), in units of the variance of y."""
    usual, longer = _train(
        *state,
        jnp.sqrt(jnp.asarray(variances(setting))),
        setting["learning_rate"],
        setting["steps"],
        batch_size=setting["batch_size"],
        context=setting["context"],
        test_prompts=setting["test_prompts"],
    )
    return {"risk": np.asarray(usual, dtype=np.float64), "longer_risk": np.asarray(longer, dtype=np.float64)}


@partial(jax.jit, static_argnames=("batch_size", "context", "test_prompts"))
def _train(keys, values, products, scale, learning_rate, steps, *, batch_size, context, test_prompts):
    def error(weights, key, prompts, examples):
        """Mean squared error on that many fresh prompts of so many examples."""
        of_inputs, of_lines, of_queries = jax.random.split(key, 3)
        inputs = scale * jax.random.normal(of_inputs, (prompts, examples, len(scale)))
        lines = jax.random.normal(of_lines, (prompts, len(scale)))
        queries = scale * jax.random.normal(of_queries, (prompts, len(scale)))
        rows = jnp.concatenate([inputs, jnp.einsum("pnd,pd->pn", inputs, lines)[..., None]], axis=2)
        value, product = weights
        read = jnp.einsum("pne,pn->pe", rows, rows @ value) / examples  # G u
        answers = jnp.einsum("pe,ed,pd->p", read, product, queries)
        return jnp.mean((answers - jnp.sum(lines * queries, axis=1)) ** 2)

    def one_trial(key, value, product):
        key = jax.random.wrap_key_data(key)

        def step(number, carry):
            weights, memory = carry
            rate = learning_rate * (1 + jnp.cos(jnp.pi * number / steps)) / 2
            rule = adam(learning_rate=rate)
            gradient = jax.grad(error)(weights, jax.random.fold_in(key, number), batch_size, context)
            return rule.move(weights, memory, gradient)

        start = value, product
        weights, _ = jax.lax.fori_loop(0, steps, step, (start, adam(learning_rate=learning_rate).start(start)))
        test = jax.random.fold_in(key, steps)
        return error(weights, test, test_prompts, context), error(weights, test, test_prompts, LONGER * context)

    return over_trials(one_trial, keys, values, products)
