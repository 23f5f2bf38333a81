"""Mistakes in the experiments' own code, planted one at a time: which claim notices which?

    python benchmarks/code_injections.py > table.md        # for docs/code_injections.md, an hour of one core
    python benchmarks/code_injections.py "labels shifted by one row"

The project is copied, one mistake is written into the copy's experiments or instruments, and the claims that could
notice are measured anew, under exploring seeds: as many trials as the tier's first look has, of the first and the last
condition. A claim catches a mistake if a condition in which the copy without it agrees does not agree with it. What
is undecided with the mistake is told apart from what is contradicted. Nothing is recorded.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".tollens" / "code_injections.jsonl"
COPIED = (
    "predictions",
    "runners",
    "tollens",
    "registry.yaml",
    "registry.lock",
    "epochs.yaml",
    "epochs",
    "pyproject.toml",
)


@dataclass(frozen=True)
class Edit:
    """One place of the code, written otherwise; `before` stands there exactly so many `times`."""

    module: str
    before: str
    after: str
    times: int = 1

    def make(self, root: Path) -> None:
        path = root / "predictions" / f"{self.module}.py"
        text = path.read_text()
        if text.count(self.before) != self.times:
            raise SystemExit(f"{path.name} has {self.before!r} {text.count(self.before)} times, not {self.times}")
        path.write_text(text.replace(self.before, self.after))


@dataclass(frozen=True)
class Injection:
    """A mistake, and the claims that are asked whether they notice."""

    name: str
    edits: tuple[Edit, ...]
    claims: tuple[str, ...]


INJECTIONS = (
    Injection(
        "a loss without its 1/2",
        (
            Edit("instruments/losses", "return 0.5 * jnp.mean(jnp.sum(", "return jnp.mean(jnp.sum("),
            Edit("deep_linear_networks/natural_inputs", "return 0.5 * jnp.mean(", "return jnp.mean("),
            Edit("wide_networks/circle_tones", "return 0.5 * mean_squared_error(", "return mean_squared_error("),
            Edit(
                "conservation_laws/homogeneous_units", "return 0.5 * mean_squared_error(", "return mean_squared_error("
            ),
        ),
        (
            "eos-gd-two-over-eta",
            "eos-backends-agree",
            "igr-penalty-quarter",
            "dln-correlation-half-time",
            "dln-covariance-half-time",
            "ntk-circle-frequency-order",
            "cons-rescale-drift",
            "energy-dissipation",
            "fluctuation-dissipation-noise",
        ),
    ),
    Injection(
        "momentum in averaging form",
        (
            Edit(
                "instruments/optimisers",
                "lambda v, g: momentum * v - learning_rate * g, velocity",
                "lambda v, g: momentum * v - (1 - momentum) * learning_rate * g, velocity",
            ),
        ),
        ("eos-heavy-ball", "eos-nesterov", "eos-backends-agree", "igr-momentum-penalty", "neural-collapse-etf"),
    ),
    Injection(
        "labels shifted by one row",
        (
            Edit(
                "data/datasets",
                "Classification(standardised(images), labels,",
                "Classification(standardised(images), np.roll(labels, 1),",
            ),
            Edit(
                "data/datasets",
                "Classification(standardised(drawn), labels,",
                "Classification(standardised(drawn), np.roll(labels, 1),",
            ),
        ),
        (
            "krr-kare-near-interpolation",
            "dln-correlation-half-time",
            "lazy-generalises-as-its-kernel",
            "neural-collapse-nearest-mean",
            "learning-adds-shared-neighbours",
            "mup-lr-transfer",
            "eos-gd-two-over-eta",
        ),
    ),
    Injection(
        "the tangent kernel without its readout",
        (
            Edit(
                "instruments/kernels",
                "ntk = nngp + weight_std**2 * pair.derivatives * ntk",
                "ntk = weight_std**2 * pair.derivatives * ntk",
            ),
        ),
        (
            "ntk-deterministic-limit",
            "ntk-init-fluctuation",
            "ntk-circle-frequency-order",
            "ntk-odd-frequency-unlearnable",
            "deep-ensemble-covariance",
            "krr-kare-real-data",
        ),
    ),
    Injection(
        "attention over the root of the head's width",
        (
            Edit(
                "hyperparameter_transfer/parametrisations",
                "return head_width**-0.5 * multiple ** EXPONENTS[parametrisation].attention",
                "return head_width**-0.5",
            ),
        ),
        ("mup-attention-first-move", "mup-inner-first-move", "mup-logit-first-move", "mup-embedding-first-move"),
    ),
    Injection(
        "the rate scaled twice",
        (
            Edit(
                "instruments/optimisers",
                "lambda w, g: w - learning_rate * g, weights",
                "lambda w, g: w - 2 * learning_rate * g, weights",
            ),
            Edit(
                "instruments/optimisers",
                "lambda v, g: momentum * v - learning_rate * g, velocity",
                "lambda v, g: momentum * v - 2 * learning_rate * g, velocity",
            ),
            Edit(
                "hyperparameter_transfer/parametrisations",
                'return float(multiple ** getattr(EXPONENTS[parametrisation], f"{kind}_rate"))',
                'return float(multiple ** (2 * getattr(EXPONENTS[parametrisation], f"{kind}_rate")))',
            ),
            Edit(
                "stochastic_gradient_noise/batch_and_rate",
                'k ** RULES[setting["rule"]]',
                'k ** (2 * RULES[setting["rule"]])',
            ),
        ),
        (
            "eos-gd-two-over-eta",
            "eos-gd-midway",
            "eos-backends-agree",
            "mup-coordinate-check",
            "mup-hidden-coordinate-check",
            "adam-first-step-hidden",
            "mup-inner-first-move",
            "linear-scaling-rule",
            "linear-scaling-limit",
        ),
    ),
    Injection(
        "Polyak's momentum for Nesterov's",
        (Edit("instruments/optimisers", "._replace(look=look)", ""),),
        ("eos-nesterov", "igr-momentum-penalty"),
    ),
    Injection(
        "weights of torch's default for He's",
        (Edit("instruments/networks", "bound = 1 / np.sqrt(inputs)", "bound = np.sqrt(6 / inputs)"),),
        ("eos-gd-two-over-eta", "flat-minima-generalise", "cons-rescale-drift", "neural-collapse-etf"),
    ),
)


def copy_of_the_project(folder: str, edits: Sequence[Edit]) -> Path:
    """The copy's root."""
    root = Path(folder) / "project"
    root.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, root / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copy(source, root / name)
    for edit in edits:
        edit.make(root)
    return root


def asked(edits: Sequence[Edit], claims: Sequence[str]) -> dict[str, dict[str, Any]]:
    """What each claim says of a copy with these edits: statuses of its conditions, median agreement, seconds.

    Each answer is kept as soon as it is there, by the copy's code and the claim: a run that was stopped goes on.
    """
    kept = {tuple(key): found for key, found in map(json.loads, KEPT.read_text().splitlines())} if KEPT.exists() else {}
    KEPT.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = copy_of_the_project(folder, edits)
        code = sha256(b"".join(path.read_bytes() for path in sorted(root.rglob("*.py")))).hexdigest()
        environment = os.environ | {"PYTHONPATH": str(root), "PYTHONDONTWRITEBYTECODE": "1"}
        for claim in claims:
            if (code, claim) in kept:
                continue
            command = [sys.executable, str(Path(__file__).resolve()), "--measure", claim]
            done = subprocess.run(command, cwd=root, env=environment, stdout=subprocess.PIPE, text=True, check=True)
            kept[code, claim] = json.loads(done.stdout.splitlines()[-1])
            with KEPT.open("a") as file:
                file.write(json.dumps([[code, claim], kept[code, claim]]) + "\n")
    return {claim: kept[code, claim] for claim in claims}


def measured(claim: str) -> dict[str, Any]:
    """In the copy: the claim's first and last condition, with the trials of its tier's first look."""
    import numpy as np

    from runners.authoring.exploring import explore
    from runners.registry.loader import load

    registry = load([Path("registry.yaml")])
    trials = registry.experiments[registry.claims[claim].experiment].tiers["standard"].trials[0]
    explored = explore(registry, claim, "standard", trials=trials, controls=False)
    print(f"{claim}: {trials} trials, {explored.seconds:.0f} s", file=sys.stderr, flush=True)
    return {
        "statuses": [result.verdict.status.word for result in explored.main],
        "medians": [float(np.median(result.values)) if len(result.values) else None for result in explored.main],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="MISTAKE", help="Only these.")
    parser.add_argument("--measure", metavar="CLAIM", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measured(options.measure)))
        return
    chosen = [injection for injection in INJECTIONS if not options.names or injection.name in options.names]
    sound = asked((), sorted({claim for injection in chosen for claim in injection.claims}))
    print(HEAD)
    for injection in chosen:
        print(line(injection, sound, asked(injection.edits, injection.claims)), flush=True)
    idle = [f"{name} ({', '.join(found['statuses'])})" for name, found in sound.items() if not agreeing(found)]
    if idle:
        print(f"\nNot agreeing without a mistake, so that it tells nothing: {'; '.join(idle)}.")


HEAD = """| mistake | contradicted | undecided, or not applicable | not noticed |
|---|---|---|---|"""


def agreeing(found: dict[str, Any]) -> list[int]:
    """Which of a claim's conditions agree."""
    return [i for i, status in enumerate(found["statuses"]) if status == "agrees"]


def line(injection: Injection, sound: dict[str, dict[str, Any]], mistaken: dict[str, dict[str, Any]]) -> str:
    """A row of the table: the claims that agree somewhere without the mistake, by what they say there with it."""
    told: dict[str, list[str]] = {"contradicted": [], "undecided": [], "missed": []}
    for claim, found in mistaken.items():
        if conditions := agreeing(sound[claim]):
            statuses = {found["statuses"][i] for i in conditions}
            noticed = "contradicted" if statuses & {"disagrees", "error"} else "undecided"
            told["missed" if statuses == {"agrees"} else noticed].append(f"{claim} ({_medians(found, conditions)})")
    return f"| {injection.name} | {' | '.join(', '.join(claims) for claims in told.values())} |"


def _medians(found: dict[str, Any], conditions: list[int]) -> str:
    """Of what is compared with the region, in each of these conditions."""
    medians = [found["medians"][i] for i in conditions]
    return " and ".join("none" if median is None else f"{median:.3g}" for median in medians)


if __name__ == "__main__":
    main()
