"""Dotted names without importing: where they lead."""

from __future__ import annotations

import sys
from textwrap import dedent

import pytest

from runners.registry.names import ROOT, UnresolvedName, importable, load_function, resolve, search_path


@pytest.fixture
def folder(tmp_path):
    """Modules in packages."""
    write(tmp_path, "pack/__init__.py", "")
    write(tmp_path, "pack/part.py", "from pack.deep.leaf import f as g\n")
    write(tmp_path, "pack/deep/__init__.py", "")
    write(tmp_path, "pack/deep/leaf.py", "def f(a, b=1, *, c=2):\n    import torch\n    return a\n")
    return tmp_path


def write(folder, name: str, text: str):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(dedent(text))
    return file


def test_a_search_path_ends_with_the_project(tmp_path):
    assert search_path([tmp_path / "a.yaml", tmp_path / "b.yaml", ROOT / "registry.yaml"]) == [str(tmp_path), str(ROOT)]
    assert search_path([ROOT / "registry.yaml"]) == [str(ROOT)]
    assert search_path([ROOT / "runners" / "registry.yaml"]) == [str(ROOT)]  # as installed


def test_a_function_resolves_to_its_file_and_arguments(folder):
    path = [str(folder), str(ROOT)]
    found = resolve("pack.part:g", path)  # imported there, defined elsewhere
    assert found.file == folder / "pack" / "part.py"
    found = resolve("pack.deep.leaf:f", path)
    assert [found.takes(n) for n in range(4)] == [False, True, True, False]
    assert resolve("pack", path).file == folder / "pack" / "__init__.py"
    assert resolve("predictions.instruments.trials:over_trials", path).function == "over_trials"


@pytest.mark.parametrize(
    ("text", "accepts"),
    [
        ("def f(a, b): pass", {2}),
        ("def f(a, b=1): pass", {1, 2}),
        ("def f(a, /, b): pass", {2}),
        ("def f(*a): pass", {0, 1, 2, 3}),
        ("def f(a, b, *, c): pass", set()),
        ("def f(a, b, *, c=1): pass", {2}),
        ("@g\ndef f(): pass", {0, 1, 2, 3}),
        ("f = g(1)", {0, 1, 2, 3}),
        ("if x:\n    def f(a): pass", {1}),
        ("try:\n    def f(a): pass\nexcept E: pass", {1}),
        ("from there import g as f", {3}),
    ],
)
def test_arguments_that_a_definition_takes(tmp_path, text, accepts):
    write(tmp_path, "there.py", "def g(a, b, c): pass")
    write(tmp_path, "here.py", text)
    found = resolve("here:f", [str(tmp_path)])
    assert {n for n in range(4) if found.takes(n)} == accepts


@pytest.mark.parametrize(
    ("dotted", "problem", "remedy"),
    [
        ("pack.prt", "there is no module pack.prt", "did you mean pack.part?"),
        ("pac.part:f", "there is no module pac.part", "did you mean pack?"),
        ("pack.deep.leaf:h", "pack.deep.leaf defines no h", "known: f"),
        ("pack.deep.leaf:torch", "defines no torch", ""),  # only within a function
        ("predictions.instrument.trials", "no module predictions.instrument.trials", "predictions.instruments?"),
        ("prediction.instruments", "no module", "known:"),
        ("numpy", "there is no module numpy", ""),  # not one of the project's own
        ("runners.records.seeds", "there is no module runners.records.seeds", ""),
        ("a b:c", "is no dotted name", "module:function"),
        ("pack.deep.leaf:", "is no dotted name", "module:function"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_with_its_neighbours(folder, dotted, problem, remedy):
    with pytest.raises(UnresolvedName) as caught:
        resolve(dotted, [str(folder), str(ROOT)])
    assert problem in caught.value.problem
    assert remedy in caught.value.remedy


def test_load_function_imports_really(tmp_path, monkeypatch):
    write(tmp_path, "really_imported.py", "def seven(condition, given):\n    return 7\n\n\nnumber = 3\n")
    with importable([str(tmp_path)]):
        assert load_function("really_imported:seven")({}, {}) == 7
        with pytest.raises(TypeError, match="int, not a function"):
            load_function("really_imported:number")
    assert str(tmp_path) not in sys.path
    monkeypatch.delitem(sys.modules, "really_imported")
