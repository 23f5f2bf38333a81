"""Loading: several files become one registry, or all their mistakes become one error."""

from __future__ import annotations

import pytest

from runners.registry.loader import load
from runners.registry.mistakes import RegistryError
from runners.registry.names import ROOT
from runners.registry.schema import Claim, Unfalsifiable


def split(project):
    """The project's claims in a file of their own, in another folder."""
    experiments, claims = project.text.split("claims:\n")
    project.write(experiments)
    other = project.folder / "elsewhere" / "more.yaml"
    other.parent.mkdir()
    other.write_text(f"claims:\n{claims}")
    return other


def test_a_sound_registry_loads(project):
    registry = project.load()
    assert list(registry.experiments) == ["descent", "flat"]
    assert list(registry.claims) == ["half-time-inverse-rate", "half-time-slope", "nothing-to-say"]
    assert list(registry.falsifiable) == ["half-time-inverse-rate", "half-time-slope"]
    assert isinstance(registry.claims["half-time-slope"], Claim)
    assert isinstance(registry.claims["nothing-to-say"], Unfalsifiable)
    assert registry.claims["half-time-inverse-rate"].agreement.within == (0.9, 1.1)
    assert registry.experiments["descent"].grid[0]["rate"] == [0.1, 0.2, 0.4]


def test_files_are_merged_and_keep_their_places(project):
    other = split(project)
    registry = load([project.file, other])
    assert set(registry.experiments) == {"descent", "flat"}
    assert set(registry.claims) == {"half-time-inverse-rate", "half-time-slope", "nothing-to-say"}
    assert str(registry.located("experiments", "descent")) == f"{project.file}:2"
    assert str(registry.located("claims", "half-time-inverse-rate")) == f"{other}:2"
    assert registry.located("claims", "half-time-inverse-rate", "no such key") == registry.located(
        "claims", "half-time-inverse-rate"
    )
    assert registry.search_path == [str(project.folder), str(other.parent), str(ROOT)]


def test_a_name_in_two_files_names_both(project):
    other = split(project)
    other.write_text("experiments:\n  flat:\n    module: bench\n" + other.read_text())
    with pytest.raises(RegistryError) as caught:
        load([project.file, other])
    (mistake,) = caught.value.mistakes
    assert str(mistake).startswith(f"{other}:2:3: experiments.flat: ")
    assert f"{project.file}:15" in str(mistake)


def test_all_mistakes_of_all_files_are_told_at_once_in_their_order(project):
    other = split(project)
    other.write_text(
        other.read_text().replace("measured: half_time", "measured: nothing").replace("[-4, 4]", "[4, -4]")
    )
    project.change("means: loss by", "meens: loss by")
    with pytest.raises(RegistryError) as caught:
        load([project.file, other, project.folder / "absent.yaml"])
    found = [(it.file.rpartition("/")[2], it.where) for it in caught.value.mistakes]
    assert found == [
        ("claims.yaml", "experiments.descent.observables.curve.meens"),
        ("more.yaml", "claims.half-time-slope.measured.between"),
        ("absent.yaml", ""),
    ]
    assert str(caught.value).count("\n") == 2


def test_an_invalid_experiment_is_not_reported_as_absent(project):
    project.change("about: Descent on a constant.", "abut: Descent on a constant.")
    assert [it.where for it in project.mistakes()] == ["experiments.flat.abut"]


def test_an_entry_that_is_no_mapping_is_one_mistake(project):
    project.change("claims:\n", "claims:\n  empty:\n  word: text\n")
    assert [str(it).partition(": claims.")[2] for it in project.mistakes()] == [
        "empty: is empty; it should be a mapping of keys to values",
        "word: is 'text'; it should be a mapping of keys to values",
    ]


def test_a_folder_that_hides_the_project_is_a_mistake(project):
    project.module("predictions/__init__.py", "")
    (mistake,) = project.mistakes()
    assert "hide" in mistake.problem
    assert "predictions" in mistake.problem
