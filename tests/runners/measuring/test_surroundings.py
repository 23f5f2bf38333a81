"""A run looks around first: within seconds it says, in a sentence, what would stop it."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from time import perf_counter
from types import SimpleNamespace

import pytest

from runners.measuring import surroundings
from runners.records.store import Store


def told(look) -> str:
    """The one sentence that a look says."""
    started = perf_counter()
    (problem,) = look
    assert perf_counter() - started < 3 * surroundings.PATIENCE
    assert "\n" not in problem
    return problem


def test_an_address_where_nothing_answers():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{closed.getsockname()[1]}"
        assert f"nothing answers at {address}" in told(surroundings.cluster({"RAY_ADDRESS": address}))
    for address in ("ray://nobody.invalid:10001", "127.0.0.1:999999"):
        assert f"nothing answers at {address}" in told(surroundings.cluster({"RAY_ADDRESS": address}))
    assert list(surroundings.cluster({"RAY_ADDRESS": "auto"})) == []


@pytest.mark.parametrize("answer", [None, b"", b"SSH-2.0-OpenSSH_9.2\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_an_address_of_somebody_else(monkeypatch, answer):
    """Who is silent, hangs up or speaks another language is no head: Ray itself would wait for minutes."""
    monkeypatch.setattr(surroundings, "PATIENCE", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"

        def serve():
            connection, _ = server.accept()
            with connection:
                if answer is not None:
                    connection.recv(1000)
                    connection.sendall(answer)
                else:
                    connection.recv(1000), connection.recv(1000)

        serving = threading.Thread(target=serve)
        serving.start()
        assert f"what answers at {address} is no head of Ray" in told(surroundings.cluster({"RAY_ADDRESS": address}))
        serving.join()


def test_a_server_that_speaks_grpc():
    grpc = pytest.importorskip("grpc", reason="comes with ray[default]")
    server = grpc.server(ThreadPoolExecutor(1))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        for address in (f"127.0.0.1:{port}", f"ray://127.0.0.1:{port}"):
            assert list(surroundings.cluster({"RAY_ADDRESS": address})) == []
    finally:
        server.stop(0).wait()


def test_sockets_with_too_long_paths():
    long = "/tmp/" + "x" * 85
    assert "the kernel takes 107; set RAY_TMPDIR" in told(surroundings.socket_paths({"RAY_TMPDIR": long}))
    assert list(surroundings.socket_paths({"RAY_TMPDIR": "/tmp"})) == []
    assert list(surroundings.socket_paths({"RAY_TMPDIR": long, "RAY_ADDRESS": "auto"})) == [], "not ours to make"


@pytest.mark.parametrize(
    ("environment", "devices", "words"),
    [
        ({"JAX_PLATFORMS": "cuda"}, 0, "this machine has no NVIDIA GPU"),
        ({"JAX_PLATFORMS": "cuda,cpu"}, 1, None),
        ({"JAX_PLATFORMS": "abacus"}, 0, "abacus, which JAX does not know"),
        ({"CUDA_VISIBLE_DEVICES": "0,7"}, 4, "names 7, and this machine has 4 GPUs"),
        ({"CUDA_VISIBLE_DEVICES": "GPU-1"}, 0, "names GPU-1"),
        ({"CUDA_VISIBLE_DEVICES": ""}, 0, None),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, 0, None),
        ({"JAX_PLATFORMS": "cpu"}, 0, None),
    ],
)
def test_variables_that_name_what_is_not_there(environment, devices, words):
    look = surroundings.variables(environment, lambda: devices)
    if words is None:
        assert list(look) == []
    else:
        assert words in told(look)


def test_a_store_that_takes_no_file(tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert "takes no file (" in told(surroundings.unwritable(Store(tmp_path / "file" / "store")))
    assert list(surroundings.unwritable(Store(tmp_path / "store"))) == []
    assert list((tmp_path / "store").iterdir()) == []


def test_a_store_that_does_not_answer(tmp_path, monkeypatch):
    store = Store(tmp_path)
    monkeypatch.setattr(surroundings, "PATIENCE", 0.05)
    monkeypatch.setattr(store, "write", lambda name, content: __import__("time").sleep(5))
    assert "no answer in 0.1 seconds" in told(surroundings.unwritable(store))


def test_a_relative_store_in_a_job(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    job = {"RAY_JOB_CONFIG_JSON_ENV_VAR": "{}"}
    assert "deleted when the job ends" in told(surroundings.relative_store(".tollens/store", job))
    assert list(surroundings.relative_store(".tollens/store", {})) == []
    assert list(surroundings.relative_store("s3://bucket/store", job)) == []
    assert list(surroundings.relative_store("/shared/store", job)) == []


def test_too_little_shared_memory(monkeypatch):
    monkeypatch.setattr(surroundings.shutil, "disk_usage", lambda path: SimpleNamespace(free=64 * 2**20))
    assert "has 64 MiB free, and Ray needs 110" in told(surroundings.shared_memory({}))
    assert list(surroundings.shared_memory({"RAY_ADDRESS": "auto"})) == []


def test_a_store_in_what_a_job_uploads(tmp_path, monkeypatch):
    Store(tmp_path / "runs").write("locks/x.json", b"{}")
    Store(tmp_path / "runs").write("records/toy/x.json", b"{}")
    assert "the store runs lies in this folder" in told(surroundings.upload(tmp_path))
    (tmp_path / ".rayignore").write_text("runs/\n")
    assert list(surroundings.upload(tmp_path)) == []
    (tmp_path / "large.bin").write_bytes(b"0" * 2**20)
    monkeypatch.setattr(surroundings, "LARGEST_UPLOAD", 2**19)
    assert "name large.bin (1 MiB) in .rayignore" in told(surroundings.upload(tmp_path))


def test_a_run_says_so_before_it_measures(command_line, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "77")
    result = command_line("run", "law-holds", "--in-process")
    assert result.exit_code == 3
    assert "CUDA_VISIBLE_DEVICES names 77" in result.output
    assert not command_line.records()
    assert "CUDA_VISIBLE_DEVICES names 77" in command_line("doctor", "--store", str(command_line.store)).output
