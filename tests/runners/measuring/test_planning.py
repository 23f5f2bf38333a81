"""The plan: looks as blocks, and what a block's numbers come from."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path

import pytest

from runners.measuring.planning import Origin, Planner, Point
from runners.registry.coverage import Code

CONDITION = {"kind": "lawful", "width": 2}


@pytest.mark.parametrize(("tier", "looks"), [("smoke", [8]), ("standard", [8, 16, 32])])
def test_looks_are_cut_into_blocks_without_gap_or_overlap(world, tier, looks):
    planner = Planner(world.registry, tier)
    assert planner.looks("toy") == len(looks)
    trials = []
    for look, total in enumerate(looks, start=1):
        blocks = planner.blocks(Point("toy", CONDITION), look)
        assert {len(block.repeats) for block in blocks} == {4}
        trials += [repeat for block in blocks for repeat in block.repeats]
        assert trials == list(range(total))


def test_a_block_knows_its_setting_its_libraries_and_its_observables(world):
    block = Planner(world.registry, "smoke").blocks(Point("toy", CONDITION), 1)[0]
    assert dict(block.setting) == CONDITION | {"length": 150}
    assert block.libraries == {"numpy": version("numpy")}
    assert block.observables == {"response": None, "steady": None, "profile": ("place",)}
    assert (block.precision, block.threads, block.purpose) == ("float64", 1, "record")


def test_code_is_what_prepare_and_measure_reach_and_not_how_it_is_written(tmp_path):
    folder = Path(__file__).parents[2] / "worlds"
    for name in ("toy_experiment.py", "toy_theory.py"):
        shutil.copy(folder / name, tmp_path)
    module = tmp_path / "toy_experiment.py"

    def code() -> str:
        return Origin.of("toy_experiment", Code([str(tmp_path), str(folder.parents[1])])).code

    text, before = module.read_text(), code()
    module.write_text(text.replace('"""An experiment without', '"""Another experiment without') + "\n\n# a comment\n")
    assert code() == before
    module.write_text(text + "\n\ndef more(setting):\n    return 1\n")
    assert code() == before
    (tmp_path / "toy_theory.py").write_text("nothing = 0\n")  # the experiment does not import it
    assert code() == before
    module.write_text(text.replace("0.01 * state", "0.02 * state"))
    assert code() != before


def test_jaxlib_counts_where_jax_does(tmp_path):
    (tmp_path / "it.py").write_text(
        "import jax\n\n\ndef prepare(s, n):\n    pass\n\n\ndef measure(s, n):\n    jax.grad\n"
    )
    assert Origin.of("it", Code([str(tmp_path)])).libraries == {name: version(name) for name in ("jax", "jaxlib")}


def test_lineages_are_made_as_they_are_asked_for(world, monkeypatch):
    """A command about one claim does not follow the modules of all experiments."""
    followed = []
    origin = Planner.origin
    monkeypatch.setattr(Planner, "origin", lambda self, name: followed.append(name) or origin(self, name))
    lineages = Planner(world.registry, "smoke").lineages(world.registry.experiments)
    assert set(lineages) == {name for name, it in world.registry.experiments.items() if "smoke" in it.tiers}
    assert lineages["toy"] == lineages["toy"]
    assert lineages.get("no-such-experiment") is None
    assert set(followed) == {"toy"}
