"""Dotted names without importing: where they lead, what they load, and a digest of what they compute."""

from __future__ import annotations

import ast
import sys
from textwrap import dedent

import pytest

from predictions.data import chinchilla, fetching
from runners.registry.names import (
    ROOT,
    UnresolvedName,
    closure,
    digest,
    importable,
    load_function,
    own_file,
    resolve,
    search_path,
    third_party,
)
from runners.registry.syntax import Source


@pytest.fixture
def folder(tmp_path):
    """Modules that import one another in every way."""
    write(
        tmp_path, "start.py", "import numpy as np\nfrom pack import part\nfrom predictions.instruments import trials\n"
    )
    write(tmp_path, "pack/__init__.py", '"""A package."""\n')
    write(
        tmp_path,
        "pack/part.py",
        "from . import sibling\nfrom .deep.leaf import f as g\nimport json, sklearn.datasets\n",
    )
    write(tmp_path, "pack/sibling.py", "from importlib import import_module\nimport_module('late')\n")
    write(tmp_path, "pack/deep/__init__.py", "from ..other import x\n")
    write(tmp_path, "pack/deep/leaf.py", "def f(a, b=1, *, c=2):\n    import torch\n    import inner\n    return a\n")
    write(tmp_path, "pack/other.py", "import start\nx = 1\n")
    for name in ("late", "inner", "unused"):
        write(tmp_path, f"{name}.py", "")
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


def test_a_file_that_is_not_python_is_told_with_its_line(folder):
    write(folder, "inner.py", "x = 1\ndef f(:\n")
    with pytest.raises(UnresolvedName, match=r"inner.py:2 is not Python"):
        closure("start", [str(folder), str(ROOT)])


def test_a_closure_follows_every_kind_of_import(folder):
    files = closure("start", [str(folder), str(ROOT)])
    assert list(files) == [
        "inner",
        "late",
        "pack",
        "pack.deep",
        "pack.deep.leaf",
        "pack.other",
        "pack.part",
        "pack.sibling",
        "predictions",
        "predictions.instruments",
        "predictions.instruments.trials",
        "start",
    ]
    assert files["pack"] == folder / "pack" / "__init__.py"
    assert third_party(files) == {"jax", "numpy", "sklearn", "torch"}


def test_fetching_is_in_no_closure_but_what_is_read_is_by_its_sha256():
    files = closure("predictions.data.chinchilla", [str(ROOT)])
    assert set(files) == {"predictions", "predictions.data", "predictions.data.chinchilla"}
    assert third_party(files) == {"numpy"}, "pooch brings files, and decides no number"
    assert chinchilla.SHA256 in files["predictions.data.chinchilla"].read_text()
    assert fetching.catalogue()["chinchilla"].sha256 == chinchilla.SHA256


def test_a_closure_is_what_python_loads(folder, monkeypatch):
    """Beside Python itself, for imports at the top level."""
    write(folder, "pack/deep/leaf.py", "f = 1\n")
    write(folder, "pack/part.py", "from . import sibling\nfrom .deep.leaf import f as g\n")
    write(folder, "start.py", "from pack import part\n")
    write(folder, "pack/other.py", "x = 1\n")
    for name in closure("start", [str(folder)]):
        assert name not in sys.modules
    before = set(sys.modules)
    with importable([str(folder)]):
        __import__("start")
    loaded = {name for name in set(sys.modules) - before if own_file(name, [str(folder)])}
    for name in loaded:
        monkeypatch.delitem(sys.modules, name)
    assert loaded == set(closure("start", [str(folder)]))


SOURCE = '''
"""About."""
import math

RATE: float = 1e-3  # why


class Law:
    """A law."""

    power = 2
    """Its power."""

    def value(self, x):
        """Value."""
        return f"{x:.3f}" + 'a' "b"
'''


def digest_of(tmp_path, text: str, name: str = "it") -> str:
    return digest({name: write(tmp_path, f"{name}.py", text)})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"""About."""', ""),
        ('    """A law."""\n', '    """Another text."""\n'),
        ('    """Its power."""\n', ""),
        ('        """Value."""\n', ""),
        ("  # why", ""),
        ("1e-3", "0.001"),
        ("'a' \"b\"", '"ab"'),
        ("import math\n", "import math\n\n\n\n"),
        ("def value(self, x):", "def value(\n        self,\n        x,\n    ):"),
    ],
)
def test_a_digest_is_blind_to_words_and_layout(tmp_path, old, new):
    assert old in SOURCE
    assert digest_of(tmp_path, SOURCE) == digest_of(tmp_path, SOURCE.replace(old, new))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("1e-3", "1.1e-3"),
        ("power = 2", "power = 2.0"),
        ("power = 2", "power = True"),
        ("import math", "import cmath"),
        ("RATE: float", "RATE: int"),
        ("value(self, x)", "value(self, x=None)"),
        ("value(self, x)", "value(self, *x)"),
        (":.3f", ":.4f"),
        ("+", "-"),
        ("'a'", "b'a' and"),
    ],
)
def test_a_digest_sees_every_change_of_code(tmp_path, old, new):
    assert old in SOURCE
    assert digest_of(tmp_path, SOURCE) != digest_of(tmp_path, SOURCE.replace(old, new, 1))


def test_a_digest_ignores_the_empty_parts_that_some_versions_put_into_f_strings():
    tree = ast.parse("f'{x:{width}}'")
    plain = Source(tree).canonical()
    (text,) = [node for node in ast.walk(tree) if isinstance(node, ast.FormattedValue) and node.format_spec]
    text.format_spec.values.append(ast.Constant(value=""))
    assert Source(tree).canonical() == plain


def test_a_digest_depends_on_names_and_not_on_folders_or_order(tmp_path):
    one, two = write(tmp_path, "one.py", "x = 1"), write(tmp_path, "two.py", "y = 1")
    moved = write(tmp_path, "elsewhere/one.py", "x = 1")
    assert digest({"one": one, "two": two}) == digest({"two": two, "one": moved})
    assert digest({"one": one, "two": two}) != digest({"one": two, "two": one})
    assert digest({"one": one}) != digest({"one": one, "two": two})


def test_a_digest_notices_a_file_that_changed_meanwhile(tmp_path):
    assert digest_of(tmp_path, "x = 1") != digest_of(tmp_path, "x = 23")


def test_load_function_imports_really(tmp_path, monkeypatch):
    write(tmp_path, "really_imported.py", "def seven(condition, given):\n    return 7\n\n\nnumber = 3\n")
    with importable([str(tmp_path)]):
        assert load_function("really_imported:seven")({}, {}) == 7
        with pytest.raises(TypeError, match="int, not a function"):
            load_function("really_imported:number")
    assert str(tmp_path) not in sys.path
    monkeypatch.delitem(sys.modules, "really_imported")
