"""On clusters: a job that is submitted as the documentation says, and nodes that die.

Ray's ports are open to the network, so these tests start themselves again in a private one, where that is allowed.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "worlds"))
from private_network import inside, refused

pytestmark = pytest.mark.xdist_group("ray")

ROOT = Path(__file__).parents[3]
INSIDE = "TOLLENS_TEST_IN_PRIVATE_NETWORK"


@pytest.fixture
def private(request):
    """False where this process has started the test in a private network, and it passed there."""
    if INSIDE in os.environ:
        return True
    reason = refused()
    if reason:
        pytest.skip(reason)
    test = f"{Path(__file__).relative_to(ROOT)}::{request.node.name}"
    pytest_ = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", test]
    done = subprocess.run(
        inside(pytest_), cwd=ROOT, env={**os.environ, INSIDE: "1"}, capture_output=True, text=True, timeout=280
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return False


@contextlib.contextmanager
def head(folder: Path):
    """`ray start --head` with a token, and an environment for its clients."""
    tools = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if name != INSIDE and not name.endswith("_NUM_THREADS")}
    environment = kept | {
        "PATH": f"{tools}:{os.environ['PATH']}",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secrets.token_hex(32),
        "RAY_API_SERVER_ADDRESS": "http://127.0.0.1:8265",
        "RAY_JOB_STOP_WAIT_TIME_S": "30",
        "HOME": str(folder),
    }
    start = ["ray", "start", "--head", "--block", "--num-cpus", "3", "--disable-usage-stats"]
    with open(folder / "head.log", "w") as log:
        process = subprocess.Popen(
            [*start, "--temp-dir", str(folder / "r")], env=environment, stdout=log, stderr=log, cwd=folder
        )
        try:
            wait_until(lambda: jobs(environment) is not None, folder / "head.log")
            yield environment
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=20)


def wait_until(holds, log: Path) -> None:
    end = time.monotonic() + 90
    while not holds():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.2)


def ray(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess:
    command = [f"{Path(sys.executable).parent}/ray", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=200)


def submit(environment: dict[str, str], name: str, store: Path, *arguments: str, wait: bool = True):
    """As docs/clusters.md says."""
    variables = json.dumps({"env_vars": {"TOLLENS_COMMIT": "c0ffee"}})
    options = ["--working-dir", ".", "--runtime-env-json", variables, "--submission-id", name]
    run = ["python", "-m", "runners", "run", "--tier", "smoke", "--store", str(store), *arguments]
    return ray(environment, "job", "submit", *options, *([] if wait else ["--no-wait"]), "--", *run)


def jobs(environment: dict[str, str]) -> list[dict] | None:
    """What Ray's API lists, as `ray job list` asks it; None as long as nobody answers."""
    asked = urllib.request.Request(f"{environment['RAY_API_SERVER_ADDRESS']}/api/jobs/")
    asked.add_header("Authorization", f"Bearer {environment['RAY_AUTH_TOKEN']}")
    try:
        with urllib.request.urlopen(asked, timeout=30) as answer:
            return json.load(answer)
    except OSError:
        return None


def driver_exit_codes(environment: dict[str, str]) -> dict[str, int]:
    return {job["submission_id"]: job["driver_exit_code"] for job in jobs(environment) or []}


def summary(store: Path) -> dict:
    return json.loads((store / "summary.json").read_text())


def records(store: Path) -> dict[Path, bytes]:
    return {file: file.read_bytes() for file in store.glob("records/*/*.json")}


@pytest.mark.slow
def test_jobs_are_submitted_stopped_and_go_on(private, tmp_path_factory):
    if not private:
        return
    from troubled import write_registry

    folder = Path(tmp_path_factory.mktemp("j"))
    with head(folder) as environment:
        store = folder / "stopped"
        world = write_registry(folder / "world", [], pause=1.0, block=1, time_limit=60)  # 24 blocks of 1 s, 3 cores
        toys = ["troubles", "--registry", str(world)]
        started = submit(environment, "stopped", store, *toys, wait=False)
        assert started.returncode == 0, started.stdout + started.stderr
        wait_until(lambda: len(records(store)) >= 3, folder / "head.log")
        assert ray(environment, "job", "stop", "stopped").returncode == 0
        told, before = summary(store), records(store)
        assert (told["exit_code"], told["signal"], told["complete"]) == (143, 15, False)
        assert 3 <= len(before) < 24
        assert all(json.loads(content)["payload_sha256"] for content in before.values())  # all of them whole

        done = submit(environment, "again", store, *toys)
        assert done.returncode == 0, done.stdout + done.stderr
        told = summary(store)
        assert (told["exit_code"], told["verdicts"]) == (0, {"law-under-none": "supported"})
        assert (told["blocks"]["stored"], told["blocks"]["measured"]) == (len(before), 24 - len(before))
        assert {file: records(store)[file] for file in before} == before

        store = folder / "own"
        claims = ["dln-sigmoid-trajectory", "dln-half-time-inverse-s"]
        done = submit(environment, "own", store, *claims)
        assert done.returncode == 0, done.stdout + done.stderr
        told = summary(store)
        assert set(told["verdicts"]) == set(claims)
        assert set(told["verdicts"].values()) <= {"supported", "refuted", "partly"}
        commits = {json.loads(content)["provenance"]["commit"] for content in records(store).values()}
        assert commits == {"c0ffee"}

        assert submit(environment, "misspelt", folder / "none", "no-such-claim").returncode == 1  # Ray knows no other
        codes = driver_exit_codes(environment)
        assert (codes["again"], codes["own"], codes["misspelt"]) == (0, 0, 2)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_nodes_and_drivers_die_and_no_bit_changes():
    reason = refused()
    if reason:
        pytest.skip(reason)
    script = [sys.executable, str(ROOT / "benchmarks" / "fault_injection.py"), "--accidents", "segfault,node"]
    done = subprocess.run(script, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {words for words in ("node died", "segfault") if words in done.stdout} == {"node died", "segfault"}
