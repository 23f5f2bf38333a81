"""Where the files lie that others publish, and how they get there.

One folder holds them: the one that TOLLENS_DATA names, or else the user's cache. A file counts only if its SHA-256 is
the recorded one. Small files are fetched when they are first asked for, everything else by an explicit `fetch`. No seal
covers this module: readers state by SHA-256 what they want to be handed.
"""

from __future__ import annotations

import os
import threading
import tomllib
from dataclasses import dataclass
from enum import Enum
from functools import cache
from hashlib import sha256 as hash_of
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from predictions.data import cifar10_archive
from predictions.data.unavailable import Unavailable

if TYPE_CHECKING:
    import pooch

AUTOMATIC_SECONDS = 5  # a run may lose this much to a missing network, once a process
SILENT_SECONDS = 30  # an explicit fetch gives up when a server says nothing for so long


class State(Enum):
    """What was found of a data set; the value is the sentence that a person reads."""

    PRESENT = "present, SHA-256 verified"
    ABSENT = "absent"
    CORRUPT = "corrupt: its SHA-256 is not the recorded one"


@dataclass(frozen=True)
class DataSet:
    """What others publish: what it is, on what terms, and its files."""

    name: str
    about: str
    paper: str
    licence: str
    files: str  # a name in files.txt, or a folder of names there
    bytes: int  # of the download
    by_run: bool = False  # small enough for a run to fetch it by itself

    @property
    def downloads(self) -> list[str]:
        """The names in files.txt."""
        return [file for file in _listed()[0] if file == self.files or file.startswith(f"{self.files}/")]

    @property
    def kept(self) -> dict[str, str]:
        """The files that are read, and the SHA-256 of each; of CIFAR-10's arrays, since .npz files differ by writer."""
        if self.name == "cifar10":
            return {cifar10_archive.SUBSET: cifar10_archive.ARRAYS_SHA256}
        return {file: _listed()[0][file] for file in self.downloads}

    @property
    def sha256(self) -> str:
        """What identifies the set: its file's SHA-256; of several, that of their list as `sha256sum` prints it."""
        if len(self.kept) == 1:
            return next(iter(self.kept.values()))
        return hash_of("".join(f"{self.kept[file]}  {file}\n" for file in sorted(self.kept)).encode()).hexdigest()

    @property
    def address(self) -> str:
        """Where it comes from: of several files, the address that they share."""
        addresses = [_listed()[1][file] for file in self.downloads]
        return addresses[0] if len(addresses) == 1 else os.path.commonpath(addresses).replace(":/", "://")


@dataclass(frozen=True)
class Status:
    """What this machine has of one data set."""

    data_set: DataSet
    state: State
    path: Path | None  # the first file that is there; of a corrupt set, the first that is corrupt
    size: int  # bytes on disk


@cache
def catalogue() -> dict[str, DataSet]:
    """All data sets by name, as sets.toml lists them."""
    described = tomllib.loads(Path(__file__).with_name("sets.toml").read_text(encoding="utf-8"))
    return {name: DataSet(name, **entry) for name, entry in described.items()}


def public_runs() -> list[DataSet]:
    """The sets of training runs that others published."""
    return [data_set for data_set in catalogue().values() if data_set.files.startswith("runs/")]


def verified_files(name: str, *, sha256: str) -> dict[str, Path]:
    """Paths of a set's files by their names, each with the recorded SHA-256; raises `Unavailable` where one has not.

    The reader states which content it was written for: `sha256` is that of the set.
    """
    data_set = _data_set(name)
    if data_set.sha256 != sha256:
        raise ValueError(f"{name} is recorded as {data_set.sha256}, but its reader was written for {sha256}")
    found = _look_for(data_set)
    if found.state is State.CORRUPT:
        raise Unavailable(f"{name}: {found.path} is not the recorded file; {_way_out(data_set)}")
    if found.state is State.ABSENT:
        if not data_set.by_run:
            raise Unavailable(f"{name} ({data_set.bytes / 1e6:.1f} MB) is not here; {_way_out(data_set)}")
        failure = _failure_of_automatic_fetch(name, folder())
        if failure:
            raise Unavailable(f"{name} is not here and could not be fetched ({failure}); {_way_out(data_set)}")
    return {file: folder() / file for file in data_set.kept}


def verified_file(name: str, *, sha256: str) -> Path:
    """The path of a set's only file, which has this SHA-256."""
    (path,) = verified_files(name, sha256=sha256).values()
    return path


def fetch(name: str) -> Path:
    """Download a data set and return where it lies; what is right is kept, what is corrupt is replaced."""
    data_set = _data_set(name)
    try:
        if name == "cifar10":
            cifar10_archive.cut(_retrieve, folder())
        else:
            for file in data_set.downloads:
                _retrieve(file)
    except Exception as problem:  # whatever the network, the disk or the server did, the way out is the same
        raise Unavailable(f"{name} could not be fetched ({_in_short(problem)}); {_way_out(data_set)}") from problem
    return _place(data_set)


def status() -> list[Status]:
    """One record a data set of the catalogue, every file that is found verified. Touches no network."""
    return [_look_for(data_set) for data_set in catalogue().values()]


def folder() -> Path:
    """The folder of all files: TOLLENS_DATA, or else the user's cache."""
    return known_files().abspath


def known_files() -> pooch.Pooch:
    """Pooch's own catalogue: each file's name, SHA-256 and address."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    files = pooch.create(path=pooch.os_cache("tollens"), base_url="", env="TOLLENS_DATA", retry_if_failed=1)
    files.registry, files.urls = _listed()
    return files


@cache
def _listed() -> tuple[dict[str, str], dict[str, str]]:
    """SHA-256 and address of each file by its name; `check` asks for them, and importing pooch takes long."""
    lines = Path(__file__).with_name("files.txt").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.strip() and not line.startswith("#")]
    return {name: sha256 for name, sha256, _ in rows}, {name: address for name, _, address in rows}


def _data_set(name: str) -> DataSet:
    if name not in catalogue():
        raise KeyError(f"no data set is called {name!r}; there are {', '.join(catalogue())}")
    return catalogue()[name]


def _place(data_set: DataSet) -> Path:
    """Its file, or the folder of its files."""
    first, *more = data_set.kept
    return folder() / (data_set.files if more else first)


def _look_for(data_set: DataSet) -> Status:
    paths = {folder() / file: known for file, known in data_set.kept.items()}
    here = [path for path in paths if path.is_file()]
    size = sum(path.stat().st_size for path in here)
    for path in here:
        if _digest(path) != paths[path]:
            return Status(data_set, State.CORRUPT, path, size)
    return Status(data_set, State.PRESENT if len(here) == len(paths) else State.ABSENT, next(iter(here), None), size)


def _digest(path: Path) -> str | None:
    import pooch

    return cifar10_archive.digest_of_file(path) if path.name == cifar10_archive.SUBSET else pooch.file_hash(path)


def _way_out(data_set: DataSet) -> str:
    place = _place(data_set).relative_to(folder())
    return (
        f"run `tollens data fetch {data_set.name}`, or set TOLLENS_DATA to a folder that holds it as {place} "
        f"(`tollens data show {data_set.name}` says where it is from)"
    )


@cache
def _failure_of_automatic_fetch(name: str, place: Path) -> str:
    """Why a small file could not be fetched into this folder, or "": tried once a process."""
    outcome = []

    def attempt():
        try:
            _retrieve(*catalogue()[name].downloads, seconds=AUTOMATIC_SECONDS)
            outcome.append("")
        except Exception as problem:
            outcome.append(_in_short(problem))

    # a thread: looking up a host's name obeys no time limit of ours
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(AUTOMATIC_SECONDS)
    return outcome[0] if outcome else f"no answer within {AUTOMATIC_SECONDS} s"


def _retrieve(file: str, *, seconds: float = SILENT_SECONDS) -> Path:
    """A file of the catalogue, downloaded if what is here is not right; it appears whole or not at all."""
    import pooch

    return Path(known_files().fetch(file, downloader=pooch.HTTPDownloader(timeout=seconds)))


def _in_short(problem: Exception) -> str:
    return shorten(f"{type(problem).__name__}: {problem}", 150, placeholder=" ...")
