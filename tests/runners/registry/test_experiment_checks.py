"""An experiment keeps its contract, knows no theory, and hides nothing from the seal."""

from __future__ import annotations

import pytest

MODULE = "experiments.descent.module"


def only_mistake(project):
    found = {(it.where, it.problem, it.remedy) for it in project.mistakes() if it.where == MODULE}
    assert len(found) == 1, found
    return found.pop()


@pytest.mark.parametrize(
    ("prepare", "sound"),
    [
        ("def prepare(condition, seeds): pass", True),
        ("def prepare(condition, seeds, more=None): pass", True),
        ("def prepare(condition): pass", False),
        ("def prepare(condition, seeds, more): pass", False),
        ("def prepare(*, condition, seeds): pass", False),
    ],
)
def test_prepare_and_measure_take_two_arguments(project, prepare, sound):
    project.module("bench.py", f"{prepare}\ndef measure(condition, state): pass\n")
    found = [it for it in project.mistakes() if it.where == MODULE]
    assert (not found) == sound
    for mistake in found:
        assert "two positional arguments" in mistake.problem
        assert mistake.remedy == "define prepare(setting, seeds)"
        assert str(mistake).startswith(project.place("module: bench"))


@pytest.mark.parametrize("statement", ["import law", "from law import half_time", "import between"])
def test_an_experiment_imports_no_theory(project, statement):
    project.module("between.py", "def f():\n    from law import half_time\n")
    bench = project.folder / "bench.py"
    bench.write_text(f"{statement}\n{bench.read_text()}")
    _, problem, remedy = only_mistake(project)
    assert "imports law, which is where half-time-inverse-rate takes a prediction from" in problem
    assert "knows no theory" in remedy


def test_an_experiment_imports_no_module_named_theory(project):
    project.module("parabola/theory.py", "")
    project.module("parabola/__init__.py", "from parabola import theory\n")
    project.module("parabola/run.py", "def prepare(condition, seeds): pass\ndef measure(condition, state): pass\n")
    project.change("module: bench", "module: parabola.run")
    _, problem, _ = only_mistake(project)
    assert "parabola.theory, which is a theory" in problem


def test_theory_and_experiment_do_not_share_a_file(project):
    bench = project.folder / "bench.py"
    bench.write_text(bench.read_text() + "\ndef half_time(condition, given): return 1\n")
    project.change("predicted: law:half_time", "predicted: bench:half_time")
    _, problem, _ = only_mistake(project)
    assert "is where half-time-inverse-rate takes a prediction from" in problem


def test_imports_under_computed_names_are_refused(project):
    bench = project.folder / "bench.py"
    bench.write_text(f"import importlib\nx = importlib.import_module(f'{{1}}')\n{bench.read_text()}")
    _, problem, _ = only_mistake(project)
    assert "bench.py:2 imports a module under a computed name" in problem


def test_an_experiment_does_not_reach_into_the_machinery(project):
    bench = project.folder / "bench.py"
    bench.write_text(f"from runners.records.seeds import derive_seed\n{bench.read_text()}")
    _, problem, _ = only_mistake(project)
    assert "bench.py:1 imports runners" in problem


@pytest.mark.parametrize(
    ("imports", "words"),
    [
        ("import jax.numpy as jnp", "law imports jax"),
        ("import between", "law imports torch"),
        ("import bench", "law imports bench, which measures descent"),
    ],
)
def test_a_theory_is_numpy_and_knows_no_experiment(project, imports, words):
    project.module("between.py", "import torch\n")
    law = project.folder / "law.py"
    law.write_text(f"{imports}\n{law.read_text()}")
    told = [it for it in project.mistakes() if it.where == "claims.half-time-inverse-rate.predicted"]
    assert any(words in it.problem for it in told)


def test_a_doubtful_escape_sequence_is_no_mistake(project):
    bench = project.folder / "bench.py"
    bench.write_text(bench.read_text() + "\nx = '\\d'\n")
    assert project.mistakes() == []


def test_a_broken_module_is_a_mistake_where_it_is_named(project):
    project.module("bench.py", "def prepare(:\n")
    _, problem, _ = only_mistake(project)
    assert "bench.py:1 is not Python" in problem


SIZES = {
    "half_time": ("'half_time' names no function", "write module:function"),
    "law:half_tim": ("law defines no half_tim", "did you mean half_time?"),
    "laws:count": ("there is no module laws", "did you mean law?"),
    "law:half_time": ("half_time in {folder}/law.py does not take one", "define half_time(setting)"),
    "bad:count": ("bad imports jax, itself", "count the parameters from the setting, in a module of its own"),
}


@pytest.mark.parametrize("size", SIZES)
def test_a_size_is_a_function_of_the_setting_that_waits_for_no_framework(project, size):
    project.module("bad.py", "import jax\n\n\ndef count(setting):\n    return 3\n")
    project.change("about: Gradient descent on a quadratic.", f"about: Descent.\n    size: {size}")
    (mistake,) = project.mistakes()
    problem, remedy = SIZES[size]
    assert str(mistake).startswith(f"{project.place(f'size: {size}')[:-2]}")
    assert mistake.where == "experiments.descent.size"
    assert mistake.problem.startswith(problem.format(folder=project.folder))
    assert mistake.remedy == remedy
