"""Seeds and identity: what changes a block's name, and what does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from runners.records.blocks import Block, canonical
from runners.records.seeds import derive_seed, derive_seeds
from runners.registry.schema import Resources

BLOCK = Block(
    experiment="toy",
    module="toy_experiment",
    condition={"width": 4, "rate": 0.1},
    constants={"steps": 10},
    repeats=range(8),
    purpose="record",
    precision="float32",
    threads=1,
    code="c0de",
    files={},
    libraries={"numpy": "2.4"},
    observables={"loss": None},
)


@pytest.mark.parametrize(
    "change",
    [
        {"experiment": "toys"},
        {"module": "toys"},
        {"condition": {"width": 8, "rate": 0.1}},
        {"condition": {"width": 4, "rate": float(np.nextafter(0.1, 1))}},
        {"constants": {"steps": 11}},
        {"repeats": range(8, 16)},
        {"repeats": range(4)},
        {"purpose": "explore"},
        {"precision": "float64"},
        {"threads": 2},
        {"code": "c0ffee"},
        {"libraries": {"numpy": "2.5"}},
        {"files": {"points.csv": "1" * 64}},
    ],
)
def test_everything_that_determines_the_numbers_changes_the_identity(change):
    assert replace(BLOCK, **change).identity != BLOCK.identity


@pytest.mark.parametrize(
    "change",
    [
        {"resources": Resources(num_cpus=4, num_gpus=0.5)},
        {"time_limit": 1.0},
        {"search_path": ("/elsewhere",)},
        {"condition": {"rate": 0.1, "width": 4}},
        {"libraries": dict(BLOCK.libraries)},
    ],
)
def test_where_and_when_it_is_computed_does_not(change):
    assert replace(BLOCK, **change).identity == BLOCK.identity


def test_the_tiers_name_is_no_part_of_the_identity(world):
    """A standard tier with the smoke tier's constants finds the smoke tier's records."""
    experiment = world.registry.experiments["toy"]
    world.experiment("toy", tiers={**experiment.tiers, "full": experiment.tiers["smoke"]})
    world.run("law-holds")
    run, _ = world.planned("law-holds", tier="full")
    assert run.plan() == []


def test_the_setting_is_read_only_and_holds_condition_and_constants():
    assert dict(BLOCK.setting) == {"width": 4, "rate": 0.1, "steps": 10}
    with pytest.raises(TypeError):
        BLOCK.setting["width"] = 8  # type: ignore[index]


def test_what_is_not_finite_has_no_identity():
    with pytest.raises(ValueError):
        canonical({"rate": float("nan")})


def test_seeds_differ_by_experiment_purpose_epoch_and_repeat_and_by_nothing_else():
    seeds = {
        derive_seed(experiment, purpose, repeat, salt=salt)
        for experiment in ("a", "b")
        for purpose in ("record", "explore", "confirm")
        for salt in ("", "5a17")
        for repeat in range(100)
    }
    assert len(seeds) == 1000, "twelve hundred, but exploring is the same in every epoch"
    assert max(seeds) < 2**63
    assert min(seeds) >= 0
    assert BLOCK.seeds == replace(BLOCK, condition={"width": 64}, constants={}, precision="float64").seeds
    assert BLOCK.seeds == derive_seeds("toy", "record", range(8)).tolist()


def test_seeds_are_those_of_every_python_and_machine():
    """SHA-256 of "a/record//0", by `printf a/record//0 | sha256sum`: its first 63 bits; with a salt between."""
    assert derive_seed("a", "record", 0) == int("b8d5f4ce5ec26be2", 16) >> 1
    assert derive_seed("a", "record", 0, salt="5a17") == int("92c3b3068675ba0f", 16) >> 1
