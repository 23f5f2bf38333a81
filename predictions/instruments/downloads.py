"""Data sets that are not shipped: where they lie on this machine, how they are fetched, and what they hold.

A file is looked for in the folder that TOLLENS_DATA names, then in the cache, and counts only if its SHA-256 is right.
Small files are fetched the first time they are asked for; CIFAR-10 only by an explicit `fetch`.
"""

from __future__ import annotations

import csv
import os
import tempfile
import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from functools import cache
from hashlib import file_digest
from pathlib import Path
from textwrap import shorten

import numpy as np

from predictions.instruments import cifar10
from predictions.instruments.unavailable import Unavailable

AUTOMATIC_SECONDS = 5  # a run may lose this much to a missing network, once a process
EXPLICIT_SECONDS = 1800


class State(Enum):
    """What was found of a data set; the value is the sentence that a person reads."""

    PRESENT = "present, SHA-256 verified"
    ABSENT = "absent"
    CORRUPT = "corrupt: its SHA-256 is not the recorded one"


@dataclass(frozen=True)
class DataSet:
    """A file that others publish: its names on disk, its address and what identifies it."""

    name: str
    about: str
    url: str
    sha256: str
    size: int  # bytes of the download
    files: tuple[str, ...]  # names under which it is recognised; a download gets the first
    automatic: bool = True  # small enough for a run to fetch by itself


CATALOGUE = {
    data_set.name: data_set
    for data_set in (
        DataSet(
            name="chinchilla",
            about="245 language-model runs (parameters, training FLOP, loss), read off figure 4 of Hoffmann et al. "
            "2022 by Besiroglu et al. 2024 (arXiv 2404.10102)",
            url="https://raw.githubusercontent.com/epoch-research/analyzing-chinchilla/main/data/svg_extracted_data.csv",
            sha256="193478df4e90f040016431996c45682659306840ecdadf83cfb9cd5ca0aa1b30",
            size=23_224,
            files=("chinchilla_svg_extracted_data.csv", "svg_extracted_data.csv"),
        ),
        DataSet(
            name="tiny-shakespeare",
            about="1,115,394 characters of Shakespeare (Karpathy 2015)",
            url="https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/input.txt",
            sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
            size=1_115_394,
            files=("tinyshakespeare.txt",),
        ),
        DataSet(
            name="cifar10",
            about="CIFAR-10 (Krizhevsky 2009): the first 761 images of each training batch and of the test batch",
            url="https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
            sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
            size=170_498_071,
            files=("cifar10_subset.npz", "cifar-10-python.tar.gz"),
            automatic=False,
        ),
    )
}


@dataclass(frozen=True)
class Status:
    """What this machine has of one data set."""

    data_set: DataSet
    state: State
    path: Path | None  # where it lies, or lies corrupt
    size: int | None  # bytes on disk


def status() -> list[Status]:
    """One record a data set of the catalogue, every file that is found verified. Touches no network."""
    return [_look_for(data_set) for data_set in CATALOGUE.values()]


def locate(name: str) -> Path:
    """Path of a verified file of this data set; small ones are fetched if they are absent."""
    data_set = _data_set(name)
    found = _look_for(data_set)
    if found.path and found.state is State.PRESENT:
        return found.path
    if found.path:
        raise Unavailable(
            f"{data_set.name}: {found.path} is not the recorded file (SHA-256 {_expected(data_set, found.path)}); "
            f"{_way_out(data_set)}"
        )
    if not data_set.automatic:
        raise Unavailable(f"{data_set.name} ({data_set.size / 1e6:.0f} MB) is not here; {_way_out(data_set)}")
    failure = _failure_of_automatic_fetch(data_set.name, _download_folder())
    if failure:
        raise Unavailable(f"{data_set.name} is not here and could not be fetched ({failure}); {_way_out(data_set)}")
    return _download_folder() / data_set.files[0]


def fetch(name: str, *, seconds: float = EXPLICIT_SECONDS) -> Path:
    """Download a data set (a verified copy is kept, a corrupt download replaced) and return the path of its file."""
    data_set = _data_set(name)
    found = _look_for(data_set)
    if found.path and found.state is State.PRESENT:
        return found.path
    folder = _download_folder()
    target = folder / data_set.files[0]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if name == "cifar10":
            with tempfile.TemporaryDirectory(dir=folder) as scratch:
                archive = _retrieve(data_set, Path(scratch) / "cifar-10-python.tar.gz", seconds)
                cifar10.write_subset(target, cifar10.read_archive(archive))
        else:
            _retrieve(data_set, target, seconds)
    except Exception as problem:  # whatever the network, the disk or the server did, the way out is the same
        raise Unavailable(f"{name} could not be fetched ({_in_short(problem)}); {_way_out(data_set)}") from problem
    return target


def load_chinchilla() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parameters N, training FLOP C and final loss (nats a token) of 245 runs: three arrays (245,).

    Tokens are C / 6N. The losses were read off a colour scale: neighbouring readings differ by 0.3-0.45%.
    """
    with locate("chinchilla").open(newline="") as file:
        rows = list(csv.DictReader(file))
    sizes, flop, losses = (
        np.array([float(row[column]) for row in rows]) for column in ("Model Size", "Training FLOP", "loss")
    )
    return sizes, flop, losses


def load_tiny_shakespeare() -> str:
    """The text, 1,115,394 characters."""
    return locate("tiny-shakespeare").read_text(encoding="utf-8")


def load_cifar10(pooled: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """Images (4566, 3, pooled, pooled) as float64 in [0, 1], averaged over square patches, and labels (4566,) in 0..9.

    The first 3805 are of the training batches, the last 761 of the test batch.
    """
    if pooled not in (1, 2, 4, 8, 16, 32):
        raise ValueError(f"pooled is {pooled}, but must divide 32, the side of an image")
    arrays = _cifar10_arrays(locate("cifar10"))
    images = np.concatenate([arrays["x_train"], arrays["x_test"]]) / 255.0
    patch = 32 // pooled
    images = images.reshape(len(images), 3, pooled, patch, pooled, patch).mean(axis=(3, 5))
    return images, np.concatenate([arrays["y_train"], arrays["y_test"]]).astype(np.int64)


def _data_set(name: str) -> DataSet:
    if name not in CATALOGUE:
        raise KeyError(f"no data set is called {name!r}; there are {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def _folders() -> list[Path]:
    """Where files are looked for, in this order."""
    import pooch

    own = os.environ.get("TOLLENS_DATA")
    return ([Path(own).expanduser()] if own else []) + [Path(pooch.os_cache("tollens"))]


def _download_folder() -> Path:
    """The user's folder if it can be written to (a cluster's nodes share it), else the cache."""
    first, *others = _folders()
    return first if not others or os.access(first, os.W_OK) else others[0]


def _candidates(data_set: DataSet) -> Iterator[Path]:
    for folder in _folders():
        for file in data_set.files:
            if (folder / file).is_file():
                yield folder / file


def _look_for(data_set: DataSet) -> Status:
    found = Status(data_set, State.ABSENT, None, None)
    for path in _candidates(data_set):
        information = path.stat()
        if _is_intact(data_set.name, path, information.st_size, information.st_mtime_ns):
            return Status(data_set, State.PRESENT, path, information.st_size)
        if found.state is State.ABSENT:
            found = Status(data_set, State.CORRUPT, path, information.st_size)
    return found


@cache
def _is_intact(name: str, path: Path, size: int, modified: int) -> bool:
    """Whether the file is the recorded one; size and time of change are there to make the cache forget."""
    try:
        if path.suffix == ".npz":  # such files differ by version of their writer, so that their arrays are hashed
            return cifar10.digest_of_arrays(cifar10.read_subset(path)) == cifar10.ARRAYS_SHA256
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest() == CATALOGUE[name].sha256
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return False


def _expected(data_set: DataSet, path: Path) -> str:
    return f"{cifar10.ARRAYS_SHA256} of its arrays" if path.suffix == ".npz" else data_set.sha256


def _way_out(data_set: DataSet) -> str:
    file = data_set.url.rsplit("/", 1)[-1]
    return (
        f"run `tollens data fetch {data_set.name}`, or set TOLLENS_DATA to a folder that holds it as "
        f"{' or '.join(data_set.files)} ({file} of {data_set.url} has SHA-256 {data_set.sha256})"
    )


@cache
def _failure_of_automatic_fetch(name: str, folder: Path) -> str:
    """Why a small file could not be fetched into this folder, or "": tried once a process."""
    outcome = []

    def attempt():
        try:
            _retrieve(CATALOGUE[name], folder / CATALOGUE[name].files[0], AUTOMATIC_SECONDS)
            outcome.append("")
        except Exception as problem:
            outcome.append(_in_short(problem))

    # a thread: looking up a host's name obeys no time limit of ours
    thread = threading.Thread(target=attempt, daemon=True)
    thread.start()
    thread.join(AUTOMATIC_SECONDS)
    return outcome[0] if outcome else f"no answer within {AUTOMATIC_SECONDS} s"


def _retrieve(data_set: DataSet, target: Path, seconds: float) -> Path:
    """Download to `target`, which appears only if its SHA-256 is right."""
    import pooch

    pooch.get_logger().setLevel("WARNING")
    pooch.retrieve(
        data_set.url,
        known_hash=f"sha256:{data_set.sha256}",
        fname=target.name,
        path=target.parent,
        downloader=pooch.HTTPDownloader(timeout=min(seconds, 30)),
    )
    return target


def _cifar10_arrays(path: Path) -> dict[str, np.ndarray]:
    if path.suffix == ".npz":
        return cifar10.read_subset(path)
    arrays = cifar10.read_archive(path)
    with suppress(OSError):  # a folder that cannot be written to costs time, nothing else
        cifar10.write_subset(_download_folder() / "cifar10_subset.npz", arrays)
    return arrays


def _in_short(problem: Exception) -> str:
    return shorten(f"{type(problem).__name__}: {problem}", 150, placeholder=" ...")
