"""The order of blocks: the most urgent of each kind, expected durations, claims that cost little under a budget."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path
from statistics import median_low

import pytest

from runners.measuring.durations import Durations
from runners.measuring.executors import InProcess
from runners.measuring.waiting import Waiting, kind, shape
from runners.records.blocks import payload_hash
from runners.registry.schema import Resources


@pytest.fixture
def blocks(world):
    run, _ = world.planned("law-holds", "exponent", "ramp")
    return run.plan()


def drained(waiting: Waiting) -> list:
    found = []
    for one in waiting.kinds:
        while block := waiting.first(one):
            waiting.discard(block.identity)
            found.append(block)
    return found


def test_the_most_urgent_comes_first_and_ties_as_they_came(blocks):
    urgency = {block.identity: random.Random(number).choice([1.0, 2.0, 3.0]) for number, block in enumerate(blocks)}
    waiting = Waiting(lambda block: (urgency[block.identity],))
    for block in blocks:
        waiting.add(block)
    assert drained(waiting) == sorted(blocks, key=lambda block: urgency[block.identity])
    assert len(waiting) == 0


def test_what_is_discarded_does_not_come_and_another_order_is_another_order(blocks):
    waiting = Waiting()
    for block in blocks:
        waiting.add(block)
    waiting.discard(blocks[0].identity)
    place = {block.identity: number for number, block in enumerate(blocks)}
    waiting.order_by(lambda block: (-place[block.identity],))
    assert len(waiting) == len(blocks) - 1
    assert drained(waiting) == blocks[:0:-1]


def test_blocks_that_ask_for_other_resources_wait_apart(blocks):
    large = [replace(block, resources=Resources(num_gpus=0.5)) for block in blocks[:3]]
    waiting = Waiting()
    for block in [*large, *blocks[3:]]:
        waiting.add(block)
    assert waiting.kinds == [kind(large[0]), kind(blocks[3])]
    assert waiting.first(kind(large[0])) is large[0]


def test_some_shapes_come_only_where_there_is_no_other(blocks):
    waiting = Waiting()
    for block in blocks:
        waiting.add(block)
    (one,) = waiting.kinds
    other = next(block for block in blocks if shape(block) != shape(blocks[0]))
    assert waiting.first(one, besides={shape(blocks[0])}) is other
    assert waiting.first(one, besides=set(map(shape, blocks))) is blocks[0]
    assert drained(waiting) == blocks


def test_durations_are_those_of_the_same_condition_else_of_the_experiment(world, blocks):
    store = world.store
    assert Durations(store).expected(blocks[0]) is None
    world.run("law-holds")
    seconds = {"kind=lawful,width=2": 6.0, "kind=lawful,width=4": 10.0}
    for file in Path(world.address).glob("records/toy/*.json"):
        document = json.loads(file.read_text())
        condition = document["specification"]["condition"]
        label = f"kind={condition['kind']},width={condition['width']}"
        document["provenance"]["seconds"] = seconds.get(label, 2.0)
        document["provenance_sha256"] = payload_hash(document["provenance"])
        file.write_text(json.dumps(document))
    durations = Durations(world.store)
    known = [block for block in blocks if block.condition == {"kind": "lawful", "width": 2}]
    assert {durations.expected(block) for block in known} == {6.0}
    larger = replace(known[0], repeats=range(12))  # three times the trials
    assert durations.expected(larger) == pytest.approx(18.0)
    unknown = next(block for block in blocks if block.condition == {"kind": "lawful", "width": 8})
    records = [record.provenance["seconds"] for record in world.store.records("toy")]
    assert durations.expected(unknown) == pytest.approx(median_low(records))
    durations.note(unknown, 50.0)
    assert durations.expected(unknown) == pytest.approx(median_low(records)), "one record is not enough"
    durations.note(unknown, 50.0)
    assert durations.expected(unknown) == pytest.approx(50.0)


class Noting(InProcess):
    """Keeps the order in which blocks came."""

    def __init__(self, address):
        super().__init__(address, {})
        self.blocks, self.tasks = [], []

    def submit(self, *blocks):
        self.blocks.extend(blocks)
        self.tasks.append(list(blocks))
        super().submit(*blocks)


@pytest.mark.parametrize("budget", [None, 1e6])
def test_long_blocks_come_first_and_under_a_budget_claims_that_cost_little(world, budget):
    """`cheap` is one condition of short blocks, `dear` two conditions of long ones."""
    cheap = world.claim("cheap", where={"kind": "lawful", "width": 2})
    dear = world.claim("dear", where={"kind": "lawful", "width": [4, 8]})
    run, _ = world.planned(dear, cheap)
    run.plan()
    run.durations.expected = lambda block: {2: 1.0, 4: 5.0, 8: 7.0}[block.condition["width"]]
    executor = Noting(world.address)
    assert run.execute(executor, deadline=budget and run.progress.started + budget, stopped=lambda: False)
    widths = [block.condition["width"] for block in executor.blocks]
    assert widths == ([2, 2, 8, 8, 4, 4] if budget else [8, 8, 4, 4, 2, 2])


# --- tasks ------------------------------------------------------------------------------------------------------


def test_blocks_have_one_shape_if_their_whole_numbers_and_words_agree(blocks):
    def shaped(**constants):
        return shape(replace(blocks[0], constants={"length": 150, "rate": 0.1, "word": "plain", **constants}))

    assert shaped() == shaped(rate=0.2)
    others = [shaped(length=151), shaped(word="curved"), shape(replace(blocks[0], repeats=range(9)))]
    assert len({shaped(), *others}) == 4


def tasks_of(world, seconds: float, *claims: str, rooms: int = 1, deadline: float | None = None) -> list[list]:
    """The tasks of a run whose every block is known to take so long."""
    run, _ = world.planned(*claims)
    run.plan()
    run.durations.expected, run.durations.is_sure = lambda block: seconds, lambda block: True
    executor = Noting(world.address)
    executor.room = lambda wanted, taken: taken < rooms
    run.execute(executor, deadline=deadline and run.progress.began + deadline, stopped=lambda: False)
    return executor.tasks


def test_cheap_blocks_of_one_experiment_are_one_task_those_of_one_shape_after_another(world):
    tasks = tasks_of(world, 0.3, world.claim("two", where={"kind": ["lawful", "noisy", "unsteady"], "width": [2, 4]}))
    assert [len(task) for task in tasks] == [7, 5], "two seconds of work"
    order = [shape(block) for task in tasks for block in task]
    assert order[::2] == order[1::2], "what is done with another word or width is another shape"
    assert len(set(order)) == 6


@pytest.mark.parametrize(("seconds", "sizes"), [(0.5, [4, 2]), (1.0, [2, 2, 2]), (5.0, [1] * 6)])
def test_a_task_is_as_many_blocks_as_are_two_seconds_of_work(world, seconds, sizes):
    name = world.claim("more", like="ramp", where={"kind": "lawful", "width": 2})
    tiers = world.registry.experiments["toy"].tiers
    world.experiment("toy", tiers={**tiers, "smoke": tiers["smoke"].model_copy(update={"trials": [24]})})
    assert [len(task) for task in tasks_of(world, seconds, name)] == sizes


def test_whatever_has_room_gets_its_share(world):
    name = world.claim("more", like="ramp", where={"kind": "lawful", "width": 2})
    tiers = world.registry.experiments["toy"].tiers
    world.experiment("toy", tiers={**tiers, "smoke": tiers["smoke"].model_copy(update={"trials": [24]})})
    assert [len(task) for task in tasks_of(world, 0.01, name, rooms=6)] == [1] * 6


def test_nothing_is_taken_along_that_would_not_end_in_time(world):
    name = world.claim("more", like="ramp", where={"kind": "lawful", "width": 2})
    tasks = tasks_of(world, 0.9, name, deadline=1.2)
    assert [len(task) for task in tasks][:1] == [1]


def test_what_nobody_knows_comes_alone(world):
    run, _ = world.planned("law-holds")
    run.plan()
    executor = Noting(world.address)
    run.execute(executor, stopped=lambda: False)
    assert len(executor.tasks[0]) == 1


class ThreeRooms(Noting):
    """Takes three tasks, and computes none."""

    def room(self, wanted, taken):
        return taken < 3

    def submit(self, *blocks):
        self.tasks.append(list(blocks))


@pytest.mark.parametrize(("libraries", "shapes"), [({"jax": "0.10"}, 3), ({"numpy": "2.4"}, 2)])
def test_no_two_workers_compile_the_same_code(world, libraries, shapes):
    name = world.claim("more", like="ramp", where={"kind": "lawful", "width": [2, 4, 8]})
    tiers = world.registry.experiments["toy"].tiers
    world.experiment("toy", tiers={**tiers, "smoke": tiers["smoke"].model_copy(update={"trials": [8]})})
    run, _ = world.planned(name)
    planned = run.plan()
    for block in planned:
        run._waiting.discard(block.identity)
        run._waiting.add(replace(block, libraries=libraries))
    executor = ThreeRooms(world.address)
    run._start(executor, None)
    assert len(planned) == 6
    assert [len(task) for task in executor.tasks] == [1, 1, 1]
    assert len({shape(block) for task in executor.tasks for block in task}) == shapes
