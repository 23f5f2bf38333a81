"""A report as the runners would write it, made up: every kind, verdict and oddity that the board must draw."""

from __future__ import annotations

import math

import numpy as np
import pytest

from runners.reporting.report_model import ClaimReport, Report, UnfalsifiableReport
from tests.made_up import AGREEMENT, SOURCE, claim, condition, not_measured, outcome_of, report_of, spread

HOSTILE = """<script>alert("1")</script> & 'x' | *y* [z](javascript:alert(1)) {{ 7*7 }}"""


@pytest.fixture(scope="session")
def report() -> Report:
    copy = {"claim": "dln-sigmoid", "condition": "width = 32", "factor": 1.1, "shift": 0.0, "caught": True}
    injections = {"injected": 1, "caught": 1, "expected": 0.99, "copies": [copy]}
    return report_of([*laws(), *oddities()], injections=injections)


def climb(level: float) -> list[dict]:
    """Sharpness that climbs to a level and stays, besides a loss that falls."""
    steps = np.arange(0.0, 2000.0, 25.0)
    sharpness, loss = level * np.minimum(1.0, 0.1 + steps / 1000), np.exp(-steps / 500)
    return [
        {"observable": "loss", "axis": "step", "x": steps, "trials": [[loss]]},
        {"observable": "sharpness", "axis": "step", "x": steps, "trials": [[sharpness]]},
    ]


def decay(exponent: float) -> dict:
    """A kernel's change against the width, as a fold sees it."""
    widths = [64, 128, 256, 512]
    middle = [width**exponent for width in widths]
    ends = {"low": [0.9 * y for y in middle], "high": [1.1 * y for y in middle]}
    return {"along": "width", "fold": "slope", "x": widths, "middle": middle, **ends}


def laws() -> list[ClaimReport]:
    rates = [0.05, 0.1, 0.2, 0.3]
    grid = [(rate, data) for data in ("digits", "mnist1d") for rate in rates]
    edge = [
        condition(
            {"learning_rate": rate, "data": data, "loss": "mse"},
            2 / rate,
            spread(1.012, 0.012, i),
            curves=climb(2 / rate),
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
        "reason": "8 of 8 conditions disagree",
        "bits": -5.0,
        "conditions": [outcome_of(condition(c.condition, c.predicted / 2, 2 * np.array(c.values))) for c in edge],
    }
    contest = [
        {"name": "this claim", "rank": 1, "beats": ["one-over-eta"], "ties": [], "loses_to": [],
         "closer": {"one-over-eta": {"wins": 62, "losses": 1, "equal": 1}}},
        {"name": "one-over-eta", "rank": 2, "beats": [], "ties": [], "loses_to": ["this claim"],
         "closer": {"this claim": {"wins": 1, "losses": 62, "equal": 1}}},
    ]  # fmt: skip
    shown = condition({"learning_rate": 0.6, "data": "digits", "loss": "mse"}, 2 / 0.6, spread(0.78, 0.03, 40))
    times = np.linspace(0, 8, 60)
    modes = [s / (1 + (s / 0.01 - 1) * np.exp(-2 * s * times)) for s in (2.0, 1.2, 0.7)]
    example = {
        "observable": "mode_strengths",
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
    bound = {"by": "ratio", "within": (-math.inf, 1), "because": "a bound has one side", "share": 0.8}
    return [
        claim("eos-gd-two-over-eta", "supported", conditions=edge, shown=[shown], controls=[control], rivals=[half],
              contest=contest),
        claim("eos-heavy-ball", "partly", conditions=momentum, statement="With heavy-ball momentum β the sharpness "
              "hovers at (2 + 2β)/η.", formula=r"\lambda_{\max} = \frac{2 + 2\beta}{\eta}", bits=None,
              reason="3 of 5 agree; fails at momentum 0.95", contradicts_expectation=True, agrees_to_within=0.21,
              meaning="Some conditions agree and some disagree."),
        claim("dln-sigmoid", "supported", strand="solvable-settings", theory="deep-linear-networks",
              statement="Each mode of a two-layer linear network is learned along a sigmoid.",
              formula=r"u(t) = \frac{s}{1 + \left(\frac{s}{u_0} - 1\right) e^{-2st}}",
              source=SOURCE | {"cite": "Saxe, McClelland, Ganguli 2014", "arxiv": "1312.6120"},
              agreement=AGREEMENT | distance, bits=None, agrees_to_within=0.021,
              severity=(-math.inf, 0.031), predicted="predictions.deep_linear.theory:sigmoid",
              measured={"name": "mode_strengths", "means": "projections on the teacher's modes", "between": None,
                        "scale": "linear", "shape": ["modes", "time"]},
              conditions=[condition({"width": width}, 0.0, np.abs(spread(0.017, 0.002, width)), by="distance",
                                    within=(0, 0.05), example=example) for width in (32, 128)]),
        claim("ntk-change-inverse-width", "supported", strand="limits", theory="neural-tangent-kernel", predicted=-1,
              statement="The tangent kernel's relative change over training falls as one over the width.",
              formula=r"\frac{\lVert K_T - K_0 \rVert_F}{\lVert K_0 \rVert_F} \sim w^{-1}, \qquad K_T = \sum_{p}"
              r" \frac{\partial f}{\partial \theta_p} \frac{\partial f}{\partial \theta_p}^T", agrees_to_within=0.083,
              measured={"name": "kernel_change", "means": "relative Frobenius change of the kernel", "scale": "linear",
                        "along": {"width": "slope"}, "between": (-2, 0)}, bits=3.2,
              agreement=AGREEMENT | slope, severity=(-0.09, 0.11),
              conditions=[condition({"data": data}, -1.0, spread(-0.01, 0.03, seed, 16), by="difference",
                                    within=(-0.1, 0.1), points=decay(-1.0))
                          for seed, data in enumerate(["digits", "sphere"])]),
        claim("sgd-variance-langevin", "refuted", strand="hyperparameters", theory="langevin", held_by="folklore",
              statement="SGD's stationary variance is that of Langevin dynamics, linear in the learning rate.",
              formula=r"\operatorname{Var} w = \frac{\eta \sigma^2}{2 B} < \infty", conditions=variance,
              expect="refuted", reason="3 of 3 conditions disagree", bits=-5.0,
              why="Langevin dynamics is the limit of small steps.",
              agreement=AGREEMENT | {"within": [0.99, 1.01], "target": "mean"}, severity=None,
              meaning="At least one condition disagrees and none agrees.", agrees_to_within=0.62),
        claim("rademacher-bound", "supported", kind="bound", strand="statistics", theory="uniform-convergence",
              statement="The generalisation gap stays below the Rademacher bound.", bits=None,
              formula=r"\mathbb{E}\,[R - \hat R] \le 2 \mathcal{R}_n", agreement=bound, agrees_to_within=None,
              conditions=[condition({"samples": n}, 1.0, spread(ratio, 0.02, n, 16), within=(-math.inf, 1))
                          for n, ratio in ((100, 0.35), (1000, 0.21))]),
    ]  # fmt: skip


def oddities() -> list[ClaimReport | UnfalsifiableReport]:
    diverged = np.array([1.0, 1.01, 1.02, 1.03, 1.05, math.inf, math.inf, math.inf])
    nothing = {"agrees_to_within": None, "share_in_region": None, "severity": None, "bits": None}
    return [
        claim("collapse-mean-cosine", "vacuous", theory="neural-collapse", strand="representation", bits=None,
              statement="Class means have mean cosine −1/(K − 1).", formula=r"\cos = -\frac{1}{K-1}",
              conditions=[condition({"classes": 10}, -0.111, spread(1.0, 0.01, 5))],
              controls=[{"must": "fail", "because": "at initialisation nothing has collapsed", "experiment": "collapse",
                         "where": {"epoch": 0}, "truth": -0.02, "kept": False, "conditions": [
                             condition({"classes": 10, "epoch": 0}, -0.111, spread(1.0, 0.01, 6), truth=-0.02)]}]),
        claim("sharpness-diverging", "inconclusive", reason="1 of 2 conditions undecided", agrees_to_within=math.inf,
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
              source=SOURCE | {"cite": HOSTILE, "url": "javascript:alert(1)", "says": HOSTILE, "arxiv": '1"><b>'},
              conditions=[condition({"data": HOSTILE, "width": 64 * i}, 1.0, spread(1, 0.01, i)) for i in (1, 2)]),
        UnfalsifiableReport(
            id="flat-minima-generalise",
            kind="unfalsifiable",
            statement="Flat minima generalise better.",
            theory="flat-minima",
            strand="statistics",
            held_by="folklore",
            source={"cite": "often said"},
            reading=False,
            verdict="unfalsifiable",
            meaning="Nobody has yet made it precise enough to fail.",
            reason="Without a measure of flatness that a rescaling leaves alone, every outcome fits.",
        ),
    ]  # fmt: skip
