"""pytest on a registry: claims as items, judged from a store; a law asserted of one's own runs."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.runners.conftest import World

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A store with the toys' records."""
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "calls").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOY_CALLS", str(folder / "calls"))
        patch.syspath_prepend(str(World.WORLDS))
        world = World(str(folder / "store"), folder / "calls")
        world.run("law-holds", "law-refuted", "law-vacuous", "law-absent", "law-crashing", "exponent")
    return world


def run_pytest(folder: Path, *arguments: str, plugin: bool = True) -> subprocess.CompletedProcess:
    """pytest in another process and folder, with no plugin but this one."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
    loaded = ["-p", "tollens.pytest"] if plugin else []
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", *loaded, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture
def toys(world, tmp_path):
    """The toy registry in a folder of its own."""
    for file in ("toy.yaml", "toy_theory.py", "toy_experiment.py"):
        (tmp_path / file).write_text((world.WORLDS / file).read_text())
    return tmp_path


def outcomes(report: Path) -> dict[str, str]:
    cases = ElementTree.parse(report).iter("testcase")
    return {
        case.get("name"): next((child.tag for child in case if child.tag != "properties"), "passed") for case in cases
    }


def test_each_claim_of_a_named_registry_is_an_item(world, toys):
    done = run_pytest(
        toys, "toy.yaml", "--tollens", world.address, "--tollens-epoch", "none", "--junitxml=junit.xml", "-W", "error"
    )
    assert done.returncode == 1, done.stdout + done.stderr
    assert outcomes(toys / "junit.xml") == {
        "law-holds": "passed",
        "law-fails": "skipped",
        "law-refuted": "passed",
        "law-partly": "passed",
        "law-vacuous": "failure",
        "law-noisy": "skipped",
        "law-absent": "skipped",
        "law-crashing": "failure",
        "law-killed": "skipped",
        "exponent": "passed",
        "ramp": "skipped",
        "toys-are-good": "skipped",
    }
    properties = {
        entry.get("name"): entry.get("value")
        for case in ElementTree.parse(toys / "junit.xml").iter("testcase")
        if case.get("name") == "exponent"
        for entry in case.iter("property")
    }
    assert properties["verdict"] == "supported"
    assert float(properties["predicted"]) == -1
    assert float(properties["measured"]) == pytest.approx(-1, abs=1e-3)
    assert {"interval", "region", "agreement", "trials"} <= properties.keys()
    assert "unavailable: the toy is not here; buy one" in done.stdout
    assert "unfalsifiable: nobody says what good means" in done.stdout
    assert "vacuous, expected supported" in done.stdout
    assert "Traceback" not in done.stdout, "a verdict is no crash of the tests"


def test_items_are_selected_by_name_theory_and_strand(world, toys):
    one = run_pytest(toys, "toy.yaml::exponent", "--tollens", world.address, "--tollens-epoch", "none", "-q")
    assert (one.returncode, "1 passed" in one.stdout) == (0, True), one.stdout
    strand = run_pytest(
        toys,
        "toy.yaml",
        "--tollens",
        world.address,
        "--tollens-epoch",
        "none",
        "-q",
        "-k",
        "solvable-settings and law-holds",
    )
    assert "1 passed, 11 deselected" in strand.stdout


def test_a_store_alone_means_the_projects_registry_and_its_tier(world, toys):
    done = run_pytest(toys, "--tollens", str(toys / "empty"), "--tollens-tier", "full", "--collect-only", "-q")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "registry.yaml::eos-gd-two-over-eta" in done.stdout
    assert "toy.yaml" not in done.stdout


def test_mistakes_in_a_registry_are_what_the_collection_reports(toys):
    (toys / "toy.yaml").write_text("claims: {}\nexperimants: {}\n")
    done = run_pytest(toys, "toy.yaml")
    assert done.returncode == 2
    assert "toy.yaml:2:1: experimants: is no key here; did you mean experiments?" in done.stdout


def test_a_claim_that_is_unfinished_fails_and_the_others_are_judged(world, toys):
    text = (toys / "toy.yaml").read_text()
    (toys / "toy.yaml").write_text(text.replace("statement: The response falls as the square", "statement: ??? #"))
    done = run_pytest(
        toys, "toy.yaml", "--tollens", world.address, "--tollens-epoch", "none", "-q", "-k", "law-fails or exponent"
    )
    assert "1 failed, 1 passed" in done.stdout
    assert "claims.law-fails.statement: is still to be filled in" in done.stdout


def test_nothing_is_collected_unasked(toys):
    (toys / "test_other.py").write_text("def test_one():\n    pass\n")
    for arguments in ([], ["."]):
        done = run_pytest(toys, "-q", *arguments)
        assert done.stdout.rstrip().splitlines()[-1].startswith("1 passed")


def test_other_runs_pay_nothing(toys):
    """What the plugin imports before a registry is named: nothing beyond pytest's own."""
    (toys / "test_other.py").write_text(
        "import sys\n\n\ndef test_imports():\n    print('LOADED', *{name.partition('.')[0] for name in sys.modules})\n"
    )
    loaded = [
        set(
            run_pytest(toys, "-q", "-s", "test_other.py", plugin=plugin)
            .stdout.partition("LOADED")[2]
            .split("\n")[0]
            .split()
        )
        for plugin in (False, True)
    ]
    assert loaded[1] - loaded[0] == {"runners", "tollens"}


def test_nobody_gets_the_plugin_who_did_not_ask_for_it():
    assert "entry-points" not in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


LAB = """
import pandas as pd
import pytest

EDGE = {"late_sharpness": "top", "learning_rate": "lr"}


@pytest.mark.parametrize("factor", [1.01, 0.5])
def test_training_stops_at_its_edge(law, factor):
    runs = pd.DataFrame({"lr": [0.1] * 8, "top": [20 * factor + 0.01 * i for i in range(8)]})
    judged = law("eos-gd-two-over-eta", runs, columns=EDGE, momentum=0)
    assert judged.verdict == "supported"
"""


def test_a_law_is_asserted_of_ones_own_runs(tmp_path):
    (tmp_path / "test_lab.py").write_text(LAB)
    done = run_pytest(tmp_path, "test_lab.py")
    assert "1 failed, 1 passed" in done.stdout
    assert "eos-gd-two-over-eta: refuted on these runs" in done.stdout
    assert "learning_rate" not in done.stdout.partition("short test summary")[2]
