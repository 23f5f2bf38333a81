"""A small registry outside the tree, sound as it stands, that tests break in one place at a time."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from runners.registry.loader import load
from runners.registry.mistakes import Mistake, RegistryError

REGISTRY = """\
experiments:
  descent:
    module: bench
    about: Gradient descent on a quadratic.
    grid:
      - {rate: [0.1, 0.2, 0.4], momentum: [0, 0.9], backend: [numpy]}
      - {rate: [0.8], momentum: [0], backend: [numpy]}
    observables:
      half_time: {means: steps until the loss is halved, between: [0.01, 1.0e+4], scale: log}
      steps_up: {means: share of steps on which the loss rose, between: [0, 1]}
      curve: {means: loss by step, shape: [step]}
    tiers:
      smoke: {trials: [8], constants: {steps: 20}, where: {rate: [0.1, 0.2, 0.8]}}
      standard: {trials: [8, 16], constants: {steps: 200}}
  flat:
    module: bench
    about: Descent on a constant.
    grid: [{height: [1, 2], rate: [0.1]}]
    observables:
      half_time: {means: steps until the loss is halved, between: [0.01, 1.0e+4], scale: log}
    tiers:
      smoke: {trials: [8]}
      standard: {trials: [8, 16]}
claims:
  half-time-inverse-rate:
    statement: The loss halves in ln 2 / (2 rate) steps.
    about: The simplest law of descent.
    theory: quadratic
    strand: solvable-settings
    held_by: authors
    source: {cite: Nobody 1900}
    formula: 't = \\ln 2 / 2\\eta'
    experiment: descent
    where: {momentum: 0, rate: [0.1, 0.2, 0.4]}
    measured: half_time
    predicted: law:half_time
    requires: [{measured: steps_up, within: [0, 0.5], because: descent}]
    agreement: {by: ratio, within: [0.9, 1.1], because: one step of rounding}
    controls:
      - {must: fail, experiment: flat, where: {height: 1}, truth: 1.0e+3, because: a constant has no slope}
    rivals:
      inverse-square: {predicted: law:inverse_square, held_by: null-model, because: a slip}
    shown:
      where: {momentum: 0.9}
      outside: {because: a law of plain descent, source: {cite: Nobody 1900, at: section 2}}
    expect: supported
  half-time-slope:
    statement: The half-time falls as the inverse of the rate.
    about: The exponent alone.
    theory: quadratic
    strand: solvable-settings
    held_by: authors
    source: {cite: Nobody 1900}
    formula: t \\propto \\eta^{-1}
    experiment: descent
    where: {momentum: 0}
    measured: {of: half_time, along: {rate: slope}, between: [-4, 4]}
    predicted: -1
    agreement: {by: difference, within: [-0.1, 0.1], because: rounding}
    controls:
      - {must: fail, experiment: flat-along-rate, where: {}, truth: 0, because: a constant has no slope}
    expect: supported
  nothing-to-say:
    kind: unfalsifiable
    statement: Descent is good.
    theory: quadratic
    strand: solvable-settings
    held_by: folklore
    source: {cite: Nobody 1900}
    because: nobody says what good means
""".replace("experiment: flat-along-rate, where: {}", "where: {momentum: 0.9}")

MODULES = {
    "bench.py": '''
        """Descent on a parabola."""
        import numpy as np


        def prepare(setting, seeds):
            return {"curvature": np.ones(len(seeds))}, None


        def measure(setting, state):
            return {}
    ''',
    "law.py": '''
        """Half-times of descent."""
        import math


        def half_time(setting, given):
            return math.log(2) / (2 * given["curvature"] * setting["rate"])


        def inverse_square(setting, given):
            return math.log(2) / setting["rate"] ** 2


        def three(setting, given, more):
            return 0
    ''',
}


class Project:
    """A folder with a registry and its modules."""

    shown = REGISTRY[REGISTRY.index("    shown:") : REGISTRY.index("    expect: supported")]
    """What the first claim shows."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.file = folder / "claims.yaml"
        self.text = REGISTRY
        for name, text in MODULES.items():
            self.module(name, text)
        self.write(REGISTRY)

    def write(self, text: str) -> None:
        self.text = text
        self.file.write_text(text)

    def change(self, old: str, new: str) -> None:
        """Replace the first occurrence, which must exist."""
        assert old in self.text, f"{old!r} is not in the registry"
        self.write(self.text.replace(old, new, 1))

    def module(self, name: str, text: str) -> Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
        return file

    def load(self):
        return load([self.file])

    def mistakes(self) -> list[Mistake]:
        try:
            self.load()
        except RegistryError as error:
            return error.mistakes
        return []

    def place(self, marker: str) -> str:
        """`file:line:column` of the first occurrence of a text."""
        before = self.text[: self.text.index(marker)]
        return f"{self.file}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"

    def assert_mistake(self, old: str, new: str, at: str, path: str, words: list[str], others: int = 0) -> None:
        """After a change there is a mistake at that text, on a path that ends so, with these words; `others` follow."""
        self.change(old, new)
        mistakes = self.mistakes()
        place, report = f"{self.place(at)}: ", "\n".join(map(str, mistakes))
        assert any(
            str(it).startswith(place) and it.where.endswith(path) and all(word in str(it) for word in words)
            for it in mistakes
        ), f"expected {place}{path} with {words} in\n{report}"
        assert len(mistakes) == 1 + others, report


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)
