"""What an experiment declares to read: data sets by their names, files and folders by their paths, each by SHA-256.

A name is the same on every machine. A relative path is looked up from the folders of the registries, then from the
project's; `~` and `$VARIABLES` are expanded.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import file_digest, sha256
from pathlib import Path

from predictions.data import embedded, fetching
from predictions.data.unavailable import Unavailable

ABSENT = "absent"


def is_path(name: str) -> bool:
    """Whether a name is a file's or a folder's, rather than a data set's."""
    return any(mark in name for mark in "./~$" + os.sep)


def data_sets() -> list[str]:
    """Names of all data sets: fetched ones, and those that come with Python or a library."""
    return [*fetching.catalogue(), *embedded.EMBEDDED]


def digests(names: Iterable[str], search_path: Sequence[str]) -> dict[str, str]:
    """SHA-256 by name of what is read; of a fetched set the recorded one, whether it is here or not."""
    return {name: _digest(name, search_path) for name in sorted(names)}


def sealed_digests(names: Iterable[str], search_path: Sequence[str]) -> dict[str, str]:
    """The same without data that come with Python or a library: claims are about any edition of them."""
    return digests([name for name in names if name not in embedded.EMBEDDED], search_path)


def named(files: Mapping[Path, str], search_path: Sequence[str]) -> dict[str, str]:
    """The same digests by names that are the same on every machine: paths from a folder of the search path."""
    found = {}
    for path, digest in files.items():
        folders = [folder for folder in search_path if path.is_relative_to(folder)]
        found[f"./{path.relative_to(folders[0]).as_posix()}" if folders else str(path)] = digest
    return found


def located(name: str, search_path: Sequence[str]) -> Path:
    """Where a path leads, whether something is there or not."""
    path = Path(os.path.expandvars(name)).expanduser()
    places = [Path(folder, path) for folder in search_path] or [path]
    return next((place for place in places if place.exists()), places[0])


def files_of(name: str, search_path: Sequence[str]) -> Iterator[Path]:
    """The files behind a name; none of data that come with Python or a library."""
    if is_path(name):
        yield from _files(located(name, search_path))
    elif name in fetching.catalogue():
        yield from (fetching.folder() / file for file in fetching.catalogue()[name].kept)


def data_set_of(path: Path) -> str | None:
    """The fetched data set to which a file belongs."""
    for name in fetching.catalogue():
        if any(os.path.realpath(file) == str(path) for file in files_of(name, ())):
            return name
    return None


def _digest(name: str, search_path: Sequence[str]) -> str:
    if name in fetching.catalogue():
        return fetching.catalogue()[name].sha256
    if not is_path(name):
        try:
            return embedded.digest(name)
        except Unavailable:
            return ABSENT
    place = located(name, search_path)
    if place.is_dir():
        listed = "".join(f"{_of_file(file)}  {file.relative_to(place).as_posix()}\n" for file in _files(place))
        return sha256(listed.encode()).hexdigest()
    return _of_file(place) if place.is_file() else ABSENT


def _files(place: Path) -> list[Path]:
    return sorted(path for path in place.rglob("*") if path.is_file()) if place.is_dir() else [place]


def _of_file(path: Path) -> str:
    found = path.stat()
    return _hashed(path, found.st_size, found.st_mtime_ns)


@cache
def _hashed(path: Path, size: int, modified: int) -> str:
    """SHA-256 of a file; its size and the time of its last change make the cache forget."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
