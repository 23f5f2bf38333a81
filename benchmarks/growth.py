"""How check, list, judge, verify and board grow: seconds and memory by claims and records, with the exponent.

    python benchmarks/growth.py [CLAIMS:RECORDS ...] [--json FILE]

By default 140:1000 and 1000:10000; 3000:200000 is what the promises in docs/reliability.md are about. Claims are copies
of a toy's law, a hundred a room; records are what a run would have written, 32 trials a condition in four blocks. Each
command runs in a process of its own, whose processor time and peak memory count.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
TOYS = ROOT / "tests" / "worlds"
BLOCK, BLOCKS, ROOM = 8, 4, 100
COMMANDS = {"check": "claims", "list": "claims", "judge": "records", "verify": "records", "board": "records"}
"""What each of them grows with."""
START = """
import sys
from pathlib import Path
from runners.commands import main, options
here = Path(sys.argv.pop(1))
options.own_registry = lambda: here
main()
"""
EXPERIMENT = """  toy-{room}:
    module: toy_experiment
    about: Responses that obey a law.
    precision: float64
    grid:
      - {{kind: [lawful], width: [{widths}]}}
      - {{kind: [constant], width: [{controls}]}}
    observables:
      response: {{means: how the toy responds, between: [1.0e-3, 1.0e+3], scale: log}}
      steady: {{means: whether it stood still, between: [0, 1]}}
      profile: {{means: response by place, shape: [place]}}
    tiers:
      smoke: {{trials: [{trials}], block: {block}, constants: {{length: 2}}}}
"""
CLAIM = """  law-{number}:
    statement: The response falls as the inverse of the width, for the {number}th time.
    about: A claim about a toy.
    theory: toys
    strand: solvable-settings
    held_by: folklore
    source: {{cite: Nobody 1900}}
    formula: r = s / w
    experiment: toy-{room}
    where: {{kind: lawful, width: [{widths}]}}
    controls:
      - {{must: fail, where: {{kind: constant, width: {first}}}, truth: "toy_theory:strength", because: it is constant}}
    measured: response
    predicted: toy_theory:inverse_width
    agreement: {{by: ratio, within: [0.9, 1.1], because: the noise of a toy}}
    rivals: {{square: {{predicted: toy_theory:inverse_square, held_by: null-model, because: a slip}}}}
    expect: supported
"""


@dataclass(frozen=True)
class Cost:
    """What a command took."""

    seconds: float
    """Of processor time, of the command and of what it starts."""
    waited: float
    megabytes: float
    """Most memory at a time."""
    code: int


def write_registry(folder: Path, claims: int, records: int) -> Path:
    """So many claims over so many records, as a table of contents with rooms of a hundred."""
    for module in ("toy_experiment.py", "toy_theory.py"):
        (folder / module).write_text((TOYS / module).read_text())
    conditions = max(1, round(records / claims / BLOCKS) - 1)  # besides a control
    rooms = []
    for first in range(0, claims, ROOM):
        numbers, room = range(first, min(first + ROOM, claims)), f"room_{first // ROOM}"
        widths = {number: [2 + number * conditions + at for at in range(conditions)] for number in numbers}
        every = _lines([width for of_claim in widths.values() for width in of_claim])
        name = first // ROOM
        (folder / room).mkdir()
        (folder / room / "__init__.py").write_text("")
        firsts = _lines([widths[number][0] for number in numbers])
        experiment = EXPERIMENT.format(room=name, widths=every, controls=firsts, trials=BLOCK * BLOCKS, block=BLOCK)
        entries = "".join(
            CLAIM.format(number=n, room=name, widths=_lines(widths[n]), first=widths[n][0]) for n in numbers
        )
        (folder / room / "claims.yaml").write_text(f"experiments:\n{experiment}claims:\n{entries}")
        rooms.append(f"  {room}: Toys.\n")
    (folder / "registry.yaml").write_text("phenomena:\n" + "".join(rooms))
    return folder / "registry.yaml"


def _lines(numbers: list[int]) -> str:
    """A list that breaks its lines."""
    return ",\n        ".join(", ".join(map(str, numbers[at : at + 20])) for at in range(0, len(numbers), 20))


def fill(registry_file: Path, address: Path) -> int:
    """Write every block that a run would have recorded; how many they are."""
    from runners.measuring.planning import Planner, Point
    from runners.records.seals import lock_file, lock_hash, read_lock
    from runners.records.store import Store
    from runners.registry.loader import load

    registry, store, generator = load([registry_file]), Store(address), np.random.default_rng(0)
    lock = read_lock(lock_file(registry_file))
    store.put_lock(lock_hash(lock), lock)
    provenance = {"seconds": 1.0, "started": 2e9, "lock": lock_hash(lock)}
    planner, count = Planner(registry, "smoke"), 0
    for name, experiment in registry.experiments.items():
        points = [(kind, width) for axes in experiment.grid for kind in axes["kind"] for width in axes["width"]]
        for kind, width in points:
            for block in planner.blocks(Point(name, {"kind": kind, "width": width}), 1):
                strength = np.exp(generator.standard_normal(BLOCK))
                given = {"strength": strength, "spectrum": np.outer(strength, np.arange(1, 4))}
                noise = np.exp(0.01 * generator.standard_normal(BLOCK))
                steady, profile = np.ones(BLOCK), np.ones((BLOCK, 2))
                response = strength * noise / (float(width) if kind == "lawful" else 1.0)
                measured = {"response": response, "steady": steady, "profile": profile}
                store.put(block.identity, block.specification, given, measured, provenance)
                count += 1
    return count


def run(registry_file: Path, command: str, *arguments: str) -> Cost:
    """A command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NPROC": "1", "OMP_NUM_THREADS": "1"}
    began = perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-c", START, str(registry_file), command, *arguments],
        env=environment,
        cwd=registry_file.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 1):
        sys.exit(f"{command} ended with {process.returncode}: {said.decode()[-2000:]}")
    seconds = used.ru_utime + used.ru_stime
    return Cost(round(seconds, 2), round(perf_counter() - began, 2), round(used.ru_maxrss / 1024), process.returncode)


def measure(claims: int, records: int) -> dict[str, Cost | int]:
    """What every command takes at one size."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        registry_file = write_registry(folder, claims, records)
        run(registry_file, "lock")
        written = fill(registry_file, folder / "store")
        stored = ("--store", str(folder / "store"))
        found: dict[str, Cost | int] = {"claims": claims, "records": written}
        for command in COMMANDS:
            arguments = {"check": (), "list": (), "board": (*stored, "--out", "site")}.get(command, stored)
            found[command] = cost = run(registry_file, command, *arguments)
            print(f"{claims:6} claims {written:8} records  {command:7} {cost.seconds:8.1f} s {cost.megabytes:7.0f} MB")
        return found


def exponents(sizes: list[dict[str, Cost | int]]) -> dict[str, float]:
    """How processor time grows: the power of the number of claims, or of records, between first and last size."""
    found = {}
    for command, grows_with in COMMANDS.items():
        first, last = sizes[0], sizes[-1]
        times = last[command].seconds / first[command].seconds  # type: ignore[union-attr]
        found[command] = round(float(np.log(times) / np.log(last[grows_with] / first[grows_with])), 2)  # type: ignore
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sizes", nargs="*", default=["140:1000", "1000:10000"], metavar="CLAIMS:RECORDS")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sizes = [measure(*map(int, size.split(":"))) for size in arguments.sizes]
    if len(sizes) > 1:
        for command, exponent in exponents(sizes).items():
            print(f"{command:7} grows with {COMMANDS[command]:7} to the power {exponent:.2f}")
    if arguments.json:
        document = [{name: vars(it) if isinstance(it, Cost) else it for name, it in size.items()} for size in sizes]
        arguments.json.write_text(json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
