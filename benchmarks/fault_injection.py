"""Accidents on a simulated cluster of four nodes, and what each of them cost; in the end nothing is lost.

    python benchmarks/fault_injection.py

Every accident happens once, each to a block of a claim of its own: an exception, a block that sleeps past its limit,
one that spins in C, a segfault, a worker killed by SIGKILL, one that leaves, one that eats memory, a node killed under
its block. Before, the driver is killed in mid-run; started again, it meets with all of them, and lives to tell. Then
`--retry-failed` tries again what no run tries again by itself. Verdicts and payloads have to equal those of an
undisturbed run in one process, bit for bit.

The cluster listens on all interfaces, so it runs in a network namespace of its own; `unshare` has to be allowed.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ACCIDENTS = ["exception", "sleep", "spin", "segfault", "kill", "leave", "memory", "node"]
TIME_LIMIT, PAUSE = 15.0, 0.5
HEADROOM = 3 * 2**30
"""Bytes; the block that eats memory would take 4 GB."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--accidents", default=",".join(ACCIDENTS), help="which of them, with commas")
    parser.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "worlds")]
    if not arguments.inside:
        enter_private_network()
    os.environ.update(RAY_AUTH_MODE="disabled", RAY_USAGE_STATS_ENABLED="0", RAY_SCHEDULER_EVENTS="0")
    with tempfile.TemporaryDirectory() as name:
        sys.exit(0 if show(Path(name), arguments.accidents.split(",")) else 1)


def enter_private_network() -> None:
    """This program again, where nobody else can reach the cluster's ports."""
    from private_network import inside, refused

    reason = refused()
    if reason:
        sys.exit(reason)
    command = inside([sys.executable, *sys.argv, "--inside"])
    os.execvp(command[0], command)


def show(folder: Path, accidents: list[str]) -> bool:
    """Both runs and their comparison; whether they are equal."""
    from troubled import write_registry

    registry = write_registry(folder / "world", accidents, pause=PAUSE, time_limit=TIME_LIMIT, block=4)
    began = time.perf_counter()
    undisturbed = run(registry, folder / "undisturbed", "--in-process")
    print(f"undisturbed, in one process: {time.perf_counter() - began:.0f} s, exit code {undisturbed['exit_code']}")

    troubles = folder / "troubles"
    troubles.mkdir()
    # workers inherit it from their nodes
    os.environ.update({"TROUBLES": str(troubles), "RAY_memory_usage_threshold": f"{threshold():.3f}"})
    cluster = start_cluster()
    try:
        os.environ["RAY_ADDRESS"] = cluster.address
        disturbed = folder / "disturbed"
        runs = [("driver killed", killed_driver(registry, disturbed, records=2))]
        for accident in accidents:
            (troubles / f"{accident}.once").touch()
        runs += [("same command again", run(registry, disturbed))]
        runs += [("--retry-failed", run(registry, disturbed, "--retry-failed"))]
    finally:
        cluster.shutdown()

    left = [file.name for file in troubles.iterdir()]
    same = {
        "payloads": payloads(folder / "undisturbed") == payloads(disturbed),
        "verdicts": runs[-1][1]["verdicts"] == undisturbed["verdicts"],
    }
    print_table(runs, len(payloads(folder / "undisturbed")))
    print(f"\naccidents: {f'{left} did not happen' if left else 'all happened'}")
    for what, holds in same.items():
        print(f"{what}: {'those of the undisturbed run' if holds else 'DIFFERENT from the undisturbed run'}")
    return not left and all(same.values())


def start_cluster() -> Any:
    """A head without cores, so that it survives, and three nodes with one."""
    from ray.cluster_utils import Cluster

    Path("/tmp/ray").mkdir(exist_ok=True)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 100 * 2**20})
    for _ in range(3):
        cluster.add_node(num_cpus=1, object_store_memory=100 * 2**20)
    cluster.wait_for_nodes()
    return cluster


def command(registry: Path, store: Path, *options: str) -> list[str]:
    tollens = [sys.executable, "-m", "runners", "run", "troubles", "--registry", str(registry)]
    return [*tollens, "--store", str(store), *options]


def run(registry: Path, store: Path, *options: str) -> dict[str, Any]:
    """A run's summary, with its wall time."""
    began = time.perf_counter()
    done = subprocess.run(command(registry, store, *options), cwd=ROOT, capture_output=True, text=True)
    summary = json.loads((store / "summary.json").read_text())
    assert done.returncode == summary["exit_code"], done.stderr
    return summary | {"wall": time.perf_counter() - began}


def killed_driver(registry: Path, store: Path, *, records: int) -> dict[str, Any]:
    """A run whose driver is killed as soon as it has so many records."""
    began = time.perf_counter()
    driver = subprocess.Popen(command(registry, store), cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while len(payloads(store)) < records and driver.poll() is None:
        time.sleep(0.05)
    driver.kill()
    code = driver.wait()
    assert json.loads((store / "summary.json").read_text())["exit_code"] is None, "a killed driver tells no code"
    logged = [json.loads(file.read_text()) for file in sorted((store / "errors").glob("*.json"))]
    setbacks = [error | {"seconds": float("nan"), "retried": True} for error in logged]
    recorded = {"measured": len(payloads(store)), "stored": 0}
    return {"exit_code": code, "wall": time.perf_counter() - began, "setbacks": setbacks, "blocks": recorded}


def payloads(store: Path) -> dict[str, str]:
    """Hash of what was measured, by block."""
    files = store.glob("records/*/*.json")
    return {file.stem: json.loads(file.read_text())["payload_sha256"] for file in files}


def threshold() -> float:
    """Share of the machine's memory above which a node kills workers: what is used now, and what a few may use."""
    lines = dict(line.split(":") for line in Path("/proc/meminfo").read_text().splitlines())
    total, available = (1024 * int(lines[name].split()[0]) for name in ("MemTotal", "MemAvailable"))
    return min(0.95, (total - available + HEADROOM) / total)


def print_table(runs: list[tuple[str, dict[str, Any]]], blocks: int) -> None:
    print(f"\n{'run':20} {'exit':>5} {'wall':>7} {'measured':>9} {'stored':>7}   of {blocks} blocks")
    for name, summary in runs:
        done = summary["blocks"]
        print(f"{name:20} {summary['exit_code']:5} {summary['wall']:5.0f} s {done['measured']:9} {done['stored']:7}")
    print(f"\n{'accident':12} {'status':14} {'run':20} {'in vain':>9}  tried again")
    for name, summary in runs:
        for setback in summary["setbacks"]:
            accident = setback["block"].partition("trouble=")[2].partition(",")[0]
            row = f"{accident:12} {setback['status']:14} {name:20} {setback['seconds']:7.1f} s"
            print(f"{row}  {'at once' if setback['retried'] else 'by --retry-failed'}")


if __name__ == "__main__":
    main()
