"""`why`, `rerun`, `store`, `doctor`: what decided a verdict, the same bits again, what is used, what is wrong here."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace

import numpy as np
from scipy import stats

from runners.judging.results import Cell, CellResult
from runners.measuring.rerunning import differing
from runners.records.blocks import payload_hash
from runners.records.samples import lineage
from runners.registry.names import ROOT
from runners.reporting.explaining import beside_truth, decided_by, worth_a_look, would_change
from runners.rule.verdicts import ConditionVerdict, Outcome, Status
from runners.upkeep.pruning import LEFTOVER, MEASURED, OUTDATED, UNKNOWN, UNSEEN, unused

# --- why -------------------------------------------------------------------------------------------------------------


def told(world, name, tier="smoke"):
    world.run(name, tier=tier)
    judge = world.stored_judge(tier)
    result = judge.judge(name)
    return judge, result, "\n".join(would_change(judge, result))


def test_why_supported_names_the_narrowest_region_and_it_is_the_narrowest(world):
    judge, result, changes = told(world, "law-holds")
    assert result.outcome is Outcome.SUPPORTED
    low, high = map(float, re.search(r"narrower than \[(\S+), (\S+)\]", changes).groups())
    agreement = {"by": "ratio", "because": "x"}
    where = {"kind": "lawful", "width": [2, 4]}
    edge = 1e-3  # the sentence has four digits
    wide = world.claim("wide", where=where, agreement=agreement | {"within": (low - edge, high + edge)})
    narrow = world.claim("narrow", where=where, agreement=agreement | {"within": (low + edge, high + edge)})
    assert world.outcome(wide) is Outcome.SUPPORTED
    assert world.outcome(narrow) is not Outcome.SUPPORTED
    decided = list(decided_by(judge, result))
    assert len(decided) == 3
    assert all("agrees: ratio in [" in line for line in decided[:2])
    assert decided[2].startswith("control that must fail, failed as it must: ")


def test_why_says_of_a_control_what_it_did_at_each_condition(world):
    """Constant toys break the law, lawful ones keep it, eight noisy ones tell neither."""
    where = {"kind": ["lawful", "noisy", "constant"], "width": 4}
    controls = [{"must": must, "where": where, "truth": 1, "because": "x"} for must in ("fail", "hold")]
    judge, result, _ = told(world, world.claim("mixed", where={"kind": "lawful", "width": 2}, controls=controls))
    said = [line.split(": ")[0] for line in decided_by(judge, result)][1:]
    assert said == [
        "control that must fail, did not fail",
        "control that must fail, undecided",
        "control that must fail, failed as it must",
        "control that must hold, held as it must",
        "control that must hold, undecided",
        "control that must hold, did not hold",
    ]


def beside(world, measured, truth, **agreement):
    """What is said of a control's trials that measured this where that was expected."""
    agreement = {"by": "ratio", "within": (0.9, 1.1), "because": "x"} | agreement
    name = world.claim("compared", agreement=agreement)
    cell = Cell("toy", {"width": 2}, ())
    verdict = ConditionVerdict(Status.DISAGREES, "")
    return beside_truth(
        world.registry.claims[name], CellResult(cell, verdict, measured=np.array(measured), truth=np.array(truth))
    )


def test_a_truth_is_held_against_the_region_around_it(world):
    assert "measured 1.547, expected there 0.6434" in beside(world, [1.547], [0.6434])
    assert beside(world, [1.0, 1.05, 7.0], [1.0, 1.0, 1.0]) is None  # the median trial
    assert beside(world, [1.0, 1.0, 7.0], [1.0, 1.0, 1.0], target="mean")
    assert beside(world, [0.3], [0.0], by="difference", within=(-0.2, 0.2))
    assert beside(world, [np.nan], [1.0])
    assert beside(world, [np.inf], [np.inf]) is None
    assert beside(world, [1e-30], [0.0]) is None  # no ratio to 0
    assert beside(world, [1.2], [1.0], within=(1.1, 1.3)) is None  # equality lies outside T
    assert beside(world, [1.2], [1.0], within=(1.0, np.inf)) is None  # a bound
    assert beside(world, np.ones((2, 3)), [5.0, 5.0]) is None
    assert beside(world, [1.0], []) is None


def test_why_names_a_control_that_measures_something_else_than_its_truth(command_line, tmp_path):
    def remarked() -> bool:
        command_line("run", "--in-process", "law-holds")
        told = command_line("why", "law-holds")
        assert told.exit_code == 0, told.output
        assert "control that must fail, failed as it must" in " ".join(told.output.split())
        return "control at kind = constant, width = 4: measured" in told.output

    assert not remarked()
    shutil.copytree(command_line.toys.parent, tmp_path / "worlds")
    command_line.toys = tmp_path / "worlds" / "toy.yaml"
    text = command_line.toys.read_text()
    command_line.toys.write_text(text.replace("truth: 'toy_theory:strength'", "truth: 'toy_theory:inverse_square'", 1))
    assert remarked()


def test_why_refuted_says_how_far_the_region_would_have_to_reach(world):
    _, result, changes = told(world, "law-refuted")
    assert result.outcome is Outcome.REFUTED
    lines = [line for line in changes.splitlines() if "would not count against it" in line]
    assert len(lines) == sum(cell.verdict.status.word == "disagrees" for cell in result.cells) > 0
    for line, cell in zip(lines, result.cells, strict=True):
        reach = float(re.search(r"reached to (\S+)", line).group(1))
        low, high = cell.region
        assert reach > high or reach < low


def test_why_undecided_says_how_many_trials_would_do(world):
    """Six of eight inside have the chance 37/256; ten of thirteen are the first such share with less than 0.05."""
    name = world.claim("new", where={"kind": "lawful", "width": 2})
    judge, result, _ = told(world, name)
    (cell,) = result.cells
    values = np.array([1.0] * 6 + [1.5] * 2)
    verdict = replace(cell.verdict, status=Status.UNDECIDED, looks=1)
    open_ = replace(result, outcome=Outcome.INCONCLUSIVE, cells=(replace(cell, values=values, verdict=verdict),))
    (sentence,) = would_change(judge, open_)
    assert "about 13 trials would make it agree" in sentence
    assert stats.binom.sf(9, 13, 0.5) <= 0.05
    assert all(stats.binom.sf(round(0.75 * n) - 1, n, 0.5) > 0.05 for n in range(8, 13))
    half = replace(open_.cells[0], values=np.array([1.0] * 4 + [1.5] * 2 + [0.5] * 2))
    (sentence,) = would_change(judge, replace(open_, cells=(half,)))
    assert "50% of 8 trials lie inside" in sentence


def test_why_not_applicable_names_the_requirement(world):
    requires = [{"measured": "steady", "within": (0.5, 1), "because": "it has to stand still"}]
    name = world.claim("new", where={"kind": "unsteady", "width": 2}, requires=requires)
    judge, result, changes = told(world, name)
    assert result.outcome is Outcome.INCONCLUSIVE
    (status, required) = decided_by(judge, result)
    assert "not applicable (4 of 8 trials miss a requirement or are undefined)" in status
    assert "requires steady within [0.5, 1], which is 0 in 4 of 8 trials; it has to stand still" in required
    assert "trials that meet what is required" in changes


def test_the_trial_worth_a_look_is_the_farthest(world):
    judge, result, _ = told(world, "law-refuted")
    look = worth_a_look(judge, result)
    assert look.value == max((value for cell in result.cells for value in cell.values), key=lambda it: abs(it - 1))
    assert world.store.get("toy", look.record).specification["repeats"][0] <= look.trial


def test_why_on_the_command_line(command_line):
    assert "tollens run law-holds" in command_line("why", "law-holds").output
    command_line("run", "--in-process", "law-holds", "law-vacuous", "law-crashing", "law-absent")
    shown = command_line("why", "law-holds").output
    assert "What would change it" in shown
    assert "tollens rerun" in shown
    assert "not sealed" in shown
    assert "trial by trial closer than square" in shown
    assert "vacuous at the smoke tier" in command_line("why", "law-vacuous").output
    assert "the toy broke" in command_line("why", "law-crashing").output
    assert "buy one" in command_line("why", "law-absent").output
    assert "nobody says what good means" in command_line("why", "toys-are-good").output


# --- rerun -----------------------------------------------------------------------------------------------------------


def test_a_record_measured_again_has_the_same_bits(command_line):
    command_line("run", "--in-process", "law-holds")
    shown = command_line("why", "law-holds").output
    record, trial = re.search(r"tollens\s+rerun\s+(\w+)\s+--trial\s+(\d+)", shown).groups()
    again = command_line("rerun", record, "--trial", trial)
    assert again.exit_code == 0, again.output
    assert f"Same bits as the record, in trial {trial} and in all 4 trials" in again.output
    assert re.search(r"law-holds: predicted \S+, measured \S+, ratio \S+, inside", again.output)
    assert "law-fails: predicted" in again.output
    (file,) = command_line.store.glob(f"records/toy/{record}.json")
    assert command_line("rerun", str(file)).exit_code == 0
    assert command_line("rerun", record, "--trial", "9").exit_code == 2
    assert "write more of it" in command_line("rerun", "").output
    assert "holds no record" in command_line("rerun", "none").output


def test_another_bit_is_found_and_named(command_line):
    command_line("run", "--in-process", "law-holds")
    file = command_line.records()[0]
    document = json.loads(file.read_text())
    response = document["payload"]["observables"]["response"]["data"]
    response[1] = float(np.nextafter(response[1], 2))
    document["payload_sha256"] = payload_hash(document["payload"])
    file.write_text(json.dumps(document))
    first = document["specification"]["repeats"][0]
    elsewhere = command_line("rerun", file.stem, "--trial", str(first))
    assert elsewhere.exit_code == 3
    assert f"Other bits than the record in response; in trial {first}: none" in elsewhere.output
    here = command_line("rerun", file.stem, "--trial", str(first + 1))
    assert f"in trial {first + 1}: response" in here.output


def test_a_failure_crashes_again_or_is_gone(command_line, monkeypatch):
    command_line("run", "--in-process", "law-crashing")
    (failure,) = {json.loads(file.read_text())["identity"] for file in command_line.store.glob("errors/*.json")} or (
        "",
    )
    again = command_line("rerun", failure)
    assert again.exit_code == 3
    assert "RuntimeError: the toy broke" in again.output
    import toy_experiment

    measure = toy_experiment.measure
    monkeypatch.setattr(toy_experiment, "measure", lambda it, state: measure({**it, "kind": "lawful"}, state))
    mended = command_line("rerun", failure)
    assert mended.exit_code == 0
    assert "now it did not" in mended.output


def test_bits_are_compared_not_values(world):
    world.run("law-holds")
    record = next(world.store.records("toy"))
    given, observables = dict(record.given), dict(record.observables)
    assert differing(record, given, observables) == []
    assert differing(record, given, {**observables, "steady": -0.0 * observables["steady"]}) == ["steady"]
    assert differing(record, given, {**observables, "response": observables["response"].astype("float32")}) == [
        "response"
    ]
    assert differing(record, {}, observables) == sorted(given)


# --- store -----------------------------------------------------------------------------------------------------------


def test_what_a_claim_uses_stays(world):
    before = world.run("law-holds", "law-partly", "exponent")
    assert unused(world.store, world.registry) == []
    assert {name: result.outcome for name, result in world.judge(*before).items()} == {
        name: result.outcome for name, result in before.items()
    }


def test_what_no_claim_uses_is_named_with_its_reason(command_line):
    command_line("run", "--in-process", "law-holds")
    records = {file.stem: json.loads(file.read_text()) for file in command_line.records()}
    first = next(iter(records.values()))

    def plant(folder: str, **changes) -> str:
        """Another record, made of the first."""
        from runners.records.blocks import identity_of

        specification = first["specification"] | changes
        document = first | {"specification": specification, "identity": identity_of(specification)}
        file = command_line.store / "records" / folder / f"{document['identity']}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(document))
        return f"records/{folder}/{file.name}"

    older = first["provenance"] | {"started": 0.0}
    first = first | {"provenance": older, "provenance_sha256": payload_hash(older)}
    planted = {
        plant("toy", code="0" * 64): OUTDATED,
        plant("toy", constants={"length": 3}): UNSEEN,
        plant("gone", experiment="gone"): UNKNOWN,
        "records/toy/lost.npz": LEFTOVER,
        "records/toy/x.json.abc.tmp": LEFTOVER,
    }
    for name in ("lost.npz", "x.json.abc.tmp"):
        (command_line.store / "records" / "toy" / name).write_bytes(b"0123")
    stored = ["--store", str(command_line.store)]
    named = command_line("store", *stored, "--prune").output
    for path, reason in planted.items():
        listed = re.search(rf"^{re.escape(path)} .*{re.escape(reason)}$", named, re.MULTILINE)
        assert bool(listed) == (reason != UNKNOWN)
    assert "4 files would be removed" in named
    assert all((command_line.store / path).exists() for path in planted)
    assert "4 files removed" in command_line("store", *stored, "--prune", "--no-dry-run").output
    assert [path for path in planted if (command_line.store / path).exists()] == [
        path for path, reason in planted.items() if reason == UNKNOWN
    ]
    assert {file.stem for file in command_line.store.glob("records/toy/*.json")} == set(records)
    assert "supported" in command_line("judge", "law-holds").output
    command_line("store", *stored, "--prune", "--no-dry-run", "--unknown")
    assert not list(command_line.store.glob("records/gone/*.json"))
    assert "Nothing to prune" in command_line("store", *stored, "--prune").output


def test_checkpoints_are_counted_and_pruned_once_nobody_wants_them(command_line):
    """Kept: of a block that is still to be measured. Named: of one that is recorded, of other code, of nobody's."""
    command_line("run", "--in-process", "law-holds")
    first, second, *_ = sorted(command_line.store.glob("records/toy/*.json"))
    folder = command_line.store / "checkpoints"
    folder.mkdir()

    def plant(name: str, **changes) -> str:
        specification = json.loads(second.read_text())["specification"] | changes
        seen = {"specification": specification, "label": "a block", "reached": {"done": 1, "of": 2, "seconds": 9}}
        (folder / f"{name}.json").write_text(json.dumps(seen))
        (folder / f"{name}.npz").write_bytes(b"0123")
        return name

    reasons = {
        plant(first.stem): MEASURED,
        plant("older", code="0" * 64): OUTDATED,
        plant("elsewhere", constants={"length": 3}): UNSEEN,
        plant("wanted"): None,
    }
    (folder / "x.npz.abc.tmp").write_bytes(b"0")
    stored = ["--store", str(command_line.store)]
    assert re.search(r"^checkpoints +9 files", command_line("store", *stored).output, re.MULTILINE)
    named = command_line("store", *stored, "--prune", "--no-dry-run").output
    assert LEFTOVER in named
    for name, reason in reasons.items():
        for ending in ("json", "npz"):
            listed = re.search(rf"^checkpoints/{name}.{ending} .*{reason}$", named, re.MULTILINE)
            assert bool(listed) == (reason is not None), name
    assert sorted(file.name for file in folder.iterdir()) == ["wanted.json", "wanted.npz"]


def test_the_long_tier_is_a_tier_like_the_others(command_line):
    """Measured, judged, shown, explained, compared and put on a board."""
    toys = command_line.folder / "toy.yaml"
    toys.write_text(command_line.toys.read_text().replace("      standard: {", "      long: {"))
    for module in command_line.toys.parent.glob("toy_*.py"):
        (command_line.folder / module.name).write_text(module.read_text())
    command_line.toys, report = toys, command_line.folder / "long.json"
    long = ["--tier", "long"]
    done = command_line("run", "--in-process", "law-holds", *long, "--json", str(report))
    assert "long tier" in done.output
    assert "supported" in done.output
    assert json.loads(report.read_text())["tier"] == "long"
    for command in ("judge", "show", "why"):
        assert "supported" in command_line(command, "law-holds", *long).output, command
    site = command_line.folder / "site"
    assert command_line("board", *long, "--out", str(site)).exit_code == 0
    assert "long" in (site / "index.html").read_text()


def test_the_size_is_that_of_the_files(command_line):
    command_line("run", "--in-process", "law-holds")
    shown = command_line("store", "--store", str(command_line.store)).output
    files = [file for file in command_line.store.rglob("*") if file.is_file()]
    assert f"{len(files)} files, {sum(file.stat().st_size for file in files):,} bytes" in shown
    assert "0 files" in command_line("store", "--store", str(command_line.folder / "none")).output


def test_older_records_that_speak_are_used(world):
    """Where the store holds nothing of today's code, judging falls back to what there is; so does pruning."""
    world.run("law-holds")
    for file in (ROOT / world.address).glob("records/toy/*.json"):
        from runners.records.blocks import identity_of

        document = json.loads(file.read_text())
        document["specification"]["code"] = "0" * 64
        document["identity"] = identity_of(document["specification"])
        file.unlink()
        arrays = file.with_suffix(".npz")
        if arrays.exists():
            shutil.move(arrays, arrays.with_name(f"{document['identity']}.npz"))
        file.with_name(f"{document['identity']}.json").write_text(json.dumps(document))
    assert len({lineage(record.specification) for record in world.store.records("toy")}) == 1
    assert unused(world.store, world.registry) == []


# --- doctor ----------------------------------------------------------------------------------------------------------


def test_doctor_says_what_is_here(command_line, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    shown = command_line("doctor", "--store", str(command_line.store))
    assert np.__version__ in shown.output
    assert re.search(r"^ok +registry .*toy\.yaml", shown.output, re.MULTILINE)
    assert "empty yet" in shown.output
    assert ("WRONG" in shown.output) == (shown.exit_code == 3)


def test_doctor_finds_what_is_wrong(command_line, monkeypatch, tmp_path):
    monkeypatch.setenv("RAY_ADDRESS", "ray://127.0.0.1:1")
    monkeypatch.setenv("TOLLENS_DATA", str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    from predictions.data import fetching

    (tmp_path / "data" / fetching.catalogue()["chinchilla"].files).write_text("other numbers")
    command_line.own.write_text("claims: {}\nexperimants: {}\n")
    shown = command_line("doctor", "--store", str(command_line.store))
    assert shown.exit_code == 3
    assert re.search(r"^WRONG +Ray +nothing answers at ray://127\.0\.0\.1:1", shown.output, re.MULTILINE)
    assert re.search(
        r"^WRONG +chinchilla .*is corrupt; remove it, then `tollens data fetch", shown.output, re.MULTILINE
    )
    assert re.search(r"^WRONG +registry +1 mistakes; `tollens check`", shown.output, re.MULTILINE)
