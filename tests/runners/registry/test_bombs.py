"""Files that are no registry but a load: each is refused at once, with the limit that it breaks."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
from pathlib import Path
from time import perf_counter

import pytest

from runners.registry.loader import load
from runners.registry.mistakes import RegistryError
from tests.runners.conftest import WORLDS

TOY = (WORLDS / "toy.yaml").read_text()
MUTANTS = 60
SEED = 26
VALUES = ["null", "[]", "{}", "1e308", "-1", "???", "''", ".inf", "[[1]]"]
NUMBERS = "\n          - ".join(map(str, range(1000)))
GRID = f"""
experiments:
  toy:
    module: toy_experiment
    about: x
    grid:
      - a:
          - {NUMBERS}
        b:
          - {NUMBERS}
        c:
          - {NUMBERS}
    observables: {{response: {{means: x}}}}
    tiers: {{smoke: {{trials: [8]}}}}
claims: {{}}
"""

BOMBS = {
    "brackets on a line": ("[" * 9_999, "more than 500 open brackets"),
    "braces on many lines": ("{a:\n" * 1000, "more than 500 open brackets"),
    "a long line": ("a: " + "x" * 100_000, "a line of 100,003 characters, over 10,000"),
    "dashes": ("- " * 4_900, "is nested too deeply"),
    "questions": ("? " * 4_900, "has a key that is no name"),
    "indents": ("".join(f"{' ' * n}a:\n" for n in range(300)), "indented by more than 200 columns"),
    "laughs": (
        "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)),
        "is an alias",
    ),
    "an alias of itself": ("&a [*a]\n", "is an alias"),
    "merge keys": ("a: &a {x: 1}\nclaims: {<<: *a}\n", "is an alias"),
    "a large file": ("# x\n" * 2**19, "larger than 1 MiB"),
    "a grid of a thousand million": (GRID, "the grid has 1,000,000,000 conditions, more than 100,000"),
    "trials": (TOY.replace("trials: [8]", "trials: [1000000000]"), "less than or equal to 100000"),
    "digits": ("a: " + "9" * 5_000, "a number of 5000 digits is too long"),
    "code": ('!!python/object/apply:os.system ["true"]\n', "carries the tag"),
    "a float": ("a: 1e99999\n", "too large for a float"),
}


def refused(path: Path) -> str:
    """What is said of a file, which takes no time."""
    started = perf_counter()
    with pytest.raises(RegistryError) as caught:
        load([path])
    assert perf_counter() - started < 2
    return str(caught.value)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_with_its_limit(tmp_path, name):
    text, words = BOMBS[name]
    (tmp_path / "bomb.yaml").write_text(text)
    assert words in refused(tmp_path / "bomb.yaml")


def test_what_is_no_file_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        assert "is a folder, a pipe or a device" in refused(path)


def test_nesting_up_to_the_limits_does_not_break_the_parser(tmp_path):
    """In a process of its own: the parser's C code could take it down."""
    (tmp_path / "deep.yaml").write_text(f"{'- ' * 90}a:\n{' ' * 199}{'- ' * 4_900}b\nc: {'[' * 499}{']' * 499}\n")
    code = "import sys; from pathlib import Path; from runners.registry.document import read; read(Path(sys.argv[1]))"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "deep.yaml")], timeout=20, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("width: [1_000, 2_000]", "1_000 is a word in YAML 1.2, no number"),
        ("width: [0b1]", "0b1 is a word in YAML 1.2, no number"),
        (
            "width: [1, '2']",
            "toy.grid[0].width: mixes numbers, words or truth values that look alike: [1, '2']",
        ),
        ("width: [true, 1]", "mixes numbers, words or truth values"),
        ("width: [no, 1]", "mixes numbers, words or truth values"),
        ("width: [2, '\\x1b[31m4']", None),
        ('width: [2, "\\x1b[31m4"]', "holds a control character: \\x1b[31m4"),
    ],
)
def test_yaml_that_surprises_is_told(tmp_path, written, words):
    text = GRID[: GRID.index("      - a:")] + f"      - {{{written}}}\n" + GRID[GRID.index("    observables") :]
    (tmp_path / "toy.yaml").write_text(text)
    (tmp_path / "toy_experiment.py").write_text(
        "def prepare(setting, seeds): ...\n\n\ndef measure(setting, state): ...\n"
    )
    if words is None:
        load([tmp_path / "toy.yaml"], checked=False)
    else:
        told = refused(tmp_path / "toy.yaml")
        assert words in told
        assert "\x1b" not in told


def test_a_word_may_stand_among_numbers(tmp_path):
    text = GRID[: GRID.index("      - a:")] + "      - {batch: [8, 32, all]}\n" + GRID[GRID.index("    observables") :]
    (tmp_path / "toy.yaml").write_text(text)
    load([tmp_path / "toy.yaml"], checked=False)


def test_no_mutant_of_a_registry_gives_a_traceback(tmp_path):
    """Lines doubled, dropped, moved and indented, characters changed: a registry, or mistakes in one."""
    chance = random.Random(SEED)
    for module in ("toy_experiment.py", "toy_theory.py"):
        (tmp_path / module).write_text((WORLDS / module).read_text())
    for _ in range(MUTANTS):
        lines = TOY.splitlines()
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(lines))
            kind = chance.randrange(6)
            if kind == 0:
                del lines[at]
            elif kind == 1:
                lines.insert(chance.randrange(len(lines)), lines[at])
            elif kind == 2:
                lines[at] = "  " * chance.randint(1, 3) + lines[at]
            elif kind == 3 and lines[at]:
                place = chance.randrange(len(lines[at]))
                lines[at] = lines[at][:place] + chance.choice("[]{}:,#&*!|>'\"%@`\t-0é") + lines[at][place + 1 :]
            elif kind == 4:
                key, colon, _ = lines[at].partition(": ")
                lines[at] = (
                    key + colon + chance.choice(["null", "[]", "{}", "1e308", "-1", "???", "''", ".inf", "[[1]]"])
                )
            else:
                lines[at] = lines[at].replace("smoke", "smok").replace("toy", "toi").replace("0.", "1.")
        (tmp_path / "toy.yaml").write_text("\n".join(lines))
        with contextlib.suppress(RegistryError):
            load([tmp_path / "toy.yaml"], whole=False)
