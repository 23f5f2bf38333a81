"""The part of CIFAR-10 that is kept: the first 761 images of each training batch and of the test batch.

Four uint8 arrays in the order of the batches: x_train (3805, 3, 32, 32), y_train (3805,), x_test (761, 3, 32, 32),
y_test (761,). They are identified by one SHA-256 of their contents, since .npz files differ by their writer's version.
"""

from __future__ import annotations

import os
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import numpy as np

from predictions.data.unpickling import read_pickle

ARCHIVE, SUBSET = "cifar-10-python.tar.gz", "cifar10_subset.npz"
IMAGES_A_BATCH = 761
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
ARRAYS_SHA256 = "6249f6064f92872026947079a68cc773ef136808bffcff04c4ca6751e4be8065"


def read_subset(path: Path) -> dict[str, np.ndarray]:
    """The four arrays from an .npz file, not yet verified."""
    with path.open("rb") as file, np.load(file) as stored:
        return {name: stored[name] for name in ARRAYS}


def digest_of_arrays(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over x_train, y_train, x_test, y_test in this order, each as uint8 bytes in C order."""
    digest = sha256()
    for name in ARRAYS:
        digest.update(np.ascontiguousarray(arrays[name], dtype=np.uint8).tobytes())
    return digest.hexdigest()


def digest_of_file(path: Path) -> str | None:
    """SHA-256 of the arrays in an .npz file; None if it cannot be read."""
    try:
        return digest_of_arrays(read_subset(path))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def cut(retrieve: Callable[[str], Path], folder: Path) -> None:
    """Make the subset in this folder out of the archive, which `retrieve` brings and which goes if it was not there."""
    if (folder / SUBSET).is_file() and digest_of_file(folder / SUBSET) == ARRAYS_SHA256:
        return
    was_here = (folder / ARCHIVE).is_file()
    archive = retrieve(ARCHIVE)
    try:
        write_subset(folder / SUBSET, read_archive(archive))
    finally:
        if not was_here:
            archive.unlink()


def read_archive(path: Path, *, images: int = IMAGES_A_BATCH) -> dict[str, np.ndarray]:
    """The four arrays from the official cifar-10-python.tar.gz, `images` of each batch."""
    batches = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            name = member.name.rsplit("/", 1)[-1]
            content = archive.extractfile(member)  # None for a folder
            if content and (name.startswith("data_batch_") or name == "test_batch"):
                batch = read_pickle(content, encoding="bytes")
                pixels = np.asarray(batch[b"data"][:images], dtype=np.uint8).reshape(-1, 3, 32, 32)
                batches[name] = pixels, np.asarray(batch[b"labels"][:images], dtype=np.uint8)
    training = [batches[f"data_batch_{number}"] for number in range(1, 6)]
    return {
        "x_train": np.concatenate([pixels for pixels, _ in training]),
        "y_train": np.concatenate([labels for _, labels in training]),
        "x_test": batches["test_batch"][0],
        "y_test": batches["test_batch"][1],
    }


def write_subset(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Keep the arrays as an .npz file, whole or not at all, if they are the recorded ones."""
    if digest_of_arrays(arrays) != ARRAYS_SHA256:
        raise ValueError("the archive's images are not the recorded ones")
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
        np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
    os.replace(file.name, path)
