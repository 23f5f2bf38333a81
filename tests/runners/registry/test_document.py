"""Writing that is not strict YAML is a mistake at its place."""

from __future__ import annotations

import numpy as np
import pytest

from runners.registry.document import read

# Text to replace, its replacement, text at whose first character the mistake is, end of its path, words of the message.
WRITING = {
    "repeated key": (
        "    theory: quadratic",
        "    theory: quadratic\n    theory: cubic",
        "theory: cubic",
        "claims.half-time-inverse-rate.theory",
        ["twice", "line 28"],
    ),
    "tag": (
        "predicted: -1",
        "predicted: !!python/name:os.system x",
        "predicted: !!",
        "claims.half-time-slope.predicted",
        ["tag"],
    ),
    "alias": (
        "formula: t \\propto \\eta^{-1}\n    experiment: descent",
        "formula: &it one over eta\n    experiment: *it",
        "experiment: *it",
        "claims.half-time-slope.experiment",
        ["alias", "write the value out"],
    ),
    "not a number": (
        "truth: 0,",
        "truth: .nan,",
        "truth: .nan",
        "claims.half-time-slope.controls[0].truth",
        ["number"],
    ),
    "too large": (
        "1.0e+3",
        "1.0e+999",
        "truth: 1.0e+999",
        "claims.half-time-inverse-rate.controls[0].truth",
        ["too large", ".inf"],
    ),
    "syntax": (
        "formula: 't = \\ln 2 / 2\\eta'",
        "formula: [one",
        ": descent\n    where: {momentum: 0, rate",
        "",
        ["not YAML"],
    ),
    "no mapping": ("claims:\n", "claims: 3\nrest:\n", "claims: 3", "claims", ["no mapping"], 1),
    "section": ("claims:\n", "clams:\n", "clams:", "clams", ["did you mean claims?"]),
    "name": ("  flat:\n", "  Flat_One:\n", "Flat_One", "experiments.Flat_One", ["flat-one"], 1),
}


@pytest.mark.parametrize("case", WRITING.values(), ids=WRITING.keys())
def test_a_mistake_is_told_at_its_place(project, case):
    project.assert_mistake(*case)


def read_text(tmp_path, text: str):
    file = tmp_path / "any.yaml"
    file.write_text(text)
    document = read(file)
    assert document.mistakes == []
    return document.data


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1e-3", 0.001),
        ("1.0e9", 1e9),
        ("1.0e+4", 1e4),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("+7", 7),
        ("-0", 0),
        ("010", 10),  # decimal since YAML 1.2
        ("0o17", 15),
        ("0xff", 255),
        ("-.inf", float("-inf")),
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1e", "1e"),
        ("e5", "e5"),
        (".", "."),
        ("'1'", "1"),
        ('"true"', "true"),
        ("inf", "inf"),
    ],
)
def test_scalars_mean_what_the_core_schema_says(tmp_path, written, meant):
    data = read_text(tmp_path, f"it: {written}\n")
    assert data == {"it": meant}
    assert type(data["it"]) is type(meant)


def test_every_float_survives_in_every_notation(tmp_path):
    numbers = np.random.default_rng(0).standard_normal(200) * 10.0 ** np.arange(-100, 100)
    for notation in ("{!r}", "{:.17e}", "{:.17E}"):
        lines = [f"- {notation.format(float(number))}\n" for number in numbers]
        assert read_text(tmp_path, "".join(lines)) == numbers.tolist()


def test_keys_are_strings_as_written(tmp_path):
    assert read_text(tmp_path, "on: 1\n1: 2\ntrue: 3\n") == {"on": 1, "1": 2, "true": 3}


def test_positions_are_those_of_keys_and_items(tmp_path):
    file = tmp_path / "any.yaml"
    file.write_text("a:\n  µ: [x,\n    y]\n")
    positions = {path: (at.line, at.column) for path, at in read(file).positions.items()}
    assert positions == {("a",): (1, 1), ("a", "µ"): (2, 3), ("a", "µ", 0): (2, 7), ("a", "µ", 1): (3, 5)}


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"", ":1:1: ", "is empty"),
        (b"# nothing\n", ":1:1: ", "is empty"),
        (b"a: 1\nb: \xff\n", ":2:1: ", "is not UTF-8"),
        (b"a: 1\n---\nb: 2\n", ":2:1: ", "expected a single document"),
        (b"a: [1, 2\n", ":2:1: ", "is not YAML"),
        (b"? [a, b]\n: 1\n", ":1:3: ", "a key that is no name"),
        (b"a: \x01\n", "", "is not YAML"),
        (b"a: " + b"9" * 5000 + b"\n", ":1:1: a: ", "5000 digits"),
        (b"[" * 60 + b"]" * 60, ":1:42: ", "nested too deeply"),
        (b"a: &a [*a]\n", ":1:1: a[0]: ", "alias"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_mistake(tmp_path, content, place, words):
    file = tmp_path / "any.yaml"
    file.write_bytes(content)
    (mistake,) = read(file).mistakes
    assert str(mistake).startswith(f"{file}{place}"), mistake
    assert words in str(mistake)


@pytest.mark.parametrize(
    ("content", "remedy", "mended"),
    [
        ("a: one: two\n", "quote a text that holds a colon", "a: 'one: two'\n"),
        ('a: "\\mathbb{E} x"\n', "in single quotes", "a: '\\mathbb{E} x'\n"),
        ('a: "\\xi"\n', "in single quotes", "a: '\\xi'\n"),
        ("a:\n\tb: 1\n", "with spaces, not with tabs", "a:\n  b: 1\n"),
        ("a: `x`\n", "quote a text that begins with this character", "a: '`x`'\n"),
        ("a: 'x\nb: 2\n", "close the quotes", "a: 'x'\nb: 2\n"),
        ("a: {b: ???}\n", "write '???' in quotes", "a: {b: '???'}\n"),
    ],
)
def test_a_syntax_error_says_what_to_do_and_that_mends_it(tmp_path, content, remedy, mended):
    file = tmp_path / "any.yaml"
    file.write_text(content)
    (mistake,) = read(file).mistakes
    assert "is not YAML" in mistake.problem
    assert remedy in mistake.remedy
    file.write_text(mended)
    assert read(file).mistakes == []


def test_an_absent_file_is_a_mistake(tmp_path):
    (mistake,) = read(tmp_path / "absent.yaml").mistakes
    assert "there is no such file" in str(mistake)
    (mistake,) = read(tmp_path).mistakes
    assert "is a folder, a pipe or a device" in str(mistake)


def test_aliases_are_never_expanded(tmp_path):
    levels = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 40)]
    file = tmp_path / "bomb.yaml"
    file.write_text("\n".join(levels))
    assert len(read(file).mistakes) == 39 * 9
