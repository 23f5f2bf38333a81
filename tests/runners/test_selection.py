"""Selectors: names, globs, theories, strands, and what the last run left."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from runners.registry.mistakes import Mistake
from runners.selection import NothingSelected, Verdicts, select, set_aside
from tests.made_up import claim, report_of


@pytest.fixture
def verdicts(tmp_path) -> Verdicts:
    """law-holds and law-fails disappointed, law-partly flipped, law-vacuous is vacuous, law-absent was not judged."""
    last = {
        "law-holds": "refuted",
        "law-fails": "error",
        "law-refuted": "refuted",
        "law-partly": "partly",
        "law-vacuous": "vacuous",
        "law-absent": "unavailable",
    }
    former = last | {"law-partly": "supported", "law-absent": "supported", "law-holds": "refuted"}
    store, published = tmp_path / "store", tmp_path / "published"
    store.mkdir()
    published.mkdir()
    (store / "summary.json").write_text(json.dumps({"arguments": {"tier": "smoke"}, "verdicts": last}))
    claims = [claim(name, verdict) for name, verdict in former.items()]
    (published / "smoke.json").write_text(report_of(claims).written())
    return Verdicts(str(store), published)


def test_selectors_are_names_globs_theories_and_strands(world, verdicts):
    everything = list(world.registry.claims)
    assert select(world.registry, [], verdicts) == everything
    assert select(world.registry, ["ramp", "law-h*"], verdicts) == ["law-holds", "ramp"]  # in the registry's order
    for selector in ("toys", "theory:toys", "solvable-settings", "strand:solvable-settings"):
        assert select(world.registry, [selector], verdicts) == everything
    for selector in ("theory:solvable-settings", "strand:toys"):
        with pytest.raises(NothingSelected):
            select(world.registry, [selector], verdicts)
    with pytest.raises(NothingSelected, match="did you mean 'law-holds'"):
        select(world.registry, ["law-hold"], verdicts)


def test_what_people_type_is_found(world, verdicts):
    everything = list(world.registry.claims)
    assert select(world.registry, ["law"], verdicts) == [name for name in everything if name.startswith("law-")]
    said = [name for name in everything if "inverse of the width" in world.registry.claims[name].statement]
    assert select(world.registry, ["WIDTH inverse"], verdicts) == said
    assert 0 < len(said) < len(everything)
    for nothing in ("width inverted", "inverse-width", "*width"):
        with pytest.raises(NothingSelected):
            select(world.registry, [nothing], verdicts)


def test_a_phenomenon_selects_its_claims(verdicts):
    from runners.commands.options import own_registry
    from runners.registry.loader import load

    registry = load([own_registry()], checked=False)
    found = select(registry, ["edge-of-stability"], verdicts)
    assert found == select(registry, ["Edge of stability"], verdicts)
    assert {registry.room(name).package for name in found} == {"predictions.edge_of_stability"}
    assert "dln-sigmoid-trajectory" in select(registry, ["Saxe 2014"], verdicts)


def test_failed_is_an_error_vacuous_or_otherwise_than_expected(world, verdicts):
    assert select(world.registry, ["failed"], verdicts) == ["law-holds", "law-fails", "law-vacuous"]


def test_flipped_is_decided_otherwise_than_published(world, verdicts):
    assert select(world.registry, ["flipped"], verdicts) == ["law-partly"]


def test_headline_is_authors_laws_with_a_domain(world, verdicts):
    """Those that the front page counts by how far they reach; a law of folklore, or at fixed settings, is none."""
    width = {"between": [2, 8], "scale": "log", "whole": True}
    domain = {"axes": {"width": width}, "because": "the toy says so"}
    world.claim("drawn", domain=domain, held_by="authors")
    world.claim("told", domain=domain, held_by="folklore")
    world.claim("fixed", held_by="authors")
    assert set(select(world.registry, ["headline"], verdicts)) & {"drawn", "told", "fixed"} == {"drawn"}


def test_without_a_run_or_a_report_they_say_so(world, verdicts, tmp_path):
    with pytest.raises(NothingSelected, match="no run has left its verdicts"):
        select(world.registry, ["failed"], Verdicts(str(tmp_path / "nowhere"), verdicts.published))
    with pytest.raises(NothingSelected, match="no report of the smoke tier is published"):
        select(world.registry, ["flipped"], replace(verdicts, published=tmp_path))


def test_a_claim_that_is_set_aside_is_answered_with_what_is_wrong_with_it(world, verdicts):
    mistake = Mistake("my.yaml", 3, 5, "claims.draft.statement", "is still to be filled in", sets_aside=True)
    registry = replace(world.registry, aside={("claims", "draft"): (mistake,)})
    with pytest.raises(NothingSelected, match=r"my\.yaml:3:5: claims\.draft\.statement"):
        select(registry, ["draft"], verdicts)
    assert set_aside(registry, []) == set_aside(registry, ["dr*", "ramp"]) == ["draft"]
    assert set_aside(registry, ["ramp"]) == []


def test_run_and_judge_take_them(command_line):
    assert command_line("run", "--in-process", "law-holds", "law-vacuous").exit_code == 1
    judged = command_line("judge", "failed")
    assert "law-vacuous" in judged.output
    assert "law-holds" not in judged.output
