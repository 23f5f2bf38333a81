"""Small mutations of the rule, of theories, folds and instruments, one at a time: does a test notice?

Cosmic-ray's operators change an operator, a comparison, a sign or a number of a module; the test files that mirror the
module are run against it, those tests first that reach the changed line. A mutant that no test notices is printed: a
test is missing, or the change changes no value (a tolerance, the start of a search). Nothing is written: the mutated
module lives in a forked process alone. Needs the extra `mutants`.

    python benchmarks/mutants.py [--count 60] [--seed 0] [--only predictions/random_networks]
"""

from __future__ import annotations

import os

os.environ |= {"NPROC": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "JAX_PLATFORMS": "cpu"}

import argparse
import ast
import contextlib
import difflib
import json
import random
import re
import select
import signal
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path

import coverage
import pytest
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator

ROOT = Path(__file__).resolve().parents[1]
OPERATORS = """
    ReplaceBinaryOperator_Add_Sub ReplaceBinaryOperator_Sub_Add ReplaceBinaryOperator_Mul_Div
    ReplaceBinaryOperator_Div_Mul ReplaceBinaryOperator_Pow_Mul ReplaceBinaryOperator_FloorDiv_Mul
    ReplaceBinaryOperator_Mod_Sub ReplaceBinaryOperator_BitAnd_BitOr ReplaceBinaryOperator_BitOr_BitAnd
    ReplaceUnaryOperator_Delete_USub ReplaceUnaryOperator_Delete_Invert ReplaceUnaryOperator_Delete_Not
    ReplaceComparisonOperator_Eq_NotEq ReplaceComparisonOperator_NotEq_Eq ReplaceComparisonOperator_Lt_LtE
    ReplaceComparisonOperator_Lt_Gt ReplaceComparisonOperator_LtE_Lt ReplaceComparisonOperator_LtE_Gt
    ReplaceComparisonOperator_Gt_GtE ReplaceComparisonOperator_Gt_Lt ReplaceComparisonOperator_GtE_Gt
    ReplaceComparisonOperator_GtE_Lt ReplaceComparisonOperator_Is_IsNot ReplaceComparisonOperator_IsNot_Is
    ReplaceAndWithOr ReplaceOrWithAnd ReplaceTrueWithFalse ReplaceFalseWithTrue AddNot NumberReplacer
    ZeroIterationForLoop
""".split()
HEAVY = "numpy scipy.integrate scipy.optimize scipy.stats jax pandas skimage sklearn torch hypothesis".split()
"""Imported before the forks, so that no mutant waits for them; none of them starts a thread by being imported."""
PATIENCE = 20, 5
"""Seconds, and multiples of what the unchanged tests take, after which a mutant counts as noticed: it hangs."""


@dataclass(frozen=True)
class Mutant:
    """A module with one change."""

    module: Path
    line: int
    source: str


def modules() -> list[Path]:
    """The rule; what the registry names as theory, truth or fold, and what these use; the instruments."""
    found = {*(ROOT / "runners" / "rule").glob("*.py"), *(ROOT / "predictions" / "instruments").glob("*.py")}
    entries = (ROOT / "predictions").rglob("claims.yaml")
    names = {name for entry in entries for name in re.findall(r"(predictions[\w.]+):\w", entry.read_text())}
    while names:
        path = ROOT / (names.pop().replace(".", "/") + ".py")
        if path.exists() and path not in found and "def measure(" not in path.read_text():
            found.add(path)
            names |= set(_imported(ast.parse(path.read_text())))
    return sorted(path for path in found if path.name != "__init__.py")


def _imported(tree: ast.AST):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("predictions"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def mutants_of(module: Path) -> list[Mutant]:
    """All of them that are more than another annotation, or another way to pass an argument."""
    source = module.read_text()
    nodes, unchanged = list(ast_nodes(get_ast(source))), _values(source)
    found = []
    for name in OPERATORS:
        operator = get_operator(f"core/{name}")()
        lines = [start[0] for node in nodes for start, _ in operator.mutation_positions(node)]
        for occurrence, line in enumerate(lines):
            mutated = mutate_code(source, operator, occurrence)
            try:
                differs = _values(mutated) != unchanged
            except SyntaxError:  # ** that unpacks is no power
                continue
            if differs:
                found.append(Mutant(module, line, mutated))
    return found


def _values(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        elif isinstance(node, ast.arg):
            node.annotation = None
        elif isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(0)
        elif isinstance(node, ast.arguments):
            node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]
            node.defaults = [*node.defaults, *(value for value in node.kw_defaults if value)]
            node.posonlyargs, node.kwonlyargs, node.kw_defaults = [], [], []
    return ast.dump(tree)


def test_files(module: Path) -> list[str]:
    """The files in the mirrored folder of tests that name the module; all of the folder, if none does."""
    folder = ROOT / "tests" / module.parent.relative_to(ROOT)
    files = sorted(folder.glob("test_*.py"))
    return [str(file) for file in files if re.search(rf"\b{module.stem}\b", file.read_text())] or list(map(str, files))


class Reach:
    """A pytest plugin that notes the seconds and the lines of a module that each test takes."""

    def __init__(self, module: Path) -> None:
        self.module, self.seconds = module, {}
        self.coverage = coverage.Coverage(data_file=None, include=[str(module)])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        self.coverage.switch_context(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report):
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0) + report.duration

    def lines(self) -> dict[str, list[str]]:
        """The tests that reach each line."""
        reached = self.coverage.get_data().contexts_by_lineno(str(self.module))
        return {str(line): [test for test in tests if test] for line, tests in reached.items()}


def unchanged(module: Path):
    """Runs the module's tests as it is: their seconds, the tests of each line, and whether all pass."""
    reach = Reach(module)
    reach.coverage.start()
    code = _pytest(test_files(module), reach)
    reach.coverage.stop()
    return {"seconds": reach.seconds, "lines": reach.lines(), "passed": code == 0}


def noticed(mutant: Mutant, tests: list[str]) -> bool:
    """Whether one of the tests fails on the mutant."""
    original = SourceFileLoader.get_code

    def get_code(loader, name):
        if Path(loader.path) == mutant.module:
            return compile(mutant.source, loader.path, "exec", dont_inherit=True)
        return original(loader, name)

    SourceFileLoader.get_code = get_code
    return _pytest(tests) != 0


def _pytest(tests: list[str], *plugins) -> int:
    # a plugin that was imported before the fork is none whose assertions matter
    quiet = ["-q", "-p", "no:cacheprovider", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    options = ["-x", "-m", "not slow and not gpu and not browser", *quiet]
    return pytest.main([*options, *tests], plugins=list(plugins))


def apart(function, *arguments, seconds: float):
    """What the function returns in a forked process; None if that dies or takes too long."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        try:
            os.write(writing, json.dumps(function(*arguments)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    answer, end = b"", time.monotonic() + seconds
    while select.select([reading], [], [], max(0, end - time.monotonic()))[0]:
        part = os.read(reading, 1 << 16)
        if not part:
            break
        answer += part
    os.close(reading)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return json.loads(answer) if answer else None


def survives(mutant: Mutant, baseline) -> bool:
    """Whether neither the tests that reach the line, the quickest first, nor the others of the module notice."""
    seconds = baseline["seconds"]
    reaching = sorted(baseline["lines"].get(str(mutant.line), []), key=seconds.get)
    rest = sorted(set(seconds) - set(reaching), key=seconds.get)
    for tests in (reaching, rest):
        patience = PATIENCE[0] + PATIENCE[1] * sum(map(seconds.get, tests))
        if tests and apart(noticed, mutant, [str(ROOT / test) for test in tests], seconds=patience) is not False:
            return False
    return True


def change(mutant: Mutant) -> str:
    """The changed lines, before and after."""
    before, after = mutant.module.read_text().splitlines(), mutant.source.splitlines()
    changed = [line for line in difflib.unified_diff(before, after, n=0, lineterm="") if line[:2] not in ("--", "++")]
    return "\n".join(f"    {line}" for line in changed if not line.startswith("@@"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=60, help="how many mutants; 0: all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--only", action="append", help="a module, or a folder of modules, relative to the repository")
    asked = parser.parse_args()
    chosen = [path for path in modules() if not asked.only or any(path.is_relative_to(ROOT / it) for it in asked.only)]
    mutants = [mutant for module in chosen for mutant in mutants_of(module)]
    print(f"{len(mutants)} mutants in {len(chosen)} modules", flush=True)
    if 0 < asked.count < len(mutants):
        mutants = random.Random(asked.seed).sample(mutants, asked.count)
    for name in HEAVY:
        import_module(name)
    survivors = 0
    for module in chosen:
        of_module = sorted((it for it in mutants if it.module == module), key=lambda it: it.line)
        if not of_module:
            continue
        name = module.relative_to(ROOT)
        baseline = apart(unchanged, module, seconds=1800)
        if baseline is None or not baseline["passed"]:
            print(f"{name}: its tests fail as it stands", flush=True)
            survivors += len(of_module)
            continue
        alive = 0
        for mutant in of_module:
            if survives(mutant, baseline):
                alive += 1
                print(f"{name}:{mutant.line} survived\n{change(mutant)}", flush=True)
        survivors += alive
        print(f"{name}: {len(of_module) - alive} of {len(of_module)} noticed", flush=True)
    share = 1 - survivors / max(1, len(mutants))
    print(f"{len(mutants) - survivors} of {len(mutants)} mutants were noticed ({share:.1%})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
