"""Tables of contents: a registry file that names phenomena is read together with the claims of each.

A phenomenon is a package with a `claims.yaml`. Its dotted name is looked up as every other: in the folder of the file
that lists it, or, for the project's own, where `predictions` lies.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from runners.registry.document import Document, read
from runners.registry.loaded import Room
from runners.registry.mistakes import Mistake
from runners.registry.names import missing_module, own_file, search_path

CLAIMS = "claims.yaml"
CONTENTS = "registry.yaml"


def read_all(
    files: Sequence[Path], needed: Collection[str] | None = None
) -> tuple[tuple[Room, ...], list[Document], list[Mistake]]:
    """The rooms that these files list, every document in reading order, and what is wrong with the lists.

    Where entries are `needed`, rooms that have none of them are left out, whatever stands in them.
    """
    rooms: list[Room] = []
    documents: list[Document] = []
    mistakes: list[Mistake] = []
    for file in files:
        document = read(file)
        documents.append(document)
        for room in _rooms(file, document, mistakes):
            if room.file in {it.file for it in rooms}:
                continue  # a second table of contents lists it, too
            if needed is not None and not _has_any(room.file, needed):
                continue
            rooms.append(room)
            inside = read(room.file)
            documents.append(inside)
            if isinstance(inside.data, dict) and "phenomena" in inside.data:
                problem = f"is listed in {file}, so that it lists no phenomena itself"
                mistakes.append(inside.mistake(("phenomena",), problem, f"list them in {file}"))
    return tuple(rooms), documents, mistakes


def contents_of(file: Path) -> Path:
    """The table of contents that lists a file of claims, in one of the folders above it; the file itself if none."""
    for folder in Path(file).resolve().parents:
        contents = folder / CONTENTS
        if contents.is_file() and contents.resolve() != Path(file).resolve():
            listed = _rooms(contents, read(contents), [])
            return contents if any(room.file.resolve() == Path(file).resolve() for room in listed) else file
    return file


def _has_any(file: Path, names: Collection[str]) -> bool:
    """Whether a file's text has an entry of one of these names; it need not be sound."""
    entry, text = "|".join(map(re.escape, names)), file.read_text(encoding="utf-8", errors="replace")
    return bool(re.search(rf"^[ \t]+({entry})[ \t]*:", text, re.MULTILINE))


def _rooms(file: Path, document: Document, mistakes: list[Mistake]) -> Iterator[Room]:
    listed = document.data.get("phenomena") if isinstance(document.data, dict) else None
    if listed is None:
        return
    if not isinstance(listed, dict):
        mistakes.append(document.mistake(("phenomena",), "is no mapping", "write package.name: what it is about"))
        return
    path = search_path([file])
    for package, sentence in listed.items():
        here = ("phenomena", package)
        if not isinstance(sentence, str):
            mistakes.append(document.mistake(here, "has no sentence", "say in one what the phenomenon is"))
            continue
        found = own_file(package, path)
        if found is None:
            mistakes.append(document.mistake(here, *missing_module(package, path)))
        elif found.name != "__init__.py":
            mistakes.append(document.mistake(here, f"{found} is no package", f"make it a folder with a {CLAIMS}"))
        elif not (found.parent / CLAIMS).is_file():
            mistakes.append(document.mistake(here, f"{found.parent} has no {CLAIMS}", "write its claims there"))
        else:
            yield Room(package, sentence, _from_here(found.parent / CLAIMS), file)


def _from_here(file: Path) -> Path:
    """A file as people name it: from the working folder if it lies there."""
    here = Path.cwd()
    return file.relative_to(here) if file.is_relative_to(here) else file
