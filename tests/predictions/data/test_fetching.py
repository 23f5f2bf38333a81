"""Data sets are found by SHA-256, fetched once, and what is missing says how to get it."""

from __future__ import annotations

import functools
import hashlib
import http.server
import io
import pickle
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import numpy as np
import pooch
import pytest

from predictions.data import chinchilla, cifar10, cifar10_archive, fetching
from predictions.data.text import tiny_shakespeare
from predictions.data.unavailable import Unavailable

CHINCHILLA = "chinchilla_svg_extracted_data.csv"
CONTENT = b"x,y,color,Model Size,Training FLOP,hex_color,loss\n0,0,#000000,1e9,6e19,#000000,2.75\n"


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """An empty folder of the user's and an empty cache."""
    (tmp_path / "own").mkdir()
    monkeypatch.setenv("TOLLENS_DATA", str(tmp_path / "own"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    fetching._failure_of_automatic_fetch.cache_clear()
    yield tmp_path
    fetching._failure_of_automatic_fetch.cache_clear()


@pytest.fixture
def server(folders, monkeypatch):
    """A web server on this machine that serves the folder `served`, and the requests it had.

    The catalogue's Chinchilla file is CONTENT there, and the set `pair` has two files in a folder.
    """
    served = folders / "served"
    served.mkdir()
    requests = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            requests.append(self.path)

    handler = functools.partial(Handler, directory=str(served))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        for place, content in {CHINCHILLA: CONTENT, "runs/pair/a.csv": b"1", "runs/pair/deep/b.csv": b"2"}.items():
            (served / place).parent.mkdir(parents=True, exist_ok=True)
            (served / place).write_bytes(content)
            hashes, addresses = fetching._listed()
            monkeypatch.setitem(hashes, place, hashlib.sha256(content).hexdigest())
            monkeypatch.setitem(addresses, place, f"http://127.0.0.1:{listening.server_port}/{place}")
        pair = fetching.DataSet("pair", "two numbers", "none", "none found", "runs/pair", 2)
        monkeypatch.setitem(fetching.catalogue(), "pair", pair)
        monkeypatch.setattr(chinchilla, "SHA256", hashlib.sha256(CONTENT).hexdigest())
        yield requests
        listening.shutdown()


def state_of(name):
    return next(found for found in fetching.status() if found.data_set.name == name)


def test_an_absent_file_is_fetched_once_and_read(server, folders):
    sizes, flop, losses = chinchilla.load_chinchilla()
    chinchilla.load_chinchilla()
    assert (sizes[0], flop[0], losses[0]) == (1e9, 6e19, 2.75)
    assert len(server) == 1
    found = state_of("chinchilla")
    assert found.state is fetching.State.PRESENT
    assert found.path.parent == folders / "own"
    assert found.size == len(CONTENT)


def test_two_processes_that_fetch_at_once_leave_one_whole_file(server, folders, monkeypatch):
    attempts = [threading.Thread(target=fetching.fetch, args=["chinchilla"]) for _ in range(4)]
    for attempt in attempts:
        attempt.start()
    for attempt in attempts:
        attempt.join()
    assert [file.name for file in (folders / "own").iterdir()] == [CHINCHILLA]
    assert state_of("chinchilla").state is fetching.State.PRESENT


def test_without_a_folder_of_ones_own_files_lie_in_the_cache(server, folders, monkeypatch):
    monkeypatch.delenv("TOLLENS_DATA")
    assert fetching.fetch("chinchilla") == folders / "cache" / "tollens" / CHINCHILLA


def test_a_download_with_another_content_is_not_kept(server, folders):
    (folders / "served" / CHINCHILLA).write_bytes(b"something else")
    with pytest.raises(Unavailable, match="tollens data fetch chinchilla"):
        fetching.fetch("chinchilla")
    assert state_of("chinchilla").state is fetching.State.ABSENT
    assert list((folders / "own").iterdir()) == []


def test_an_explicit_fetch_replaces_a_corrupt_file(server, folders):
    (folders / "own" / CHINCHILLA).write_bytes(CONTENT[:-5])
    assert state_of("chinchilla").state is fetching.State.CORRUPT
    with pytest.raises(Unavailable, match="not the recorded file"):
        chinchilla.load_chinchilla()
    assert server == [], "a run replaces nothing"
    fetching.fetch("chinchilla")
    assert state_of("chinchilla").state is fetching.State.PRESENT


def test_a_reader_gets_the_content_that_it_was_written_for_or_an_error(server, folders):
    with pytest.raises(ValueError, match=r"chinchilla is recorded as .*, but its reader was written for 0000"):
        fetching.verified_file("chinchilla", sha256="0000")


def test_a_set_of_several_files_is_fetched_by_name_only_and_whole(server, folders):
    pair = fetching.catalogue()["pair"]
    with pytest.raises(Unavailable, match=r"run `tollens data fetch pair`.*holds it as runs/pair "):
        fetching.verified_files("pair", sha256=pair.sha256)
    assert server == []
    assert fetching.fetch("pair") == folders / "own" / "runs" / "pair"
    paths = fetching.verified_files("pair", sha256=pair.sha256)
    assert {name: path.read_bytes() for name, path in paths.items()} == {
        "runs/pair/a.csv": b"1",
        "runs/pair/deep/b.csv": b"2",
    }
    paths["runs/pair/deep/b.csv"].write_bytes(b"3")
    with pytest.raises(Unavailable, match=r"b\.csv is not the recorded file"):
        fetching.verified_files("pair", sha256=pair.sha256)
    paths["runs/pair/deep/b.csv"].unlink()
    assert state_of("pair").state is fetching.State.ABSENT, "half a set is none"
    fetching.fetch("pair")
    assert [request for request in server if "a.csv" in request] == server[:1], "what is right is kept"


def test_the_sha256_of_several_files_is_that_of_their_list(server, folders):
    fetching.fetch("pair")
    listed = subprocess.run(
        "sha256sum runs/pair/a.csv runs/pair/deep/b.csv | sha256sum",
        shell=True,
        cwd=folders / "own",
        capture_output=True,
        text=True,
        check=True,
    )
    assert listed.stdout.split()[0] == fetching.catalogue()["pair"].sha256


def test_a_missing_network_is_remembered(folders, monkeypatch):
    attempts = []

    def refuse(*_, **__):
        attempts.append(1)
        raise ConnectionError("no route to host")

    monkeypatch.setattr(fetching, "_retrieve", refuse)
    for _ in range(3):
        with pytest.raises(Unavailable, match=r"no route to host.*TOLLENS_DATA"):
            chinchilla.load_chinchilla()
    assert len(attempts) == 1


def test_a_silent_network_costs_the_time_limit_and_no_more(folders, monkeypatch):
    released = threading.Event()
    monkeypatch.setattr(fetching, "AUTOMATIC_SECONDS", 0.05)
    monkeypatch.setattr(fetching, "_retrieve", lambda *_, **__: released.wait(20))
    tiny_shakespeare.cache_clear()
    with pytest.raises(Unavailable, match="no answer within"):
        tiny_shakespeare()
    released.set()


def test_cifar10_is_never_fetched_by_a_run(folders, monkeypatch):
    monkeypatch.setattr(fetching, "_retrieve", lambda *_: pytest.fail("fetched 170 MB unasked"))
    with pytest.raises(Unavailable, match="tollens data fetch cifar10"):
        cifar10.load_cifar10()


def test_a_run_fetches_single_small_files_only():
    by_run = [data_set for data_set in fetching.catalogue().values() if data_set.by_run]
    assert all(len(data_set.downloads) == 1 and data_set.bytes <= 5e6 for data_set in by_run)


def test_the_catalogue_is_complete():
    hashes, addresses = fetching._listed()
    assert set(hashes) == set(addresses)
    listed = [file for data_set in fetching.catalogue().values() for file in data_set.downloads]
    assert sorted(listed) == sorted(hashes), "each file belongs to one set"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(KeyError, match="chinchilla, tiny-shakespeare, cifar10"):
        fetching.fetch("imagenet")


def batch(rng, images):
    return rng.integers(256, size=(images, 3072), dtype=np.uint8), rng.integers(10, size=images).tolist()


def write_archive(path, batches):
    """An archive laid out as the official one: pickles of a numpy that still said `numpy.core`."""
    with tarfile.open(path, "w:gz") as archive:
        for name, (pixels, labels) in batches.items():
            content = pickle.dumps({b"data": pixels, b"labels": labels, b"batch_label": b"x"}, protocol=3)
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
    arrays = cifar10_archive.read_archive(tmp_path / "archive.tar.gz", images=4)
    assert arrays["x_train"].shape == (20, 3, 32, 32)
    assert arrays["x_test"].shape == (4, 3, 32, 32)
    pixels, labels = batches["data_batch_3"]
    # a row holds the red, green and blue planes, each line by line
    assert arrays["x_train"][8 + 1, 2, 5, 7] == pixels[1, 2 * 1024 + 5 * 32 + 7]
    assert arrays["y_train"][8:12].tolist() == labels[:4]
    assert arrays["y_test"].tolist() == batches["test_batch"][1][:4]


@pytest.fixture
def served_archive(server, folders, batches, monkeypatch):
    """The server's archive of other images, recorded as the official one."""
    archive = folders / "served" / cifar10_archive.ARCHIVE
    write_archive(archive, batches)
    hashes, addresses = fetching._listed()
    monkeypatch.setitem(hashes, archive.name, hashlib.sha256(archive.read_bytes()).hexdigest())
    monkeypatch.setitem(addresses, archive.name, addresses[CHINCHILLA].replace(CHINCHILLA, archive.name))
    return archive


@pytest.fixture
def recorded(served_archive, monkeypatch):
    """The arrays of the served archive, recorded as the right ones."""
    arrays = cifar10_archive.read_archive(served_archive)
    for module in (cifar10, cifar10_archive):
        monkeypatch.setattr(module, "ARRAYS_SHA256", cifar10_archive.digest_of_arrays(arrays))
    return arrays


def test_fetching_cifar10_keeps_the_subset_and_drops_the_archive(recorded, server, folders, batches):
    fetching.fetch("cifar10")
    assert [path.name for path in (folders / "own").iterdir()] == ["cifar10_subset.npz"]
    images, labels = cifar10.load_cifar10(pooled=4)
    assert images.shape == (36, 3, 4, 4)
    assert labels[-6:].tolist() == batches["test_batch"][1]
    expected = recorded["x_train"][0, 1, 8:16, 24:32].mean() / 255  # second row, last column of patches of 8 pixels
    np.testing.assert_allclose(images[0, 1, 1, 3], expected)
    fetching.fetch("cifar10")
    assert len(server) == 1, "the subset is here"


def test_an_archive_that_is_here_is_cut_without_a_network_and_stays(recorded, served_archive, server, folders):
    shutil.copy(served_archive, folders / "own")
    fetching.fetch("cifar10")
    assert server == []
    assert {path.name for path in (folders / "own").iterdir()} == {served_archive.name, "cifar10_subset.npz"}


def test_an_archive_of_other_images_is_refused(served_archive, folders):
    with pytest.raises(Unavailable, match="not the recorded ones"):
        fetching.fetch("cifar10")
    assert state_of("cifar10").state is fetching.State.ABSENT


def test_a_truncated_subset_is_corrupt(folders):
    (folders / "own" / "cifar10_subset.npz").write_bytes(b"PK\x03\x04 truncated")
    assert state_of("cifar10").state is fetching.State.CORRUPT


def test_the_digest_depends_on_images_labels_and_order_but_not_on_the_integers_type(batches):
    images, labels = (np.arange(24, dtype=np.uint8).reshape(2, 12), np.array([3, 4]))
    arrays = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    joined = (images.tobytes() + bytes([3, 4])) * 2
    assert cifar10_archive.digest_of_arrays(arrays) == hashlib.sha256(joined).hexdigest()


def real(name):
    if state_of(name).state is not fetching.State.PRESENT:
        pytest.skip(f"{name} is not on this machine: tollens data fetch {name}")


def test_the_real_points_span_the_published_sizes():
    real("chinchilla")
    sizes, flop, losses = chinchilla.load_chinchilla()
    assert len(sizes) == len(flop) == len(losses) == 245
    # Hoffmann et al. 2022 trained from 44 million to over 16 billion parameters, up to some 10^22 FLOP
    assert 4.4e7 < sizes.min() < 1e8
    assert 1.6e10 < sizes.max() < 1.7e10
    assert 1e22 < flop.max() < 2e22


def test_the_real_images_are_of_ten_balanced_classes():
    real("cifar10")
    images, labels = cifar10.load_cifar10()
    assert images.shape == (4566, 3, 8, 8)
    np.testing.assert_allclose(np.bincount(labels), 456.6, rtol=0.15)
    # mean colours of the whole of CIFAR-10, widely used for normalisation: 0.491, 0.482, 0.447
    np.testing.assert_allclose(images.mean(axis=(0, 2, 3)), [0.491, 0.482, 0.447], atol=0.01)


def test_the_list_of_files_is_what_pooch_reads_in_it():
    theirs = pooch.create(path="", base_url="")
    theirs.load_registry(Path(fetching.__file__).with_name("files.txt"))
    assert (theirs.registry, theirs.urls) == fetching._listed()
