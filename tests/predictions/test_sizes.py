"""Numbers of parameters that settings tell, held against weights that experiments draw, or counts by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from math import prod

import jax
import numpy as np
import pytest

from predictions.data.text import text
from predictions.data.unavailable import Unavailable
from predictions.hyperparameter_transfer.sizes import ALPHABETS
from runners.registry import grid
from runners.registry.loader import load
from runners.registry.names import ROOT, load_function


@cache
def experiments():
    return load([ROOT / "registry.yaml"]).experiments


def sized() -> dict[str, tuple[str, str]]:
    """By module: the function that tells its networks' size, and the first experiment that names it."""
    found: dict[str, tuple[str, str]] = {}
    for name, entry in experiments().items():
        if entry.size:
            size, _ = found.setdefault(entry.module.removeprefix("predictions."), (entry.size, name))
            assert size == entry.size, f"{name} has another than those of the same module"
    return found


def setting_of(name: str, **changes):
    """The first condition of an experiment's smallest tier, with its constants, changed."""
    entry = experiments()[name]
    tier, size = next(iter(entry.tiers.items()))
    return {**size.constants, **grid.conditions(entry, tier)[0], **changes}


def counted(weights) -> int:
    """Numbers in a tree of arrays of one network."""
    return sum(prod(leaf.shape) for leaf in jax.tree.leaves(weights))


def prepared(where: Callable) -> Callable:
    """The weights that `where` finds in the state of one trial."""

    def draw(module, setting):
        return where(module.prepare(setting, np.array([7]))[1])

    return draw


def one_trial(weights):
    return jax.tree.map(lambda array: array[0], weights)


def largest(networks):
    return max(networks, key=counted)


def before_any_training(module, setting):
    """Tangent kernels of a group: its networks are drawn when they are measured."""
    layers = module.layer_widths(setting, module.prepare(setting, np.array([7]))[1][0].shape[2])
    return one_trial(module.draw_group(layers, 1, np.random.default_rng(0)))


def first_of_a_group(module, setting):
    return one_trial(module._group(setting, module._draw_task(setting, np.random.default_rng(0))))


def denoisers(module, setting):
    names = getattr(module, "ARCHITECTURES", None) or [setting["architecture"]]
    sizes = {name: setting[name] for name in ("side", "width", "channels", "tokens")}
    return largest([module.architecture(name, **sizes).initial(np.random.default_rng(0)) for name in names])


def largest_on_the_highest_curve(module, setting):
    alphabet = module.characters(setting["text"])[1]
    widest = max(module.widths(setting, module.budgets(setting)[-1]))
    return [np.empty((it.rows, it.fan_out)) for it in module.layers_of({**setting, "width": widest}, alphabet)]


LAYERS = prepared(lambda state: one_trial(state["layers"]))
FIRST = prepared(lambda state: one_trial(state[0]))
SECOND = prepared(lambda state: one_trial(state[1]))
TINY = {"width": 5, "rows": 12}
SHAKESPEARE = {"text": "tiny-shakespeare"}  # the same on every Python, unlike the library's sources

DRAWN: dict[str, tuple[Callable, list[dict]]] = {
    "class_imbalance.unconstrained_features": (prepared(one_trial), [{}, {"imbalance": 3, "minority": 5}]),
    "deep_linear_networks.gradient_descent": (LAYERS, [{"depth": 4}, {"depth": 2, "init": "frozen"}]),
    "deep_linear_networks.first_passage": (LAYERS, [{"depth": 3}]),
    "deep_linear_networks.largest_step": (LAYERS, [{"depth": 3, "dimension": 4, "trained": "later"}]),
    "deep_linear_networks.first_layer_gram": (LAYERS, [{"depth": 4}]),
    "deep_linear_networks.natural_inputs": (
        prepared(lambda task: one_trial(next(part for part in task if isinstance(part, tuple)))),
        [{"rows": 20, "hidden": 5}],
    ),
    "diffusion_models.nearest_machine": (
        denoisers,
        [{"architecture": it} for it in ("convolutional", "fully-connected", "local", "patch-attention")],
    ),
    "diffusion_models.one_noise": (denoisers, [{}, {"side": 16, "channels": 64}]),
    "discretisation.tuned_sizes": (
        prepared(lambda trials: largest(trials[0][0][1])),
        [{"limit": it, "rows": 20, "hidden_layers": 2} for it in ("width", "step", "batch")],
    ),
    "edge_of_stability.network_descent": (FIRST, [TINY | {"steps": 1, "hidden_layers": it} for it in (0, 2)]),
    "edge_of_stability.image_descent": (
        SECOND,
        [{"rows": 6, "channels": 2, "architecture": it} for it in ("convolutional", "residual", "linear")],
    ),
    "edge_of_stability.photograph_descent": (
        prepared(lambda trials: trials[0][1][0]),
        [
            {"rows": rows, "width": 2, "pixels": 8, "architecture": it}
            for it in ("tanh", "vgg", "vgg-batch-norm", "residual", "residual-batch-norm", "linear")
            for rows in ((6, 200) if it in ("tanh", "linear") else (6,))  # as many features: 192
        ],
    ),
    "hyperparameter_transfer.first_steps": (prepared(lambda state: one_trial(state[2])), [{"width": 8}]),
    "hyperparameter_transfer.transformer_first_steps": (
        SECOND,
        [SHAKESPEARE | {"width": 64, "blocks": 2}],
    ),
    "hyperparameter_transfer.perceptron_rates": (
        prepared(lambda state: one_trial(state[2][-1])),
        [{"hidden_layers": 3, "doublings": 2}],
    ),
    "hyperparameter_transfer.transformer_rates": (
        prepared(lambda state: one_trial(state[1][-1])),
        [SHAKESPEARE | {"width": 8, "blocks": 2, "steps": 2}],
    ),
    "implicit_regularisation.completion_flow": (
        prepared(lambda trials: trials[0]),
        [{"start": "generic"}, {"start": "far"}],
    ),
    "large_steps.largest_step": (FIRST, [{"width": 9}]),
    "large_steps.catapult_run": (FIRST, [{"width": 9}]),
    "neural_collapse.terminal_phase": (
        FIRST,
        [
            {"features": "network", "data": "digits", "hidden_layers": 2, "width": 5, "classes": 4},
            {"features": "free", "imbalance": 2, "width": 5, "classes": 5, "rows_a_class": 20},
        ],
    ),
    "neural_tangent_kernel.at_initialisation": (
        before_any_training,
        [{"width": 8, "depth": 5, "bottleneck": it} for it in (0, 3)],
    ),
    "neural_tangent_kernel.width_sweep": (
        first_of_a_group,
        [{"data": it, "width": 8} for it in ("digits", "gaussian")],
    ),
    "neural_tangent_kernel.parities": (prepared(lambda trials: trials[0][0][2]), [{"width": 8}]),
    "random_networks.trainability": (FIRST, [{"width": 4, "depth": 3}]),
    "scaling_laws.manifold_students": (prepared(lambda widths: one_trial(one_trial(widths[-1][1][0]))), [{}]),
    "scaling_laws.character_isoflop": (
        largest_on_the_highest_curve,
        [
            SHAKESPEARE | {"sizes": "trained"},
            SHAKESPEARE | {"sizes": "shuffled", "untrue_share": 0.25},
            SHAKESPEARE | {"sizes": "trained", "compute": 1e12, "blocks": 2, "heads": 4},
        ],
    ),
    "stochastic_gradient_noise.batch_and_rate": (
        prepared(lambda state: one_trial(state[2])),
        [TINY | {"hidden_layers": 2, "age": 4, "samples": 64, "batch": 1, "times": 2}],
    ),
    "stochastic_gradient_noise.stationary_state": (FIRST, [TINY | {"hidden_layers": 2}]),
    "trained_networks.bounds": (prepared(lambda trials: largest(trials[0][1][0][0])), [{"width": 3}]),
}
"""By module: how to come by the weights of one network, the largest of a setting, and the settings to look at."""

BY_HAND = {
    "memory.hopfield_retrieval": ({"neurons": 4}, 6),
    "modular_addition.analytic_network": ({"modulus": 5, "width": 2}, 10 + 10 + 10),
    "online_learning.single_index": ({"dimension": 32}, 64),
    "random_networks.forward_norms": ({"width": 3, "depth": 2}, 9 + 9),
    "random_networks.jacobian_edge": ({"width": 3, "depth": 2}, 9 + 9),
    "random_networks.signal_propagation": ({"width": 3, "depth": 2}, 12 + 12),
}
"""Networks that no state holds: of what `measure` draws, one or two small ones."""


def test_every_experiment_that_has_a_size_is_looked_at():
    assert sized().keys() == DRAWN.keys() | BY_HAND.keys()


@pytest.mark.parametrize(
    ("module", "changes"), [(module, changes) for module, (_, settings) in DRAWN.items() for changes in settings]
)
def test_a_size_counts_the_weights_that_are_drawn(module, changes, hastily_compiled):
    size, name = sized()[module]
    setting = setting_of(name, **changes)
    try:
        weights = DRAWN[module][0](import_module(f"predictions.{module}"), setting)
    except Unavailable as absent:
        pytest.skip(str(absent))
    assert load_function(size)(setting) == counted(weights)


@pytest.mark.parametrize("module", BY_HAND)
def test_a_size_is_what_a_count_by_hand_gives(module):
    changes, count = BY_HAND[module]
    size, name = sized()[module]
    assert load_function(size)(setting_of(name, **changes)) == count


@pytest.mark.parametrize(("name", "others"), [("tiny-shakespeare", 0), ("standard-library", 2)])
def test_alphabets_are_those_of_the_texts(name, others):
    """Of the library's sources but for what another version of Python may have more or less."""
    try:
        ascii_only = text(name).encode("ascii", "ignore").decode()
    except Unavailable as absent:
        pytest.skip(str(absent))
    assert abs(len(set(ascii_only)) - ALPHABETS[name]) <= others
