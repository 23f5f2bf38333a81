"""What an experiment reads is part of its records: declared, it counts by its SHA-256; undeclared, it is an error."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from predictions.data import embedded, fetching
from runners.commands import main
from runners.measuring.openings import watched
from runners.measuring.planning import Planner, Point
from runners.measuring.worker import compute, run_block
from runners.records.seals import Sealing
from runners.records.store import Store
from runners.registry.files import ABSENT
from runners.registry.loader import load
from runners.registry.mistakes import RegistryError

REGISTRY = """\
experiments:
  decay:
    module: my_experiment
    about: A quantity that decays as points.csv says.
    precision: float64
    reads: [points.csv]
    grid: [{rate: [1, 3]}]
    observables:
      amount: {between: [1.0e-3, 10], scale: log, means: what is left}
    tiers:
      smoke: {trials: [8]}
claims:
  steady:
    statement: What is left is one.
    about: An example.
    theory: decay
    strand: limits
    held_by: authors
    source: {cite: Nobody 1900}
    formula: '1'
    experiment: decay
    where: {rate: 1}
    measured: amount
    predicted: 1
    agreement: {by: ratio, within: [0.9, 1.1], because: the noise is 1%}
    controls: [{must: fail, where: {rate: 3}, truth: 3, because: it is three times as much}]
    expect: supported
"""
EXPERIMENT = """\
import os

import numpy as np


def prepare(setting, seeds):
    return {}, np.array([np.random.default_rng(int(seed)).standard_normal() for seed in seeds])


def measure(setting, noise):
    return {"amount": np.loadtxt(os.environ["POINTS"]) * setting["rate"] * np.exp(0.01 * noise)}
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A registry whose experiment multiplies by the number in a file that a variable names: 1, in points.csv."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "data").mkdir()
    monkeypatch.setenv("TOLLENS_DATA", str(tmp_path / "data"))
    (tmp_path / "my.yaml").write_text(REGISTRY)
    (tmp_path / "points.csv").write_text("1\n")
    (tmp_path / "my_experiment.py").write_text(EXPERIMENT)
    monkeypatch.setenv("POINTS", str(tmp_path / "points.csv"))
    yield tmp_path
    sys.modules.pop("my_experiment", None)


def block(reads: str = "[points.csv]"):
    Path("my.yaml").write_text(REGISTRY.replace("[points.csv]", reads))
    return Planner(load([Path("my.yaml")]), "smoke").block(Point("decay", {"rate": 1}), range(4))


def run(*claims: str):
    arguments = ["--registry", "my.yaml", "--store", "store", "--in-process"]
    return CliRunner().invoke(main, ["run", *arguments, *(claims or ("steady",))])


def records() -> dict[str, float]:
    """SHA-256 of points.csv in each record, and the median that was measured with it."""
    return {
        record.specification["files"]["points.csv"]: float(np.median(record.observables["amount"]))
        for record in Store("store").records("decay")
        if record.specification["condition"] == {"rate": 1}
    }


def test_a_changed_file_is_measured_anew_and_the_same_one_is_not(folder):
    assert run().exit_code == 0
    first = records()
    assert list(first) == [hashlib.sha256(b"1\n").hexdigest()]
    written = {file: file.stat().st_mtime_ns for file in (folder / "store").rglob("*.json")}
    (folder / "points.csv").write_text("2\n")
    changed = run()
    assert changed.exit_code == 1, "twice as much is left"
    assert "refuted" in changed.output
    both = records()
    assert set(both) == {hashlib.sha256(text).hexdigest() for text in (b"1\n", b"2\n")}
    assert both[hashlib.sha256(b"2\n").hexdigest()] == pytest.approx(2, rel=0.05)
    (folder / "points.csv").write_text("1\n")
    again = run()
    assert again.exit_code == 0, "the old content has its old records"
    assert records() == both
    assert all(file.stat().st_mtime_ns == then for file, then in written.items() if "records" in file.parts)


def test_the_file_s_name_not_its_place_is_in_the_record(folder):
    specification = block().specification
    assert specification["files"] == {"points.csv": hashlib.sha256(b"1\n").hexdigest()}
    assert str(folder) not in str(specification["files"])


def test_a_file_beside_the_code_that_names_it_needs_no_declaration(folder):
    beside = EXPERIMENT.replace("import os\n", "from pathlib import Path\n").replace(
        'os.environ["POINTS"]', 'Path(__file__).with_name("points.csv")'
    )
    (folder / "my_experiment.py").write_text(beside)
    before = block("[]")
    assert before.files == {"./points.csv": hashlib.sha256(b"1\n").hexdigest()}
    assert run_block(before, "store", {}).status == "ok"
    (folder / "points.csv").write_text("2\n")
    assert block("[]").identity != before.identity


def test_check_refuses_a_written_path_that_is_not_declared(folder):
    text = EXPERIMENT.replace('os.environ["POINTS"]', '"points.csv"').replace("import os\n\n", "")
    (folder / "my_experiment.py").write_text(text)
    with pytest.raises(RegistryError, match=r"reads 'points\.csv' from wherever it is run"):
        block("[]")
    assert compute(block("[points.csv]"))[1]["amount"] == pytest.approx([1] * 4, rel=0.1)


def test_a_seal_covers_what_is_declared(folder):
    block("[points.csv, standard-library, chinchilla]")
    sealed = Sealing(load([Path("my.yaml")])).seal("steady")
    (folder / "points.csv").write_text("2\n")
    assert Sealing(load([Path("my.yaml")])).seal("steady") != sealed
    (folder / "points.csv").write_text("1\n")
    assert Sealing(load([Path("my.yaml")])).seal("steady") == sealed


def test_a_seal_holds_under_every_edition_of_what_comes_with_python(folder, monkeypatch):
    block("[points.csv, standard-library]")
    sealed = Sealing(load([Path("my.yaml")])).seal("steady")
    monkeypatch.setattr(embedded, "digest", lambda name: "0" * 64)
    assert block("[points.csv, standard-library]").files["standard-library"] == "0" * 64
    assert Sealing(load([Path("my.yaml")])).seal("steady") == sealed


def test_a_file_that_is_not_declared_is_an_error_with_a_way_out(folder):
    result = run_block(block("[]"), "store", {})
    assert result.status == "error"
    assert "my_experiment reads " + str(folder / "points.csv") in result.message
    assert "add it to `reads` of decay: reads: [points.csv]" in result.message
    assert not Store("store").has("decay", result.identity)


def test_a_declared_file_that_is_absent_makes_the_block_unavailable(folder):
    (folder / "points.csv").unlink()
    planned = block()
    assert planned.files == {"points.csv": ABSENT}
    result = run_block(planned, "store", {})
    assert result.status == "unavailable"
    assert f"put it at {folder / 'points.csv'}" in result.message


def test_a_worker_that_sees_another_file_than_the_planner_refuses(folder):
    planned = block()
    (folder / "points.csv").write_text("1.01\n")
    result = run_block(planned, "store", {})
    assert result.status == "error"
    assert "points.csv, which decay reads, is not what it was when the run was planned" in result.message


def test_a_folder_counts_with_all_that_lies_in_it(folder, monkeypatch):
    (folder / "tables").mkdir()
    monkeypatch.setenv("POINTS", str(folder / "tables" / "a.csv"))
    (folder / "tables" / "a.csv").write_text("1\n")
    before = block("[./tables]")
    assert compute(before)[1]["amount"] == pytest.approx([1] * 4, rel=0.1)
    (folder / "tables" / "b.csv").write_text("3\n")
    assert block("[./tables]").identity != before.identity


def test_an_absolute_path_and_a_variable_are_expanded(folder, monkeypatch, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "far.csv"
    elsewhere.write_text("1\n")
    monkeypatch.setenv("FAR", str(elsewhere.parent))
    monkeypatch.setenv("POINTS", str(elsewhere))
    for name in (str(elsewhere), "$FAR/far.csv"):
        planned = block(f"[{name}]")
        assert planned.files == {name: hashlib.sha256(b"1\n").hexdigest()}
        assert compute(planned)[1]["amount"].shape == (4,)


def test_a_data_set_counts_by_its_recorded_sha256_and_is_named_if_it_is_not_declared(folder, monkeypatch):
    data_set = fetching.catalogue()["chinchilla"]
    monkeypatch.setitem(fetching._listed()[0], data_set.files, hashlib.sha256(b"1\n").hexdigest())
    (folder / "data" / data_set.files).write_text("1\n")
    monkeypatch.setenv("POINTS", str(folder / "data" / data_set.files))
    assert block("[chinchilla]").files == {"chinchilla": hashlib.sha256(b"1\n").hexdigest()}
    assert compute(block("[chinchilla]"))[1]["amount"].shape == (4,)
    message = run_block(block("[]"), "store", {}).message
    assert "reads the data set chinchilla" in message
    assert "reads: [chinchilla]" in message


def test_check_knows_the_data_sets_and_lets_paths_be(folder):
    def check(reads):
        Path("my.yaml").write_text(REGISTRY.replace("[points.csv]", reads))
        return CliRunner().invoke(main, ["check", "--registry", "my.yaml"])

    assert check("[cifar10, standard-library, ./nowhere.csv]").exit_code == 0
    wrong = check("[cifar-10]")
    assert wrong.exit_code == 2
    assert "experiments.decay.reads[0]: there is no data set cifar-10" in wrong.output
    assert "cifar10" in wrong.output


def test_rerun_says_that_a_file_changed(folder):
    run()
    (folder / "points.csv").write_text("2\n")
    identity = next(iter(Store("store").records("decay"))).identity
    again = CliRunner().invoke(main, ["rerun", identity, "--registry", "my.yaml", "--store", "store"])
    assert "points.csv, which it reads, is another one here" in again.output


# --- what is seen ----------------------------------------------------------------------------------------------------


def test_what_a_thread_reads_is_seen_but_not_what_it_made_or_what_libraries_bring(tmp_path):
    read, unread, made = (tmp_path / name for name in ("read.txt", "unread.txt", "made.txt"))
    read.write_text("1")
    unread.write_text("1")
    with watched() as openings:
        read.read_text()
        made.write_text("own")
        made.read_text()
        np.loadtxt(read)
        os.close(os.open(read, os.O_RDONLY))
        Path(np.__file__).read_text()
        Path("/proc/self/status").read_text()
        with tempfile.TemporaryFile() as scratch:
            scratch.write(b"x")
        other = threading.Thread(target=unread.read_text)
        other.start()
        other.join()
    unread.read_text()
    assert openings.undeclared([]) == [read]
    assert openings.undeclared([tmp_path / "." / "read.txt"]) == []


def test_caches_and_settings_of_libraries_are_let_be(tmp_path):
    for name in (".config", "jax_cache"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "entry").write_text("1")
    with watched() as openings:
        (tmp_path / ".config" / "entry").read_text()
        (tmp_path / "jax_cache" / "entry").read_text()
    assert openings.undeclared([]) == []
