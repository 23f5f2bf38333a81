"""Domains: what is wrong with what a test is drawn from, and the settings that drawn values make."""

from __future__ import annotations

import pytest

from runners.registry.domains import ends, points

DOMAIN = """\
    domain:
      axes:
        rate: {between: [0.1, 0.4], scale: log}
        steps: {between: [10, 200], whole: true}
        momentum: [0, 0.9]
      because: the theorem says so of every rate
"""
AT = "    expect: supported\n  half-time-slope:"


@pytest.fixture
def drawn(project):
    """The small registry with a domain on its first claim."""
    project.change(AT, DOMAIN + AT)
    assert project.mistakes() == []
    return project


def test_drawn_values_make_a_setting_of_the_tier(drawn):
    registry = drawn.load()
    (point,) = points(registry, "half-time-inverse-rate", "standard", {"rate": 0.25, "steps": 50, "momentum": 0.9})
    assert dict(point.condition) == {"rate": 0.25, "momentum": 0.9, "backend": "numpy"}
    assert dict(point.constants) == {"steps": 50}


def test_a_folded_claim_draws_its_whole_axis(drawn):
    at = "    predicted: -1\n"
    domain = "    domain: {axes: {steps: {between: [10, 200], whole: true}}, because: any length}\n"
    drawn.change(at, at + domain)
    registry = drawn.load()
    along = points(registry, "half-time-slope", "standard", {"steps": 50})
    assert [point.condition["rate"] for point in along] == [0.1, 0.2, 0.4, 0.8]
    assert {point.condition["momentum"] for point in along} == {0}


def test_the_ends_of_each_axis_are_settings_of_the_domain(drawn):
    domain = drawn.load().falsifiable["half-time-inverse-rate"].domain
    found = list(ends(domain))
    assert [it["rate"] for it in found] == pytest.approx([0.1, 0.4, 0.2, 0.2, 0.2, 0.2])
    assert [it["steps"] for it in found] == [105, 105, 10, 200, 105, 105]
    assert [it["momentum"] for it in found] == [0, 0, 0, 0, 0, 0.9]


MOMENTUM, BECAUSE = "        momentum: [0, 0.9]", "      because: the th"


@pytest.mark.parametrize(
    ("old", "new", "path", "words"),
    [
        ("        rate: {b", "        rat: {b", "axes.rat", ["no axis or constant", "did you mean rate?"]),
        (MOMENTUM, "        momentum: [0]", "axes.momentum", ["fewer than two"]),
        (MOMENTUM, "        momentum: [0, 0.9, 0]", "axes.momentum", ["twice"]),
        (MOMENTUM, "        momentum: [0, fast]", "axes.momentum", ["mixes numbers"]),
        ("200], whole: true", "200]", "axes.steps", ["whole number", "whole: true"]),
        ("[10, 200], whole", "[10.5, 200], whole", "axes.steps.between", ["no whole number"]),
        ("[0.1, 0.4], scale: log}", "[0, 0.4], scale: log}", "axes.rate.between", ["scale is log"]),
        ("[0.1, 0.4], scale: log}", "[0.1, 0.1]}", "axes.rate.between", ["no range"]),
        (MOMENTUM, "        backend: {between: [0, 1]}", "axes.backend", ["a word"]),
        (
            BECAUSE,
            "      within: [{value: law:haf_time, between: [0, 1], because: x}]\n" + BECAUSE,
            "within[0].value",
            ["did you mean half_time?"],
        ),
        (BECAUSE, "      extend: steps\n" + BECAUSE, "domain.extend", ["drawn, too"]),
        (BECAUSE, "      where: {rate: 0.1}\n" + BECAUSE, "where.rate", ["drawn"]),
        (AT, AT.replace("slope:", "slope:\n    domain: nowhere"), "domain", ["no domain nowhere"]),
        ("    predicted: -1\n", "    predicted: -1\n    expect_reach: wide\n", "expect_reach", ["no domain"]),
    ],
)
def test_a_mistake_in_a_domain_is_told_at_its_place(drawn, old, new, path, words):
    drawn.change(old, new)
    mistakes = drawn.mistakes()
    assert any(it.where.endswith(path) and all(word in str(it) for word in words) for it in mistakes), mistakes


def test_an_axis_of_which_the_domain_says_nothing_must_have_one_value(drawn):
    drawn.change("        momentum: [0, 0.9]\n", "")
    drawn.change(drawn.shown, "")
    drawn.change("where: {momentum: 0, rate", "where: {momentum: [0, 0.9], rate")
    assert any("the domain says nothing of it" in it.problem for it in drawn.mistakes())


def test_what_is_not_finished_needs_a_way_to_be_made_longer(drawn):
    drawn.change("because: descent}]", "because: descent, finished: true}]")
    assert any("not how it is extended" in it.problem for it in drawn.mistakes())


def test_claims_may_share_a_domain_and_its_draws(project):
    domain = "domains:\n  rates: {axes: {rate: {between: [0.1, 0.4]}}, where: {momentum: 0}, because: any}\n"
    project.write(domain + project.text.replace(AT, "    domain: rates\n" + AT))
    registry = project.load()
    assert registry.domain("half-time-inverse-rate")[0] == "rates"
    project.change("    predicted: -1\n", "    predicted: -1\n    domain: rates\n")
    assert any("along another axis" in it.problem for it in project.mistakes())


def test_a_theorem_has_nothing_to_draw(drawn):
    drawn.change("    statement: The loss halves", "    kind: theorem\n    statement: The loss halves")
    assert any("proved for what is run" in it.problem for it in drawn.mistakes())
