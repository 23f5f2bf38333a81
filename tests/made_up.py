"""Claims, conditions and reports made up for a test, built as the runners build theirs: through the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from runners.reporting.condition_model import ConditionOutcome, ConditionReport
from runners.reporting.reach_model import DrawReport, ReachReport
from runners.reporting.report_model import ClaimReport, Described, Report

SOURCE = {"cite": "Cohen et al. 2021", "arxiv": "2103.00065", "at": "section 3"}
LOOKED_UP = {"says": "sharpness rises until it reaches 2/η, and stays about there", "checked": "2026-11-28"}
AGREEMENT = {
    "by": "ratio",
    "within": (0.93, 1.07),
    "because": "oscillation about the edge, and a third of the way to the nearest rival",
}
OBSERVED = {
    "name": "late_sharpness",
    "means": "median sharpness over the last half of training",
    "between": (0.01, 1e4),
    "scale": "log",
}


def report_of(claims: Sequence[Described], **fields: Any) -> Report:
    """A report of these claims."""
    verdicts = [claim.verdict for claim in claims]
    defaults = {
        "tier": "standard",
        "created": "2026-11-24T07:00:00Z",
        "version": "0.1.0",
        "commit": "1f0c6c2b9e7a4d8839a1b4f2d0c9e8a7b6c5d4e3",
        "lock": "9c1e" * 16,
        "epoch": "none",
        "environment": {
            "python": "3.11.7",
            "cpu": "x86-64",
            "cores": 2,
            "libraries": {"jax": "0.10.2", "numpy": "2.4.6"},
        },
        "counts": {verdict: verdicts.count(verdict) for verdict in dict.fromkeys(verdicts)},
        "injections": {"injected": 0, "caught": 0, "expected": 0, "copies": []},
        "claims": claims,
    }
    return Report(**defaults | fields)


def by_id(report: Report, name: str) -> ClaimReport:
    return next(claim for claim in report.claims if claim.id == name)


def changed(report: Report, name: str, **fields: Any) -> Report:
    """The report with another value for some of one claim's fields."""
    claims = [claim.model_copy(update=fields) if claim.id == name else claim for claim in report.claims]
    return report.model_copy(update={"claims": tuple(claims)})


def condition(
    axes: dict, predicted: float, relative_errors, *, by="ratio", within=(0.93, 1.07), **fields: Any
) -> ConditionReport:
    """A condition whose trials have these agreements; its interval is the middle three quarters of them."""
    values = np.sort(np.asarray(relative_errors, dtype=float))
    measured = values * predicted if by == "ratio" else values + predicted
    low, high, middle = values[len(values) // 8], values[-1 - len(values) // 8], float(np.median(values))
    inside, outside = within[0] <= low and high <= within[1], high < within[0] or low > within[1]
    defaults = {
        "condition": axes,
        "status": "agrees" if inside else "disagrees" if outside else "undecided",
        "reason": "the interval lies in the region" if inside else "the interval leaves the region",
        "trials": len(values),
        "set_aside": 0,
        "look": 1,
        "looks": 3,
        "predicted": None if by == "distance" else predicted,
        "measured": None if by == "distance" else np.median(measured),
        "agreement": middle,
        "interval": (low, high),
        "region": within,
        "p_agree": 0.0039,
        "p_disagree": 1.0,
        "share_in_region": np.mean((within[0] <= values) & (values <= within[1])),
        "values": values.tolist(),
        "measured_values": [] if by == "distance" else measured.tolist(),
        "predicted_values": [] if by == "distance" else [predicted] * len(values),
        "truth": None,
    }
    return ConditionReport(**defaults | fields)


def outcome_of(found: ConditionReport) -> ConditionOutcome:
    """What a rival's report says of a condition."""
    return ConditionOutcome(**{name: getattr(found, name) for name in ConditionOutcome.model_fields})


def not_measured(axes: dict, status: str, reason: str) -> ConditionReport:
    unknown = ("agreement", "interval", "share_in_region", "measured", "region", "p_agree", "p_disagree")
    nothing = {"trials": 0, "look": 0, "values": (), "measured_values": (), **dict.fromkeys(unknown)}
    return condition(axes, 1.0, [1.0] * 8, status=status, reason=reason, **nothing)


def a_condition(agreement, interval, *, status="agrees", **fields: Any) -> ConditionReport:
    """A condition with these numbers, whatever its trials were."""
    return condition({}, 10.0, [1.0] * 8, status=status, agreement=agreement, interval=interval, **fields)


def spread(centre: float, width: float, seed: int, trials: int = 8) -> np.ndarray:
    return centre + width * np.random.default_rng(seed).standard_normal(trials)


def claim(name: str, verdict: str, **fields: Any) -> ClaimReport:
    defaults = {
        "id": name,
        "kind": "law",
        "statement": "Full-batch gradient descent with step size η trains until the sharpness hovers at 2/η.",
        "about": "Gradient descent sharpens until its largest curvature is the largest that its step size can bear.",
        "theory": "edge-of-stability",
        "strand": "empirical-laws",
        "held_by": "authors",
        "source": SOURCE | LOOKED_UP,
        "reading": False,
        "formula": r"\lambda_{\max} = 2/\eta",
        "scope": "tanh networks of 10⁴ to 10⁵ parameters on digits and MNIST-1D, squared loss",
        "experiment": "full-batch-descent",
        "experiment_module": "predictions.edge_of_stability.network_descent",
        "replication": "seeds",
        "experiment_about": "A tanh network is trained by full-batch gradient descent; the Hessian's top eigenvalue is "
        "found by Lanczos iteration.",
        "where": {"loss": "mse"},
        "measured": OBSERVED,
        "predicted": "predictions.edge_of_stability.theory:stability_threshold",
        "agreement": AGREEMENT,
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
        "severity": (-0.05, 0.06),
        "bits": 6.4,
        "bits_risked": 6.4,
        "conditions": [],
        "shown": [],
        "controls": [],
        "rivals": [],
        "cost": {"trials": 64, "blocks": 8, "seconds": 212.4},
        "seeds": range(1, 9),
        "records": ["3f9ab2c4d1e0", "77c0d9e8f1a2"],
        "contest": [],
        "libraries": ["jax", "numpy"],
        "status": "replication",
        "bar": "this",
        "measured_under": {"this": 8, "another": 0, "unsealed": 0},
        "seal": "5ea1" * 16,
        "sealed": "2026-11-20",
        "resealed": 0,
        "seal_holds": True,
        "expected_before": None,
        "late": False,
        "seen": False,
        "supersedes": None,
        "superseded_by": None,
        "rerun": f"tollens run {name} --tier standard",
    }
    return ClaimReport(**defaults | fields)


def draw(number: int, outcome: str, setting: dict, *, outside: float = 0.3, **fields: Any) -> DrawReport:
    """A draw that says this; nothing was measured where it broke off or is missing."""
    measured = outcome not in ("broken", "unavailable", "pending")
    defaults = {
        "number": number,
        "outcome": outcome,
        "would_have": "fails" if outside > 1 else "holds",
        "reason": "" if measured else "ValueError in measure",
        "setting": setting,
        "extended": False,
        "outside": outside if measured else np.nan,
        "measured": 20.0 * (1 + 0.07 * outside) if measured else None,
        "predicted": 20.0 if measured else None,
        "agreement": 1 + 0.07 * outside if measured else None,
        "rivals": {"one-over-eta": "fails"},
        "records": [f"{number:020x}"] if measured else [],
    }
    return DrawReport(**defaults | fields)


def reach(axes: dict, draws: Sequence[DrawReport], **fields: Any) -> ReachReport:
    """A reach of these draws over these axes."""
    said = [it.outcome for it in draws]
    words = {"held": "holds", "failed": "fails"} | {word: word for word in ("split", "broken", "aside", "unavailable")}
    defaults = {
        "name": "eos-gd-two-over-eta",
        "word": "narrow",
        "says": "narrow",
        "counted": True,
        **{name: said.count(word) for name, word in words.items()},
        "limits": (0.31, 0.72),
        "worst": "narrow",
        "aside_would_have_held": 0,
        "most": 45,
        "fails_where": "",
        "axes": axes,
        "because": "the paper trains networks of these sizes",
        "at": "section 3",
        "draws": draws,
        "rivals": {"one-over-eta": {"word": "narrow", "held": 0, "applicable": 9, "refuted": True}},
        "epochs": (),
        "pooled": None,
        "fragile": False,
        "headline": "local",
    }
    return ReachReport(**defaults | fields)
