"""Ray beside this process: the same blocks, the same bits; a worker's death is one claim's error."""

from __future__ import annotations

import os
import sys

import pytest

from runners.measuring.executors import InProcess
from runners.measuring.ray_tasks import RayTasks
from runners.rule.verdicts import Outcome

pytestmark = pytest.mark.xdist_group("ray")

TOYS = ["law-holds", "law-partly", "exponent", "ramp"]  # ramp's control: eigenvalues, by a threaded library


@pytest.fixture(scope="module")
def on_ray(new_world, tmp_path_factory):
    """A world and one embedded cluster of two cores for all tests of this file."""
    folder = tmp_path_factory.mktemp("ray")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "path", [str(new_world.WORLDS), *sys.path])
        patch.delenv("TOY_CALLS", raising=False)
        found = new_world(str(folder / "store"), folder)
        executor = RayTasks(found.address, {"tier": "smoke"}, cpus=2)
        yield found, executor
        executor.close()


def test_payloads_are_the_same_bit_for_bit_in_a_worker_and_in_this_process(world, on_ray):
    there, executor = on_ray
    results = there.run(*TOYS, executor=executor)
    here = world.run(*TOYS)
    assert {name: result.outcome for name, result in results.items()} == {
        name: result.outcome for name, result in here.items()
    }
    assert len(world.payloads()) >= 18
    assert there.payloads() == world.payloads()


def test_workers_are_other_processes(on_ray):
    there, _ = on_ray
    pids = {record.provenance["pid"] for record in there.store.records("toy")}
    assert pids
    assert os.getpid() not in pids


def test_a_killed_worker_is_its_claims_error(on_ray):
    there, executor = on_ray
    found = there.run("law-killed", "law-refuted", "law-crashing", executor=executor)
    assert found["law-killed"].outcome is Outcome.ERROR
    assert found["law-crashing"].outcome is Outcome.ERROR
    assert "the toy broke" in found["law-crashing"].reason
    assert found["law-refuted"].outcome is Outcome.REFUTED
    judged = there.judge("law-killed", "law-refuted", "law-crashing")
    assert {name: result.outcome for name, result in judged.items()} == {
        name: result.outcome for name, result in found.items()
    }


def test_nothing_submitted_is_nothing_completed(on_ray, world):
    assert on_ray[1].completed(timeout=0.01) == []
    assert InProcess(world.address, {}).completed(timeout=0.01) == []


def test_this_process_refuses_a_number_of_threads_that_it_does_not_have(world):
    """The number is part of a record's identity; a process cannot change it after numpy is loaded."""
    experiment = world.registry.experiments["toy"]
    smoke = experiment.tiers["smoke"].model_copy(update={"threads": 2})
    world.experiment("toy", tiers={**experiment.tiers, "smoke": smoke})
    result = world.run("law-holds")["law-holds"]
    assert result.outcome is Outcome.UNAVAILABLE
    assert "run it with Ray" in result.reason
