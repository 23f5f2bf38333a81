"""Spread of independently initialised and trained networks on inputs that they have not seen.

Model      fully connected networks of `depth` weight layers of `width` units in NTK parametrisation (`activation`,
           `weight_std`, `bias_std`), every parameter N(0, 1).
Data       `training_rows` and `test_rows` inputs uniform on the sphere |x|^2 = d = `dimension`, targets N(0, 1).
Loss       (1/2) sum_i (f(x_i) - y_i)^2.
Training   full batch, `steps` steps of `relative_learning_rate` / lambda_max(K). `trained`: all layers, K being the
           tangent kernel of a network beside the ensemble; the readout alone, K being its share of that kernel; or
           none, no steps being taken.
Observed   variance over the ensemble, mean of the test inputs; training loss that is left.
Trial      an ensemble of `networks` networks on one draw of inputs and targets.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from predictions.instruments.empirical_ntk import Network, empirical_ntk_by_layer
from predictions.instruments.trials import over_trials
from predictions.neural_tangent_kernel.ensembles import draw_group, network_of


def prepare(setting: Mapping, seeds: np.ndarray):
    """Given: `gram`, x.x'/d of training rows, then test rows (trials, rows, rows); `learning_rate` (trials,).

    That step is the one for all layers, whatever is trained. State: for each trial its inputs, targets, own step, and
    the generator from which its networks are drawn.
    """
    rows, dimension = setting["training_rows"] + setting["test_rows"], setting["dimension"]
    grams, rates, tasks = [], [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        inputs = rng.standard_normal((rows, dimension))
        inputs *= np.sqrt(dimension) / np.linalg.norm(inputs, axis=1, keepdims=True)
        targets = rng.standard_normal(setting["training_rows"])
        single = jax.tree.map(lambda leaf: leaf[0], draw_group(_layers(setting), 1, rng))
        shares = empirical_ntk_by_layer(network_of(setting), single, jnp.asarray(inputs[: len(targets)]))
        whole, readout = (_step(setting, kernel) for kernel in (shares.sum(axis=0), shares[-1]))
        grams.append(inputs @ inputs.T / dimension)
        rates.append(whole)
        rate = readout if setting["trained"] == "readout" else whole
        tasks.append((inputs, targets, rate, rng.bit_generator.state))
    parameters = np.full(len(tasks), sum(leaf.size for leaf in jax.tree.leaves(single)))
    return {"gram": np.stack(grams), "learning_rate": np.array(rates), "parameters": parameters}, tasks


def measure(setting: Mapping, state) -> dict[str, np.ndarray]:
    """Variance over the ensemble, mean of the test inputs, and training loss left, mean of the ensemble: (trials,)."""
    variances, remaining = [], []
    for inputs, targets, rate, generator in state:  # an ensemble at a time: a block's weights may not fit in memory
        outputs, before, after = _train(
            network_of(setting),
            _ensemble(setting, generator),
            (jnp.asarray(inputs), jnp.asarray(targets)),
            rate,
            steps=0 if setting["trained"] == "none" else setting["steps"],
            readout_only=setting["trained"] == "readout",
        )
        with np.errstate(all="ignore"):  # a diverged run yields nan or inf
            variances.append(np.mean(np.var(np.asarray(outputs, dtype=np.float64), axis=0, ddof=1)))
            remaining.append(np.mean(np.asarray(after, dtype=np.float64) / np.asarray(before, dtype=np.float64)))
    return {"ensemble_variance": np.array(variances), "remaining_loss": np.array(remaining)}


def _step(setting: Mapping, kernel) -> float:
    return setting["relative_learning_rate"] / np.linalg.eigvalsh(np.asarray(kernel, dtype=np.float64))[-1]


def _ensemble(setting: Mapping, generator: dict):
    rng = np.random.default_rng()
    rng.bit_generator.state = generator
    return draw_group(_layers(setting), setting["networks"], rng)


def _layers(setting: Mapping) -> list[int]:
    return [setting["dimension"], *[setting["width"]] * (setting["depth"] - 1), 1]


@partial(jax.jit, static_argnames="network")
def _train(network: Network, group, data, learning_rate, *, steps: int, readout_only: bool):
    """Outputs on the test rows (networks, test rows), training loss before and after (networks,)."""
    inputs, targets = data
    training, test = inputs[: len(targets)], inputs[len(targets) :]

    def loss(parameters):
        return 0.5 * jnp.sum((network.outputs(parameters, training) - targets) ** 2)

    def single(initial):
        def step(_, parameters):
            *hidden, readout = jax.tree.map(lambda p, g: p - learning_rate * g, parameters, jax.grad(loss)(parameters))
            kept = jax.tree.map(partial(jnp.where, readout_only), initial[:-1], tuple(hidden))
            return *kept, readout

        final = jax.lax.fori_loop(0, steps, step, initial)
        return network.outputs(final, test), loss(initial), loss(final)

    return over_trials(single, group, small=len(group) == 2)
