"""Skeletons of Python files for a new prediction: a theory, its test, and a small experiment that runs as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import dedent, indent, wrap
from typing import Any

from runners.authoring.drafts import described_condition, described_observable
from runners.registry.schema import Experiment

Given = Mapping[str, tuple[int, ...]]
"""Shapes of what `prepare` gives, of one trial."""


THEORY = '''\
"""Paper, setting and conventions, still to be written.

Only numpy and scipy, in float64. No constant is fitted to what it predicts.
"""

from __future__ import annotations
'''
"""How a module of theories begins."""


def theory(name: str, observable: str, experiment: Experiment, given: Given | str) -> str:
    """The function `name`, which is still to be written; its docstring says what it gets."""
    if isinstance(given, str):
        arrays = [("what prepare gives", given)]
    else:
        arrays = [(key, _shape(shape)) for key, shape in given.items()] or [("nothing:", "the setting is all there is")]
    about = f'"""One trial\'s {observable}: {described_observable(experiment.observables[observable])}.'
    lines = [
        f"def {name}(setting, given):",
        *wrap(about, 120, initial_indent="    ", subsequent_indent="    "),
        "",
        "    Paper, equation number, factors of two: still to be written.",
        "",
        "    setting holds",
        *_table(list(described_condition(experiment))),
        "    given holds, of this trial",
        *_table(arrays),
        '    """',
        '    raise NotImplementedError("the equation is still to be written")',
    ]
    return "\n".join(lines) + "\n"


def theory_test(module: str, name: str, setting: Mapping[str, Any], given: Given | str) -> str:
    """Test of a theory function against a number that is still to be found."""
    arrays = {} if isinstance(given, str) else given
    listed = "".join(f'    "{key}": {f"np.ones({shape})" if shape else "1.0"},\n' for key, shape in arrays.items())
    values = "".join(f'    "{key}": {_literal(value)},\n' for key, value in setting.items())
    numpy = "import numpy as np\n" if any(arrays.values()) else ""
    return (
        f'"""{name} against a number from elsewhere: a closed form, a limit, a published value."""\n\n'
        f"from __future__ import annotations\n\n{numpy}import pytest\n\nfrom {module} import {name}\n\n"
        f"CONDITION = {{\n{values}}}\n"
        f"GIVEN = {{{listed and chr(10)}{listed}}}\n\n\n"
        f"def test_{name}_is_the_number_worked_out_by_hand():\n"
        f"    expected = None  # write it here, and how it comes about\n"
        f"    assert {name}(CONDITION, GIVEN) == pytest.approx(expected)\n"
    )


EXPERIMENT_ENTRY = indent(
    dedent(
        """\
        about: Linear regression on random Gaussian rows with noisy labels, by least squares or not at all.
        precision: float64
        grid:
          - {rows: [40, 80, 160], fit: [least-squares]}
          - {rows: [80], fit: [none]}
        observables:
          excess_risk: {between: [1.0e-4, 10], scale: log, means: squared distance of the fitted from the true weights}
        tiers:
          smoke: {trials: [8], constants: {features: 20, noise: 0.5}}
          standard: {trials: [8, 16, 32], constants: {features: 20, noise: 0.5}}
        """
    ),
    "    ",
)

CONTENTS = '''\
"""{}.

theory      what is predicted
experiment  what is measured
"""
'''
"""A folder's table of contents."""

EXPERIMENT = '''\
"""Linear regression: how far from the truth a fit of noisy labels ends. An example that runs; replace it by your own.

Model      linear; `fit`: least-squares, or none (all weights 0).
Data       `rows` rows x of `features` independent N(0, 1) entries, labels w.x + `noise` N(0, 1), true weights w
           uniform on the unit sphere.
Observed   squared distance of the fitted from the true weights.
Trial      weights, rows and noise.
"""

from __future__ import annotations

import numpy as np


def prepare(setting, seeds):
    """given: eigenvalues of X'X, (trials, features). state: rows (trials, n, d), weights (trials, d), labels."""
    rows, weights, labels = [], [], []
    for seed in seeds:
        generator = np.random.default_rng(int(seed))
        x = generator.standard_normal((setting["rows"], setting["features"]))
        w = generator.standard_normal(setting["features"])
        w /= np.linalg.norm(w)
        rows.append(x)
        weights.append(w)
        labels.append(x @ w + setting["noise"] * generator.standard_normal(len(x)))
    eigenvalues = np.stack([np.linalg.eigvalsh(x.T @ x) for x in rows])
    return {"eigenvalues": eigenvalues}, (np.stack(rows), np.stack(weights), np.stack(labels))


def measure(setting, state):
    """excess_risk: squared distance of the fitted from the true weights, (trials,)."""
    rows, weights, labels = state
    fitted = np.zeros_like(weights)
    if setting["fit"] == "least-squares":
        fitted = np.stack([np.linalg.lstsq(x, y)[0] for x, y in zip(rows, labels)])
    return {"excess_risk": np.sum((fitted - weights) ** 2, axis=1)}
'''

EXPERIMENT_TEST = """\

def test_without_noise_least_squares_finds_the_truth():
    setting = {"rows": 40, "features": 20, "noise": 0.0, "fit": "least-squares"}
    _, state = prepare(setting, SEEDS)
    assert measure(setting, state)["excess_risk"] == pytest.approx(np.zeros(4), abs=1e-20)


def test_without_a_fit_the_distance_is_that_of_a_unit_vector():
    setting = {"rows": 40, "features": 20, "noise": 0.5, "fit": "none"}
    _, state = prepare(setting, SEEDS)
    assert measure(setting, state)["excess_risk"] == pytest.approx(np.ones(4))


def test_a_trial_is_made_of_its_seed():
    setting = {"rows": 40, "features": 20, "noise": 0.5, "fit": "least-squares"}
    first, again = (measure(setting, prepare(setting, SEEDS)[1])["excess_risk"] for _ in range(2))
    assert np.array_equal(first, again)
    assert len(set(first)) == 4
"""


def experiment_test(module: str, name: str) -> str:
    """Test of the small experiment, against what holds exactly."""
    return (
        f'"""The experiment of {name}, against what holds exactly."""\n\nfrom __future__ import annotations\n\n'
        f"import numpy as np\nimport pytest\n\nfrom {module} import measure, prepare\n\n"
        f"SEEDS = np.arange(4, dtype=np.uint64)\n\n{EXPERIMENT_TEST}"
    )


def _table(rows: Sequence[tuple[str, str]]) -> list[str]:
    width = max((len(name) for name, _ in rows), default=0)
    margin = " " * (10 + width)
    return [
        line
        for name, meaning in rows
        for line in wrap(f"{name:{width}}  {meaning}", 120, initial_indent=" " * 8, subsequent_indent=margin)
    ]


def _shape(shape: tuple[int, ...]) -> str:
    return f"array {shape}" if shape else "a number"


def _literal(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else repr(value)
