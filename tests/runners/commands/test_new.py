"""`tollens new`: what is begun is whole but for what says ???, in a checkout and out of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from runners.authoring.drafts import insert
from runners.commands import main
from runners.registry.document import read
from runners.registry.names import ROOT

FILLED = {
    "statement: ???": "statement: The response falls as the inverse of the width.",
    "about: ???": "about: A claim about a toy.",
    "theory: ???": "theory: toys",
    "strand: ???": "strand: limits",
    "cite: ???": "cite: Nobody 1900",
    "formula: ???": "formula: r = s / w",
    "within: ???": "within: [0.9, 1.1]",
    "because: ???": "because: the noise of a toy",
    "truth: ???": "truth: 1",
}


def fill(file: Path, texts: dict[str, str]) -> None:
    text = file.read_text()
    for old, new in texts.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text)


@pytest.fixture
def outside(tmp_path, monkeypatch):
    """An empty folder, and commands that are called in it."""
    (tmp_path / "mine").mkdir()
    monkeypatch.chdir(tmp_path / "mine")
    monkeypatch.setattr(sys, "path", [*sys.path])
    shutil.copy(ROOT / "tests" / "worlds" / "toy_experiment.py", tmp_path / "mine")
    before = set(sys.modules)
    yield lambda *arguments: CliRunner().invoke(main, arguments)
    for name in set(sys.modules) - before:
        if name.startswith(("least_squares", "toy_")):
            del sys.modules[name]


def test_a_claim_on_an_existing_experiment_is_missing_only_what_nobody_can_know(outside):
    shutil.copy(ROOT / "tests" / "worlds" / "toy.yaml", "toy.yaml")
    shutil.copy(ROOT / "tests" / "worlds" / "toy_theory.py", ".")
    done = outside("new", "wide-toys", "--experiment", "toy", "--registry", "toy.yaml")
    assert done.exit_code == 0, done.output
    theory = Path("wide_toys_theory.py").read_text()
    assert re.search(r"width +2, 4, 8, 1\n", theory)  # the experiment's conditions,
    assert re.search(r"length +150 \(smoke\), 10 \(standard\)\n", theory)  # constants
    assert re.search(r"strength +a number\n +spectrum +array \(3,\)\n", theory)  # and what it gives
    checked = outside("check", "--registry", "toy.yaml")
    assert checked.exit_code == 2
    lines = [line for line in Path("toy.yaml").read_text().splitlines() if "???" in line]
    told = checked.output.strip().splitlines()
    assert len(told) == len(lines) + 1 == 11
    for line in told:
        number, field = re.match(r"toy\.yaml:(\d+):\d+: claims\.wide-toys\.(\S+): ", line).groups()
        written = Path("toy.yaml").read_text().splitlines()[int(number) - 1]
        assert "???" in written or field == "predicted"
    assert "wide_toys_theory.py:" in checked.output


def test_what_is_unfinished_can_neither_be_locked_nor_run_but_stops_nothing_else(outside):
    shutil.copy(ROOT / "tests" / "worlds" / "toy.yaml", "toy.yaml")
    shutil.copy(ROOT / "tests" / "worlds" / "toy_theory.py", ".")
    outside("new", "wide-toys", "--experiment", "toy", "--registry", "toy.yaml")
    assert outside("lock", "--registry", "toy.yaml").exit_code == 2
    assert not Path("toy.lock").exists()
    run = ["run", "--in-process", "--registry", "toy.yaml", "--store", "store"]
    alone = outside(*run, "wide-toys")
    assert alone.exit_code == 2
    assert "claims.wide-toys.statement: is still to be filled in" in alone.output
    assert outside(*run, "law-refuted").exit_code == 0
    both = outside(*run, "*-toys", "law-refuted")
    assert both.exit_code == 2  # the glob means nothing else
    assert outside(*run, "law-refuted", "wide-toys", "law-*").exit_code == 2
    text = Path("toy.yaml").read_text()
    Path("toy.yaml").write_text(text.replace("  law-holds:", "  law-toys:"))
    both = outside(*run, "*-toys")
    assert both.exit_code == 3
    assert "claims.wide-toys is set aside" in both.output


def test_a_finished_claim_goes_all_the_way_to_a_verdict(outside):
    done = outside("new", "ols-risk", "--phenomenon", "least-squares", "--registry", "mine.yaml")
    assert done.exit_code == 0, done.output
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert "1 failed, 3 passed" in tests.stdout  # the experiment's hold, the theory's is to be written
    fill(Path("mine.yaml"), FILLED | {"within: ???": "within: [0.5, 2]", "where: ???": "where: {fit: none}"})
    theory = Path("least_squares/theory.py").read_text()
    raising = 'raise NotImplementedError("the equation is still to be written")'
    assert raising in theory
    equation = 'return setting["noise"] ** 2 * (1 / given["eigenvalues"]).sum()'
    Path("least_squares/theory.py").write_text(theory.replace(raising, equation))
    assert outside("check", "--registry", "mine.yaml", "--deep").exit_code == 0
    assert outside("lock", "--registry", "mine.yaml").exit_code == 0
    assert "ols-risk" in Path("mine.lock").read_text()
    ran = outside(
        *["run", "ols-risk", "--in-process", "--registry", "mine.yaml", "--store", "store", "--tier", "standard"]
    )
    assert ran.exit_code == 0, ran.output
    assert "3 of 3 conditions agree" in ran.output


def test_names_that_exist_and_names_that_are_none_are_refused(outside):
    taken = outside("new", "eos-heavy-ball", "--experiment", "full-batch-descent", "--registry", "mine.yaml")
    assert "exists already, at" in taken.output
    assert "predictions/edge_of_stability/claims.yaml:" in taken.output
    mine = ["--registry", "mine.yaml"]
    misspelt = outside("new", "x", "--experiment", "ful-batch-descent", *mine)
    assert "did you mean full-batch-descent" in misspelt.output
    misspelt = outside("new", "x", "--experiment", "full-batch-descent", "--measured", "late_sharpnes", *mine)
    assert "did you mean late_sharpness" in misspelt.output
    assert "no name" in outside("new", "My_Law", "--phenomenon", "x", *mine).output
    assert "a word of Python" in outside("new", "lambda", "--phenomenon", "x", *mine).output
    assert "would hide the module random" in outside("new", "x", "--phenomenon", "random", *mine).output
    assert "either" in outside("new", "x").output
    assert "no checkout" in outside("new", "x", "--phenomenon", "y").output
    assert list(Path().glob("*.yaml")) == []


def test_in_a_checkout_files_go_where_they_belong(tmp_path):
    tree = tmp_path / "tree"
    for part in ("runners", "predictions", "leaderboard", "tollens"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__", "*.json"))
    for name in ("registry.yaml", "registry.lock"):
        shutil.copy(ROOT / name, tree)

    def there(*arguments: str) -> subprocess.CompletedProcess:
        environment = {**os.environ, "PYTHONPATH": str(tree)}
        command = [sys.executable, "-m", "runners", *arguments]
        return subprocess.run(command, cwd=tree, capture_output=True, text=True, env=environment)

    done = there("new", "later-edge", "--experiment", "least-squares-descent")
    assert done.returncode == 0, done.stderr
    assert "def later_edge(setting, given)" in (tree / "predictions/edge_of_stability/theory.py").read_text()
    test = (tree / "tests/predictions/edge_of_stability/test_later_edge.py").read_text()
    assert "from predictions.edge_of_stability.theory import later_edge\n" in test
    checked = there("check")
    assert checked.returncode == 2
    assert all(": claims.later-edge." in line for line in checked.stderr.strip().splitlines())
    assert (tree / "registry.yaml").read_text() == (ROOT / "registry.yaml").read_text()
    before = read(ROOT / "predictions/edge_of_stability/claims.yaml").data
    after = read(tree / "predictions/edge_of_stability/claims.yaml").data
    written = after["claims"].pop("later-edge")
    assert after == before
    assert written["predicted"] == "predictions.edge_of_stability.theory:later_edge"
    assert written["strand"] == "???"  # no other claim rests on this experiment


def test_a_new_phenomenon_is_a_room_of_the_table_of_contents(tmp_path, outside):
    Path("registry.yaml").write_text("phenomena:\n  rooms.toys: A toy.\n")
    for package in ("rooms", "rooms/toys"):
        Path(package).mkdir()
        Path(package, "__init__.py").touch()
    shutil.copy(ROOT / "tests" / "worlds" / "toy.yaml", "rooms/toys/claims.yaml")
    for module in ("toy_theory.py", "toy_experiment.py"):
        shutil.copy(ROOT / "tests" / "worlds" / module, module)
    mine = ["--registry", "registry.yaml"]
    done = outside("new", "wide-toys", "--experiment", "toy", *mine)
    assert done.exit_code == 0, done.output
    assert "wide-toys:" in Path("rooms/toys/claims.yaml").read_text()
    done = outside("new", "ols-risk", "--phenomenon", "least-squares", *mine)
    assert done.exit_code == 0, done.output
    assert Path("registry.yaml").read_text().splitlines()[2].startswith("  least_squares: Least squares")
    written = Path("least_squares/claims.yaml").read_text()
    assert written.startswith("# yaml-language-server: $schema=../registry.schema.json\n")
    assert "ols-risk:" in written
    checked = outside("check", *mine)
    assert "least_squares/claims.yaml:" in checked.output
    assert "rooms/toys/claims.yaml:" in checked.output


@pytest.mark.parametrize(
    "text",
    [
        "",
        "claims: {}\n",
        "claims:\nexperiments: {}\n",
        "experiments:\n  a: 1\nclaims:\n  b: 2\n",
        "claims:\n  b: 2\n\n# of this\n\nexperiments:\n  a: 1",
    ],
)
@pytest.mark.parametrize("section", ["claims", "experiments", "phenomena"])
def test_an_entry_is_added_to_its_section_and_nothing_else_changes(tmp_path, text, section):
    file = tmp_path / "r.yaml"
    file.write_text(text)
    before = {name: entries or {} for name, entries in (read(file).data or {}).items()}
    line = insert(file, section, "  new: 3\n", schema=tmp_path / "registry.schema.json")
    after = read(file)
    assert after.positions[section, "new"].line == line
    expected = {**before, section: {**before.get(section, {}), "new": 3}}
    assert {name: entries or {} for name, entries in after.data.items()} == expected
