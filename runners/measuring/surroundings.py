"""What a run needs of the machine around it, looked at once and within seconds, before anything is measured.

Each look says in a sentence what is wrong and what to do, or nothing. What hangs or breaks down later, deep inside Ray
or JAX, costs minutes and tells nobody why.
"""

from __future__ import annotations

import os
import shutil
import socket
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from runners.records.store import Store

PATIENCE = 5.0
"""Seconds that a cluster or a store may take to answer."""
OBJECT_STORE = 100 * 2**20
"""Bytes of shared memory that Ray's object store gets: results are small, records go through the store."""
LONGEST_SOCKET = 107
"""Bytes of a socket's path, by the kernel."""
_SOCKET = "/session_2026-11-29_17-34-22_123456_1234567/sockets/plasma_store"
"""What Ray appends to its folder."""
_GREETING = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5)
"""What opens a conversation with Ray's head, which speaks gRPC: HTTP/2's preface with an empty frame of settings."""
_SETTINGS = 4
"""Type of the frame that it answers with, in the fourth byte."""
PLATFORMS = {"cpu", "gpu", "cuda", "rocm", "tpu"}
LARGEST_UPLOAD = 500 * 2**20
"""Bytes of a working directory that `ray job submit` takes, by its default."""
SHM = Path("/dev/shm")


def wrong(store: Store, *, in_process: bool, environment: Mapping[str, str] = os.environ) -> list[str]:
    """Everything that would stop a run here, a sentence each."""
    looks = [variables(environment), relative_store(store.address, environment), unwritable(store)]
    if not in_process:
        looks += [cluster(environment), socket_paths(environment), shared_memory(environment)]
    return [problem for look in looks for problem in look]


def cluster(environment: Mapping[str, str]) -> Iterator[str]:
    """Whether a head of Ray answers at the address that RAY_ADDRESS names; whom TLS hides is taken for one."""
    address = environment.get("RAY_ADDRESS", "")
    host, _, port = address.rpartition("://")[2].partition("/")[0].rpartition(":")
    if not address or address in ("auto", "local") or not port.isdigit():
        return
    try:
        with socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE) as connection:
            if environment.get("RAY_USE_TLS", "0") != "0" or _greets(connection):
                return
    except (OSError, OverflowError) as error:
        yield f"nothing answers at {address} ({error}); start the cluster or unset RAY_ADDRESS"
    else:
        yield f"what answers at {address} is no head of Ray; name the head's address, or unset RAY_ADDRESS"


def _greets(connection: socket.socket) -> bool:
    """Whether the other side speaks as a head of Ray does, within seconds."""
    answer = b""
    try:
        connection.sendall(_GREETING)
        while len(answer) < 4 and (more := connection.recv(4 - len(answer))):
            answer += more
    except OSError:
        return False
    return len(answer) == 4 and answer[3] == _SETTINGS


def socket_paths(environment: Mapping[str, str]) -> Iterator[str]:
    """Whether the sockets of an embedded cluster have paths that the kernel takes."""
    if environment.get("RAY_ADDRESS"):
        return
    temporary = environment.get("RAY_TMPDIR") or (environment.get("TMPDIR") if sys.platform == "linux" else None)
    folder = os.path.join(temporary or "/tmp", "ray")
    length = len(os.fsencode(folder + _SOCKET))
    if length > LONGEST_SOCKET:
        yield (
            f"Ray's sockets in {folder} would have paths of {length} bytes, and the kernel takes {LONGEST_SOCKET}; set "
            "RAY_TMPDIR to a shorter folder, as /tmp"
        )


def shared_memory(environment: Mapping[str, str]) -> Iterator[str]:
    """Whether the object store of an embedded cluster has room."""
    if environment.get("RAY_ADDRESS") or not SHM.exists():
        return
    free = shutil.disk_usage(SHM).free
    if free < 1.1 * OBJECT_STORE:
        yield (
            f"{SHM} has {free / 2**20:.0f} MiB free, and Ray needs {1.1 * OBJECT_STORE / 2**20:.0f}; give it more "
            "(docker run --shm-size=1g), or run with --in-process"
        )


def variables(environment: Mapping[str, str], devices: Callable[[], float] | None = None) -> Iterator[str]:
    """Whether variables name accelerators that are not here."""
    count = (devices or _nvidia_devices)()
    for name in filter(None, (it.strip() for it in environment.get("JAX_PLATFORMS", "").split(","))):
        if name not in PLATFORMS:
            yield f"JAX_PLATFORMS names {name}, which JAX does not know; it knows {', '.join(sorted(PLATFORMS))}"
        elif name in ("gpu", "cuda") and not count:
            yield f"JAX_PLATFORMS names {name}, and this machine has no NVIDIA GPU; unset it, or set it to cpu"
    named = [it.strip() for it in environment.get("CUDA_VISIBLE_DEVICES", "").split(",") if it.strip()]
    absent = [it for it in named if it.isdigit() and int(it) >= count]
    absent += [it for it in named if it.startswith(("GPU-", "MIG-")) and not count]
    if absent:
        yield f"CUDA_VISIBLE_DEVICES names {', '.join(absent)}, and this machine has {count} GPUs; unset it"


def relative_store(address: str, environment: Mapping[str, str]) -> Iterator[str]:
    """Whether a job would leave its records in a folder that goes with it."""
    if "RAY_JOB_CONFIG_JSON_ENV_VAR" not in environment or "://" in address:
        return
    if Path(address).resolve().is_relative_to(Path.cwd()):
        yield (
            f"the store {address} lies in the job's own folder, which is deleted when the job ends; name with --store "
            "a folder that all nodes share, or an address as s3://bucket/folder"
        )


def unwritable(store: Store) -> Iterator[str]:
    """Whether the store takes a file, within seconds."""
    problems: list[str] = []

    def write() -> None:
        name = f"probe-{uuid.uuid4().hex}.tmp"
        try:
            store.write(name, b"whether this store takes a file")
            store.remove(name)
        except Exception as error:
            problems.append(f"{type(error).__name__}: {error}")

    writing = threading.Thread(target=write, daemon=True)
    writing.start()
    writing.join(2 * PATIENCE)
    if writing.is_alive():
        problems.append(f"no answer in {2 * PATIENCE:g} seconds")
    for problem in problems:
        yield f"the store {store.address} takes no file ({problem}); name another with --store"


def upload(folder: Path) -> Iterator[str]:
    """Whether `ray job submit --working-dir` would refuse this folder, or carry a store along."""
    from ray._private.runtime_env.packaging import get_excludes_from_ignore_files

    ignored = [lambda path: path.name in (".git", ".venv", "venv", "__pycache__")]
    ignored += get_excludes_from_ignore_files(folder, include_gitignore=True)
    sizes: dict[str, int] = {}
    for place, folders, files in os.walk(folder):
        here = Path(place)
        folders[:] = [name for name in folders if not any(match(here / name) for match in ignored)]
        if {"records", "locks"} <= set(folders):
            yield (
                f"the store {here.relative_to(folder) / ''} lies in this folder and would be uploaded with every job; "
                "name it in .rayignore, or move it"
            )
        for file in (here / name for name in files):
            if not any(match(file) for match in ignored) and file.is_file():
                first = file.relative_to(folder).parts[0]
                sizes[first] = sizes.get(first, 0) + file.stat().st_size
    total = sum(sizes.values())
    if total > LARGEST_UPLOAD:
        largest = max(sizes, key=lambda name: sizes[name])
        yield (
            f"{total / 2**20:.0f} MiB would be uploaded with a job, and Ray takes {LARGEST_UPLOAD / 2**20:.0f}; name "
            f"{largest} ({sizes[largest] / 2**20:.0f} MiB) in .rayignore"
        )


def _nvidia_devices() -> float:
    """How many there are; infinitely many where the system does not tell (WSL, embedded boards)."""
    if any(Path("/dev", name).exists() for name in ("dxg", "nvhost-gpu")):
        return float("inf")
    return sum(path.name.removeprefix("nvidia").isdigit() for path in Path("/dev").glob("nvidia*"))
