"""Entries that do not fit together."""

from __future__ import annotations

import pytest

# Text to replace, its replacement, text at whose first character the mistake is, end of its path, words of the message.
FITTING = {
    "a distance of scalars": (
        "by: ratio, within: [0.9, 1.1]",
        "by: distance, within: [0, 0.1]",
        "by: distance",
        "agreement.by",
        ["scalar"],
    ),
    "a ratio of arrays": (
        "measured: half_time",
        "measured: curve",
        "by: ratio",
        "agreement.by",
        ["array", "distance"],
        1,
    ),
    "fold of an array": ("of: half_time", "of: curve", "of: curve", "measured.of", ["array"]),
    "requirement on the outcome": (
        "measured: steps_up",
        "measured: half_time",
        "measured: half_time, within",
        "requires[0].measured",
        ["outcome"],
    ),
    "requirement on an array": (
        "measured: steps_up",
        "measured: curve",
        "measured: curve",
        "requires[0].measured",
        ["array"],
    ),
    "law without a range": (
        "of: half_time, along: {rate: slope}, between: [-4, 4]}",
        "of: half_time, along: {rate: spread}}",
        "measured: {of",
        "claims.half-time-slope.measured",
        ["between"],
    ),
    "fold": ("{rate: slope}", "{rate: slop}", "rate: slop}", "measured.along.rate", ["did you mean slope?"]),
    "fold's axis": ("{rate: slope}", "{rte: slope}", "rte: slope", "measured.along.rte", ["did you mean rate?"]),
    "fold over one value": (
        "where: {momentum: 0}\n",
        "where: {momentum: 0, rate: 0.1}\n",
        "rate: 0.1}",
        "claims.half-time-slope.where.rate",
        ["one value"],
    ),
    "slope along words": ("{rate: slope}", "{backend: slope}", "backend: slope", "along.backend", ["positive numbers"]),
    "folded otherwise": (
        "predicted: -1",
        "predicted: {of: law:half_time, along: {rate: spread}}",
        "along: {rate: spread}",
        "predicted.along",
        ["rate: slope"],
    ),
    "folded alone": (
        "predicted: law:half_time",
        "predicted: {of: law:half_time, along: {rate: slope}}",
        "predicted: {of",
        "predicted",
        ["measured is not"],
    ),
    "no control": (
        "      - {must: fail, experiment: flat, ",
        "      - {must: hold, experiment: flat, ",
        "controls:",
        "controls",
        ["must fail"],
    ),
    "refuted without a control": ("expect: supported", "expect: refuted", "expect: refuted", "expect", ["must hold"]),
    "region without perfect agreement": (
        "[0.9, 1.1]",
        "[1.05, 1.1]",
        "within: [1.05",
        "agreement.within",
        ["leaves out 1"],
    ),
    "open law": ("[0.9, 1.1]", "[0.9, .inf]", "within: [0.9, .inf", "agreement.within", ["kind: bound"]),
    "numerical error of trials": (
        "because: rounding}",
        "because: rounding, numerical_error: 0.1}",
        "numerical_error",
        "agreement.numerical_error",
        ["repeats seeds", "remove"],
    ),
    "infinite axis": (
        "momentum: [0, 0.9]",
        "momentum: [0, 0.9, .inf]",
        "momentum: [0, 0.9, .inf",
        "grid[0].momentum",
        ["infinite"],
    ),
    "axis value twice": (
        "momentum: [0, 0.9]",
        "momentum: [0, 0.0, 0.9]",
        "momentum: [0, 0.0",
        "grid[0].momentum",
        ["twice"],
    ),
    "axis without values": ("height: [1, 2]", "height: [1, 2], width: []", "width: []", "grid[0].width", ["no values"]),
    "constant and axis": ("constants: {steps: 20}", "constants: {rate: 20}", "rate: 20", "constants.rate", ["axis"]),
}


@pytest.mark.parametrize("case", FITTING.values(), ids=FITTING.keys())
def test_a_mistake_is_told_at_its_place(project, case):
    project.assert_mistake(*case)


def test_what_is_shown_and_excluded_nowhere_is_refused(project):
    project.change(project.shown, "    shown: {momentum: 0.9}\n")
    (told,) = project.mistakes()
    assert told.where == "claims.half-time-inverse-rate.shown"
    assert "judge them (where), draw them from a domain, or name what in the source excludes them" in str(told)


SECOND = "    corollary_of: {}\n    experiment: descent\n    where: {{momentum: 0}}\n"

NESTED = {
    "under itself": ("half-time-slope", "claims.half-time-slope.corollary_of", "there is no other claim"),
    "under none": ("half-time-inverse-rates", "claims.half-time-slope.corollary_of", "half-time-inverse-rate?"),
    "under a statement": ("nothing-to-say", "claims.half-time-slope.corollary_of", "there is no other claim"),
}


@pytest.mark.parametrize(("above", "where", "told"), NESTED.values(), ids=NESTED.keys())
def test_a_corollary_is_nested_under_another_claim(project, above, where, told):
    project.change("    experiment: descent\n    where: {momentum: 0}\n", SECOND.format(above))
    (mistake,) = project.mistakes()
    assert mistake.where == where
    assert told in str(mistake)


def test_a_corollary_shares_its_claims_experiment_and_is_nested_once(project):
    project.change(
        "    experiment: descent\n    where: {momentum: 0}\n",
        SECOND.format("half-time-inverse-rate"),
    )
    assert project.mistakes() == []
    first = "    experiment: descent\n    where: {momentum: 0, rate: [0.1, 0.2, 0.4]}\n"
    project.change(first, f"    corollary_of: half-time-slope\n{first}")
    assert any("is a corollary itself" in str(it) for it in project.mistakes())
    project.change(f"    corollary_of: half-time-slope\n{first}", "    experiment: flat\n    where: {height: 2}\n")
    project.change("{measured: steps_up, within: [0, 0.5], because: descent}", "")
    project.change(project.shown, "")
    assert any("looks at flat, this claim at descent" in str(it) for it in project.mistakes())
