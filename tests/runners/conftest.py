"""A world for the machinery: the toy registry of tests/worlds, a store of its own, and what ran in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from runners.commands import main
from runners.judging.judge import Judge
from runners.judging.results import ClaimResult
from runners.measuring.dispatch import Run
from runners.measuring.executors import InProcess
from runners.measuring.planning import Planner
from runners.measuring.profiles import THREADS
from runners.records.samples import Samples
from runners.records.seals import lock_hash
from runners.records.store import Store
from runners.registry.loader import load
from runners.registry.schema import Claim

WORLDS = Path(__file__).parents[1] / "worlds"
NO_SEALS = {"schema": 2, "claims": {}}


class World:
    """The toy registry, a store, and commands upon them."""

    WORLDS = WORLDS

    def __init__(self, store: str, calls: Path):
        self.registry = load([WORLDS / "toy.yaml"])
        self.address = store
        self.calls = calls

    # --- what is claimed ---------------------------------------------------------------------------------------------

    def claim(self, name: str, *, like: str = "law-holds", **changes) -> str:
        """Add a claim that differs from another in these fields: no controls, rivals, requirements if not named."""
        bare = {"controls": [], "rivals": {}, "requires": [], "shown": None, "expect": "open"}
        model = self.registry.claims[like]
        assert isinstance(model, Claim)
        changed = Claim.model_validate({**model.model_dump(exclude_none=True), **bare, **changes})
        self.registry = replace(self.registry, claims={**self.registry.claims, name: changed})
        return name

    def experiment(self, name: str, **changes) -> None:
        """Change fields of an experiment."""
        changed = self.registry.experiments[name].model_copy(update=changes)
        self.registry = replace(self.registry, experiments={**self.registry.experiments, name: changed})

    # --- running and judging -----------------------------------------------------------------------------------------

    @property
    def store(self) -> Store:
        return Store(self.address)

    def planned(self, *claims: str, tier: str = "smoke") -> tuple[Run, Judge]:
        planner = Planner(self.registry, tier)
        store = self.store
        samples = Samples(store, planner.lineages(self.registry.experiments), fallback=False)
        samples.forget_failures()
        judge = Judge(self.registry, tier, samples)
        return Run(planner, judge, samples, store, claims), judge

    def run(self, *claims: str, tier: str = "smoke", executor=None) -> dict[str, ClaimResult]:
        """Measure what the claims need and judge them."""
        run, judge = self.planned(*claims, tier=tier)
        if run.plan():
            assert run.execute(executor or self.executor(tier), stopped=lambda: False)
        return {name: judge.judge(name) for name in claims}

    def executor(self, tier: str = "smoke") -> InProcess:
        """Measures in this process; its records cite a lock that holds nothing."""
        self.store.put_lock(lock_hash(NO_SEALS), NO_SEALS)
        return InProcess(self.address, {"tier": tier, "lock": lock_hash(NO_SEALS)})

    def judge(self, *claims: str, tier: str = "smoke") -> dict[str, ClaimResult]:
        """Judge what is stored, as `tollens judge` does."""
        judge = self.stored_judge(tier)
        return {name: judge.judge(name) for name in claims}

    def stored_judge(self, tier: str = "smoke") -> Judge:
        lineages = Planner(self.registry, tier).lineages(self.registry.experiments)
        return Judge(self.registry, tier, Samples(self.store, lineages))

    def outcome(self, name: str, tier: str = "smoke"):
        return self.run(name, tier=tier)[name].outcome

    # --- what happened -----------------------------------------------------------------------------------------------

    def measured(self) -> Counter[str]:
        """How often each block was measured, by condition and first seed."""
        return Counter(file.name.partition("~")[0] for file in self.calls.iterdir())

    def payloads(self, *experiments: str) -> dict[str, str]:
        """Hash of what was measured, by identity of the block."""
        names = experiments or tuple(self.registry.experiments)
        return {
            record.identity: json.loads(self.store.read(f"records/{name}/{record.identity}.json"))["payload_sha256"]
            for name in names
            for record in self.store.records(name)
        }


class CommandLine:
    """`tollens` with the toy registry beside an empty one of the project's, in this process or in another."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.store = folder / "store"
        self.calls = folder / "calls"
        self.calls.mkdir(exist_ok=True)
        self.own = folder / "own" / "registry.yaml"
        self.own.parent.mkdir()
        self.own.write_text("experiments: {}\nclaims: {}\n")
        self.toys = WORLDS / "toy.yaml"

    def arguments(self, command: str, *arguments: str) -> list[str]:
        stored = ["--store", str(self.store)] if command in ("run", "judge", "show", "board", "why", "rerun") else []
        return [command, "--registry", str(self.toys), *stored, *arguments]

    def __call__(self, command: str, *arguments: str) -> Result:
        """Run in this process."""
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            return CliRunner().invoke(main, self.arguments(command, *arguments))
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def start(self, command: str, *arguments: str, **environment: str) -> subprocess.Popen:
        """Start in another process, whose threads nobody has fixed."""
        code = "\n".join(
            [
                "from pathlib import Path",
                "from runners.commands import main, options",
                f"options.own_registry = lambda: Path({str(self.own)!r})",
                "main()",
            ]
        )
        kept = {name: value for name, value in os.environ.items() if name not in THREADS}
        return subprocess.Popen(
            [sys.executable, "-c", code, *self.arguments(command, *arguments)],
            env={**kept, "TOY_CALLS": str(self.calls), "PYTHONPATH": str(WORLDS.parents[1]), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def records(self) -> list[Path]:
        return list(self.store.glob("records/*/*.json"))

    def wait_for_records(self, process: subprocess.Popen, count: int) -> None:
        """Until so many blocks are recorded, or the process has ended."""
        end = time.monotonic() + 60
        while len(self.records()) < count and process.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
        assert process.poll() is None, process.communicate()

    def measured(self) -> Counter[str]:
        return Counter(file.name.partition("~")[0] for file in self.calls.iterdir())


@pytest.fixture(scope="session")
def new_world() -> type[World]:
    """For tests that need a world of another scope."""
    return World


@pytest.fixture
def command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    line = CommandLine(tmp_path)
    monkeypatch.setenv("TOY_CALLS", str(line.calls))
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("runners.commands.options.own_registry", lambda: line.own)
    return line


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    calls = tmp_path / "calls"
    calls.mkdir(exist_ok=True)
    monkeypatch.setenv("TOY_CALLS", str(calls))
    monkeypatch.setattr(sys, "path", [str(WORLDS), *sys.path])
    return World(str(tmp_path / "store"), calls)
