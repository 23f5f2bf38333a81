"""pytest: claims of a registry as test items, and laws asserted of runs of one's own. Only where it is asked for:
`pytest -p tollens.pytest`, or `pytest_plugins = ["tollens.pytest"]` in a conftest.py at the top.

Each claim is judged from the records of a store; nothing is measured.

    pytest registry.yaml                      its claims, and those of its phenomena, judged from the default store
    pytest predictions/x/claims.yaml          those of one phenomenon
    pytest --tollens STORE                    the project's claims, judged from this one
    pytest registry.yaml::CLAIM --tollens-tier standard -k edge-of-stability

A verdict against `expect` fails, as does a crash; what is undecided, unavailable or not run is skipped with its reason.
Only a registry that is named on the command line is collected, and nothing is imported before.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runners.registry.tiers import TIERS

if TYPE_CHECKING:
    from runners.authoring.own_runs import Columns
    from runners.judging.judge import Judge
    from runners.registry.document import Position

_REGISTRY = re.compile(r"^(claims|experiments|phenomena)\s*:", re.MULTILINE)
_JUDGES = pytest.StashKey[dict[Path, "Judge"]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("tollens", "claims of a registry")
    group.addoption("--tollens", metavar="STORE", help="judge the claims of a registry from the records of this store")
    group.addoption(
        "--tollens-tier",
        choices=TIERS,
        default="smoke",
        help="size at which claims are judged (default: smoke)",
    )
    group.addoption("--tollens-epoch", metavar="NAME", help="epoch whose records are judged (default: the last opened)")


@pytest.fixture
def law() -> Callable[..., Any]:
    """Assert a law of one's own runs: `law(claim, frame, columns={...}, momentum=0)`, as `tollens.judge` takes them.

    Fails unless the project's rule supports the claim on these runs, with what it says of them; gives the judgement.
    """
    import tollens

    def assert_law(claim: str, frame: Any, *, columns: Columns, **constants: Any) -> Any:
        __tracebackhide__ = True
        judged = tollens.judge(claim, frame, columns=columns, **constants)
        if judged.verdict != "supported":
            pytest.fail(repr(judged), pytrace=False)
        return judged

    return assert_law


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """`--tollens STORE` without a registry means the project's own."""
    if config.getoption("--tollens") and not any(_is_registry(_path(config, argument)) for argument in config.args):
        from runners.commands.options import own_registry

        named = config.args if config.args_source is pytest.Config.ArgsSource.ARGS else []
        config.args = [*named, str(own_registry().resolve())]


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A registry, if it was named: a folder's other files in YAML are none of ours."""
    if file_path.suffix in (".yaml", ".yml") and parent.session.isinitpath(file_path) and _is_registry(file_path):
        inside = file_path.is_relative_to(parent.config.rootpath)
        return RegistryFile.from_parent(parent, path=file_path, nodeid=None if inside else file_path.name)
    return None


def _path(config: pytest.Config, argument: str) -> Path:
    return config.invocation_params.dir / argument.partition("::")[0]


def _is_registry(path: Path) -> bool:
    return path.suffix in (".yaml", ".yml") and path.is_file() and bool(_REGISTRY.search(path.read_text("utf-8-sig")))


class RegistryFile(pytest.File):
    """The claims that one file states, or lists."""

    def collect(self) -> Iterator[pytest.Item]:
        from runners.registry.mistakes import RegistryError

        judges = self.config.stash.setdefault(_JUDGES, {})
        try:
            judges.setdefault(self.path, self._judge())
        except RegistryError as error:
            raise self.CollectError(str(error)) from None
        registry = judges[self.path].registry
        aside = {str(entry[-1]): mistakes for entry, mistakes in registry.aside.items() if entry[0] == "claims"}
        for name in dict.fromkeys([*registry.claims, *aside]):
            place = registry.located("claims", name)
            if self.path.resolve() in (Path(place.file).resolve(), registry.home(name).resolve()):
                wrong = "\n".join(map(str, aside.get(name, ())))
                yield ClaimItem.from_parent(self, name=name, judge=judges[self.path], place=place, wrong=wrong)

    def _judge(self) -> Judge:
        """A judge over the store, for the project's registry and this one."""
        import sys

        from runners.commands.judge import stored_judge
        from runners.commands.options import DEFAULT_STORE, registry_files
        from runners.registry.loader import load

        registry = load(registry_files([self.path]), whole=False)
        sys.path[:0] = [folder for folder in registry.search_path if folder not in sys.path]
        store = self.config.getoption("--tollens") or os.environ.get("TOLLENS_STORE", DEFAULT_STORE)
        size, epoch = self.config.getoption("--tollens-tier"), self.config.getoption("--tollens-epoch")
        return stored_judge(registry, size, store, epoch)


class Contradicted(Exception):
    """A verdict against what is expected, a crash or an unfinished claim; the message is what the report shows."""


class ClaimItem(pytest.Item):
    """One claim."""

    def __init__(self, *, judge: Judge, place: Position, wrong: str = "", **arguments: Any):
        super().__init__(**arguments)
        self._judge, self._place, self._wrong = judge, place, wrong
        if claim := judge.registry.claims.get(self.name):
            self.extra_keyword_matches |= {claim.theory, claim.strand}

    def runtest(self) -> None:
        if self._wrong:
            raise Contradicted(self._wrong)
        from runners.reporting.ci_report import explanation, fate, properties
        from runners.reporting.report import report

        with warnings.catch_warnings():
            warnings.simplefilter("default")  # a theory's warning is no verdict, whatever this run makes of warnings
            (claim,) = report(self._judge, [self._judge.judge(self.name)]).claims
        self.user_properties += properties(claim).items()
        came_to, why = fate(claim)
        if came_to == "skipped":
            pytest.skip(why)
        if came_to != "passed":
            raise Contradicted(explanation(claim))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, Contradicted):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        return Path(self._place.file), self._place.line - 1, self.name
