"""tollens doctor"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click

from runners.commands import options
from runners.commands.options import INCOMPLETE, registry_option, store_option

LIBRARIES = ("numpy", "scipy", "jax", "jaxlib", "torch", "ray", "pandas", "pydantic", "fsspec", "scikit-learn")
FINE, NOTE, WRONG = "ok", "note", "WRONG"


class Finding(NamedTuple):
    """One line: how it stands, with what, and what to do about it."""

    mark: str
    what: str
    text: str


@click.command("doctor")
@store_option
@registry_option
def command(store: str, extra: tuple[Path, ...]) -> None:
    """Look at this machine: versions, cores, GPU, Ray, data, store, registry. Exit code 3 if something is wrong.

    A note is worth knowing, but stops nothing.
    """
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("python", _python),
        ("libraries", _libraries),
        ("cores", _cores),
        ("GPU", _gpu),
        ("environment", _variables),
        ("commit", _commit),
        ("Ray", _ray),
        ("data", _data),
        ("store", lambda: _store(store)),
        ("registry", lambda: _registry(extra)),
    ]
    wrong = 0
    for name, check in checks:
        try:
            findings = list(check())
        except Exception as error:  # what is broken here is what it is there to find
            findings = [Finding(WRONG, name, f"{type(error).__name__}: {error}")]
        for finding in findings:
            wrong += finding.mark == WRONG
            colour = {FINE: "green", NOTE: "yellow", WRONG: "red"}[finding.mark]
            click.echo(f"{click.style(f'{finding.mark:6}', fg=colour)}{finding.what:14} {finding.text}")
    if wrong:
        sys.exit(INCOMPLETE)


def _python() -> Iterator[Finding]:
    from tollens import __version__

    new_enough = sys.version_info >= (3, 11)
    text = f"{platform.python_version()} on {platform.platform()}, tollens {__version__}"
    yield Finding(FINE if new_enough else WRONG, "python", text + ("" if new_enough else "; install 3.11 or newer"))
    if sys.platform == "darwin":
        yield Finding(NOTE, "macOS", "runs in this process and on an embedded cluster; no CI runs here")
    elif sys.platform == "win32":
        yield Finding(WRONG, "Windows", "time limits and signals need a POSIX system; use WSL")


def _libraries() -> Iterator[Finding]:
    from importlib.metadata import PackageNotFoundError, version

    tested = _tested_versions()
    for name in LIBRARIES:
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding(WRONG, name, "is not installed; pip install tollens brings it")
            continue
        other = tested.get(name)
        differs = other is not None and found.split("+")[0] != other
        remark = f", tested with {other}: records of both are kept apart" if differs else ""
        yield Finding(NOTE if differs else FINE, name, found + remark)


def _tested_versions() -> dict[str, str]:
    """The pinned versions, in a checkout."""
    file = Path(__file__).parents[2] / "constraints.txt"
    lines = file.read_text().splitlines() if file.exists() else []
    pairs = [line.partition("#")[0].strip().partition("==") for line in lines if "==" in line]
    return {name: pinned for name, _, pinned in pairs}


def _cores() -> Iterator[Finding]:
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    memory = _memory()
    text = f"{usable} of {os.cpu_count()} usable" + (f", {memory / 2**30:.1f} GiB of memory" if memory else "")
    small = memory is not None and memory / usable < 2**30
    yield Finding(
        NOTE if small else FINE, "cores", text + ("; less than 1 GiB a core: run with --cpus" if small else "")
    )
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        if os.environ.get(name, "1") != "1":
            yield Finding(NOTE, name, f"is {os.environ[name]}; runs set it to what a block asks for, one by default")


def _memory() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError, AttributeError):
        return None


def _gpu() -> Iterator[Finding]:
    import torch

    if not torch.cuda.is_available():
        yield Finding(NOTE, "GPU", "none that torch can use: tiers that ask for one are unavailable here")
        return
    names = ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))
    yield Finding(FINE, "GPU", f"{names} (torch {torch.version.cuda})")
    import jax

    try:
        devices = jax.devices("gpu")
        yield Finding(FINE, "GPU in JAX", ", ".join(map(str, devices)))
    except RuntimeError:
        yield Finding(NOTE, "GPU in JAX", "JAX sees none; pip install 'tollens[gpu]' brings its plugin")


def _ray() -> Iterator[Finding]:
    from importlib.util import find_spec

    from runners.measuring import surroundings

    if find_spec("ray") is None:
        yield Finding(WRONG, "Ray", "is not installed; install ray[default], or run with --in-process")
        return
    problems = [*surroundings.cluster(os.environ), *surroundings.socket_paths(os.environ)]
    problems += surroundings.shared_memory(os.environ)
    for problem in problems:
        yield Finding(WRONG, "Ray", problem)
    if address := os.environ.get("RAY_ADDRESS"):
        if not problems:
            yield Finding(FINE, "Ray", f"{address} answers")
    elif not problems:
        yield Finding(FINE, "Ray", "no RAY_ADDRESS: a run starts a cluster of its own in this machine")
    for problem in surroundings.upload(Path.cwd()):
        yield Finding(NOTE, "job upload", problem)


def _variables() -> Iterator[Finding]:
    from runners.measuring import surroundings

    for problem in surroundings.variables(os.environ):
        yield Finding(WRONG, "environment", problem)


def _commit() -> Iterator[Finding]:
    from runners.reporting.commit import Untold, commit

    try:
        yield Finding(FINE, "commit", commit() or "none: this is no clone")
    except Untold as reason:
        yield Finding(NOTE, "commit", str(reason))


def _data() -> Iterator[Finding]:
    from predictions.data import fetching

    absent = []
    for status in fetching.status():
        name, state = status.data_set.name, status.state
        if state is fetching.State.PRESENT:
            yield Finding(FINE, name, f"{status.path}")
        elif state is fetching.State.CORRUPT:
            yield Finding(WRONG, name, f"{status.path} is corrupt; remove it, then `tollens data fetch {name}`")
        elif status.data_set.by_run:
            yield Finding(NOTE, name, "is not here: the first run that needs it fetches it")
        else:
            absent.append(name)
    if absent:
        how = "`tollens data fetch NAME` brings one; what needs it is unavailable until then"
        yield Finding(NOTE, "data", f"not here: {', '.join(absent)}; {how}")


def _store(address: str) -> Iterator[Finding]:
    from runners.measuring import surroundings
    from runners.records.store import Store
    from runners.upkeep.pruning import sizes

    store = Store(address)
    held = sizes(store)
    total = sum(size.bytes for size in held)
    records = len(store.record_files())
    yield Finding(FINE, "store", f"{address}: {records} records, {total:,} bytes" if held else f"{address}: empty yet")
    if told := store.told_of_earlier():
        yield Finding(NOTE, "earlier version", told)
    failures = len(list(store.errors()))
    if failures:
        yield Finding(NOTE, "failures", f"{failures} blocks have failed; `tollens run --retry-failed` tries them again")
    for problem in (*surroundings.unwritable(store), *surroundings.relative_store(address, os.environ)):
        yield Finding(WRONG, "store", problem)


def _registry(extra: tuple[Path, ...]) -> Iterator[Finding]:
    from runners.records.seals import broken, lock_in_force
    from runners.registry.loader import load
    from runners.registry.mistakes import RegistryError

    try:
        registry = load(options.registry_files(extra), whole=False)
    except RegistryError as error:
        yield Finding(WRONG, "registry", f"{len(error.mistakes)} mistakes; `tollens check` names them")
        return
    files = ", ".join(map(str, registry.files))
    yield Finding(
        FINE, "registry", f"{files}: {len(registry.claims)} claims on {len(registry.experiments)} experiments"
    )
    if registry.aside:
        yield Finding(NOTE, "set aside", f"{len(registry.aside)} unfinished or broken entries; see `tollens check`")
    unsealed = broken(registry, lock_in_force(registry.files))
    if unsealed:
        yield Finding(NOTE, "seals", f"{len(unsealed)} claims are not sealed as they stand; see `tollens check`")
