"""Names that lead nowhere: a mistake at their place, with the name that was meant."""

from __future__ import annotations

import pytest

# Text to replace, its replacement, text at whose first character the mistake is, end of its path, words of the message.
REFERENCES = {
    "experiment": (
        "experiment: descent",
        "experiment: decent",
        "experiment: decent",
        "experiment",
        ["did you mean descent?"],
    ),
    "experiment of a control": (
        "experiment: flat,",
        "experiment: flatt,",
        "experiment: flatt",
        "controls[0].experiment",
        ["flat?"],
    ),
    "observable": (
        "measured: half_time",
        "measured: halftime",
        "measured: halftime",
        "measured",
        ["did you mean half_time?"],
    ),
    "observable of a fold": (
        "of: half_time",
        "of: half_tim",
        "of: half_tim",
        "measured.of",
        ["did you mean half_time?"],
    ),
    "observable of a requirement": (
        "measured: steps_up",
        "measured: step_up",
        "measured: step_up",
        "requires[0].measured",
        ["steps_up?"],
    ),
    "observable of a control": (
        "      half_time: {means: steps until the loss is halved, between: [0.01, 1.0e+4], scale: log}\n    tiers:",
        "      half_tim: {means: steps until the loss is halved}\n    tiers:",
        "experiment: flat,",
        "controls[0].experiment",
        ["flat declares no observable half_time", "half_tim?"],
    ),
    "axis": (
        "where: {momentum: 0, rate",
        "where: {momentm: 0, rate",
        "momentm",
        "where.momentm",
        ["did you mean momentum?"],
    ),
    "axis value": (
        "where: {momentum: 0, rate: [0.1,",
        "where: {momentum: 0, rate: [0.15,",
        "rate: [0.15",
        "where.rate",
        ["0.15", "0.1?"],
    ),
    "true is not 1": (
        "where: {height: 1}",
        "where: {height: true}",
        "height: true",
        "where.height",
        ["True", "known: 1, 2"],
    ),
    "axis of a control": ("where: {height: 1}", "where: {hight: 1}", "hight", "controls[0].where.hight", ["height?"]),
    "axis of what is shown": (
        "      where: {momentum: 0.9}",
        "      where: {moment: 0.9}",
        "moment: 0.9",
        "shown.where.moment",
        ["momentum?"],
    ),
    "axis of a tier": (
        "where: {rate: [0.1, 0.2, 0.8]}",
        "where: {rte: 0.1}",
        "rte: 0.1",
        "tiers.smoke.where.rte",
        ["rate?"],
    ),
    "no combination": (
        "where: {momentum: 0.9}, truth: 0",
        "where: {momentum: 0.9, rate: 0.8}, truth: 0",
        "where: {momentum: 0.9, rate: 0.8}",
        "controls[0].where",
        ["no condition"],
    ),
    "shown and judged": (
        "      where: {momentum: 0.9}",
        "      where: {rate: 0.1}",
        "shown:",
        "shown",
        ["judged, too"],
    ),
    "control among the judged": (
        "where: {momentum: 0.9}, truth: 0",
        "where: {momentum: [0, 0.9]}, truth: 0",
        "where: {momentum: [0, 0.9]}, truth: 0",
        "controls[0].where",
        ["judged by the claim"],
    ),
    "module": (
        "predicted: law:half_time",
        "predicted: lawn:half_time",
        "predicted: lawn",
        "predicted",
        ["lawn", "did you mean law?"],
    ),
    "function": ("law:half_time", "law:halftime", "predicted: law:halftime", "predicted", ["did you mean half_time?"]),
    "no function": ("predicted: law:half_time", "predicted: law", "predicted: law\n", "predicted", ["module:function"]),
    "arguments": (
        "predicted: law:half_time",
        "predicted: law:three",
        "predicted: law:three",
        "predicted",
        ["two positional"],
    ),
    "module of an experiment": (
        "module: bench",
        "module: bensh",
        "module: bensh",
        "experiments.descent.module",
        ["did you mean bench?"],
    ),
    "a function as experiment": (
        "module: bench",
        "module: bench:measure",
        "module: bench:measure",
        "module",
        ["bench"],
    ),
    "experiment without measure": (
        "module: bench\n    about: Descent on",
        "module: law\n    about: Descent on",
        "module: law",
        "module",
        ["prepare"],
    ),
    "itself superseded": (
        "    expect: supported\n  half",
        "    expect: supported\n    supersedes: half-time-inverse-rate\n  half",
        "supersedes",
        "supersedes",
        ["itself"],
    ),
    "superseded, misspelt": (
        "    expect: supported\n  half",
        "    expect: supported\n    supersedes: half-time-slop\n  half",
        "supersedes",
        "supersedes",
        ["did you mean half-time-slope?"],
    ),
}


@pytest.mark.parametrize("case", REFERENCES.values(), ids=REFERENCES.keys())
def test_a_mistake_is_told_at_its_place(project, case):
    project.assert_mistake(*case)
