"""Tables of contents: phenomena are read with the file that lists them, and mistakes are told where they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from runners.registry.contents import contents_of
from runners.registry.loader import load
from runners.registry.mistakes import RegistryError
from runners.registry.names import ROOT
from runners.registry.schema import Experiment

SHARED = "      half_time: {means: steps until the loss is halved, between: [0.01, 1.0e+4], scale: log}\n"


@pytest.fixture
def rooms(project):
    """The small registry as one of two phenomena; the other one has a copy of it under other names."""
    text = project.text
    project.file.unlink()
    for name, content in (("fall", text), ("rise", renamed(text))):
        folder = project.folder / name
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "claims.yaml").write_text(content)
    project.file = project.folder / "registry.yaml"
    project.write("phenomena:\n  fall: Things fall.\n  rise: Things rise.\n")
    return project


def renamed(text: str) -> str:
    for name in ("descent", "flat", "half-time-inverse-rate", "half-time-slope", "nothing-to-say"):
        text = text.replace(f"  {name}:", f"  other-{name}:").replace(
            f"experiment: {name}", f"experiment: other-{name}"
        )
    return text


def test_phenomena_are_read_in_order_and_keep_their_places(rooms):
    registry = rooms.load()
    assert [room.package for room in registry.rooms] == ["fall", "rise"]
    assert next(iter(registry.claims)) == "half-time-inverse-rate"
    assert len(registry.claims) == 6
    assert registry.files == (rooms.file,)
    assert registry.sources == (rooms.file, rooms.folder / "fall/claims.yaml", rooms.folder / "rise/claims.yaml")
    assert registry.located("claims", "other-half-time-slope").file == str(rooms.folder / "rise/claims.yaml")
    assert registry.room("other-half-time-slope").name == "rise"
    assert registry.home("other-half-time-slope") == rooms.file


def test_a_mistake_names_the_file_of_its_phenomenon(rooms):
    file = rooms.folder / "rise/claims.yaml"
    file.write_text(file.read_text().replace("within: [0.9, 1.1]", "within: [1.1, 0.9]", 1))
    (mistake,) = rooms.mistakes()
    line = file.read_text()[: file.read_text().index("within: [1.1")].count("\n") + 1
    assert str(mistake).startswith(f"{file}:{line}:")
    assert mistake.where == "claims.other-half-time-inverse-rate.agreement.within"


@pytest.mark.parametrize(
    ("contents", "place", "words"),
    [
        ("phenomena:\n  fal: x\n", "registry.yaml:2:3", ["no module fal", "did you mean fall?"]),
        ("phenomena:\n  bench: x\n", "registry.yaml:2:3", ["is no package"]),
        ("phenomena:\n  empty: x\n", "registry.yaml:2:3", ["has no claims.yaml"]),
        ("phenomena:\n  fall: [x]\n", "registry.yaml:2:3", ["has no sentence"]),
        ("phenomena: [fall]\n", "registry.yaml:1:1", ["no mapping"]),
    ],
)
def test_a_list_of_phenomena_that_leads_nowhere(rooms, contents, place, words):
    (rooms.folder / "empty").mkdir()
    (rooms.folder / "empty" / "__init__.py").touch()
    rooms.write(contents)
    (mistake,) = rooms.mistakes()
    assert str(mistake).startswith(str(rooms.folder / place))
    assert all(word in str(mistake) for word in words), mistake


def test_a_phenomenon_lists_none_itself(rooms):
    file = rooms.folder / "rise/claims.yaml"
    file.write_text("phenomena:\n  fall: again\n" + file.read_text())
    (mistake,) = rooms.mistakes()
    assert "lists no phenomena itself" in str(mistake)


def test_one_phenomenon_loads_whatever_stands_in_the_others(rooms):
    (rooms.folder / "rise/claims.yaml").write_text("claims: [broken")
    with pytest.raises(RegistryError):
        rooms.load()
    registry = load([rooms.file], needed=["half-time-slope"])
    assert [room.package for room in registry.rooms] == ["fall"]
    assert "half-time-slope" in registry.claims


def test_what_a_claim_looks_at_in_another_phenomenon_is_read_too(rooms):
    file = rooms.folder / "rise/claims.yaml"
    file.write_text(file.read_text().replace("experiment: other-flat", "experiment: flat", 1))
    registry = load([rooms.file], needed=["other-half-time-inverse-rate"])
    assert {room.package for room in registry.rooms} == {"fall", "rise"}


def test_a_file_of_claims_is_found_through_the_one_that_lists_it(rooms):
    assert contents_of(rooms.folder / "rise/claims.yaml") == rooms.file
    rooms.write("phenomena:\n  fall: Things fall.\n")
    assert contents_of(rooms.folder / "rise/claims.yaml") == rooms.folder / "rise/claims.yaml"
    assert contents_of(rooms.file) == rooms.file


def test_an_observable_that_several_experiments_share_is_declared_once(project):
    declared = SHARED.replace("      ", "  ", 1)
    text = project.text.replace(SHARED, "      half_time: shared\n")
    project.write(f"observables:\n{declared}{text}")
    registry = project.load()
    for experiment in ("descent", "flat"):
        assert registry.experiments[experiment].observables["half_time"].between == (0.01, 1e4)
        place = registry.located("experiments", experiment, "observables", "half_time", "between")
        assert place.line == 2, "where it is declared"


def test_a_shared_observable_that_is_wrong_is_told_of_once(project):
    declared = SHARED.replace("      ", "  ", 1).replace("scale: log", "scale: logarithmic")
    project.write(f"observables:\n{declared}{project.text.replace(SHARED, '      half_time: shared' + chr(10))}")
    (mistake,) = project.mistakes()
    assert mistake.where == "observables.half_time.scale"


def test_what_is_shared_must_be_declared_in_the_same_file(project):
    project.change(SHARED, "      half_time: shared\n")
    mistakes = [it for it in project.mistakes() if "is not shared" in it.problem]
    assert [it.where for it in mistakes] == ["experiments.descent.observables.half_time"]


def test_a_tier_without_looks_has_the_usual_ones(project):
    project.change("smoke: {trials: [8], constants", "smoke: {constants")
    project.change("standard: {trials: [8, 16], constants", "standard: {constants")
    tiers = project.load().experiments["descent"].tiers
    assert (tiers["smoke"].trials, tiers["standard"].trials) == ([8], [8, 16, 32])


def test_blocks_of_the_long_tier_have_hours(project):
    data = project.load().experiments["descent"].model_dump(exclude_none=True)
    tiers = Experiment.model_validate({**data, "tiers": {"smoke": {}, "long": {}}}).tiers
    assert (tiers["smoke"].time_limit, tiers["long"].time_limit) == (600, 6 * 3600)
    assert Experiment.model_validate({**data, "tiers": {"long": {"time_limit": 5}}}).tiers["long"].time_limit == 5


def test_the_projects_own_phenomena_are_all_listed():
    registry = load([ROOT / "registry.yaml"], checked=False)
    folders = {file.parent for file in (ROOT / "predictions").glob("*/claims.yaml")}
    assert {Path(room.file).resolve().parent for room in registry.rooms} == folders


def test_no_number_in_what_an_observable_means_is_a_constant_of_the_experiment(project):
    from runners.registry.experiment_checks import restated_constants

    assert list(restated_constants(load([ROOT / "registry.yaml"], checked=False))) == []
    project.change("steps until the loss is halved", "of 20 steps those until the loss is halved")
    (told,) = restated_constants(project.load())
    assert told.where == "experiments.descent.observables.half_time.means"
    assert "`steps`" in told.remedy
