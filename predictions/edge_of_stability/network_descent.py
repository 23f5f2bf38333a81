"""Train a fully connected network and follow the sharpness of its loss: at which curvature does sharpening stop?

Model      `hidden_layers` layers (0: linear regression) of `width` units, `activation` tanh (if none is named), relu,
           gelu, elu, softplus or erf; initial weights (`initialisation`) uniform in +-1/sqrt(inputs), as by default in
           PyTorch (and here); gaussian: N(0, 1/inputs), biases zero; or ntk: N(0, 1), divided by sqrt(inputs) in the
           network and not at the start. All are multiplied by `initial_scale` (default 1).
Data       `rows` random rows of `data` (digits, mnist1d, cifar10), one-hot targets; each label is redrawn with
           probability `label_noise`, so that the network has something left to fit, and goes on sharpening, once the
           classes are learnt.
Loss       `loss`: mse, 1/2 mean over rows of |f(x) - y|^2 (default), or cross-entropy, nats a row.
Training   `steps` steps of `optimiser` heavy-ball (default), gd, nesterov or adam (conventions:
           `instruments.optimisers`) with `learning_rate`, `momentum` (default 0; Adam's beta1), and for Adam
           `second_momentum` and `epsilon`; on `batch_size` rows, epochs being reshuffled, or all (default). `backend`:
           jax (default), or torch, which has the heavy ball on all rows, for tanh. With `jitter` s the rate of each
           step is `learning_rate` times 1 + s or 1 - s at random, the same in all trials.
Observed   every `every` steps, the largest eigenvalue of P^-1 H: H is the Hessian of the loss on all rows, or on the
           first `curvature_share` of them, P Adam's preconditioner (1 for others); see `descent.observables`. Where the
           setting names a batch size, also the curvature along batches' own gradients (NaN for `all`). Where `twin` is
           true, the same network is trained from the same start on all rows with steps an eighth as long for the same
           training time; `held_down` is its highest sharpness over that of its run (`descent`).
Trial      rows, labels, weights and batches; learning rates, momenta and optimisers share them.

Cohen et al. 2021, sections 2 and 3; Cohen et al. 2022 (Adam); Andreyev and Beneventano 2024 (mini-batches).
"""

from __future__ import annotations

from functools import partial, reduce

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from predictions.data.datasets import classification, draw_rows
from predictions.edge_of_stability.descent import (
    HELD,
    SLOWER,
    batch_observables,
    descend,
    highest_sharpness,
    observables,
)
from predictions.instruments.curvature import sharpness
from predictions.instruments.losses import cross_entropy, half_squared_error
from predictions.instruments.networks import ACTIVATIONS, INITIALISATIONS, fully_connected
from predictions.instruments.optimisers import adam, gradient_descent, heavy_ball, jittered_descent, nesterov
from predictions.instruments.trials import over_trials

DEFAULTS = {
    **{"activation": "tanh", "initialisation": "uniform", "loss": "mse", "backend": "jax"},
    **{"optimiser": "heavy-ball", "momentum": 0, "batch_size": "all", "initial_scale": 1, "curvature_share": 1},
    "twin": False,
}

LOSSES = {"mse": half_squared_error, "cross-entropy": cross_entropy}


def ntk_network(layers, inputs, *, activation):
    """Outputs (rows, outputs) of a network whose weights are divided by sqrt(inputs) here. Jacot et al. 2018."""
    return fully_connected(
        [(matrix / np.sqrt(len(matrix)), bias) for matrix, bias in layers], inputs, activation=activation
    )


def ntk_weights(generator, widths):
    """Matrices N(0, 1) and biases zero, for `ntk_network`."""
    return [(np.sqrt(len(matrix)) * matrix, bias) for matrix, bias in INITIALISATIONS["gaussian"](generator, widths)]


WEIGHTS = INITIALISATIONS | {"ntk": ntk_weights}
MODELS = {
    (start, name): partial(ntk_network if start == "ntk" else fully_connected, activation=phi)
    for start in WEIGHTS
    for name, phi in ACTIVATIONS.items()
}
OPTIMISERS = {
    "gd": (gradient_descent, ["learning_rate"]),
    "jittered": (jittered_descent, ["learning_rate", "jitter"]),
    "heavy-ball": (heavy_ball, ["learning_rate", "momentum"]),
    "nesterov": (nesterov, ["learning_rate", "momentum"]),
    "adam": (adam, ["learning_rate", "momentum", "second_momentum", "epsilon"]),
}


def prepare(setting, seeds):
    """Rows, labels, weights and batches of each trial; given: the top eigenvalue of H at initialisation, (trials,)."""
    setting = DEFAULTS | setting
    data = classification(setting["data"])
    trials = []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        inputs, targets = draw_rows(data, setting["rows"], generator, label_noise=setting["label_noise"])
        widths = [inputs.shape[1], *[setting["width"]] * setting["hidden_layers"], targets.shape[1]]
        weights = WEIGHTS[setting["initialisation"]](generator, widths)
        weights = jax.tree.map(lambda layer: setting["initial_scale"] * layer, weights)
        probe = generator.standard_normal(sum(layer.size for layer in jax.tree.leaves(weights)))
        trials.append((weights, inputs, targets, probe, draw_batches(setting, np.random.default_rng([int(seed), 1]))))
    state = jax.tree.map(lambda *arrays: np.stack(arrays), *trials)
    model, loss = MODELS[setting["initialisation"], setting["activation"]], LOSSES[setting["loss"]]
    initial = _initial_sharpness(*jax.tree.map(jnp.asarray, state[:-1]), model=model, loss=loss)
    return {"initial_sharpness": np.asarray(initial)}, state


def measure(setting, state, reduce=reduce):
    """`descent.observables` of each trial's training; `batch_observables` where there may be batches; `held_down`."""
    names_batches = "batch_size" in setting
    setting = DEFAULTS | setting
    optimiser, names = OPTIMISERS[setting["optimiser"]]
    rates = {name: float(setting[name]) for name in names}
    run = {"steps": setting["steps"], "every": setting["every"], "reduce": reduce}
    if setting["backend"] == "jax":
        arrays = jax.tree.map(jnp.asarray, state)
        how = {"model": MODELS[setting["initialisation"], setting["activation"]], "loss": LOSSES[setting["loss"]]}
        share = setting["curvature_share"]
        rows = None if share == 1 else round(share * setting["rows"])
        curves = descend(*arrays, rates, optimiser=optimiser, curvature_rows=rows, **how, **run)
    elif setting["backend"] == "torch":
        if (setting["optimiser"], setting["batch_size"], setting["activation"]) != ("heavy-ball", "all", "tanh"):
            raise ValueError("backend torch trains by heavy-ball, on all rows and with tanh only; set backend: jax")
        from predictions.edge_of_stability import torch_descent  # torch is imported only for its own backend

        curves = torch_descent.descend(*torch_descent.tanh_network(*state[:-1], setting["loss"]), **rates, **run)
    else:
        raise ValueError(f"backend is {setting['backend']!r}, but must be jax or torch")
    found = observables(curves) | (batch_observables(curves) if names_batches else {})
    if setting["twin"]:
        crest = found["crest_sharpness"]
        highest = highest_sharpness(*arrays[:-1], enough=HELD * crest, **how, **run | twin(setting))
        found["held_down"] = highest / crest
    return found


def twin(setting):
    """Optimiser, rates and steps that train for the same time by steps an eighth as long.

    Where momentum adds gradients up, a step takes a time eta/(1 - beta): with 1 - beta an eighth as large, too, as many
    steps do, and the twin's own edge, (2 + 2 beta)/eta, is eight to fifteen times as far. Where it averages them, as in
    Adam, the time is eta.
    """
    rate, momentum = setting["learning_rate"] / SLOWER, setting["momentum"]
    if setting["optimiser"] == "adam":
        rates = {name: float(setting[name]) for name in OPTIMISERS["adam"][1]} | {"learning_rate": rate}
        return {"optimiser": adam, "rates": rates, "steps": SLOWER * setting["steps"]}
    rates = {"learning_rate": rate, "momentum": 1 - (1 - momentum) / SLOWER}
    return {"optimiser": heavy_ball, "rates": rates, "steps": setting["steps"]}


def draw_batches(setting, generator: np.random.Generator) -> np.ndarray:
    """Which rows each step takes, (steps, batch size), epoch after epoch; (steps, 0) where it takes all of them."""
    rows, size, steps = setting["rows"], setting["batch_size"], setting["steps"]
    if size == "all":
        return np.empty((steps, 0), np.int32)
    if rows % size:
        raise ValueError(f"rows is {rows}, which is not a multiple of batch_size, {size}")
    epochs = -(-steps * size // rows)
    shuffled = generator.permuted(np.tile(np.arange(rows, dtype=np.int32), (epochs, 1)), axis=1)
    return shuffled.reshape(-1, size)[:steps]


@partial(jax.jit, static_argnames=("model", "loss"))
def _initial_sharpness(weights, inputs, targets, probe, *, model, loss):
    def one_trial(weights, inputs, targets, probe):
        flat, layers = ravel_pytree(weights)
        return sharpness(lambda flat: loss(model(layers(flat), inputs), targets), flat, probe).value

    return over_trials(one_trial, weights, inputs, targets, probe)
