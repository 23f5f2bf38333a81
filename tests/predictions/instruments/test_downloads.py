"""Data sets are found by SHA-256, fetched once, and what is missing says how to get it."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import pickle
import tarfile
import threading
from dataclasses import replace

import numpy as np
import pytest

from predictions.instruments import cifar10, downloads
from predictions.instruments.unavailable import Unavailable

CONTENT = b"x,y,color,Model Size,Training FLOP,hex_color,loss\n0,0,#000000,1e9,6e19,#000000,2.75\n"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """An empty folder of the user's and an empty cache."""
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("TOLLENS_DATA", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    downloads._is_intact.cache_clear()
    downloads._failure_of_automatic_fetch.cache_clear()
    yield tmp_path
    downloads._is_intact.cache_clear()
    downloads._failure_of_automatic_fetch.cache_clear()


@pytest.fixture
def server(folders, monkeypatch):
    """A web server on this machine that serves the catalogue's Chinchilla file, and the requests it had."""
    served = folders / "served"
    served.mkdir()
    (served / "points.csv").write_bytes(CONTENT)
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            requests.append(self.path)

    handler = functools.partial(Handler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        entry = replace(
            downloads.CATALOGUE["chinchilla"],
            url=f"http://127.0.0.1:{listening.server_port}/points.csv",
            sha256=hashlib.sha256(CONTENT).hexdigest(),
        )
        monkeypatch.setitem(downloads.CATALOGUE, "chinchilla", entry)
        yield requests
        listening.shutdown()


def state_of(name):
    return next(found for found in downloads.status() if found.data_set.name == name)


def test_an_absent_file_is_fetched_once_and_read(server, folders):
    sizes, flop, losses = downloads.load_chinchilla()
    downloads.load_chinchilla()
    assert (sizes[0], flop[0], losses[0]) == (1e9, 6e19, 2.75)
    assert len(server) == 1
    found = state_of("chinchilla")
    assert found.state is downloads.State.PRESENT
    assert found.path.parent == folders / "own"
    assert found.size == len(CONTENT)


def test_a_download_with_another_content_is_not_kept(server, folders):
    (folders / "served" / "points.csv").write_bytes(b"something else")
    with pytest.raises(Unavailable, match="tollens data fetch chinchilla"):
        downloads.fetch("chinchilla")
    assert state_of("chinchilla").state is downloads.State.ABSENT


def test_an_explicit_fetch_replaces_a_corrupt_file(server, folders):
    (folders / "own" / "chinchilla_svg_extracted_data.csv").write_bytes(CONTENT[:-5])
    assert state_of("chinchilla").state is downloads.State.CORRUPT
    with pytest.raises(Unavailable, match="not the recorded file"):
        downloads.load_chinchilla()
    downloads.fetch("chinchilla")
    assert state_of("chinchilla").state is downloads.State.PRESENT


def test_a_file_in_the_cache_serves_if_the_own_folder_lacks_it(server, folders):
    cached = folders / "cache" / "tollens" / "svg_extracted_data.csv"
    cached.parent.mkdir(parents=True)
    cached.write_bytes(CONTENT)
    assert downloads.locate("chinchilla") == cached
    assert server == []


def test_a_missing_network_is_remembered(folders, monkeypatch):
    attempts = []

    def refuse(*_):
        attempts.append(1)
        raise ConnectionError("no route to host")

    monkeypatch.setattr(downloads, "_retrieve", refuse)
    for _ in range(3):
        with pytest.raises(Unavailable, match=r"no route to host.*TOLLENS_DATA"):
            downloads.load_chinchilla()
    assert len(attempts) == 1


def test_a_silent_network_costs_the_time_limit_and_no_more(folders, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(downloads, "AUTOMATIC_SECONDS", 0.05)
    monkeypatch.setattr(downloads, "_retrieve", lambda *_: released.wait(20))
    with pytest.raises(Unavailable, match="no answer within"):
        downloads.load_tiny_shakespeare()
    released.set()


def test_cifar10_is_never_fetched_by_a_run(folders, monkeypatch):
    monkeypatch.setattr(downloads, "_retrieve", lambda *_: pytest.fail("fetched 170 MB unasked"))
    with pytest.raises(Unavailable, match="tollens data fetch cifar10"):
        downloads.load_cifar10()


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(KeyError, match="chinchilla, tiny-shakespeare, cifar10"):
        downloads.locate("imagenet")


def batch(rng, images):
    return rng.integers(256, size=(images, 3072), dtype=np.uint8), rng.integers(10, size=images).tolist()


def write_archive(path, batches):
    """An archive laid out as the official one: protocol-2 pickles of a numpy that still said `numpy.core`."""
    with tarfile.open(path, "w:gz") as archive:
        for name, (pixels, labels) in batches.items():
            content = pickle.dumps({b"data": pixels, b"labels": labels, b"batch_label": b"x"}, protocol=2)
            content = content.replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.fixture
def batches():
    rng = np.random.default_rng(0)
    names = ["data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"]
    return {name: batch(rng, 6) for name in names}


def test_the_official_archive_gives_the_first_images_of_each_batch(tmp_path, batches):
    shuffled = {name: batches[name] for name in sorted(batches, reverse=True)}
    write_archive(tmp_path / "archive.tar.gz", shuffled)
    arrays = cifar10.read_archive(tmp_path / "archive.tar.gz", images=4)
    assert arrays["x_train"].shape == (20, 3, 32, 32)
    assert arrays["x_test"].shape == (4, 3, 32, 32)
    pixels, labels = batches["data_batch_3"]
    # a row holds the red, green and blue planes, each line by line
    assert arrays["x_train"][8 + 1, 2, 5, 7] == pixels[1, 2 * 1024 + 5 * 32 + 7]
    assert arrays["y_train"][8:12].tolist() == labels[:4]
    assert arrays["y_test"].tolist() == batches["test_batch"][1][:4]


def test_fetching_cifar10_keeps_the_subset_and_drops_the_archive(folders, batches, monkeypatch):
    archive = folders / "archive.tar.gz"
    write_archive(archive, batches)
    monkeypatch.setattr(downloads, "_retrieve", lambda data_set, target, seconds: archive)
    arrays = cifar10.read_archive(archive)
    monkeypatch.setattr(cifar10, "ARRAYS_SHA256", cifar10.digest_of_arrays(arrays))
    downloads.fetch("cifar10")
    assert [path.name for path in (folders / "own").iterdir()] == ["cifar10_subset.npz"]
    images, labels = downloads.load_cifar10(pooled=4)
    assert images.shape == (36, 3, 4, 4)
    assert labels[-6:].tolist() == batches["test_batch"][1]
    expected = arrays["x_train"][0, 1, 8:16, 24:32].mean() / 255  # second row, last column of patches of 8 pixels
    np.testing.assert_allclose(images[0, 1, 1, 3], expected)


def test_an_archive_of_other_images_is_refused(folders, batches, monkeypatch):
    archive = folders / "archive.tar.gz"
    write_archive(archive, batches)
    monkeypatch.setattr(downloads, "_retrieve", lambda data_set, target, seconds: archive)
    with pytest.raises(Unavailable, match="not the recorded ones"):
        downloads.fetch("cifar10")
    assert state_of("cifar10").state is downloads.State.ABSENT


def test_a_truncated_subset_is_corrupt(folders):
    (folders / "own" / "cifar10_subset.npz").write_bytes(b"PK\x03\x04 truncated")
    assert state_of("cifar10").state is downloads.State.CORRUPT


def test_the_digest_depends_on_images_labels_and_order_but_not_on_the_integers_type(batches):
    images, labels = (np.arange(24, dtype=np.uint8).reshape(2, 12), np.array([3, 4]))
    arrays = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    joined = (images.tobytes() + bytes([3, 4])) * 2
    assert cifar10.digest_of_arrays(arrays) == hashlib.sha256(joined).hexdigest()


def real(name):
    if state_of(name).state is not downloads.State.PRESENT:
        pytest.skip(f"{name} is not on this machine: tollens data fetch {name}")


def test_the_real_points_span_the_published_sizes():
    real("chinchilla")
    sizes, flop, losses = downloads.load_chinchilla()
    assert len(sizes) == len(flop) == len(losses) == 245
    # Hoffmann et al. 2022 trained from 44 million to over 16 billion parameters, up to some 10^22 FLOP
    assert 4.4e7 < sizes.min() < 1e8
    assert 1.6e10 < sizes.max() < 1.7e10
    assert 1e22 < flop.max() < 2e22


def test_the_real_images_are_of_ten_balanced_classes():
    real("cifar10")
    images, labels = downloads.load_cifar10()
    assert images.shape == (4566, 3, 8, 8)
    np.testing.assert_allclose(np.bincount(labels), 456.6, rtol=0.15)
    # mean colours of the whole of CIFAR-10, widely used for normalisation: 0.491, 0.482, 0.447
    np.testing.assert_allclose(images.mean(axis=(0, 2, 3)), [0.491, 0.482, 0.447], atol=0.01)
