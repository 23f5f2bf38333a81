"""Many worlds at once are judged as each would be alone; and the rule imports nothing of the rest."""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import runners.rule
from runners.rule.intervals import Deterministic, Share, TypicalTrial
from runners.rule.means import Mean
from runners.rule.percentiles import Resamples
from runners.rule.verdicts import (
    ConditionVerdict,
    ControlVerdict,
    Outcome,
    Status,
    judge_claim,
    judge_claims,
    judge_condition,
    judge_conditions,
)

REGION = (-10.0, 10.0)
SOURCES = [TypicalTrial(REGION), Mean(REGION), Share(REGION, 0.7), Resamples(REGION, 12), Deterministic(REGION, 0.5)]
MODULES = sorted(Path(runners.rule.__file__).parent.glob("*.py"))
ALLOWED = {
    "__future__",
    "abc",
    "collections",
    "dataclasses",
    "enum",
    "functools",
    "hashlib",
    "json",
    "itertools",
    "math",
    "typing",
}


@pytest.mark.parametrize("module", MODULES, ids=[module.stem for module in MODULES])
def test_the_rule_looks_at_nobody(module):
    """No files, clock, Ray or registry: only arithmetic, and itself."""
    imported = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add("." * node.level + (node.module or ""))
    outside = {name for name in imported if name.split(".")[0] not in ALLOWED | {"numpy", "scipy"}}
    assert not {name for name in outside if not f"{name}.".startswith("runners.rule.")}


@pytest.mark.parametrize("source", SOURCES, ids=[type(source).__name__ for source in SOURCES])
@pytest.mark.parametrize("looks", [(8,), (8, 16, 40)])
@pytest.mark.parametrize("conditions", [1, 3])
def test_many_worlds_are_judged_as_each_would_be(source, looks, conditions):
    """Values with ties, on edges, infinite and not a number; requirements missed by few and by many."""
    generator = np.random.default_rng([len(source.words), len(looks), conditions])
    several = 300
    centre, spread = generator.uniform(-14, 14, size=(several, 1)), generator.choice([0.0, 0.5, 4.0], (several, 1))
    values = np.round(centre + spread * generator.standard_normal((several, looks[-1])), 0)
    odd = generator.random(values.shape) < generator.choice([0.0, 0.05], (several, 1))
    values[odd] = generator.choice([np.nan, np.inf, -np.inf], size=odd.sum())
    admitted = generator.random(values.shape) >= generator.choice([0.0, 0.1, 0.3, 0.8], (several, 1))
    together = judge_conditions(values, admitted, source, looks=looks, conditions=conditions)
    alone = [
        judge_condition(row, meets, source, looks=looks, conditions=conditions)
        for row, meets in zip(values, admitted, strict=True)
    ]
    assert together.status.tolist() == [it.status.code for it in alone]
    assert together.look.tolist() == [it.look for it in alone]
    assert together.trials(looks).tolist() == [it.trials for it in alone]
    assert len({it.status for it in alone}) >= 3


def test_many_claims_are_judged_as_each_would_be():
    """Every combination of three conditions with a control of either kind, of two conditions."""
    few = (Status.AGREES, Status.DISAGREES, Status.UNDECIDED, Status.NOT_RUN, Status.ERROR)
    cases = list(product(Status, few, few[:4], few, few[:3], few))
    codes = np.array([[status.code for status in case] for case in cases])
    found = judge_claims(codes[:, :3], [("fail", codes[:, 3:5]), ("hold", codes[:, 5:])])
    for case, outcome in zip(cases, found, strict=True):
        first, *others = [ConditionVerdict(status, "") for status in case]
        controls = [ControlVerdict("fail", tuple(others[2:4])), ControlVerdict("hold", tuple(others[4:]))]
        expected, _ = judge_claim([first, *others[:2]], controls, names=list("abc"))
        assert list(Outcome)[outcome] is expected, case
