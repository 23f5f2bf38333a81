"""A report as the runners would write it, made up: every kind, verdict and oddity that the board must draw."""

from __future__ import annotations

import math

import numpy as np
import pytest

HOSTILE = """<script>alert("1")</script> & 'x' | *y* [z](javascript:alert(1)) {{ 7*7 }}"""


@pytest.fixture(scope="session")
def report() -> dict:
    return sample_report()


def sample_report() -> dict:
    claims = [*laws(), *oddities()]
    verdicts = [claim["verdict"] for claim in claims]
    return {
        "schema": 1,
        "tier": "standard",
        "created": "2026-11-24T07:00:00Z",
        "version": "0.1.0",
        "commit": "1f0c6c2b9e7a4d8839a1b4f2d0c9e8a7b6c5d4e3",
        "lock": "9c1e" * 16,
        "environment": {
            "python": "3.11.7",
            "cpu": "x86-64",
            "cores": 2,
            "libraries": {"jax": "0.10.2", "numpy": "2.4.6"},
        },
        "counts": {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)},
        "injections": {
            "injected": 1,
            "caught": 1,
            "expected": 0.99,
            "copies": [
                {"claim": "dln-sigmoid", "condition": "width = 32", "factor": 1.1, "shift": 0.0, "caught": True}
            ],
        },
        "claims": claims,
    }


def written(value: float) -> float | str:
    """As a report has it: numbers that are not finite are strings."""
    return float(value) if math.isfinite(value) else str(float(value))


def condition(axes: dict, predicted: float, relative_errors, *, by="ratio", within=(0.93, 1.07), **fields) -> dict:
    """A condition whose trials have these agreements; its interval is the middle three quarters of them."""
    values = np.sort(np.asarray(relative_errors, dtype=float))
    measured = values * predicted if by == "ratio" else values + predicted
    low, high, middle = values[len(values) // 8], values[-1 - len(values) // 8], float(np.median(values))
    inside, outside = within[0] <= low and high <= within[1], high < within[0] or low > within[1]
    return {
        "condition": axes,
        "status": "agrees" if inside else "disagrees" if outside else "undecided",
        "reason": "the interval lies in the region" if inside else "the interval leaves the region",
        "trials": len(values),
        "set_aside": 0,
        "look": 1,
        "looks": 3,
        "predicted": None if by == "distance" else predicted,
        "measured": None if by == "distance" else written(np.median(measured)),
        "agreement": written(middle),
        "interval": [written(low), written(high)],
        "region": [written(edge) for edge in within],
        "p_agree": 0.0039,
        "p_disagree": 1.0,
        "share_in_region": float(np.mean((within[0] <= values) & (values <= within[1]))),
        "values": [written(value) for value in values],
        "measured_values": [] if by == "distance" else [written(value) for value in measured],
        "predicted_values": [] if by == "distance" else [predicted] * len(values),
        "truth": None,
        "example": None,
        "picture": None,
        "label": ", ".join(f"{name} = {value}" for name, value in axes.items()),
    } | fields


def not_measured(axes: dict, status: str, reason: str) -> dict:
    empty = {"trials": 0, "look": 0, "agreement": None, "interval": None, "share_in_region": None, "measured": None}
    nothing = {"predicted": None, "p_agree": None, "p_disagree": None, "values": [], "measured_values": []}
    nothing |= {"region": None}
    return condition(axes, 1.0, [1.0] * 8) | empty | nothing | {"status": status, "reason": reason}


def spread(centre: float, width: float, seed: int, trials: int = 8) -> np.ndarray:
    return centre + width * np.random.default_rng(seed).standard_normal(trials)


def claim(name: str, verdict: str, **fields) -> dict:
    return {
        "id": name,
        "kind": "law",
        "statement": "Full-batch gradient descent with step size η trains until the sharpness hovers at 2/η.",
        "about": "Gradient descent sharpens until its largest curvature is the largest that its step size can bear.",
        "theory": "edge-of-stability",
        "strand": "empirical-laws",
        "held_by": "authors",
        "source": {
            "cite": "Cohen et al. 2021",
            "arxiv": "2103.00065",
            "doi": None,
            "url": None,
            "where": "section 3",
            "quoted": None,
        },
        "formula": r"\lambda_{\max} = 2/\eta",
        "scope": "tanh networks of 10⁴ to 10⁵ parameters on digits and MNIST-1D, squared loss",
        "experiment": "full-batch-descent",
        "experiment_module": "predictions.edge_of_stability.network_descent",
        "replication": "seeds",
        "experiment_about": "A tanh network is trained by full-batch gradient descent; the Hessian's top eigenvalue is "
        "found by Lanczos iteration.",
        "where": {"loss": "mse"},
        "measured": {
            "name": "late_sharpness",
            "means": "median sharpness over the last half of training",
            "along": None,
            "between": [0.01, 1e4],
            "scale": "log",
            "shape": None,
        },
        "predicted": "predictions.edge_of_stability.theory:stability_threshold",
        "agreement": {
            "by": "ratio",
            "within": [0.93, 1.07],
            "because": "oscillation about the edge, and a third of the way to the nearest rival",
            "target": "median",
            "share": None,
        },
        "requires": [
            {"measured": "rising_steps", "within": [0.05, 1], "because": "the step size ended the sharpening"}
        ],
        "expect": "supported",
        "why": None,
        "verdict": verdict,
        "meaning": "All applicable conditions agree, and the controls that had to fail did.",
        "reason": "8 of 8 conditions agree",
        "contradicts_expectation": False,
        "agrees_to_within": 0.041,
        "share_in_region": 0.97,
        "severity": {"low": -0.05, "high": 0.06},
        "bits": 6.4,
        "bits_risked": 6.4,
        "conditions": [],
        "shown": [],
        "controls": [],
        "rivals": [],
        "cost": {"trials": 64, "blocks": 8, "seconds": 212.4},
        "records": ["3f9ab2c4d1e0", "77c0d9e8f1a2"],
        "contest": [],
        "libraries": ["jax", "numpy"],
        "seal": "5ea1" * 16,
        "sealed": "2026-11-20",
        "resealed": 0,
        "rerun": f"tollens run {name} --tier standard",
    } | fields


def climb(level: float) -> dict:
    """Sharpness that climbs to a level and stays, besides a loss that falls."""
    steps = np.arange(0.0, 2000.0, 25.0)
    sharpness, loss = level * np.minimum(1.0, 0.1 + steps / 1000), np.exp(-steps / 500)
    return {
        "curves": [
            {"observable": "loss", "axis": "step", "x": steps.tolist(), "trials": [[loss.tolist()]]},
            {"observable": "sharpness", "axis": "step", "x": steps.tolist(), "trials": [[sharpness.tolist()]]},
        ]
    }


def decay(exponent: float) -> dict:
    """A kernel's change against the width, as a fold sees it."""
    widths = [64, 128, 256, 512]
    middle = [width**exponent for width in widths]
    ends = {"low": [0.9 * y for y in middle], "high": [1.1 * y for y in middle]}
    return {"along": "width", "fold": "slope", "x": widths, "middle": middle, **ends}


def laws() -> list[dict]:
    rates = [0.05, 0.1, 0.2, 0.3]
    grid = [(rate, data) for data in ("digits", "mnist1d") for rate in rates]
    edge = [
        condition(
            {"learning_rate": rate, "data": data, "loss": "mse"},
            2 / rate,
            spread(1.012, 0.012, i),
            picture=climb(2 / rate),
        )
        for i, (rate, data) in enumerate(grid)
    ]
    control = {
        "must": "fail",
        "because": "a constant Hessian cannot sharpen",
        "experiment": "least-squares-descent",
        "where": {"learning_rate": 0.1},
        "truth": "predictions.edge_of_stability.theory:top_eigenvalue",
        "kept": True,
        "conditions": [condition({"learning_rate": 0.1}, 20.0, spread(0.31, 0.004, 90), truth=6.2)],
    }
    half = {
        "name": "one-over-eta",
        "predicted": "predictions.edge_of_stability.theory:monotone_threshold",
        "held_by": "folklore",
        "because": "the loss must fall at each step, with room to spare",
        "verdict": "refuted",
        "bits": -5.0,
        "conditions": [condition(c["condition"], c["predicted"] / 2, 2 * np.array(c["values"])) for c in edge],
    }
    contest = [
        {"name": "this claim", "own": True, "rank": 1, "beats": ["one-over-eta"], "ties": [], "loses_to": [],
         "closer": {"one-over-eta": {"wins": 62, "losses": 1, "equal": 1}}},
        {"name": "one-over-eta", "own": False, "rank": 2, "beats": [], "ties": [], "loses_to": ["this claim"],
         "closer": {"this claim": {"wins": 1, "losses": 62, "equal": 1}}},
    ]  # fmt: skip
    shown = condition({"learning_rate": 0.6, "data": "digits", "loss": "mse"}, 2 / 0.6, spread(0.78, 0.03, 40))
    times = np.linspace(0, 8, 60)
    modes = [s / (1 + (s / 0.01 - 1) * np.exp(-2 * s * times)) for s in (2.0, 1.2, 0.7)]
    example = {
        "axis": "time",
        "x": times.tolist(),
        "measured": [(mode * (1 + 0.02 * np.sin(3 * times + i))).tolist() for i, mode in enumerate(modes)],
        "predicted": [mode.tolist() for mode in modes],
    }
    distance = {"by": "distance", "within": [0, 0.05], "because": "Euler steps of size 0.01"}
    momentum = [
        condition({"momentum": beta, "learning_rate": rate}, (2 + 2 * beta) / rate, spread(centre, 0.01, 60 + i))
        for i, (beta, rate, centre) in enumerate(
            [(0.0, 0.1, 1.0), (0.5, 0.1, 1.01), (0.9, 0.1, 1.05), (0.9, 0.02, 1.02), (0.95, 0.1, 1.19)]
        )
    ]
    variance = [
        condition({"learning_rate": rate}, rate * 5, spread(2 / (2 - rate), 0.004, 70 + i), within=(0.99, 1.01))
        for i, rate in enumerate([0.25, 0.5, 0.75])
    ]
    slope = {"by": "difference", "within": [-0.1, 0.1], "because": "a fifth of the way to the rival, −1/2"}
    bound = {"by": "ratio", "within": ["-inf", 1], "because": "a bound has one side", "share": 0.8, "target": "median"}
    quoted = "the maximum eigenvalue of the training loss Hessian hovers just above the numerical value 2/(step size)"
    source = claim("x", "supported")["source"]
    return [
        claim("eos-gd-two-over-eta", "supported", conditions=edge, shown=[shown], controls=[control], rivals=[half],
              contest=contest,
              source=source | {"quoted": quoted}),
        claim("eos-heavy-ball", "partly", conditions=momentum, statement="With heavy-ball momentum β the sharpness "
              "hovers at (2 + 2β)/η.", formula=r"\lambda_{\max} = \frac{2 + 2\beta}{\eta}", bits=None,
              reason="3 of 5 agree; fails at momentum 0.95", contradicts_expectation=True, agrees_to_within=0.21,
              meaning="Some conditions agree and some disagree."),
        claim("dln-sigmoid", "supported", strand="solvable-settings", theory="deep-linear-networks",
              statement="Each mode of a two-layer linear network is learned along a sigmoid.",
              formula=r"u(t) = \frac{s}{1 + \left(\frac{s}{u_0} - 1\right) e^{-2st}}",
              source=source | {"cite": "Saxe, McClelland, Ganguli 2014", "arxiv": "1312.6120"},
              agreement=claim("x", "supported")["agreement"] | distance, bits=None, agrees_to_within=0.021,
              severity={"low": "-inf", "high": 0.031}, predicted="predictions.deep_linear.theory:sigmoid",
              measured={"name": "mode_strengths", "means": "projections on the teacher's modes", "along": None,
                        "between": None, "scale": "linear", "shape": ["modes", "time"]},
              conditions=[condition({"width": width}, 0.0, np.abs(spread(0.017, 0.002, width)), by="distance",
                                    within=(0, 0.05), example=example) for width in (32, 128)]),
        claim("ntk-change-inverse-width", "supported", strand="limits", theory="neural-tangent-kernel", predicted=-1,
              statement="The tangent kernel's relative change over training falls as one over the width.",
              formula=r"\frac{\lVert K_T - K_0 \rVert_F}{\lVert K_0 \rVert_F} \sim w^{-1}, \qquad K_T = \sum_{p}"
              r" \frac{\partial f}{\partial \theta_p} \frac{\partial f}{\partial \theta_p}^T", agrees_to_within=0.083,
              measured={"name": "kernel_change", "means": "relative Frobenius change of the kernel", "scale": "linear",
                        "along": {"width": "slope"}, "between": [-2, 0], "shape": None}, bits=3.2,
              agreement=claim("x", "supported")["agreement"] | slope, severity={"low": -0.09, "high": 0.11},
              conditions=[condition({"data": data}, -1.0, spread(-0.01, 0.03, seed, 16), by="difference",
                                    within=(-0.1, 0.1), picture=decay(-1.0))
                          for seed, data in enumerate(["digits", "sphere"])]),
        claim("sgd-variance-langevin", "refuted", strand="hyperparameters", theory="langevin", held_by="folklore",
              statement="SGD's stationary variance is that of Langevin dynamics, linear in the learning rate.",
              formula=r"\operatorname{Var} w = \frac{\eta \sigma^2}{2 B} < \infty", conditions=variance,
              expect="refuted", reason="3 of 3 conditions disagree", bits=-5.0,
              why="Langevin dynamics is the limit of small steps.",
              agreement=claim("x", "supported")["agreement"] | {"within": [0.99, 1.01], "target": "mean"},
              severity=None,
              meaning="At least one condition disagrees and none agrees.", agrees_to_within=0.62),
        claim("rademacher-bound", "supported", kind="bound", strand="statistics", theory="uniform-convergence",
              statement="The generalisation gap stays below the Rademacher bound.", bits=None,
              formula=r"\mathbb{E}\,[R - \hat R] \le 2 \mathcal{R}_n", agreement=bound, agrees_to_within=None,
              conditions=[condition({"samples": n}, 1.0, spread(ratio, 0.02, n, 16), within=(-math.inf, 1))
                          for n, ratio in ((100, 0.35), (1000, 0.21))]),
    ]  # fmt: skip


def oddities() -> list[dict]:
    diverged = np.array([1.0, 1.01, 1.02, 1.03, 1.05, math.inf, math.inf, math.inf])
    nothing = {"agrees_to_within": None, "share_in_region": None, "severity": None, "bits": None}
    source = claim("x", "supported")["source"]
    return [
        claim("collapse-mean-cosine", "vacuous", theory="neural-collapse", strand="representation", bits=None,
              statement="Class means have mean cosine −1/(K − 1).", formula=r"\cos = -\frac{1}{K-1}",
              conditions=[condition({"classes": 10}, -0.111, spread(1.0, 0.01, 5))],
              controls=[{"must": "fail", "because": "at initialisation nothing has collapsed", "experiment": "collapse",
                         "where": {"epoch": 0}, "truth": -0.02, "kept": False, "conditions": [
                             condition({"classes": 10, "epoch": 0}, -0.111, spread(1.0, 0.01, 6), truth=-0.02)]}]),
        claim("sharpness-diverging", "inconclusive", reason="1 of 2 conditions undecided", agrees_to_within="inf",
              bits=None, conditions=[condition({"learning_rate": 0.5}, 4.0, diverged),
                          condition({"learning_rate": 0.6}, 3.33, spread(1.06, 0.02, 8), set_aside=3)]),
        claim("cifar-sharpness", "unavailable", reason="CIFAR-10 is not in the cache; tollens data fetch cifar10",
              conditions=[not_measured({"data": "cifar10"}, "unavailable", "CIFAR-10 is not in the cache")], **nothing),
        claim("crashing", "error", reason="ValueError in measure: shapes (8, 3) and (8, 4)",
              conditions=[not_measured({"width": 64}, "error", "ValueError in measure")], **nothing),
        claim("not-of-this-run", "not run", reason="not selected", **nothing),
        claim("imbalance-conserved", "supported", kind="theorem", strand="solvable-settings", theory="deep-linear",
              statement="Gradient flow conserves the balance of adjacent layers.", bits=None,
              formula=r"\dot W_2^T W_2 = W_1 W_1^T", conditions=[condition({"depth": 2}, 1.0, spread(1.0, 1e-4, 3))]),
        claim("hostile", "supported", statement=HOSTILE, about=HOSTILE, scope=HOSTILE, reason=HOSTILE, why=HOSTILE,
              formula=r"\text{<script>alert(1)</script>} \href{javascript:alert(1)}{x}", theory="<b>bold</b>",
              source=source | {"cite": HOSTILE, "url": "javascript:alert(1)", "quoted": HOSTILE, "arxiv": '1"><b>'},
              conditions=[condition({"data": HOSTILE, "width": 64 * i}, 1.0, spread(1, 0.01, i)) for i in (1, 2)]),
        {
            "id": "flat-minima-generalise",
            "kind": "unfalsifiable",
            "statement": "Flat minima generalise better.",
            "theory": "flat-minima",
            "strand": "statistics",
            "held_by": "folklore",
            "source": source | {"cite": "often said", "arxiv": None, "where": None},
            "verdict": "unfalsifiable",
            "reason": "Without a measure of flatness that a rescaling leaves alone, every outcome fits.",
        },
    ]  # fmt: skip
