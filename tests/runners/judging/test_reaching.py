"""Reach end to end: planted truths, drawn, measured by the run as it is, judged from the store."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date

import pytest

from runners.judging.judge import Judge
from runners.measuring.dispatch import Run
from runners.measuring.executors import InProcess
from runners.measuring.planning import Planner
from runners.records.epochs import Epoch, epoch
from runners.records.samples import Samples
from runners.records.seals import sealed
from runners.records.store import Store
from runners.registry.loader import load
from runners.registry.names import importable
from runners.registry.schema import Range
from runners.rule.draw_outcomes import Draw
from runners.rule.reach import Cover, Word
from runners.upkeep.packing import pack
from tests.runners.conftest import WORLDS

FIRST = Epoch("first", "5a17", {})


class Boxes:
    """The box world, a store, and runs in an epoch."""

    def __init__(self, folder):
        self.registry = load([WORLDS / "box.yaml"])
        self.address = str(folder)

    def planned(self, *claims: str, epoch: Epoch = FIRST, foretold: bool = True) -> tuple[Run, Judge]:
        """In an epoch that was announced when the claims were sealed as they stand, or, if not `foretold`, before."""
        if epoch.seals is not None and foretold:
            lock = sealed(self.registry, self.registry.claims, {"claims": {}}, today=date(2026, 1, 2))
            epoch = replace(epoch, seals=lock["claims"])
        planner, store = Planner(self.registry, "smoke", epoch), Store(self.address)
        samples = Samples(store, planner.lineages(self.registry.experiments), fallback=False, epoch=epoch)
        judge = Judge(self.registry, "smoke", samples)
        return Run(planner, judge, samples, store, claims), judge

    def run(self, name: str, epoch: Epoch = FIRST, *, foretold: bool = True):
        """Measure a claim and say what its draws say."""
        return self.run_together(name, epoch=epoch, foretold=foretold)[0]

    def run_together(self, *claims: str, epoch: Epoch = FIRST, foretold: bool = True):
        """Measure claims in one run and say what the draws of each say."""
        run, judge = self.planned(*claims, epoch=epoch, foretold=foretold)
        run.plan()
        assert run.execute(InProcess(self.address, {"tier": "smoke"}), stopped=lambda: False)
        return [judge.judge(name).reach for name in claims]

    def amend(self, name: str, **changes) -> None:
        claim = self.registry.claims[name].model_copy(update=changes)
        self.registry = replace(self.registry, claims={**self.registry.claims, name: claim})


@pytest.fixture
def boxes(tmp_path):
    found = Boxes(tmp_path / "store")
    with importable(found.registry.search_path):
        yield found


def test_a_law_that_holds_everywhere_is_wide_after_eighteen_draws(boxes):
    found = boxes.run("everywhere")
    assert found.reach.word is Word.WIDE
    assert (found.reach.counts.held, found.reach.counts.applicable) == (18, 18)
    assert len(found.draws) <= 22, "a few are begun ahead, and no more"
    assert all(0 <= draw.setting["x"] <= 1 and 1 <= draw.setting["y"] <= 100 for draw in found.draws)
    assert {draw.setting["flavour"] for draw in found.draws} == {"a", "b"}
    assert found.parts == ()
    assert found.rivals["twice"].refuted


def test_a_law_that_fails_in_half_is_narrow_and_the_axis_is_named(boxes):
    found = boxes.run("half")
    assert found.reach.word is Word.NARROW
    failing = [draw for draw in found.draws if draw.outcome is Draw.FAILS]
    assert all(draw.setting["x"] >= 0.5 for draw in failing)
    assert all(draw.outside > 1 for draw in failing)
    if found.parts:  # few draws need not show it
        assert found.parts[0].where.startswith("x >=")


def test_a_draw_of_a_claim_along_an_axis_is_all_of_the_axis(boxes):
    found = boxes.run("sloped")
    assert found.reach.word is Word.NARROW
    for draw in found.draws:
        assert draw.outcome is (Draw.HOLDS if draw.setting["x"] < 0.5 else Draw.FAILS)
        assert draw.measured == pytest.approx([-1 if draw.setting["x"] < 0.5 else -0.5] * 3, abs=0.05)
        points = [Store(boxes.address).get("box", identity).specification for identity in draw.records]
        assert [point["condition"]["y"] for point in points] == [1.0, 2.0, 4.0]
        assert len({point["condition"]["x"] for point in points}) == 1
        assert len({str(point["seeds"]) for point in points}) == 1, "points are paired"


def test_a_law_that_holds_nowhere_is_narrow_after_eight_failures(boxes):
    found = boxes.run("none")
    assert found.reach.word is Word.NARROW
    assert found.reach.counts.applicable == 14, "no word before"


def test_scatter_makes_a_law_neither_wide_nor_narrow(boxes):
    found = boxes.run("noisy")
    assert found.reach.word is not Word.NARROW
    assert found.reach.counts.split > 0


def test_judging_the_store_again_gives_what_the_run_gave_and_nothing_is_measured_twice(boxes):
    before = boxes.run("half")
    run, judge = boxes.planned("half")
    assert run.plan() == []
    again = judge.judge("half").reach
    assert [draw.outcome for draw in again.draws] == [draw.outcome for draw in before.draws]
    assert again.reach == before.reach


def test_a_run_that_was_stopped_goes_on_where_it_was(boxes):
    run, _ = boxes.planned("everywhere")
    run.plan()
    ended = []
    run.execute(InProcess(boxes.address, {"tier": "smoke"}), stopped=lambda: len(ended.append(0) or ended) > 5)
    measured = {record.identity for record in Store(boxes.address).records("box")}
    assert measured
    assert boxes.run("everywhere").reach.word is Word.WIDE
    assert measured < {record.identity for record in Store(boxes.address).records("box")}


def test_another_epoch_draws_other_settings_and_both_are_pooled(boxes):
    boxes.run("everywhere")
    one = boxes.run("everywhere", epoch=epoch([], "2026-W10"))
    other = boxes.run("everywhere", epoch=epoch([], "2026-W11"))
    assert {draw.setting["x"] for draw in one.draws}.isdisjoint(draw.setting["x"] for draw in other.draws)
    assert other.epochs == ("2026-W10",), "nobody can draw again what an epoch without a known salt drew"
    assert other.pooled.word is Word.WIDE
    assert other.pooled.counts.applicable == one.reach.counts.applicable + other.reach.counts.applicable
    assert not other.fragile


def test_rewording_draws_the_same_settings(boxes):
    """A claim cannot roll again by saying the same thing in other words."""
    first = boxes.run("everywhere")
    boxes.amend("everywhere", statement="The same in other words.")
    run, judge = boxes.planned("everywhere")
    assert run.plan() == []
    assert judge.judge("everywhere").reach.draws[0].setting == first.draws[0].setting


@pytest.mark.parametrize("name", ["everywhere", "limited"], ids=["ranges alone", "limits in the theory's units"])
def test_draws_of_a_domain_that_has_changed_are_none_of_its_draws(boxes, name):
    """The epoch, the name and the number are as before: only the setting tells."""
    before = boxes.run(name)
    assert before.draws
    domain = boxes.registry.claims[name].domain
    narrower = Range(between=[5, 100], scale="log")
    boxes.amend(name, domain=domain.model_copy(update={"axes": {**domain.axes, "y": narrower}}))
    run, judge = boxes.planned(name)
    assert judge.judge(name).reach.draws == ()
    assert run.plan() != []


@pytest.mark.parametrize("together", [False, True], ids=["one after the other", "in one run"])
def test_claims_that_share_a_domain_are_drawn_each_where_it_speaks(boxes, together):
    """The settings are the same; the truth, which each claim holds at a word of its own, is not."""
    shared = boxes.registry.claims["everywhere"].domain
    boxes.registry = replace(boxes.registry, domains={"boxes": shared})
    for name in ("everywhere", "none"):
        boxes.amend(name, domain="boxes")
    names = "everywhere", "none"
    holding, failing = boxes.run_together(*names) if together else map(boxes.run, names)
    assert (holding.reach.word, failing.reach.word) == (Word.WIDE, Word.NARROW)
    number = min(len(holding.draws), len(failing.draws))
    assert [draw.setting for draw in holding.draws[:number]] == [draw.setting for draw in failing.draws[:number]]
    assert (
        boxes.planned("everywhere")[1].judge("everywhere").reach.reach == holding.reach
    )  # what the other added is not its


def test_of_two_settings_for_one_draw_neither_counts(boxes, tmp_path):
    """A domain whose limits were moved accepts another attempt than before; which one is right only preparing tells."""
    boxes.run("limited")
    domain = boxes.registry.claims["limited"].domain
    (limit,) = domain.within
    wider = limit.model_copy(update={"between": (0.0, 0.9)})
    boxes.amend("limited", domain=domain.model_copy(update={"within": [wider]}))
    first, boxes.address = boxes.address, str(tmp_path / "wider")
    boxes.run("limited")
    shutil.copytree(first, boxes.address, dirs_exist_ok=True)
    draws = boxes.planned("limited")[1].judge("limited").reach.draws
    twice = [draw for draw in draws if draw.outcome is Draw.BROKEN]
    assert 0 < len(twice) < len(draws)
    assert all("several settings are recorded" in draw.reason for draw in twice)


@pytest.mark.parametrize("epoch", [Epoch("none", ""), FIRST], ids=["without a salt", "sealed after the salt"])
def test_draws_that_could_be_foreseen_need_more(boxes, epoch):
    """Without a salt that came later the first seal needs a wealth of 40: eighteen draws are too few."""
    found = boxes.run("everywhere", epoch=epoch, foretold=False)
    assert found.reach.word is Word.WIDE
    assert found.reach.counts.applicable > 18


def test_a_run_that_is_not_finished_is_made_longer_once(boxes, tmp_path):
    boxes.registry = replace(
        boxes.registry,
        experiments={
            "box": boxes.registry.experiments["box"].model_copy(
                update={
                    "tiers": {
                        "smoke": boxes.registry.experiments["box"]
                        .tiers["smoke"]
                        .model_copy(update={"constants": {"steps": 30}})
                    }
                }
            )
        },
    )
    found = boxes.run("unfinished")
    assert found.reach.word is Word.WIDE
    assert any(draw.extended for draw in found.draws)
    assert not all(draw.extended for draw in found.draws)
    assert found.reach.counts.aside == 0, "four times as long, every one of them is finished"
    steps = {record.specification["constants"]["steps"] for record in Store(boxes.address).records("box")}
    assert steps == {30, 120}
    pack(boxes.planned("unfinished")[1], ["unfinished"], tmp_path / "records.zip")
    boxes.address = f"zip://::{tmp_path / 'records.zip'}"
    packed = boxes.planned("unfinished")[1].judge("unfinished").reach
    assert [draw.records for draw in packed.draws] == [draw.records for draw in found.draws], "with the shorter runs"
    assert packed.reach == found.reach


def test_draws_that_never_finish_are_set_aside_and_counted(boxes):
    tier = boxes.registry.experiments["box"].tiers["smoke"].model_copy(update={"constants": {"steps": 10}})
    experiment = boxes.registry.experiments["box"].model_copy(update={"tiers": {"smoke": tier}})
    boxes.registry = replace(boxes.registry, experiments={"box": experiment})
    found = boxes.run("unfinished")
    assert found.reach.counts.aside > 0.2 * found.reach.counts.measured
    assert found.reach.counts.cover is not Cover.FULL
    assert not found.reach.counted
    assert found.reach.aside.held == found.reach.counts.aside, "set aside, they would have held"


def test_a_plan_without_draws_prepares_nothing_and_names_who_wants_them(boxes, monkeypatch):
    import box_experiment

    monkeypatch.setattr(box_experiment, "prepare", None)  # a call would fail
    run, _ = boxes.planned("limited")
    assert all(block.draw is None for block in run.plan(draws=False))
    assert run.drawing == ["limited"]


def test_settings_outside_the_theorys_units_are_refused_before_anything_is_trained(boxes):
    found = boxes.run("limited")
    assert all(draw.setting["x"] * draw.setting["y"] <= 0.45 for draw in found.draws)
    assert found.reach.word is Word.WIDE, "x stays below a half there"


def test_each_end_of_a_domain_is_prepared_beforehand(boxes, monkeypatch):
    """`check --deep` names a setting of the domain at which the experiment cannot even begin."""
    import box_experiment

    from runners.authoring.contracts import unprepared_ends

    only = boxes.registry.only(["everywhere"])
    assert list(unprepared_ends(only)) == []
    prepare = box_experiment.prepare

    def picky(setting, seeds):
        if setting["y"] == 100:
            raise ValueError("too large")
        return prepare(setting, seeds)

    monkeypatch.setattr(box_experiment, "prepare", picky)
    (mistake,) = unprepared_ends(only)
    assert mistake.where == "claims.everywhere.domain"
    assert "y = 100" in mistake.problem
    assert "ValueError: too large" in mistake.problem


def test_a_crash_counts_against_either_word(boxes, monkeypatch):
    import box_experiment

    measure = box_experiment.measure

    def sometimes(setting, state):
        if setting["x"] > 0.5 and setting["flavour"] == "b":
            raise RuntimeError("no")
        return measure(setting, state)

    monkeypatch.setattr(box_experiment, "measure", sometimes)
    found = boxes.run("everywhere")
    broken = [draw for draw in found.draws if draw.outcome is Draw.BROKEN]
    assert broken
    assert all(draw.setting["x"] > 0.5 for draw in broken)
    assert found.reach.counts.broken == len([draw for draw in broken if draw.number <= found.reach.counts.measured])
    assert found.reach.word is not Word.WIDE or found.reach.counts.applicable >= 18 + 9 * found.reach.counts.broken


def test_an_unmeasured_draw_hides_what_comes_after_it(boxes):
    boxes.run("half")
    record = next(r for r in Store(boxes.address).records("box") if (r.specification["draw"] or [0, 0])[1] == 5)
    store = Store(boxes.address)
    store.files.rm_file(f"{store.root}/records/box/{record.identity}.json")
    _, judge = boxes.planned("half")
    found = judge.judge("half").reach
    assert found.reach.counts.measured == 4
    assert found.reach.word is Word.OPEN


class Noting(InProcess):
    """Keeps the tasks that came."""

    def __init__(self, address: str):
        super().__init__(address, {"tier": "smoke"})
        self.tasks: list[list] = []

    def submit(self, *blocks):
        self.tasks.append(list(blocks))
        super().submit(*blocks)


def test_draws_of_one_shape_are_computed_one_after_another_in_the_order_of_their_numbers(boxes):
    """The flavour is a word, so that each has its own compiled code; where a draw lies in x and y is a value."""
    run, _ = boxes.planned("everywhere")
    run.plan()
    executor = Noting(boxes.address)
    assert run.execute(executor, stopped=lambda: False)
    drawn = [task for task in executor.tasks if task[0].draw]
    assert max(map(len, drawn)) == 4, "as many as are begun ahead"
    assert all(len({block.condition["flavour"] for block in task}) == 1 for task in drawn)
    for flavour in ("a", "b"):
        numbers = [it.draw.number for task in drawn for it in task if it.condition["flavour"] == flavour]
        assert numbers == sorted(numbers)
