"""What no model admits is told once, at its place, with what to write."""

from __future__ import annotations

import pytest

from runners.registry.schema import Source

# Text to replace, its replacement, text at whose first character the mistake is, end of its path, words of the message.
VALUES = {
    "key": (
        "means: loss by",
        "meens: loss by",
        "meens",
        "experiments.descent.observables.curve.meens",
        ["did you mean means?"],
    ),
    "missing key": (
        "    about: The simplest law of descent.\n",
        "",
        "half-time-inverse-rate:",
        "claims.half-time-inverse-rate.about",
        ["missing", "two or three sentences"],
    ),
    "key of a nested model": (
        "because: rounding}",
        "because: rounding, targett: mean}",
        "targett: mean",
        "claims.half-time-slope.agreement.targett",
        ["no key", "did you mean target?"],
    ),
    "choice": (
        "held_by: authors",
        "held_by: autors",
        "held_by: autors",
        "held_by",
        ["'autors'", "did you mean authors?"],
    ),
    "kind": (
        "kind: unfalsifiable",
        "kind: unfalsifyable",
        "kind: unf",
        "claims.nothing-to-say.kind",
        ["unfalsifiable?"],
    ),
    "inverted": (
        "[0.9, 1.1]",
        "[1.1, 0.93]",
        "within: [1.1",
        "agreement.within",
        ["lower bound 1.1 is above upper bound 0.93"],
    ),
    "three bounds": ("[0.9, 1.1]", "[0.9, 1, 1.1]", "within: [0.9", "agreement.within", ["two numbers"]),
    "bound is a word": ("[0.9, 1.1]", "[0.9, abc]", "abc", "agreement.within[1]", ["'abc'", "a number"]),
    "whole number": ("smoke: {trials: [8]}", "smoke: {trials: [8.5]}", "8.5", "trials[0]", ["8.5", "whole number"]),
    "number for words": ("cite: Nobody 1900", "cite: 1900", "cite: 1900", "source.cite", ["quotes"]),
    "a list": ("momentum: [0, 0.9]", "momentum: 0.9", "momentum: 0.9", "grid[0].momentum", ["a list", "[0.9]"]),
    "axis value": (
        "where: {height: 1}",
        "where: {height: {a: 1}}",
        "height: {a",
        "where.height",
        ["a string, a number or true/false"],
    ),
    "a prediction of neither kind": (
        "predicted: -1",
        "predicted: [-1]",
        "predicted: [-1]",
        "claims.half-time-slope.predicted",
        ["a number, a string or a mapping"],
    ),
    "key of a folded prediction": (
        "predicted: -1",
        "predicted: {of: law:half_time, alnog: {rate: slope}}",
        "alnog",
        "claims.half-time-slope.predicted.alnog",
        ["did you mean along?"],
    ),
    "range of an array": (
        "shape: [step]}",
        "shape: [step], between: [0, 1]}",
        "curve:",
        "observables.curve",
        ["array"],
    ),
    "logarithm of zero": (
        "[0.01, 1.0e+4]",
        "[0, 1.0e+4]",
        "half_time: {means",
        "observables.half_time",
        ["log", "above 0"],
    ),
    "empty range": ("between: [-4, 4]", "between: [4, 4]", "measured: {of", "measured", ["range"]),
    "the authors' own sentence": (
        "source: {cite: Nobody 1900}",
        "source: {cite: Nobody 1900, quoted: It halves.}",
        "quoted",
        "claims.half-time-inverse-rate.source.quoted",
        ["no key", "your own words (says)", "(at)", "(checked)"],
    ),
    "a scope by hand": (
        "    about: The simplest law of descent.\n",
        "    about: The simplest law of descent.\n    scope: networks of any size\n",
        "scope",
        "claims.half-time-inverse-rate.scope",
        ["no key", "remove it", "from the records"],
    ),
    "a day": (
        "source: {cite: Nobody 1900}",
        "source: {cite: Nobody 1900, checked: last week}",
        "checked",
        "claims.half-time-inverse-rate.source.checked",
        ["'last week' is no day", "2026-12-01"],
    ),
    "excluded nowhere": (
        "source: {cite: Nobody 1900, at: section 2}}",
        "source: {cite: Nobody 1900}}",
        "outside",
        "claims.half-time-inverse-rate.shown.outside",
        ["names no place", "(at)"],
    ),
    "two targets": (
        "because: rounding}",
        "because: r, target: mean, share: 0.8}",
        "agreement: {by: diff",
        "agreement",
        ["share"],
    ),
}


@pytest.mark.parametrize("case", VALUES.values(), ids=VALUES.keys())
def test_a_mistake_is_told_at_its_place(project, case):
    project.assert_mistake(*case)


LOOKED_UP = {"at": "section 2", "says": "the loss halves in inverse proportion to the rate", "checked": "2026-11-29"}


@pytest.mark.parametrize("missing", LOOKED_UP)
def test_what_nobody_looked_up_is_a_reading_of_its_authors(missing):
    assert not Source(cite="Nobody 1900", **LOOKED_UP).is_reading("authors")
    partly = Source(cite="Nobody 1900", **{key: value for key, value in LOOKED_UP.items() if key != missing})
    assert partly.is_reading("authors")
    assert not partly.is_reading("folklore")  # nobody's theory has no place to look up
    assert not partly.is_reading("null-model")
