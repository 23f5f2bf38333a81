"""What breaks a seal, in a small registry and in the project's own; and locks, old and new."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from textwrap import dedent

import pytest

from runners.records.damage import DamagedLock
from runners.records.seals import (
    Sealing,
    broken,
    functions,
    lock_file,
    marks_taken_off,
    other_expectations,
    read_lock,
    sealed,
    times_resealed,
    write_lock,
)
from runners.registry.loader import load
from runners.registry.names import ROOT

NOTHING = {"schema": 2, "claims": {}}
ENTRIES = """\
experiments:
  descent:
    module: descent
    about: Descent on a parabola.
    precision: float64
    grid:
      - {rate: [0.1, 0.2, 0.4], kind: [plain, curved]}
    observables:
      half_time: {means: steps until the loss is halved, between: [0.01, 100], scale: log}
      rises: {means: share of steps on which the loss rose, between: [0, 1]}
      aside: {means: something else}
    tiers:
      smoke: {trials: [8], constants: {steps: 20}, where: {rate: [0.1, 0.2]}, time_limit: 60}
      standard: {trials: [8, 16], constants: {steps: 200}}
claims:
  inverse:
    statement: The loss halves in ln 2 / (2 rate) steps.
    about: The simplest law of descent.
    theory: quadratic
    strand: solvable-settings
    held_by: authors
    source: {cite: Nobody 1900}
    formula: 't = \\ln 2 / 2\\eta'
    experiment: descent
    where: {kind: plain, rate: [0.1, 0.2]}
    measured: half_time
    predicted: law:half_time
    requires: [{measured: rises, within: [0, 0.5], because: it descends}]
    agreement: {by: ratio, within: [0.9, 1.1], because: one step of rounding}
    rivals:
      square: {predicted: 'law:square', held_by: null-model, because: a slip}
    controls:
      - {must: fail, where: {kind: curved, rate: 0.1}, truth: 'law:curved', because: it is no parabola}
    expect: supported
  everywhere:
    statement: So it does at any rate.
    about: The same over the whole grid.
    theory: quadratic
    strand: solvable-settings
    held_by: folklore
    source: {cite: Nobody 1901}
    formula: 't = \\ln 2 / 2\\eta'
    experiment: descent
    where: {kind: plain}
    measured: {of: half_time, along: {rate: 'law:least'}, between: [-4, 4]}
    predicted: 1
    agreement: {by: difference, within: [-0.1, 0.1], because: rounding}
    controls:
      - {must: fail, where: {kind: curved}, truth: 3, because: it is no parabola}
    expect: open
"""
LAW = """
from math import log

TWO = 2


def half_time(setting, given):
    return log(TWO) / setting["rate"]


def square(setting, given):
    return 1 / setting["rate"] ** 2


def curved(setting, given):
    return 3.0


def least(axis, measured):
    return measured.min(axis=0)
"""
DESCENT = """
import numpy as np

START = 1.0


def prepare(setting, seeds):
    return {"start": np.full(len(seeds), START)}, None


def measure(setting, state):
    return {}
"""


class Project:
    """A registry with its two modules, all of which a test changes in one place."""

    def __init__(self, folder: Path):
        self.texts = {"claims.yaml": ENTRIES, "law.py": LAW, "descent.py": DESCENT}
        self.folder = folder
        for name in self.texts:
            self.put(name, self.texts[name])
        self.before = self.lock()

    def put(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    @property
    def registry(self):
        return load([self.folder / "claims.yaml"], checked=False)

    def lock(self, before=NOTHING, today=date(2026, 1, 2)):
        registry = self.registry
        return sealed(registry, registry.claims, before, today=today)

    def change(self, name: str, old: str, new: str, *, times: int = 1) -> dict[str, str]:
        """What the lock says after this change, by claim."""
        assert old in self.texts[name], f"{old!r} is not in {name}"
        self.put(name, self.texts[name].replace(old, new, times))
        return broken(self.registry, self.before)


@pytest.fixture
def project(tmp_path) -> Project:
    return Project(tmp_path)


# --- the entry --------------------------------------------------------------------------------------------------------

NOBODY = {
    "a value of an axis that nobody selects": ("kind: [plain, curved]", "kind: [plain, curved, rough]"),
    "an axis of a product of its own": ("kind: [plain, curved]}", "kind: [plain, curved]}\n      - {depth: [1]}"),
    "an observable that nobody measures": ("aside: {means: something else}", "aside: {means: x, shape: [step]}"),
    "what an observable means, in words": ("steps until the loss is halved", "steps to half of the loss"),
    "what an experiment is about": ("Descent on a parabola", "Gradient descent on a parabola"),
    "how large its network is": ("precision: float64", "precision: float64\n    size: law:half_time"),
    "a time limit": ("time_limit: 60", "time_limit: 90"),
    "resources": ("time_limit: 60", "resources: {num_cpus: 2}"),
    "that a size is judged, spelt out": ("trials: [8, 16]", "judged: true, trials: [8, 16]"),
    "what a claim is about": ("The simplest law", "A law"),
    "a source": ("{cite: Nobody 1900}", "{cite: Nobody 1900, at: section 2}"),
    "the statement of the review that it tests": (
        "strand: solvable-settings",
        "strand: solvable-settings\n    review: {it: own}",
    ),
    "what is held against it": (
        "strand: solvable-settings",
        "strand: solvable-settings\n    objections: [it is a toy]",
    ),
    "the theory's name": ("theory: quadratic", "theory: parabolas"),
    "a region's reason": ("one step of rounding", "one step"),
    "a requirement's reason": ("it descends", "it has to descend"),
    "a rival's idea": ("because: a slip", "because: a slip of the pen"),
    "a control's reason": ("it is no parabola", "no parabola"),
    "what is expected": ("expect: supported", "expect: open"),
    "the same conditions, spelt out": ("where: {kind: curved, rate: 0.1}", "where: {kind: [curved], rate: [0.1]}"),
    "another order of rates": ("where: {kind: plain, rate: [0.1, 0.2]}", "where: {rate: [0.2, 0.1], kind: plain}"),
}


@pytest.mark.parametrize("what", NOBODY)
def test_what_decides_nothing_breaks_no_seal(project, what):
    assert project.change("claims.yaml", *NOBODY[what]) == {}


def test_how_large_a_network_is_reaches_no_code(project):
    before = Sealing(project.registry).coverage("inverse").digest
    project.put("sizes.py", "def of_a_parabola(setting):\n    return 2\n")
    project.put("claims.yaml", ENTRIES.replace("float64", "float64\n    size: sizes:of_a_parabola"))
    assert project.registry.experiments["descent"].size
    assert Sealing(project.registry).coverage("inverse").digest == before


SOMEBODY = {
    "a value of an axis": ("rate: [0.1, 0.2, 0.4], kind", "rate: [0.1, 0.2, 0.4, 0.8], kind", {"everywhere"}),
    "the conditions": ("rate: [0.1, 0.2]}\n    measured", "rate: [0.1]}\n    measured", {"inverse"}),
    "conditions that are shown": (
        "expect: supported",
        "expect: supported\n    shown:\n      where: {rate: 0.4}\n"
        "      outside: {because: long, source: {cite: Nobody 1900, at: section 2}}",
        {"inverse"},
    ),
    "a control's conditions": ("{kind: curved, rate: 0.1}", "{kind: curved, rate: 0.2}", {"inverse"}),
    "what a control must do": ("fail, where: {kind: curved, ", "hold, where: {kind: curved, ", {"inverse"}),
    "the range of an observable": ("between: [0.01, 100]", "between: [0.001, 100]", {"inverse", "everywhere"}),
    "the range of a required observable": ("rose, between: [0, 1]", "rose, between: [0, 2]", {"inverse"}),
    "the range of a fold": ("between: [-4, 4]", "between: [-9, 9]", {"everywhere"}),
    "the precision": ("precision: float64", "precision: float32", {"inverse", "everywhere"}),
    "the region": ("within: [0.9, 1.1]", "within: [0.8, 1.2]", {"inverse"}),
    "the requirement": ("within: [0, 0.5]", "within: [0, 0.6]", {"inverse"}),
    "who holds it": ("held_by: authors", "held_by: folklore", {"inverse"}),
    "who holds a rival": ("held_by: null-model", "held_by: authors", {"inverse"}),
    "the statement": ("The loss halves in", "The loss falls to a half in", {"inverse"}),
    "a prediction": ("predicted: law:half_time", "predicted: law:square", {"inverse"}),
    "a rival's prediction": ("predicted: 'law:square'", "predicted: 'law:curved'", {"inverse"}),
    "a number": ("predicted: 1\n", "predicted: 1.5\n", {"everywhere"}),
    "a fold": ("rate: 'law:least'", "rate: slope", {"everywhere"}),
}


@pytest.mark.parametrize("what", SOMEBODY)
def test_what_decides_a_verdict_breaks_the_seals_of_those_whom_it_concerns(project, what):
    old, new, whom = SOMEBODY[what]
    assert project.change("claims.yaml", old, new).keys() == whom


TIERS = {
    "trials": ("smoke: {trials: [8]", "smoke: {trials: [16]", "smoke", {"inverse", "everywhere"}),
    "not judged": ("smoke: {trials: [8]", "smoke: {judged: false, trials: [8]", "smoke", {"inverse", "everywhere"}),
    "looks": ("trials: [8, 16]", "trials: [16]", "standard", {"inverse", "everywhere"}),
    "block": ("trials: [8, 16]", "block: 4, trials: [8, 16]", "standard", {"inverse", "everywhere"}),
    "threads": ("trials: [8, 16]", "threads: 2, trials: [8, 16]", "standard", {"inverse", "everywhere"}),
    "constants": ("steps: 200", "steps: 300", "standard", {"inverse", "everywhere"}),
    "where, for both": ("[0.1, 0.2]}, time", "[0.1, 0.4]}, time", "smoke", {"inverse", "everywhere"}),
    "where, for one alone": ("where: {rate: [0.1, 0.2]}, time", "time", "smoke", {"everywhere"}),
}


@pytest.mark.parametrize("what", TIERS)
def test_another_size_breaks_no_seal_but_its_tiers_own(project, what):
    old, new, tier, whom = TIERS[what]
    found = project.change("claims.yaml", old, new)
    assert found == dict.fromkeys(whom, f"changed at the {tier} tier since it was sealed on 2026-01-02")
    other = {"smoke": "standard", "standard": "smoke"}[tier]
    assert broken(project.registry, project.before, tiers=[other]) == {}
    assert broken(project.registry, project.before, tiers=[tier]) == found
    after = project.lock(project.before, date(2026, 5, 5))
    for name, entry in after["claims"].items():
        then = project.before["claims"][name]
        assert (entry["seal"], entry["sealed"], entry["resealed"]) == (then["seal"], "2026-01-02", 0)
        assert entry["tiers"][other] == then["tiers"][other]
        counted = ("2026-05-05", 1) if name in whom else ("2026-01-02", 0)
        assert (entry["tiers"][tier]["sealed"], entry["tiers"][tier]["resealed"]) == counted
        assert (times_resealed(entry, tier), times_resealed(entry, other)) == (counted[1], 0)
    assert broken(project.registry, after) == {}


# --- the code ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "old", "new", "whom"),
    [
        ("law.py", "TWO = 2", "TWO = 3", {"inverse"}),
        ("law.py", "** 2", "** 3", {"inverse"}),
        ("law.py", "return 3.0", "return 4.0", {"inverse"}),
        ("law.py", "measured.min", "measured.max", {"everywhere"}),
        ("law.py", "TWO = 2", "TWO = 2\nTHREE = 3\n\n\ndef more():\n    return THREE", set()),
        ("descent.py", "START = 1.0", "START = 2.0", {"inverse", "everywhere"}),
        ("descent.py", "return {}", "return dict()", {"inverse", "everywhere"}),
        ("descent.py", "START = 1.0", "START = 1.0\nSTOP = 2.0", set()),
    ],
)
def test_code_breaks_the_seals_of_those_who_reach_it(project, file, old, new, whom):
    assert project.change(file, old, new).keys() == whom


def test_definitions_may_be_moved(project):
    """To another module, under another experiment's module: the same definitions, the same seals."""
    project.put("laws.py", project.texts["law.py"].replace("TWO = 2", "from numbers_of import TWO"))
    project.put("numbers_of.py", "TWO = 2\n")
    assert project.change("claims.yaml", "law:", "laws:", times=9) == {}


def test_a_file_that_is_declared_counts_by_its_content(project):
    project.put("claims.yaml", ENTRIES.replace("precision: float64", "precision: float64\n    reads: [./runs.csv]"))
    (project.folder / "runs.csv").write_text("1\n")
    before = project.lock()
    assert broken(project.registry, before) == {}
    (project.folder / "runs.csv").write_text("2\n")
    assert broken(project.registry, before).keys() == {"inverse", "everywhere"}


# --- locks ------------------------------------------------------------------------------------------------------------


def test_a_lock_keeps_dates_and_counts_changes(project, tmp_path):
    write_lock(tmp_path / "claims.lock", project.before)
    before = read_lock(lock_file(tmp_path / "claims.yaml"))
    assert before == project.before
    entry = before["claims"]["inverse"]
    assert (entry["sealed"], entry["resealed"], entry["expect"], entry["expected"]) == (
        "2026-01-02",
        0,
        "supported",
        "2026-01-02",
    )
    assert entry["tiers"].keys() == {"smoke", "standard"}
    project.change("law.py", "TWO = 2", "TWO = 3")
    after = project.lock(before, date(2026, 5, 5))["claims"]
    assert (after["inverse"]["sealed"], after["inverse"]["resealed"]) == ("2026-05-05", 1)
    assert after["inverse"]["expected"] == "2026-01-02"
    assert after["everywhere"] == before["claims"]["everywhere"]


def test_a_claim_that_changes_together_with_its_sizes_is_sealed_anew_once(project):
    project.change("claims.yaml", "rate: [0.1, 0.2]}\n    measured", "rate: [0.1]}\n    measured")
    entry = project.lock(project.before, date(2026, 5, 5))["claims"]["inverse"]
    assert entry["tiers"]["standard"]["sealed"] == "2026-05-05"
    assert {times_resealed(entry, tier) for tier in ("smoke", "standard")} == {1}


def test_what_is_expected_stands_beside_the_seal_with_its_date(project):
    assert project.change("claims.yaml", "expect: supported", "expect: refuted\n    why: it seems so") == {}
    told = {"inverse": "was expected to be supported since 2026-01-02, now refuted"}
    assert other_expectations(project.registry, project.before) == told
    after = project.lock(project.before, date(2026, 5, 5))
    entry = after["claims"]["inverse"]
    assert (entry["expect"], entry["expected"], entry["sealed"]) == ("refuted", "2026-05-05", "2026-01-02")
    assert other_expectations(project.registry, after) == {}


def test_a_mark_of_a_change_after_a_look_cannot_be_taken_off_unseen(project):
    """It is outside the seal, as it is written after the fact: the lock remembers it whatever is locked since."""
    marked = 'expect: supported\n    changed: {what: "the region", epoch: first}'
    assert project.change("claims.yaml", "expect: supported", marked) == {}
    lock = project.lock(project.before, date(2026, 5, 5))
    assert marks_taken_off(project.registry, lock) == {}
    project.change("claims.yaml", "expect: supported", "expect: supported")
    for _ in range(2):
        told = marks_taken_off(project.registry, lock)
        assert told["inverse"].startswith("says no longer that the region was changed after record seeds of first")
        lock = project.lock(lock, date(2026, 5, 6))


def test_a_lock_of_version_0_1_keeps_its_dates_and_counts(project, tmp_path):
    old = {"inverse": {"seal": "f" * 64, "sealed": "2025-11-11", "resealed": 3}}
    (tmp_path / "claims.lock").write_text(json.dumps({"schema": 1, "claims": old}))
    before = read_lock(tmp_path / "claims.lock")
    told = broken(project.registry, before)
    assert told["inverse"] == "was sealed on 2025-11-11 by version 0.1, whose seals cover whole modules"
    assert told["everywhere"] == "is not sealed"
    after = project.lock(before, date(2026, 5, 5))
    entry = after["claims"]["inverse"]
    assert (entry["sealed"], entry["resealed"], entry["expected"]) == ("2025-11-11", 3, "2026-05-05")
    assert entry["seal"] == project.before["claims"]["inverse"]["seal"]
    assert broken(project.registry, after) == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("<<<<<<< HEAD\n{}", "JSONDecodeError"),
        ("[]", "cannot be read"),
        ('{"schema": 3, "claims": {}}', "schema 3 is of a later version"),
        ('{"claims": {}}', "schema"),
        ('{"schema": 2, "claims": {"a": {"seal": "0"}}}', "a lacks resealed, sealed"),
        (
            '{"schema": 2, "claims": {"a": {"seal": "", "sealed": "", "resealed": 0, "tiers": {"smoke": "0"}}}}',
            "a lacks",
        ),
        ('{"schema": 1, "claims": {"a": {}}}', "sealed"),
    ],
)
def test_a_damaged_lock_is_told_with_the_way_out(tmp_path, text, told):
    (tmp_path / "claims.lock").write_text(text)
    with pytest.raises(DamagedLock, match=told) as caught:
        read_lock(tmp_path / "claims.lock")
    assert "tollens lock" in str(caught.value)


# --- the project's own registry ---------------------------------------------------------------------------------------


class Tree:
    """A copy of the project's registry and predictions, to be changed in one place."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.copytree(ROOT / "predictions", folder / "predictions", ignore=shutil.ignore_patterns("__pycache__"))
        for file in ROOT.glob("registry.*"):
            shutil.copy(file, folder)
        self.before = self.lock()

    def lock(self):
        registry = load([self.folder / "registry.yaml"], checked=False)
        return sealed(registry, registry.claims, NOTHING, today=date(2026, 1, 2))

    def broken_by(self, file: str, old: str, new: str) -> set[str]:
        """Claims whose seals or tiers a change of a file breaks; it is put back."""
        path = self.folder / file
        text = path.read_text()
        assert old in text, f"{old!r} is not in {file}"
        path.write_text(text.replace(old, new, 1))
        try:
            after = self.lock()
        finally:
            path.write_text(text)
        return {name for name, entry in after["claims"].items() if entry != self.before["claims"][name]}

    def file_with(self, text: str) -> str:
        """The only file that holds a text, from the folder."""
        files = (file for kind in ("*.py", "*.yaml") for file in self.folder.rglob(kind))
        (file,) = [file for file in files if text in file.read_text()]
        return str(file.relative_to(self.folder))

    def users_of(self, file: str, definition: str) -> set[str]:
        """Claims whose coverage lists a definition."""
        registry = load([self.folder / "registry.yaml"], checked=False)
        sealing = Sealing(registry)
        return {
            name
            for name in registry.falsifiable
            for part in sealing.coverage(name).parts
            if definition in part.statement.binds and part.module.file == self.folder / file
        }


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Iterator[Tree]:
    folder = tmp_path_factory.mktemp("tree")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("runners.registry.names.ROOT", folder)
        yield Tree(folder)


UNUSED = dedent("""

    def nobody_calls_this(setting, given):
        return SOMETHING * setting["width"]


    SOMETHING = 3
    """)


@pytest.mark.parametrize(
    "file",
    [
        "predictions/edge_of_stability/theory.py",
        "predictions/instruments/networks.py",
        "predictions/instruments/curvature.py",
        "predictions/data/datasets.py",
        "predictions/data/fetching.py",
    ],
)
def test_a_function_that_nobody_uses_breaks_no_seal_of_the_project(tree, file):
    end = (tree.folder / file).read_text()[-60:]
    assert tree.broken_by(file, end, end + UNUSED) == set()


def test_a_value_that_nobody_selects_breaks_no_seal_of_the_project(tree):
    rates = "momentum: [0.5, 0.8], learning_rate: [0.3, 0.4]"
    assert tree.broken_by(tree.file_with(rates), rates, rates.replace("0.3, 0.4", "0.3, 0.35, 0.4")) == set()


def test_a_changed_prediction_breaks_the_seals_of_those_who_name_it(tree):
    law = "def stability_threshold(setting, given):"
    file = tree.file_with(law)
    text = (tree.folder / file).read_text()
    body = text[text.index(law) :]
    formula = body[body.index("return 2 /") :].partition("\n")[0]
    claims = load([tree.folder / "registry.yaml"], checked=False).falsifiable
    named = {
        name
        for name, claim in claims.items()
        if any(function.endswith(":stability_threshold") for function in functions(claim).values())
    }
    assert tree.broken_by(file, formula, f"{formula} * 1.0") == named
    assert "eos-gd-two-over-eta" in named
    assert len(named) < len(claims) / 10


@pytest.mark.parametrize("constant", ["PHOTOGRAPHS = ", "OUTPUT_ROUNDING = ", "ARRAYS_SHA256 = "])
def test_a_changed_constant_breaks_the_seals_of_those_who_reach_it(tree, constant):
    """What a claim reaches is told by `show --code`; what breaks, by the lock."""
    file = tree.file_with(constant)
    reaching = tree.users_of(file, constant.partition(" ")[0])
    assert tree.broken_by(file, constant, constant.replace("=", "= 0 or ")) == reaching
    assert 0 < len(reaching) < len(tree.before["claims"]) / 2
