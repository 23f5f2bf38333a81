"""Train a deep linear network on a target of known singular vectors and watch its modes.

Model      x -> W_L ... W_1 x, L = `depth` layers of weights, no biases, `hidden` units in each hidden layer; `init`:
           aligned, unbalanced, frozen, random or large, see `initial_weights`.
Data       whitened, `inputs` of them, for a target T of rank `modes` with `outputs` rows.
Loss       1/2 ||W_L ... W_1 - T||_F^2.
Training   full-batch gradient descent with step `learning_rate` in every layer (init frozen: not in the first), for a
           time (step times number of steps) of `time_per_layer` times `depth`; `backend` jax or torch.
Observed   strengths of the modes over time, when the weakest is half learnt, the order of learning, the loss that
           remains.
Trial      singular values, singular vectors and initial weights.
"""

from __future__ import annotations

import numpy as np

from predictions.deep_linear_networks.initial_weights import (
    draw_layers,
    draw_target,
    hidden_gram,
    layer_gains,
    mode_strengths,
)
from predictions.deep_linear_networks.mode_curves import half_times, kendall_tau, share_of_way

RECORDS = 400  # looks at the modes; between them, interpolation misplaces the half-time of two trained layers by < 1e-4
CURVE_EVERY = 4  # of which every fourth is kept as the observed curve


def prepare(setting, seeds):
    """Given: the target's spectrum, what the initial weights do to its modes, and the times of the observed curves."""
    targets, networks = [], []
    for seed in seeds:
        rng = np.random.default_rng(int(seed))
        sizes = {size: setting[size] for size in ("inputs", "outputs", "modes")}
        target = draw_target(rng, **sizes)
        shape = {key: setting[key] for key in ("init", "depth", "hidden")}
        targets.append(target)
        networks.append(draw_layers(rng, target, **shape))
    times = setting["learning_rate"] * steps_between_records(setting) * np.arange(RECORDS + 1)
    given = {
        "singular_values": np.stack([target.singular_values for target in targets]),
        "initial_strengths": np.stack([mode_strengths(*pair) for pair in zip(networks, targets)]),
        "layer_gains": np.stack([layer_gains(*pair) for pair in zip(networks, targets)]),
        "hidden_gram": np.stack([hidden_gram(*pair) for pair in zip(networks, targets)]),
        "times": np.tile(times[::CURVE_EVERY], (len(targets), 1)),
    }
    state = {
        "layers": [np.stack(trials) for trials in zip(*networks)],
        "target": np.stack([target.matrix for target in targets]),
        "left": np.stack([target.left for target in targets]),
        "right": np.stack([target.right for target in targets]),
        "singular_values": given["singular_values"],
        "initial_strengths": given["initial_strengths"],
        "times": times,
    }
    return given, state


def measure(setting, state):
    """Mode strengths over time, the weakest mode's half-time, the order of learning, and the loss that remains."""
    step_sizes = np.full(setting["depth"], setting["learning_rate"])
    if setting["init"] == "frozen":
        step_sizes[0] = 0.0
    trained, loss = training_loop(setting["backend"])(
        state["layers"],
        state["target"],
        state["left"],
        state["right"],
        step_sizes=step_sizes,
        stride=steps_between_records(setting),
        records=RECORDS,
    )
    trained, loss = np.asarray(trained), np.asarray(loss)
    strengths = np.concatenate([state["initial_strengths"][:, :, None], trained], axis=-1)  # (trials, modes, time)
    singular_values, times = state["singular_values"], state["times"]
    learning_times = half_times(share_of_way(strengths), times)  # (trials, modes)
    return {
        "mode_strengths": strengths[:, :, ::CURVE_EVERY],
        "half_time": half_times(strengths[:, -1] / singular_values[:, -1:], times),
        "mode_order_tau": kendall_tau(singular_values, -learning_times),
        "remaining_loss": loss / (0.5 * np.sum(singular_values**2, axis=-1)),
    }


def steps_between_records(setting) -> int:
    """Steps of gradient descent from one record to the next."""
    horizon = setting["time_per_layer"] * setting["depth"]
    stride = round(horizon / (setting["learning_rate"] * RECORDS))
    if stride < 1:
        raise ValueError(f"time {horizon} at learning rate {setting['learning_rate']} has fewer than {RECORDS} steps")
    return stride


def training_loop(backend: str):
    """The `train` function of a backend; only that backend is imported."""
    if backend == "jax":
        from predictions.deep_linear_networks.jax_training import train
    elif backend == "torch":
        from predictions.deep_linear_networks.torch_training import train
    else:
        raise ValueError(f"backend is {backend!r}, but must be jax or torch")
    return train
