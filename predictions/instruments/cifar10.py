"""The part of CIFAR-10 that experiments use: the first 761 images of each training batch and of the test batch.

Four uint8 arrays in the order of the batches: x_train (3805, 3, 32, 32), y_train (3805,), x_test (761, 3, 32, 32),
y_test (761,). They are identified by one SHA-256 of their contents, since .npz files differ by their writer's version.
"""

from __future__ import annotations

import io
import os
import pickle
import tarfile
import tempfile
from hashlib import sha256
from pathlib import Path

import numpy as np

IMAGES_A_BATCH = 761
ARRAYS = ("x_train", "y_train", "x_test", "y_test")
ARRAYS_SHA256 = "6249f6064f92872026947079a68cc773ef136808bffcff04c4ca6751e4be8065"


def read_archive(path: Path, *, images: int = IMAGES_A_BATCH) -> dict[str, np.ndarray]:
    """The four arrays from the official cifar-10-python.tar.gz, `images` of each batch.

    Batches are pickles: only call this on an archive whose SHA-256 was verified.
    """
    batches = {}
    with tarfile.open(path, "r:gz") as archive:
        for member in archive:
            name = member.name.rsplit("/", 1)[-1]
            content = archive.extractfile(member)  # None for a folder
            if content and (name.startswith("data_batch_") or name == "test_batch"):
                batch = pickle.load(content, encoding="bytes")
                pixels = np.asarray(batch[b"data"][:images], dtype=np.uint8).reshape(-1, 3, 32, 32)
                batches[name] = pixels, np.asarray(batch[b"labels"][:images], dtype=np.uint8)
    training = [batches[f"data_batch_{number}"] for number in range(1, 6)]
    return {
        "x_train": np.concatenate([pixels for pixels, _ in training]),
        "y_train": np.concatenate([labels for _, labels in training]),
        "x_test": batches["test_batch"][0],
        "y_test": batches["test_batch"][1],
    }


def read_subset(path: Path) -> dict[str, np.ndarray]:
    """The four arrays from an .npz file, not yet verified."""
    with path.open("rb") as file, np.load(file) as stored:
        return {name: stored[name] for name in ARRAYS}


def write_subset(path: Path, arrays: dict[str, np.ndarray]) -> None:
    """Keep the arrays as an .npz file, whole or not at all, if they are the recorded ones."""
    if digest_of_arrays(arrays) != ARRAYS_SHA256:
        raise ValueError("the archive's images are not the recorded ones")
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".partial", delete=False) as file:
        file.write(buffer.getvalue())
    os.replace(file.name, path)


def digest_of_arrays(arrays: dict[str, np.ndarray]) -> str:
    """SHA-256 over x_train, y_train, x_test, y_test in this order, each as uint8 bytes in C order."""
    digest = sha256()
    for name in ARRAYS:
        digest.update(np.ascontiguousarray(arrays[name], dtype=np.uint8).tobytes())
    return digest.hexdigest()
