"""House style: an experiment opens with its methods section, and names in it every setting that it is given."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LABELS = ["Model", "Data", "Loss", "Training", "Observed", "Trial"]


def settings_of_experiments() -> dict[str, set[str]]:
    """Names on the grid and among the constants of all experiments that a module serves."""
    found: dict[str, set[str]] = {}
    for path in sorted(ROOT.glob("predictions/*/claims.yaml")):
        for experiment in yaml.load(path.read_text(), Loader=LOADER).get("experiments", {}).values():
            names = found.setdefault(experiment["module"], set())
            names.update(*experiment["grid"])
            names.update(*((tier or {}).get("constants", {}) for tier in experiment["tiers"].values()))
    return found


EXPERIMENTS = settings_of_experiments()


def heading(module: str) -> str:
    """A module's docstring."""
    return ast.get_docstring(ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text())) or ""


def labels(text: str) -> list[str]:
    return re.findall(r"^([A-Z]\w+) {2,}\S", text, re.MULTILINE)


@pytest.mark.parametrize("module", EXPERIMENTS)
def test_a_heading_has_the_parts_of_a_methods_section_in_their_order(module):
    parts = labels(heading(module))
    assert parts == sorted(set(parts) & set(LABELS), key=LABELS.index)
    assert {"Observed", "Trial"} < set(parts)
    assert {"Model", "Data", "Loss"} & set(parts)
    assert len(heading(module).splitlines()[0]) > 40


@pytest.mark.parametrize("module", EXPERIMENTS)
def test_a_heading_names_every_setting(module):
    text = heading(module)
    assert [name for name in sorted(EXPERIMENTS[module]) if f"`{name}`" not in text] == []


@pytest.mark.parametrize("room", sorted({module.split(".")[1] for module in EXPERIMENTS}))
def test_a_room_has_a_table_of_contents(room):
    """Each module of a folder has a line of its own, which begins with its name."""
    contents = heading(f"predictions.{room}.__init__")
    modules = {path.stem for path in (ROOT / "predictions" / room).glob("*.py")} - {"__init__"}
    assert modules <= set(re.findall(r"^(\w+)  +\S", contents, re.MULTILINE))
