"""Challenges of planted laws: what is false somewhere is found and confirmed, what is true is not."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from runners.commands import main
from runners.judging.judge import Judge
from runners.measuring.challenging import Challenger, challenges
from runners.measuring.executors import InProcess
from runners.measuring.planning import Planner
from runners.records.published import WithPublished
from runners.records.samples import Samples
from runners.records.store import Store
from runners.registry.loader import load
from runners.registry.names import importable
from runners.upkeep.packing import pack
from tests.runners.conftest import WORLDS


class Arena:
    """The box world and a store, in which claims are challenged."""

    def __init__(self, folder):
        self.registry, self.address = load([WORLDS / "box.yaml"]), str(folder)

    def challenger(self, claim: str, random: int = 20) -> Challenger:
        planner, store = Planner(self.registry, "smoke"), Store(self.address)
        samples = Samples(store, planner.lineages(self.registry.experiments), purpose="explore")
        return Challenger(planner, Judge(self.registry, "smoke", samples), store, claim, random=random)

    def challenge(self, claim: str, *, settings: int, random: int = 20):
        challenger, executor = self.challenger(claim, random), InProcess(self.address, {})
        assert challenger.search(executor, batch=1, settings=settings, more=lambda: True)
        challenger.confirm(executor)
        return challenger.state


@pytest.fixture
def arena(tmp_path):
    found = Arena(tmp_path / "store")
    with importable(found.registry.search_path):
        yield found


def test_a_law_that_is_true_is_not_found_false_and_its_bound_is_told(arena):
    state = arena.challenge("everywhere", settings=40, random=30)
    assert state.counterexamples == []
    assert state.worst.outside < 1
    assert "30 settings at random, none failed: it fails in under 9.5% of its domain (95%)" in state.sentence()
    assert "10 more by search (no bound)" in state.sentence()


def test_a_law_that_fails_in_a_corner_is_caught_with_the_setting(arena):
    state = arena.challenge("corner", settings=40)
    (worst, *_) = state.counterexamples
    assert worst.setting["x"] > 0.5
    assert worst.beyond == worst.trials == 16
    assert state.sentence().startswith("counterexample at x = ")


def test_what_scatters_is_not_confirmed(arena):
    """Three trials in ten are off: medians of three are often outside, medians of sixteen hardly ever."""
    state = arena.challenge("noisy", settings=40)
    assert any(tried.outside > 1 for tried in state.tried)
    assert state.counterexamples == []
    assert "not confirmed" in state.sentence()


def test_the_search_finds_what_chance_often_misses(arena):
    """A twentieth of one axis: the search concentrates on what lies nearest the edge of T."""
    state = arena.challenge("most", settings=60, random=30)
    failing = [tried for tried in state.tried if tried.outside > 1]
    assert all(0.45 <= tried.setting["x"] < 0.5 for tried in failing)


def test_a_challenge_that_was_stopped_goes_on_and_the_next_one_has_fresh_seeds(arena):
    first = arena.challenger("corner")
    assert not first.search(InProcess(arena.address, {}), batch=1, settings=40, more=lambda: len(first.state.tried) < 7)
    again = arena.challenger("corner")
    assert [it.setting for it in again.state.tried] == [it.setting for it in first.state.tried]
    assert again.state.number == 1
    one = arena.challenge("corner", settings=30)
    two = arena.challenge("corner", settings=30)
    assert (one.number, two.number) == (1, 2)
    ones, others = ({name for it in state.confirmations for name in it.records} for state in (one, two))
    assert ones.isdisjoint(others)
    assert [state.number for state in challenges(Store(arena.address), "corner")] == [1, 2]


def test_a_counterexample_travels_with_the_published_records(arena, tmp_path):
    state = arena.challenge("corner", settings=40)
    judge = arena.challenger("corner")._judge
    pack(judge, ["corner"], tmp_path / "records.zip")
    both = WithPublished(str(tmp_path / "own"), tmp_path / "records.zip")
    (again,) = challenges(both, "corner")
    assert again.counterexamples == state.counterexamples != []
    for name in again.confirmations[0].records:
        assert both.get("box", name).specification["draw"]


def test_the_command_says_what_was_found_and_how_to_repeat_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    box = ["--registry", str(WORLDS / "box.yaml"), "--store", "store", "--in-process"]
    done = CliRunner().invoke(main, ["challenge", "corner", *box, "--settings", "30", "--random", "20"])
    assert done.exit_code == 0, done.output
    assert "counterexample at" in done.output
    record = done.output.split("`tollens rerun ")[1].split("`")[0]
    rerun = CliRunner().invoke(main, ["rerun", record, "--registry", str(WORLDS / "box.yaml"), "--store", "store"])
    assert rerun.exit_code == 0, rerun.output
    assert "Same bits" in rerun.output
    pruned = CliRunner().invoke(main, ["store", "--prune", "--store", "store", "--registry", str(WORLDS / "box.yaml")])
    assert record not in pruned.output, "what confirmed a counterexample is kept"
    assert "of seeds of exploration" in pruned.output
    none = CliRunner().invoke(main, ["challenge", "law-holds", "--registry", str(WORLDS / "toy.yaml"), "--in-process"])
    assert none.exit_code == 2
    assert "no domain" in none.output


def test_a_challenge_without_time_for_its_random_settings_says_what_the_others_need(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    box = ["--registry", str(WORLDS / "box.yaml"), "--store", "store", "--in-process", "--minutes", "0.05"]
    short = CliRunner().invoke(main, ["challenge", "corner", *box, "--settings", "100000", "--random", "100000"])
    assert short.exit_code == 3, short.output
    told = re.search(r"Stopped after (\d+) of 100000 .* the others need about (\d+) minutes; the same", short.output)
    assert told, short.output
    assert int(told[2]) > 0.05 * (100000 / max(1, int(told[1])) - 1), "at the pace of these three seconds"
