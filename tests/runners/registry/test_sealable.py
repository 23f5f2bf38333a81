"""What no seal can cover is refused: computed imports, files from wherever one runs, theories that read on import."""

from __future__ import annotations

import pytest


def told(project, module: str, before: str) -> list[str]:
    """Problems and remedies after a line was put before the text of a module."""
    file = project.folder / module
    file.write_text(before + file.read_text())
    return [f"{mistake.problem}; {mistake.remedy}" for mistake in project.mistakes()]


@pytest.mark.parametrize(
    "line",
    [
        "RUNS = open(__file__).read()\n",
        "import numpy as np\nRUNS = np.load(__file__)\n",
        "import numpy\nRUNS = numpy.loadtxt(__file__)\n",
        "from pathlib import Path\nRUNS = Path(__file__).with_name('runs.csv').read_text()\n",
        "import pandas\nRUNS = pandas.read_csv(__file__)\n",
        "import json\nwith open(__file__) as file:\n    RUNS = json.load(file)\n",
        "def read(runs=open(__file__).read()):\n    return runs\n",
        "class Runs:\n    text = open(__file__).read()\n",
        "if True:\n    RUNS = open(__file__).read()\n",
    ],
)
@pytest.mark.parametrize("module", ["law.py", "below.py"])
def test_a_theory_reads_no_file_when_it_is_imported(project, line, module):
    if module == "below.py":
        project.module("below.py", "")
        project.module("law.py", "import below\n" + (project.folder / "law.py").read_text())
    found = told(project, module, line)
    assert found
    assert all("when it is imported: a theory would depend on a file" in it for it in found)
    assert all("as constants" in it for it in found)
    assert any(it.startswith(f"{project.folder / module}:") for it in found)


def test_an_experiment_may_read_a_file_beside_it(project):
    line = "from pathlib import Path\nRUNS = Path(__file__).with_name('runs.csv').read_text()\n"
    assert told(project, "bench.py", line) == []


@pytest.mark.parametrize(
    ("call", "named"),
    [
        ("open('runs.csv')", "runs.csv"),
        ("np.load('data/runs.npy')", "data/runs.npy"),
        ("Path('runs.csv').read_text()", "runs.csv"),
        ("pathlib.Path('runs.csv').open()", "runs.csv"),
        ("open('/home/me/runs.csv')", "/home/me/runs.csv"),
    ],
)
@pytest.mark.parametrize("module", ["bench.py", "law.py"])
def test_a_file_is_named_by_the_place_of_the_code(project, call, named, module):
    found = told(project, module, f"def read():\n    return {call}\n")
    assert found
    assert all(f"{module}:2 reads {named!r} from wherever it is run" in it for it in found)
    assert all("Path(__file__).with_name(...)" in it for it in found)


@pytest.mark.parametrize(
    "call", ["path.open('rb')", "open(path)", "json.loads('[]')", "yaml.load('a: 1\\nb: 2')", "np.load(path / 'x.npy')"]
)
def test_what_names_no_file_is_let_be(project, call):
    assert told(project, "bench.py", f"def read(path):\n    return {call}\n") == []


def test_a_theory_hides_no_import(project):
    found = told(project, "law.py", "import importlib\nOTHER = importlib.import_module('la' + 'w')\n")
    assert found
    assert all("law.py:2 imports a module under a computed name, which no seal can cover" in it for it in found)
